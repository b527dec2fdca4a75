/* SPDX-License-Identifier: MIT */
#include "tape.h"

#include "decimal.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

const struct metrics_config tape_config = {
    .large_sz = 10000,
    .jump_sz = 15000,
    .gap_floor_ns = SECONDS(5),
};

void tape_init(struct tape *t, size_t bytes)
{
    *t = (struct tape){ .memory = calloc(1, bytes) };
    assert_non_null(t->memory);
    assert_true(arena_init(&t->arena, t->memory, bytes, NULL));
    assert_true(window_init(&t->window, &t->arena, NULL));
}

void tape_fini(struct tape *t)
{
    window_fini(&t->window);
    arena_fini(&t->arena);
    free(t->memory);
}

static void push(struct tape *t, struct quote q)
{
    if (q.bid_px == 0 || !(q.bid_sz > 0)) {
        q.bid_px = 0;
        q.bid_sz = 0;
    }
    if (q.ask_px == 0 || !(q.ask_sz > 0)) {
        q.ask_px = 0;
        q.ask_sz = 0;
    }
    assert_true(window_push(&t->window, &q, NULL));
}

void tape_push(struct tape *t, int64_t ts_ms, int bid, double bid_sz, int ask, double ask_sz)
{
    push(t, (struct quote){
                .ts_ns = MS(ts_ms),
                .bid_px = PX(bid),
                .ask_px = PX(ask),
                .bid_sz = bid_sz,
                .ask_sz = ask_sz,
            });
}

uint32_t chance(uint64_t *state, uint32_t below)
{
    *state = *state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return (uint32_t)((*state >> 33) % below);
}

static int64_t random_step_ms(uint64_t *state)
{
    if (chance(state, 400) == 0) {
        return 4000 + chance(state, 30000);
    }
    return chance(state, 4) == 0 ? 0 : chance(state, 400);
}

int64_t tape_push_random(struct tape *t, uint64_t *state, size_t n, int64_t from_ms)
{
    int64_t ts_ms = from_ms;
    int bid = 45000, spread = 1;
    double bid_sz = 500, ask_sz = 500;
    for (size_t i = 0; i < n; i++) {
        ts_ms += random_step_ms(state);
        if (chance(state, 10) != 0) {
            bid += (int)chance(state, 3) - 1;
            spread = 1 + (int)chance(state, 4) / 3;
            bid_sz = 1 + chance(state, chance(state, 8) == 0 ? 30000 : 6000);
            ask_sz = 0.5 + chance(state, chance(state, 8) == 0 ? 30000 : 6000);
        }
        int odd = (int)chance(state, 120);
        int shown_bid = odd == 0 || odd == 1 ? 0 : bid;
        int shown_ask = odd == 1 || odd == 2 ? 0 : bid + spread;
        if (odd == 3 || odd == 4) {
            shown_ask = bid + 3 - odd;
        } else if (odd == 5) {
            shown_ask = bid + 1000;
        }
        tape_push(t, ts_ms, shown_bid, bid_sz, shown_ask, ask_sz);
    }
    return ts_ms;
}

void tape_push_file(struct tape *t, const char *name, size_t n)
{
    char path[512], line[256], bid[64], ask[64];
    (void)snprintf(path, sizeof path, "%s/%s.csv.gz", TEST_DATA, name);
    gzFile f = gzopen(path, "rb");
    assert_non_null(f);
    assert_non_null(gzgets(f, line, sizeof line));
    for (size_t i = 0; i < n && gzgets(f, line, sizeof line) != NULL; i++) {
        struct quote q = { 0 };
        long long ts_ms;
        int read =
            sscanf(line, "%lld,%63[^,],%lf,%63[^,],%lf", &ts_ms, bid, &q.bid_sz, ask, &q.ask_sz);
        assert_int_equal(read, 5);
        assert_true(decimal_parse_px(bid, strlen(bid), &q.bid_px, NULL));
        assert_true(decimal_parse_px(ask, strlen(ask), &q.ask_px, NULL));
        q.ts_ns = MS(ts_ms);
        push(t, q);
    }
    (void)gzclose(f);
}
