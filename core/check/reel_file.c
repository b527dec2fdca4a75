/* SPDX-License-Identifier: MIT */
#include "reel_file.h"

#include "clock.h"
#include "decimal.h"
#include "orderflow/detector.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { WORDS_MAX = 12, LINE_MAX_BYTES = 1024, ROWS_MAX = 4000000 };

struct reader {
    struct reel *t;
    struct reel_sets *sets;
    int64_t px_tick;  /* 0: not told */
    int64_t shift_ns; /* added to the times of this case, so that they go on */
    const char *path;
    size_t line;
};

static bool grow(struct reel *t, struct err *err)
{
    struct reel more;
    if (t->n < t->cap) {
        return true;
    }
    if (t->n >= ROWS_MAX) {
        return err_set(err, ERR_INVALID, "more than %d rows", ROWS_MAX);
    }
    if (!reel_init(&more, t->cap == 0 ? 4096 : 2 * t->cap, err)) {
        return false;
    }
    for (; more.n < t->n; more.n++) {
        size_t i = more.n;
        more.ts_ns[i] = t->ts_ns[i];
        more.bid_px[i] = t->bid_px[i];
        more.ask_px[i] = t->ask_px[i];
        more.bid_sz[i] = t->bid_sz[i];
        more.ask_sz[i] = t->ask_sz[i];
        more.flags[i] = t->flags[i];
    }
    more.px_tick = t->px_tick;
    reel_fini(t);
    *t = more;
    return true;
}

bool reel_push(struct reel *t, int64_t ts_ns, int64_t bid_px, double bid_sz, int64_t ask_px,
               double ask_sz, struct err *err)
{
    if (!grow(t, err)) {
        return false;
    }
    size_t to = t->n++;
    t->ts_ns[to] = ts_ns;
    t->bid_px[to] = bid_px;
    t->ask_px[to] = ask_px;
    t->bid_sz[to] = bid_sz;
    t->ask_sz[to] = ask_sz;
    return true;
}

static bool number(const char *word, double *out)
{
    return word[0] == '\0' || decimal_parse_double(word, strlen(word), out, NULL);
}

static bool price(const char *word, int64_t *out)
{
    return word[0] == '\0' || decimal_parse_px(word, strlen(word), out, NULL);
}

struct read_row {
    int64_t ts_ns, bid_px, ask_px, times, step_ns, step_px;
    double bid_sz, ask_sz;
    bool gap;
};

static bool parse(char *words[], size_t n, struct read_row *out)
{
    int64_t ms = 0; /* in 1e-9 ms: a millisecond is 10^6 ns */
    *out = (struct read_row){ .times = 1 };
    bool ok = n >= 5 && price(words[0], &ms) && price(words[1], &out->bid_px) &&
              number(words[2], &out->bid_sz) && price(words[3], &out->ask_px) &&
              number(words[4], &out->ask_sz);
    out->ts_ns = ms / 1000;
    for (size_t i = 5; ok && i < n; i++) {
        int64_t value = 0;
        if (words[i][0] == 'x') {
            ok = decimal_parse_i64(words[i] + 1, strlen(words[i] + 1), &out->times, NULL) &&
                 out->times > 0 && out->times < ROWS_MAX;
        } else if (strcmp(words[i], "gap") == 0) {
            out->gap = true;
        } else if (words[i][0] == '+') {
            ok = price(words[i] + 1, &value);
            out->step_ns = value / 1000;
        } else if (words[i][0] == '^') {
            ok = price(words[i] + 1, &out->step_px);
        }
    }
    return ok;
}

static bool take_row(struct reader *r, const struct read_row *row, struct err *err)
{
    for (int64_t i = 0; i < row->times; i++) {
        struct reel *t = r->t;
        int64_t ts_ns = row->ts_ns + i * row->step_ns;
        int64_t newest_ns = t->n > 0 ? t->ts_ns[t->n - 1] : 0;
        if (ts_ns + r->shift_ns < newest_ns || t->n == 0) {
            /* another case: it begins a minute later; the first row begins after 1970 */
            r->shift_ns = (newest_ns > 0 ? newest_ns + 60 * NS_PER_S : NS_PER_S) - ts_ns;
            r->shift_ns = t->n == 0 && ts_ns > 0 ? 0 : r->shift_ns;
        }
        int64_t bid_px = row->bid_px != 0 ? row->bid_px + i * row->step_px : 0;
        int64_t ask_px = row->ask_px != 0 ? row->ask_px + i * row->step_px : 0;
        if (!reel_push(t, ts_ns + r->shift_ns, bid_px, row->bid_sz, ask_px, row->ask_sz, err)) {
            return false;
        }
        t->flags[t->n - 1] = row->gap && i == 0 ? OFD_ROW_GAP : 0;
    }
    return true;
}

/* What is no row. */
static void take_word(struct reader *r, const char *line)
{
    struct reel_sets *s = r->sets;
    int64_t step = 0;
    if (strncmp(line, "case ", 5) == 0) {
        s->cases++;
        s->text[0] = '\0';
    } else if (strncmp(line, "set ", 4) == 0 && s->cases <= 1) {
        size_t n = strlen(s->text);
        (void)snprintf(s->text + n, sizeof s->text - n, " %s", line + 4);
    } else if (strncmp(line, "tick ", 5) == 0 && price(line + 5, &step) && step > 0) {
        r->px_tick = step;
    }
}

static bool take_line(struct reader *r, char *line, struct err *err)
{
    char *words[WORDS_MAX] = { 0 };
    struct read_row row;
    size_t n = 0;
    bool csv = strchr(line, ',') != NULL;
    if (line[0] < '0' || line[0] > '9') {
        take_word(r, line);
        return true;
    }
    for (char *at = line; at != NULL && n < WORDS_MAX; n++) {
        words[n] = at;
        at = strpbrk(at, csv ? "," : " \t");
        if (at != NULL) {
            *at++ = '\0';
            at += csv ? 0 : strspn(at, " \t");
        }
    }
    return (parse(words, n, &row) && take_row(r, &row, err)) ||
           err_set(err, ERR_INVALID, "%s:%zu: no quote: TS_MS BID BID_SIZE ASK ASK_SIZE", r->path,
                   r->line);
}

/* The largest step that divides all prices. */
static void find_tick(struct reel *t)
{
    int64_t step = 0;
    for (size_t i = 0; i < t->n; i++) {
        step = decimal_common_step(decimal_common_step(step, t->bid_px[i]), t->ask_px[i]);
    }
    int64_t cent = 10000000;
    t->px_tick = step == 0 ? cent : step % cent == 0 ? cent : step;
}

void reel_done(struct reel *t)
{
    find_tick(t);
    reel_classify(t);
    reel_pad(t);
}

bool reel_read(struct reel *t, const char *path, struct reel_sets *sets_out, struct err *err)
{
    char line[LINE_MAX_BYTES];
    struct reader r = { .t = t, .sets = sets_out, .path = path };
    *t = (struct reel){ 0 };
    *sets_out = (struct reel_sets){ .cases = 0 };
    FILE *in = fopen(path, "r");
    if (in == NULL) {
        return err_sys(err, "%s", path);
    }
    bool ok = true;
    while (ok && fgets(line, sizeof line, in) != NULL) {
        line[strcspn(line, "\r\n")] = '\0';
        r.line++;
        ok = take_line(&r, line, err);
    }
    (void)fclose(in);
    if (ok && t->n == 0) {
        ok = err_set(err, ERR_INVALID, "%s: holds no quotes", path);
    }
    if (!ok) {
        reel_fini(t);
        return false;
    }
    reel_done(t);
    t->px_tick = r.px_tick != 0 ? r.px_tick : t->px_tick;
    if (sets_out->cases > 1) {
        sets_out->text[0] = '\0';
    }
    return true;
}

bool reel_write(const struct reel *t, const char *path, struct err *err)
{
    FILE *out = fopen(path, "w");
    if (out == NULL) {
        return err_sys(err, "%s", path);
    }
    (void)fprintf(out, "ts_ms,bid_price,bid_size,ask_price,ask_size\n");
    for (size_t i = 0; i < t->n; i++) {
        char bid[DECIMAL_MAX], ask[DECIMAL_MAX];
        (void)decimal_print_px(bid, t->bid_px[i], 1);
        (void)decimal_print_px(ask, t->ask_px[i], 1);
        (void)fprintf(out, "%" PRId64 ",%s,%.0f,%s,%.0f\n", t->ts_ns[i] / NS_PER_MS, bid,
                      t->bid_sz[i], ask, t->ask_sz[i]);
    }
    bool ok = ferror(out) == 0;
    return (fclose(out) == 0 && ok) || err_sys(err, "%s", path);
}
