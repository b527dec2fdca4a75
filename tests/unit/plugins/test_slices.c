/* SPDX-License-Identifier: MIT */
/* orderflow/slices.h: which states there are depends on the rows alone. */
#include <orderflow/slices.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#include <cmocka.h>

enum { N = 400, LENGTH_S = 60 };
static const int64_t SECOND_NS = 1000000000;

/* A state: the rows it has taken. */
struct state {
    uint64_t first, n;
};

struct self {
    ofd_slices slices;
    struct state states[OFD_SLICES];
};

static void advance(struct self *s, const ofd_window *w, uint64_t i)
{
    int born = ofd_slices_row(&s->slices, w, i);
    if (born >= 0) {
        s->states[born] = (struct state){ .first = w->first_seq + i };
    }
    for (int k = 0; k < OFD_SLICES; k++) {
        s->states[k].n += (uint64_t)(ofd_slices_live(&s->slices, k) != 0);
    }
}

/* Rows some seconds apart, now and then a minute or five; from 13 s into a slice on. */
static void rows(int64_t *ts_ns)
{
    int64_t t = (1700000000 / LENGTH_S) * LENGTH_S * SECOND_NS + 13 * SECOND_NS;
    for (int i = 0; i < N; i++) {
        ts_ns[i] = t;
        int64_t pause = i % 97 == 96 ? 300 : i % 31 == 30 ? 70 : 1 + i * 7 % 5;
        t += pause * SECOND_NS;
    }
}

static ofd_window window_of(const int64_t *ts_ns, uint64_t from)
{
    return (ofd_window){
        .size = sizeof(ofd_window), .n = N - from, .first_seq = 1000 + from, .ts_ns = ts_ns + from
    };
}

/* The judge knows all rows of the slices newest - 2 to newest, and none before. */
static void the_judge_knows_three_slices(void **state)
{
    (void)state;
    static int64_t ts_ns[N];
    rows(ts_ns);
    ofd_window w = window_of(ts_ns, 0);
    struct self s;
    ofd_slices_init(&s.slices, LENGTH_S);
    assert_false(ofd_slices_at(&s.slices, &w, 0));
    for (uint64_t i = 0; i < N; i++) {
        advance(&s, &w, i);
        int64_t begin = (ts_ns[i] / SECOND_NS / LENGTH_S - OFD_SLICES + 1) * LENGTH_S * SECOND_NS;
        uint64_t first = i;
        while (first > 0 && ts_ns[first - 1] >= begin) {
            first--;
        }
        const struct state *judge = &s.states[s.slices.oldest];
        assert_int_equal(judge->first, w.first_seq + first);
        assert_int_equal(judge->n, i - first + 1);
        assert_true(ofd_slices_at(&s.slices, &w, i + 1));
        assert_false(ofd_slices_at(&s.slices, &w, i));
        assert_false(ofd_slices_at(&s.slices, &w, i + 2));
    }
}

/* Begun anywhere, once three slices have gone by it is where the one is that saw everything. */
static void a_restart_finds_the_same_states(void **state)
{
    (void)state;
    static int64_t ts_ns[N];
    rows(ts_ns);
    int compared = 0;
    for (uint64_t from = 1; from < N; from += 23) {
        ofd_window all = window_of(ts_ns, 0), rest = window_of(ts_ns, from);
        struct self a, b;
        ofd_slices_init(&a.slices, LENGTH_S);
        ofd_slices_init(&b.slices, LENGTH_S);
        for (uint64_t i = 0; i < N; i++) {
            advance(&a, &all, i);
            if (i < from) {
                continue;
            }
            advance(&b, &rest, i - from);
            if (ts_ns[i] - ts_ns[from] < OFD_SLICES * LENGTH_S * SECOND_NS) {
                continue;
            }
            const struct state *x = &a.states[a.slices.oldest], *y = &b.states[b.slices.oldest];
            assert_int_equal(x->first, y->first);
            assert_int_equal(x->n, y->n);
            compared++;
        }
    }
    assert_true(compared > N);
}

static void what_is_forgotten_is_gone(void **state)
{
    (void)state;
    static int64_t ts_ns[N];
    rows(ts_ns);
    ofd_window w = window_of(ts_ns, 0);
    struct self s;
    ofd_slices_init(&s.slices, LENGTH_S);
    advance(&s, &w, 0);
    advance(&s, &w, 1);
    ofd_slices_forget(&s.slices);
    assert_false(ofd_slices_at(&s.slices, &w, 2));
    for (int k = 0; k < OFD_SLICES; k++) {
        assert_false(ofd_slices_live(&s.slices, k));
    }
    advance(&s, &w, 2);
    assert_int_equal(s.states[s.slices.oldest].first, w.first_seq + 2);
    assert_int_equal(s.states[s.slices.oldest].n, 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_judge_knows_three_slices),
        cmocka_unit_test(a_restart_finds_the_same_states),
        cmocka_unit_test(what_is_forgotten_is_gone),
    };
    return cmocka_run_group_tests_name("slices", tests, NULL, NULL);
}
