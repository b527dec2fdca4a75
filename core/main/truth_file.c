/* SPDX-License-Identifier: MIT */
#include "truth_file.h"

#include "buf.h"
#include "clock.h"
#include "decimal.h"
#include "orderflow/detector.h"

#include <cjson/cJSON.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { FILE_MAX_BYTES = 256 << 20 };

static bool read_text(const char *path, struct buf *out, struct err *err)
{
    char block[65536];
    size_t n;
    FILE *in = fopen(path, "r");
    if (in == NULL) {
        return err_sys(err, "%s", path);
    }
    while ((n = fread(block, 1, sizeof block, in)) > 0) {
        buf_add(out, block, n);
    }
    bool ok = ferror(in) == 0 || err_sys(err, "%s", path);
    (void)fclose(in);
    return ok && (!out->failed || err_set(err, ERR_INVALID, "%s: too large", path));
}

static bool get_ms(const cJSON *o, const char *key, int64_t *ns_out)
{
    const cJSON *x = cJSON_GetObjectItemCaseSensitive(o, key);
    bool ok = cJSON_IsNumber(x) && x->valuedouble > 0 && x->valuedouble < 9e12;
    *ns_out = ok ? (int64_t)x->valuedouble * NS_PER_MS : 0;
    return ok;
}

/* Absent: fine. A JSON number is a double: nine decimals of it are what was written. */
static bool get_px(const cJSON *o, const char *key, int64_t *px_out)
{
    char text[64];
    const cJSON *x = cJSON_GetObjectItemCaseSensitive(o, key);
    if (x == NULL) {
        return true;
    }
    return cJSON_IsNumber(x) && fabs(x->valuedouble) < 1e9 &&
           decimal_parse_px(text, (size_t)snprintf(text, sizeof text, "%.9f", x->valuedouble),
                            px_out, NULL);
}

static bool get_side(const cJSON *o, int32_t *out)
{
    static const char *const names[] = { "none", "bid", "ask" };
    const cJSON *x = cJSON_GetObjectItemCaseSensitive(o, "side");
    for (int32_t i = OFD_NO_SIDE; i <= OFD_ASK; i++) {
        if (cJSON_IsString(x) && strcmp(x->valuestring, names[i]) == 0) {
            *out = i;
            return true;
        }
    }
    return false;
}

/* NULL, or which member is wrong. */
static const char *get_item(const cJSON *o, struct truth *t, char kind[DETECTOR_ID_MAX])
{
    const cJSON *name = cJSON_GetObjectItemCaseSensitive(o, "kind");
    const cJSON *dir = cJSON_GetObjectItemCaseSensitive(o, "dir");
    *t = (struct truth){ .px_lo = OFD_NO_PRICE, .px_hi = OFD_NO_PRICE };
    if (!cJSON_IsString(name) || strlen(name->valuestring) >= DETECTOR_ID_MAX) {
        return "kind: the type of a pattern";
    }
    (void)snprintf(kind, DETECTOR_ID_MAX, "%s", name->valuestring);
    if (!get_side(o, &t->side)) {
        return "side: bid, ask or none";
    }
    if (!cJSON_IsNumber(dir) || fabs(dir->valuedouble) > 1) {
        return "dir: 1, 0 or -1";
    }
    t->dir = dir->valueint;
    if (!get_ms(o, "onset_ms", &t->onset_ns) || !get_ms(o, "end_ms", &t->end_ns) ||
        t->end_ns < t->onset_ns) {
        return "onset_ms, end_ms: ms since 1970, in this order";
    }
    if (!get_px(o, "price", &t->px_lo)) {
        return "price: a number";
    }
    t->px_hi = t->px_lo;
    if (!get_px(o, "price_to", &t->px_hi)) {
        return "price_to: a number";
    }
    if (t->px_hi < t->px_lo) {
        int64_t lo = t->px_hi;
        t->px_hi = t->px_lo;
        t->px_lo = lo;
    }
    t->incidental = cJSON_IsTrue(cJSON_GetObjectItemCaseSensitive(o, "incidental"));
    return NULL;
}

static bool take(const char *path, const cJSON *root, struct truth_file *f, struct err *err)
{
    const cJSON *version = cJSON_GetObjectItemCaseSensitive(root, "orderflow_truth"), *item;
    const cJSON *all = cJSON_GetObjectItemCaseSensitive(root, "planted");
    if (!cJSON_IsNumber(version) || version->valueint != 1 || !cJSON_IsArray(all)) {
        return err_set(err, ERR_INVALID, "%s: no file of `orderflow tape --truth`", path);
    }
    size_t n = (size_t)cJSON_GetArraySize(all);
    f->items = calloc(n + 1, sizeof *f->items);
    f->kinds = calloc(n + 1, sizeof *f->kinds);
    if (f->items == NULL || f->kinds == NULL) {
        return err_set(err, ERR_MEMORY, "out of memory");
    }
    cJSON_ArrayForEach(item, all)
    {
        const char *wrong = get_item(item, &f->items[f->n], f->kinds[f->n]);
        if (wrong != NULL) {
            return err_set(err, ERR_INVALID, "%s: number %zu of planted: %s", path, f->n + 1,
                           wrong);
        }
        f->n++;
    }
    return true;
}

bool truth_file_read(const char *path, struct truth_file *out, struct err *err)
{
    struct buf text;
    *out = (struct truth_file){ .n = 0 };
    buf_init(&text, FILE_MAX_BYTES);
    bool ok = read_text(path, &text, err);
    cJSON *root = ok ? cJSON_ParseWithLength(text.data, text.len) : NULL;
    ok = ok && take(path, root, out, err);
    cJSON_Delete(root);
    buf_fini(&text);
    if (!ok) {
        truth_file_fini(out);
    }
    return ok;
}

void truth_file_fini(struct truth_file *f)
{
    free(f->items);
    free(f->kinds);
    *f = (struct truth_file){ .n = 0 };
}

bool truth_file_first(const struct truth_file *f, size_t i)
{
    size_t k = 0;
    while (k < i && (f->items[k].incidental || strcmp(f->kinds[k], f->kinds[i]) != 0)) {
        k++;
    }
    return k == i && !f->items[i].incidental;
}
