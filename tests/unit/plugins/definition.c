/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "definition.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

enum { TAPES = 6 };

double param(const struct sight *s, const char *key)
{
    for (uint32_t i = 0; i < s->h->plugin->n_params; i++) {
        if (strcmp(harness_param(s->h, i)->key, key) == 0) {
            return s->h->params[i];
        }
    }
    fail_msg("no parameter %s", key);
    return 0;
}

/* ---- tapes ------------------------------------------------------------------------------------
 */

static uint32_t next_random(uint32_t *state, uint32_t below)
{
    *state = *state * 1664525u + 1013904223u;
    return (*state >> 8) % below;
}

static bool one_in(uint32_t *state, uint32_t n)
{
    return n > 0 && next_random(state, n) == 0;
}

/* Sizes from a short list, so that equal ones and thresholds come often. */
static double random_size(uint32_t *state)
{
    static const double sizes[] = { 1,    4999, 5000, 5001,   7000,  8000,
                                    8001, 9000, 0.3,  8000.7, 12000, 24000 };
    return sizes[next_random(state, sizeof sizes / sizeof *sizes)];
}

static void random_row(struct harness_row *row, uint32_t *state, const struct tape *tape)
{
    static const int64_t pauses_ms[] = { 0, 0, 1, 100, 100, 100, 400, 1000, 3000 };
    row->ts_ns += pauses_ms[next_random(state, 9)] * 1000000;
    row->ts_ns += one_in(state, tape->silence_one_in) ? 200 * SECOND_NS : 0;
    row->flags = one_in(state, tape->gap_one_in) ? OFD_ROW_GAP : 0;
    if (next_random(state, tape->move_one_in > 0 ? tape->move_one_in : 3) == 0) {
        int64_t step = ((int64_t)next_random(state, 3) - 1) * TICK_PX;
        row->bid_px += step;
        row->ask_px += step;
    }
    row->bid_sz = next_random(state, 2) == 0 ? row->bid_sz : random_size(state);
    row->ask_sz = next_random(state, 2) == 0 ? row->ask_sz : random_size(state);
    if (next_random(state, 6) == 0) { /* 0: locked; 3 ticks: wide */
        row->ask_px = row->bid_px + (int64_t)next_random(state, 4) * TICK_PX;
    }
}

void random_tape(struct harness_row *rows, size_t n, struct tape tape)
{
    uint32_t state = tape.seed;
    struct harness_row row = { .ts_ns = 1000 * SECOND_NS,
                               .bid_px = 1000 * TICK_PX,
                               .ask_px = 1001 * TICK_PX,
                               .bid_sz = 9000,
                               .ask_sz = 9000 };
    for (size_t i = 0; i < n; i++) {
        random_row(&row, &state, &tape);
        rows[i] = row;
        if (one_in(&state, tape.void_one_in)) {
            rows[i].bid_px = 0;
            rows[i].bid_sz = 0;
        }
        if (one_in(&state, tape.void_one_in)) {
            rows[i].ask_px = 0;
            rows[i].ask_sz = 0;
        }
    }
}

static bool read_row(const char *line, struct harness_row *out)
{
    long long ts_ms;
    double bid, bid_sz, ask, ask_sz;
    if (sscanf(line, "%lld,%lf,%lf,%lf,%lf", &ts_ms, &bid, &bid_sz, &ask, &ask_sz) != 5) {
        return false;
    }
    *out = (struct harness_row){ .ts_ns = ts_ms * 1000000,
                                 .bid_px = llround(bid * 1e3) * 1000000,
                                 .ask_px = llround(ask * 1e3) * 1000000,
                                 .bid_sz = bid_sz,
                                 .ask_sz = ask_sz };
    return true;
}

size_t read_tape(const char *path, struct harness_row *rows, size_t n)
{
    char line[256];
    size_t got = 0;
    gzFile f = gzopen(path, "rb");
    if (f == NULL) {
        fail_msg("cannot open %s", path);
    }
    while (got < n && gzgets(f, line, sizeof line) != NULL) {
        got += read_row(line, &rows[got]);
    }
    (void)gzclose(f);
    return got;
}

/* ---- comparison --------------------------------------------------------------------------------
 */

static struct verdict told(const struct harness *h, size_t row, int32_t side)
{
    for (size_t i = 0; i < h->n_found; i++) {
        const struct harness_found *f = &h->found[i];
        if (f->row == row && f->side == side) {
            return (struct verdict){
                .is_true = true, .kind = f->kind, .dir = f->dir, .value = f->value
            };
        }
    }
    return (struct verdict){ 0 };
}

static size_t compare_row(struct harness *h, const struct subject *subject, size_t row)
{
    size_t from = row, n_true = 0;
    while (from > 0 &&
           h->rows[from - 1].ts_ns > h->rows[row].ts_ns - subject->memory_s * SECOND_NS) {
        from--;
    }
    const struct sight sight = { .h = h, .rows = h->rows + from, .n = row + 1 - from };
    int32_t first = subject->sided ? OFD_BID : OFD_NO_SIDE;
    for (int32_t side = first; side <= (subject->sided ? OFD_ASK : OFD_NO_SIDE); side++) {
        struct verdict want = subject->is_true(&sight, side), got = told(h, row, side);
        bool same = want.is_true == got.is_true && want.kind == got.kind && want.dir == got.dir;
        bool near =
            isnan(want.value) || fabs(want.value - got.value) <= 1e-9 * (1 + fabs(want.value));
        if (!same || !near) {
            fail_msg("%s: row %zu, side %d: told %d kind %u dir %d value %.17g, by definition %d "
                     "kind %u dir %d value %.17g",
                     subject->name, row, side, got.is_true, got.kind, got.dir, got.value,
                     want.is_true, want.kind, want.dir, want.value);
        }
        n_true += want.is_true;
    }
    return n_true;
}

size_t compare(const struct subject *subject, const struct harness_row *rows, size_t n, size_t step,
               int64_t px_tick)
{
    char path[1024];
    (void)snprintf(path, sizeof path, "%s/%s.so", PLUGIN_DIR, subject->name);
    struct harness h;
    if (!harness_open(&h, path, 0)) {
        fail_msg("%s", h.why);
    }
    for (int i = 0; i < 4 && subject->sets[i][0] != NULL; i++) {
        assert_true(harness_set(&h, subject->sets[i][0], subject->sets[i][1]));
    }
    assert_true(harness_begin(&h, rows, n, 0, px_tick));
    size_t n_true = 0;
    while (h.n_fed < n) {
        /* All but the last of a step in one call, the last alone: it is the one looked at. */
        size_t left = n - h.n_fed, batch = step < left ? step : left;
        bool ok = batch == 1 || harness_feed(&h, batch - 1, 0);
        h.n_found = 0;
        if (!ok || !harness_feed(&h, 1, 0)) {
            fail_msg("%s", h.why);
        }
        n_true += compare_row(&h, subject, h.n_fed - 1);
    }
    harness_close(&h);
    return n_true;
}

void compare_random(const struct subject *subject, size_t n, size_t step, struct tape tape)
{
    struct harness_row *rows = calloc(n, sizeof *rows);
    assert_non_null(rows);
    size_t n_true = 0;
    for (uint32_t i = 1; i <= TAPES; i++) {
        tape.seed = i;
        random_tape(rows, n, tape);
        n_true += compare(subject, rows, n, step, TICK_PX);
    }
    free(rows);
    if (n_true <= 20) {
        fail_msg("%s: true %zu times: this compares nothing", subject->name, n_true);
    }
}
