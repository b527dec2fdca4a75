/* SPDX-License-Identifier: MIT */
/* Which tickers a detector has yet to judge. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "engine.h"

enum { TICKERS = 5, DETECTORS = 2 };

/* An engine of tickers and detectors alone; nobody looks into a tracker. */
struct fixture {
    struct engine e;
    struct ticker tickers[TICKERS], *by_id[TICKERS];
    struct judging judging[TICKERS][DETECTORS];
    struct boundary queue[TICKERS][4];
    struct ring open[DETECTORS];
};

static void set_up(struct fixture *f)
{
    *f = (struct fixture){ .e = { .cap_tickers = TICKERS, .n_detectors = DETECTORS } };
    f->e.open = f->open;
    f->e.tickers = f->by_id;
    for (uint32_t k = 0; k < TICKERS; k++) {
        struct ticker *t = &f->tickers[k];
        *t = (struct ticker){ .id = k, .queue = f->queue[k], .judging = f->judging[k] };
        f->by_id[k] = t;
        for (size_t i = 0; i < DETECTORS; i++) {
            t->judging[i].tracker = (struct tracker *)(void *)f;
        }
    }
    assert_true(engine_open_reserve(&f->e));
}

static void tear_down(struct fixture *f)
{
    ring_fini(&f->e.news);
    for (size_t i = 0; i < DETECTORS; i++) {
        ring_fini(&f->open[i]);
    }
}

/* As ticker_enqueue() does it. */
static void queue_boundary(struct fixture *f, uint32_t k)
{
    f->tickers[k].n_queue++;
    if (!f->tickers[k].has_news) {
        f->tickers[k].has_news = true;
        ring_push(&f->e.news, k);
    }
}

static void judge(struct fixture *f, size_t i, uint32_t k)
{
    f->judging[k][i].next++;
}

static void assert_next(struct fixture *f, size_t i, uint32_t k)
{
    const struct ticker *t = engine_next_open(&f->e, i);
    assert_non_null(t);
    assert_int_equal(t->id, k);
}

static void only_tickers_with_boundaries_are_looked_at(void **state)
{
    (void)state;
    struct fixture f;
    set_up(&f);
    f.judging[3][1].tracker = NULL; /* not run there */
    queue_boundary(&f, 1);
    queue_boundary(&f, 3);
    queue_boundary(&f, 1);
    engine_spread_news(&f.e);
    assert_int_equal(f.open[0].n, 2);
    assert_int_equal(f.open[1].n, 1);
    assert_next(&f, 0, 1);
    assert_next(&f, 0, 3);
    judge(&f, 0, 1);
    assert_next(&f, 0, 1); /* has another */
    judge(&f, 0, 1);
    judge(&f, 0, 3);
    assert_null(engine_next_open(&f.e, 0));
    assert_null(engine_next_open(&f.e, 0));
    assert_int_equal(f.open[0].n, 0);
    assert_int_equal(f.open[1].n, 1);
    assert_int_equal(engine_behind(&f.e, 0), 0);
    assert_int_equal(engine_behind(&f.e, 1), 2);
    queue_boundary(&f, 3);
    assert_int_equal(engine_behind(&f.e, 0), 1); /* though no detector has been told */
    engine_spread_news(&f.e);
    assert_next(&f, 0, 3);
    assert_int_equal(f.open[0].n, 1);
    tear_down(&f);
}

/* A detector that can never do all that there is. */
static void tickers_take_turns(void **state)
{
    (void)state;
    struct fixture f;
    uint64_t judged[TICKERS] = { 0 };
    set_up(&f);
    for (int round = 0; round < 4 * TICKERS; round++) {
        for (uint32_t k = 0; k < TICKERS; k++) {
            f.tickers[k].n_queue = 1;
            f.tickers[k].queue_first = f.judging[k][0].next;
            f.tickers[k].has_news = true;
            ring_push(&f.e.news, k);
        }
        engine_spread_news(&f.e);
        for (int i = 0; i < 2; i++) {
            uint32_t k = engine_next_open(&f.e, 0)->id;
            judge(&f, 0, k);
            judged[k]++;
        }
    }
    for (uint32_t k = 0; k < TICKERS; k++) {
        assert_int_equal(judged[k], 8);
    }
    tear_down(&f);
}

static void a_ring_that_grows_keeps_its_order(void **state)
{
    (void)state;
    struct ring r = { 0 };
    assert_true(ring_reserve(&r, 3));
    for (uint32_t id = 0; id < 3; id++) {
        ring_push(&r, id);
    }
    assert_int_equal(ring_pop(&r), 0);
    ring_push(&r, 3); /* wraps around */
    assert_true(ring_reserve(&r, 5));
    ring_push(&r, 4);
    ring_push(&r, 5);
    for (uint32_t id = 1; id <= 5; id++) {
        assert_int_equal(ring_pop(&r), id);
    }
    assert_int_equal(r.n, 0);
    ring_fini(&r);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(only_tickers_with_boundaries_are_looked_at),
        cmocka_unit_test(tickers_take_turns),
        cmocka_unit_test(a_ring_that_grows_keeps_its_order),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
