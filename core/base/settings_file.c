/* SPDX-License-Identifier: MIT */
#include "inifile.h"
#include "settings_internal.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { FILE_MAX_BYTES = 1 << 20, CHUNK_BYTES = 8192 };

static bool read_stream(FILE *f, struct buf *out, struct err *err)
{
    for (;;) {
        char *at = buf_room(out, CHUNK_BYTES);
        if (at == NULL) {
            return err_set(err, ERR_INVALID, "is larger than 1 MiB");
        }
        size_t n = fread(at, 1, CHUNK_BYTES, f);
        out->len += n;
        if (n == 0) {
            return ferror(f) ? err_sys(err, "cannot be read") : true;
        }
    }
}

static bool read_file(const char *path, struct buf *out, struct err *err)
{
    FILE *f = fopen(path, "rb");
    if (f == NULL) {
        return err_sys(err, "cannot be opened");
    }
    bool ok = read_stream(f, out, err);
    (void)fclose(f);
    return ok;
}

static char *copy(const char *text, struct entries *e)
{
    char *out = text == NULL ? NULL : strdup(text);
    e->failed = e->failed || (text != NULL && out == NULL);
    return out;
}

static void take(void *ctx, const struct inifile_item *item)
{
    struct entries *e = ctx;
    if (e->n == e->cap) {
        size_t cap = e->cap == 0 ? 128 : e->cap * 2;
        struct entry *list = realloc(e->list, cap * sizeof *list);
        if (list == NULL) {
            e->failed = true;
            return;
        }
        e->list = list;
        e->cap = cap;
    }
    e->list[e->n++] = (struct entry){ .section = copy(item->section, e),
                                      .key = copy(item->key, e),
                                      .value = copy(item->value, e),
                                      .problem = item->problem,
                                      .line = item->line };
}

/* What is sorted in place of the entries, which stay in file order. */
struct ref {
    struct entry *entry;
};

static int compare(const void *a, const void *b)
{
    const struct entry *x = ((const struct ref *)a)->entry, *y = ((const struct ref *)b)->entry;
    int by = strcmp(x->section, y->section);
    by = by == 0 ? strcmp(x->key, y->key) : by;
    return by == 0 ? (x->line > y->line) - (x->line < y->line) : by;
}

static void mark_duplicates(struct entries *e)
{
    struct ref *keys = calloc(e->n + 1, sizeof *keys);
    if (keys == NULL) {
        e->failed = true;
        return;
    }
    size_t n = 0;
    for (size_t i = 0; i < e->n; i++) {
        if (e->list[i].key != NULL) {
            keys[n++].entry = &e->list[i];
        }
    }
    qsort(keys, n, sizeof *keys, compare);
    for (size_t i = 1; i < n; i++) {
        const struct entry *before = keys[i - 1].entry;
        struct entry *now = keys[i].entry;
        if (strcmp(before->section, now->section) == 0 && strcmp(before->key, now->key) == 0) {
            now->first_line = before->first_line != 0 ? before->first_line : before->line;
        }
    }
    free(keys);
}

bool entries_read(struct entries *out, const char *path, struct err *err)
{
    *out = (struct entries){ 0 };
    struct buf text;
    buf_init(&text, FILE_MAX_BYTES + CHUNK_BYTES);
    bool ok = read_file(path, &text, err);
    if (ok && text.len > 0) {
        inifile_read(text.data, text.len, take, out);
    }
    if (ok && !out->failed) {
        mark_duplicates(out);
    }
    buf_fini(&text);
    if (out->failed) {
        ok = err_set(err, ERR_MEMORY, "no memory for it");
    }
    return ok;
}

void entries_fini(struct entries *e)
{
    for (size_t i = 0; i < e->n; i++) {
        free(e->list[i].section);
        free(e->list[i].key);
        free(e->list[i].value);
    }
    free(e->list);
    *e = (struct entries){ 0 };
}

bool read_first_line(const char *path, char *out, size_t n, struct err *err)
{
    struct buf text;
    buf_init(&text, FILE_MAX_BYTES);
    bool ok = read_file(path, &text, err);
    if (ok) {
        size_t len = text.len == 0 ? 0 : strcspn(text.data, "\r\n");
        if (len == 0) {
            ok = err_set(err, ERR_INVALID, "its first line is empty");
        } else if (len >= n) {
            ok = err_set(err, ERR_INVALID, "its first line is longer than %zu bytes", n - 1);
        } else {
            memcpy(out, text.data, len);
            out[len] = '\0';
        }
    }
    buf_fini(&text);
    return ok;
}
