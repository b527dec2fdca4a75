/* SPDX-License-Identifier: MIT */
/* A hash that holds the former report and is given the differences holds the new one, or it is said
 * that a field has to go. */
#include "clock.h"
#include "hash.h"
#include "orderflow/detector.h"

enum { ROUNDS = 4000 };

static uint64_t seed;
static int n_vanished;

static int64_t often_same(int64_t x)
{
    return pick(&seed, 3) > 0 ? x : pick(&seed, 4);
}

static double real(double x)
{
    int64_t n = pick(&seed, 12);
    return n == 0 ? NAN : n == 1 ? -0.0 : n < 6 ? (double)pick(&seed, 9) / 7 : x;
}

static int64_t price(int64_t px)
{
    return pick(&seed, 8) == 0 ? METRIC_PX_NONE : often_same(px);
}

static enum metric_label word(enum metric_label l)
{
    return pick(&seed, 4) == 0 ? (enum metric_label)pick(&seed, 4) : l;
}

static void change_metrics(struct metrics *m)
{
#define CHANGE_I(member) m->member = often_same(m->member);
#define CHANGE_D(member) m->member = real(m->member);
#define CHANGE_P(member) m->member = price(m->member);
#define CHANGE_L(member) m->member = word(m->member);
#define METRIC(kind, member, name, unit, help) \
    if (pick(&seed, 24) == 0) {                \
        CHANGE_##kind(member)                  \
    }
#include "metrics.def"
#undef METRIC
    m->jump.ts_ns = pick(&seed, 9) == 0 ? pick(&seed, 4) : m->jump.ts_ns;
    m->jump.size = (double)often_same((int64_t)m->jump.size);
}

static void change_state(struct report *r)
{
    r->tick_ns += pick(&seed, 2) * NS_PER_S;
    r->stale = pick(&seed, 4) == 0;
    r->feed_lag_ms = often_same(r->feed_lag_ms);
    r->quote.ts_ns = pick(&seed, 9) == 0 ? pick(&seed, 4) : r->quote.ts_ns;
    r->quote.bid_sz = (double)often_same((int64_t)r->quote.bid_sz);
    r->quality.late = often_same(r->quality.late);
    r->pressure.tick_ns = pick(&seed, 9) == 0 ? pick(&seed, 4) : r->pressure.tick_ns;
    r->pressure.state = (enum pressure_state)pick(&seed, 4);
    r->px_steps.n = pick(&seed, 9) == 0 ? (int)pick(&seed, 4) : r->px_steps.n;
    r->n_active = (int)often_same(r->n_active);
    for (int i = 0; i < r->n_active; i++) {
        r->active[i].price = often_same(r->active[i].price);
        (void)snprintf(r->active[i].id, sizeof r->active[i].id, "%d", (int)pick(&seed, 2));
        (void)snprintf(r->active[i].kind, sizeof r->active[i].kind, "sweep");
    }
    r->active_total = r->n_active;
}

static void change(struct report *r)
{
    change_metrics(&r->windows[0].m);
    r->behaviors.bid_stacking.value = (enum answer3)pick(&seed, 3);
    r->behaviors.ask_pulling.since_ns = often_same(r->behaviors.ask_pulling.since_ns);
    change_state(r);
}

/* Puts into a hash that may hold the field. */
static void put_over(void *ctx, const char *name, const char *text, size_t n)
{
    struct hash *h = ctx;
    for (int i = 0; i < h->n; i++) {
        if (strcmp(h->name[i], name) == 0) {
            assert_true(n < HASH_TEXT_MAX);
            memcpy(h->text[i], text, n + 1);
            return;
        }
    }
    hash_put(ctx, name, text, n);
}

static bool has_all(const struct hash *h, const struct hash *names)
{
    for (int i = 0; i < names->n; i++) {
        if (hash_get(h, names->name[i]) == NULL) {
            return false;
        }
    }
    return true;
}

static void assert_changes(const struct hash *former, const struct hash *by_changes,
                           const struct hash *whole, struct field_changes c)
{
    assert_int_equal(c.vanished, !has_all(whole, former));
    n_vanished += c.vanished;
    if (c.vanished) {
        return;
    }
    assert_int_equal(c.added, whole->n - former->n);
    assert_int_equal(by_changes->n, whole->n);
    for (int i = 0; i < whole->n; i++) {
        assert_string_equal(hash_get(by_changes, whole->name[i]), whole->text[i]);
    }
}

static void differences_make_the_new_report_of_the_former(void **state)
{
    static struct hash metrics[3], states[3]; /* former, by differences, whole */
    static struct report former, now;
    struct buf json;
    (void)state;
    buf_init(&json, REPORT_SCRATCH_MAX);
    report_init(&now);
    report_window_init(&now.windows[0], "10s", 10);
    now.n_windows = 1;
    for (int i = 0; i < ROUNDS; i++) {
        struct state_marks old, fresh;
        former = now;
        change(&now);
        metrics[0].n = metrics[2].n = states[0].n = states[2].n = 0;
        (void)report_put_metrics_since(&former, NULL, NULL, 0, &json, hash_put, &metrics[0]);
        (void)report_put_metrics_since(&now, NULL, NULL, 0, &json, hash_put, &metrics[2]);
        report_put_state(&former, hash_put, &states[0]);
        report_put_state(&now, hash_put, &states[2]);
        metrics[1] = metrics[0];
        states[1] = states[0];
        assert_changes(&metrics[0], &metrics[1], &metrics[2],
                       report_put_metrics_since(&now, &former.windows[0].m, &former.behaviors, 0,
                                                &json, put_over, &metrics[1]));
        report_mark_state(&former, &old);
        report_mark_state(&now, &fresh);
        assert_changes(&states[0], &states[1], &states[2],
                       report_put_state_since(&now, &old, &fresh, &json, put_over, &states[1]));
    }
    buf_fini(&json);
    assert_in_range(n_vanished, ROUNDS / 16, ROUNDS); /* of twice as many: both kinds come up */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(differences_make_the_new_report_of_the_former),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
