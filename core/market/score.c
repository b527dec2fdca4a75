/* SPDX-License-Identifier: MIT */
#include "score.h"

#include "orderflow/detector.h"
#include "report_parsed.h"
#include "report_text.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void score_file_fini(struct score_file *f)
{
    free(f->items);
    *f = (struct score_file){ .n = 0 };
}

/* ---- out ---- */

static void put_members(const struct score *s, struct buf *out)
{
    put_text(out, "detector", s->detector);
    put_text(out, "type", s->kind);
    put_text(out, "side", s->side);
    put_int(out, "n", s->n);
    put_int(out, "latency_s", s->latency_s);
    put_int(out, "horizon_s", s->horizon_s);
    put_number(out, "lift", s->lift);
    if (isfinite(s->lo) && isfinite(s->hi)) {
        put_number(out, "lo", s->lo);
        put_number(out, "hi", s->hi);
    }
    put_text(out, "verdict", s->verdict);
}

void scores_put_one(const struct score *s, struct buf *out)
{
    buf_putc(out, '{');
    put_members(s, out);
    buf_putc(out, '}');
}

void scores_put(const struct score *s, int n, struct buf *out)
{
    buf_putc(out, '[');
    for (int i = 0; i < n; i++) {
        buf_puts(out, i == 0 ? "" : ", ");
        scores_put_one(&s[i], out);
    }
    buf_putc(out, ']');
}

void score_entry_put(const struct score_entry *e, struct buf *out)
{
    buf_putc(out, '{');
    put_text(out, "ticker", e->ticker);
    put_text(out, "thr", e->thr);
    put_members(&e->s, out);
    buf_putc(out, '}');
}

/* ---- in ---- */

static void get_word(struct parsed *p, const char *name, const char *chars, char *out, size_t cap)
{
    const char *text = parsed_text(p, name);
    size_t n = strlen(text);
    if (!p->failed && (n == 0 || n >= cap || strspn(text, chars) != n)) {
        parsed_fail(p, name, "is empty, too long or has other characters");
    } else if (!p->failed) {
        memcpy(out, text, n + 1);
    }
}

#define LOWER "abcdefghijklmnopqrstuvwxyz"

static void get_score(struct parsed *p, struct score *s)
{
    *s = (struct score){ .lo = NAN, .hi = NAN };
    get_word(p, "detector", LOWER "0123456789_", s->detector, sizeof s->detector);
    get_word(p, "type", LOWER "0123456789_", s->kind, sizeof s->kind);
    get_word(p, "side", LOWER, s->side, sizeof s->side);
    get_word(p, "verdict", "ABCDEFGHIJKLMNOPQRSTUVWXYZ -", s->verdict, sizeof s->verdict);
    s->n = parsed_int(p, "n", 0, INT64_C(1) << 40);
    s->latency_s = parsed_int(p, "latency_s", 0, 86400);
    s->horizon_s = parsed_int(p, "horizon_s", 1, 86400);
    s->lift = parsed_number(p, "lift", -1, 1);
    if (parsed_has(p, "lo")) {
        s->lo = parsed_number(p, "lo", -1, 1);
        s->hi = parsed_number(p, "hi", s->lo, 1);
    }
}

bool scores_get(struct score out[SCORES_MAX], int *n_out, const char *text, size_t n,
                struct err *err)
{
    struct flat list;
    *n_out = 0;
    if (!flat_list(&list, text, n)) {
        return err_set(err, ERR_PROTOCOL, "is not a list as the engine writes it");
    }
    bool ok = true;
    for (int i = 0; ok && i < list.n && i < SCORES_MAX; i++) {
        struct parsed p;
        parsed_open(&p, list.items[i].raw, list.items[i].raw_n, err);
        get_score(&p, &out[i]);
        ok = parsed_close(&p);
        *n_out += ok;
    }
    return ok;
}

static bool get_entry(struct score_entry *out, const cJSON *item, struct err *err)
{
    char *text = cJSON_PrintUnformatted(item);
    struct parsed p;
    if (text == NULL) {
        return err_set(err, ERR_MEMORY, "out of memory");
    }
    parsed_open(&p, text, strlen(text), err);
    get_score(&p, &out->s);
    get_word(&p, "thr", "0123456789abcdef", out->thr, sizeof out->thr);
    const char *ticker = parsed_text(&p, "ticker");
    if (!p.failed && !ticker_valid(ticker)) {
        parsed_fail(&p, "ticker", "is none");
    } else if (!p.failed) {
        (void)snprintf(out->ticker, sizeof out->ticker, "%s", ticker);
    }
    bool ok = parsed_close(&p);
    cJSON_free(text);
    return ok;
}

static bool is_ours(const cJSON *root, struct err *err)
{
    const cJSON *format = cJSON_GetObjectItemCaseSensitive(root, "format");
    const cJSON *version = cJSON_GetObjectItemCaseSensitive(root, "version");
    if (!cJSON_IsString(format) || strcmp(format->valuestring, "orderflow-scores") != 0) {
        return err_set(err, ERR_INVALID, "is no file of `orderflow backtest --scores`");
    }
    return (cJSON_IsNumber(version) && version->valueint == 1) ||
           err_set(err, ERR_INVALID, "is of another version than 1; make it anew with this one");
}

bool score_file_read(struct score_file *out, const char *text, size_t n, struct err *err)
{
    cJSON *root = cJSON_ParseWithLength(text, n);
    const cJSON *list = cJSON_GetObjectItemCaseSensitive(root, "scores"), *item;
    *out = (struct score_file){ .n = 0 };
    bool ok = is_ours(root, err);
    if (ok && !cJSON_IsArray(list)) {
        ok = err_set(err, ERR_INVALID, "has no list of scores");
    }
    if (ok) {
        out->items = calloc((size_t)cJSON_GetArraySize(list) + 1, sizeof *out->items);
        ok = out->items != NULL || err_set(err, ERR_MEMORY, "out of memory");
    }
    if (ok) {
        cJSON_ArrayForEach(item, list)
        {
            ok = ok && get_entry(&out->items[out->n], item, err);
            out->n += ok;
        }
    }
    if (!ok) {
        score_file_fini(out);
    }
    cJSON_Delete(root);
    return ok;
}

/* ---- whose ---- */

const struct score *score_find(const struct score *s, int n, const char *detector, const char *kind,
                               int32_t side, int32_t dir)
{
    const char *word = side == OFD_BID   ? "bid"
                       : side == OFD_ASK ? "ask"
                       : dir > 0         ? "up"
                       : dir < 0         ? "down"
                                         : "none";
    for (int i = 0; i < n; i++) {
        if (strcmp(s[i].kind, kind) == 0 && strcmp(s[i].side, word) == 0 &&
            (detector == NULL || strcmp(s[i].detector, detector) == 0)) {
            return &s[i];
        }
    }
    return NULL;
}
