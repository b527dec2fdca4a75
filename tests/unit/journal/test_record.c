/* SPDX-License-Identifier: MIT */
/* Records come back as they were put, and nothing else comes back at all. */
#include "journal_record.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <math.h>
#include <stdlib.h>
#include <string.h>

static uint64_t next_random(uint64_t *state)
{
    *state = *state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return *state >> 11 ^ *state << 29;
}

static double random_size(uint64_t *rng)
{
    static const double odd[] = { 0, -0.0, 0.5, 1e300, 4503599627370495.0, 4503599627370496.0, -7 };
    uint64_t x = next_random(rng);
    return x % 3 == 0 ? odd[x / 3 % 7] : (double)(x % 100000);
}

static struct record random_record(uint64_t *rng)
{
    struct record r = { .type = (enum record_type)(RECORD_CONFIG + next_random(rng) % 8),
                        .ticker = (uint32_t)(next_random(rng) % 300) };
    switch (r.type) {
    case RECORD_CONFIG:
        r.config = (struct record_config){ .wall_ns = (int64_t)next_random(rng),
                                           .hash = next_random(rng),
                                           .path = { "a/b.ini", 7 },
                                           .dir = { "", 0 },
                                           .text = { "[engine]\n", 9 },
                                           .thresholds = { "x\0y", 3 } };
        break;
    case RECORD_TICKER:
        r.added = (struct record_ticker){ .name = { "SPY", 3 },
                                          .follows = (uint32_t)next_random(rng),
                                          .goes_on = next_random(rng) % 2 == 0,
                                          .has_older = next_random(rng) % 2 == 0,
                                          .history_ns = -(int64_t)(next_random(rng) >> 2),
                                          .px_tick = INT64_MIN,
                                          .judged_ns = INT64_MAX };
        r.added.pressure.state = PRESSURE_SELLING;
        r.added.pressure.windows[1] = (struct pressure_window){ -1, -0.25, INT64_MIN };
        r.added.pressure.flips[29] = 65535;
        break;
    case RECORD_PATTERN:
        r.pattern = (struct record_text){ "{\"id\": 1}", 9 };
        break;
    case RECORD_ROW:
        r.row = (struct quote){ .ts_ns = (int64_t)next_random(rng),
                                .bid_px = (int64_t)next_random(rng),
                                .ask_px = -(int64_t)(next_random(rng) >> 2),
                                .bid_sz = random_size(rng),
                                .ask_sz = random_size(rng),
                                .flags = (uint32_t)next_random(rng) };
        break;
    case RECORD_REPORT:
        r.report = (struct record_report){
            .wall_ns = 1, .tick_ns = INT64_MAX, .late = 7, .lost = -1, .warming = true
        };
        break;
    case RECORD_END:
        r.ticker = 0;
        r.ns = (int64_t)next_random(rng);
        break;
    default:
        r.ns = (int64_t)next_random(rng);
    }
    if (r.type == RECORD_CONFIG) {
        r.ticker = 0;
    }
    return r;
}

static void assert_text(struct record_text a, struct record_text b)
{
    assert_int_equal(a.n, b.n);
    assert_memory_equal(a.at, b.at, a.n);
}

static void assert_same(const struct record *a, const struct record *b)
{
    assert_int_equal(a->type, b->type);
    assert_int_equal(a->ticker, b->ticker);
    switch (a->type) {
    case RECORD_CONFIG:
        assert_int_equal(a->config.wall_ns, b->config.wall_ns);
        assert_int_equal(a->config.hash, b->config.hash);
        assert_text(a->config.path, b->config.path);
        assert_text(a->config.text, b->config.text);
        assert_text(a->config.thresholds, b->config.thresholds);
        break;
    case RECORD_TICKER:
        assert_text(a->added.name, b->added.name);
        assert_int_equal(a->added.follows, b->added.follows);
        assert_int_equal(a->added.goes_on, b->added.goes_on);
        assert_int_equal(a->added.has_older, b->added.has_older);
        assert_int_equal(a->added.history_ns, b->added.history_ns);
        assert_int_equal(a->added.px_tick, b->added.px_tick);
        assert_int_equal(a->added.judged_ns, b->added.judged_ns);
        assert_int_equal(a->added.pressure.windows[1].sign, b->added.pressure.windows[1].sign);
        assert_true(a->added.pressure.windows[1].ofi_n == b->added.pressure.windows[1].ofi_n);
        assert_true(a->added.pressure.windows[1].net_ticks ==
                    b->added.pressure.windows[1].net_ticks);
        assert_memory_equal(a->added.pressure.flips, b->added.pressure.flips,
                            sizeof a->added.pressure.flips);
        break;
    case RECORD_PATTERN:
        assert_text(a->pattern, b->pattern);
        break;
    case RECORD_ROW:
        assert_memory_equal(&a->row, &b->row, sizeof a->row);
        break;
    case RECORD_REPORT:
        assert_int_equal(a->report.tick_ns, b->report.tick_ns);
        assert_int_equal(a->report.lost, b->report.lost);
        assert_true(b->report.warming);
        break;
    default:
        assert_true(a->ns == b->ns);
    }
}

enum { RECORDS = 3000, PER_BLOCK = 70 };

static void record_comes_back_as_it_was_put(void **state)
{
    (void)state;
    struct record_base w = { .n = 0 }, r = { .n = 0 };
    uint64_t rng = 42;
    for (int block = 0; block < RECORDS / PER_BLOCK; block++) {
        struct buf out;
        struct record put[PER_BLOCK];
        size_t at = 0;
        buf_init(&out, 1 << 20);
        record_base_next_block(&w);
        record_base_next_block(&r);
        for (int i = 0; i < PER_BLOCK; i++) {
            put[i] = random_record(&rng);
            assert_true(record_put(&w, &put[i], &out));
        }
        for (int i = 0; i < PER_BLOCK; i++) {
            struct record got;
            size_t n = record_get(&r, out.data + at, out.len - at, &got);
            assert_true(n > 0);
            assert_same(&put[i], &got);
            at += n;
        }
        assert_int_equal(at, out.len);
        buf_fini(&out);
    }
    record_base_fini(&w);
    record_base_fini(&r);
}

/* What is cut off is none; what is changed is none, or another record, and never more bytes than
 * there are. */
static void record_get_takes_any_bytes(void **state)
{
    (void)state;
    uint64_t rng = 7;
    for (int i = 0; i < 4000; i++) {
        struct record_base w = { .n = 0 }, r = { .n = 0 };
        struct record put = random_record(&rng), got;
        struct buf out;
        buf_init(&out, 1 << 20);
        assert_true(record_put(&w, &put, &out));
        size_t n = out.len, cut = next_random(&rng) % n;
        char *exact = malloc(cut + 1);
        assert_non_null(exact);
        memcpy(exact, out.data, cut);
        assert_int_equal(record_get(&r, exact, cut, &got), 0);
        free(exact);
        exact = malloc(n);
        assert_non_null(exact);
        memcpy(exact, out.data, n);
        exact[next_random(&rng) % n] = (char)next_random(&rng);
        assert_true(record_get(&r, exact, n, &got) <= n);
        free(exact);
        buf_fini(&out);
        record_base_fini(&w);
        record_base_fini(&r);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(record_comes_back_as_it_was_put),
        cmocka_unit_test(record_get_takes_any_bytes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
