/* SPDX-License-Identifier: MIT */
/* Which episode is told to have found which thing. */
#include "truth.h"
#include "unit.h"

static const struct truth_rule rule = { .tolerance_ns = S(2), .tolerance_px = CENT };

static struct truth thing(int32_t side, int64_t from_s, int64_t to_s, int64_t cents)
{
    return (struct truth){ .side = side,
                           .dir = side == OFD_BID ? 1 : -1,
                           .onset_ns = S(from_s),
                           .end_ns = S(to_s),
                           .px_lo = cents * CENT,
                           .px_hi = cents * CENT };
}

static struct truth_episode episode(int32_t side, int64_t from_s, int64_t to_s, int64_t cents)
{
    return (struct truth_episode){ .side = side,
                                   .dir = side == OFD_BID ? 1 : -1,
                                   .onset_ns = S(from_s),
                                   .last_ns = S(to_s),
                                   .price = cents * CENT };
}

static void side_direction_time_and_price_must_fit(void **state)
{
    (void)state;
    struct truth t = thing(OFD_BID, 100, 110, 5000);
    struct truth_episode e = episode(OFD_BID, 104, 105, 5000);
    assert_true(truth_fits(&t, &e, &rule));
    e.side = OFD_ASK;
    assert_false(truth_fits(&t, &e, &rule));
    e = episode(OFD_BID, 104, 105, 5000);
    e.dir = -1;
    assert_false(truth_fits(&t, &e, &rule));
    e.dir = 0; /* says nothing about it */
    assert_true(truth_fits(&t, &e, &rule));
}

static void time_fits_up_to_the_tolerance(void **state)
{
    (void)state;
    struct truth t = thing(OFD_BID, 100, 110, 5000);
    struct truth_episode e = episode(OFD_BID, 90, 98, 5000);
    assert_true(truth_fits(&t, &e, &rule));
    e.last_ns--;
    assert_false(truth_fits(&t, &e, &rule));
    e = episode(OFD_BID, 112, 120, 5000);
    assert_true(truth_fits(&t, &e, &rule));
    e.onset_ns++;
    assert_false(truth_fits(&t, &e, &rule));
    e = episode(OFD_BID, 50, 500, 5000); /* all around it */
    assert_true(truth_fits(&t, &e, &rule));
}

static void price_fits_within_a_tick_of_the_way(void **state)
{
    (void)state;
    struct truth t = thing(OFD_ASK, 100, 110, 5000);
    t.px_hi = 5003 * CENT;
    const int64_t right[] = { 4999, 5000, 5002, 5004 }, wrong[] = { 4998, 5005 };
    for (size_t i = 0; i < 4; i++) {
        struct truth_episode e = episode(OFD_ASK, 104, 105, right[i]);
        assert_true(truth_fits(&t, &e, &rule));
    }
    for (size_t i = 0; i < 2; i++) {
        struct truth_episode e = episode(OFD_ASK, 104, 105, wrong[i]);
        assert_false(truth_fits(&t, &e, &rule));
    }
    struct truth_episode nowhere = episode(OFD_ASK, 104, 105, 1);
    nowhere.price = OFD_NO_PRICE;
    assert_true(truth_fits(&t, &nowhere, &rule));
    struct truth_episode e = episode(OFD_ASK, 104, 105, 1);
    t.px_lo = t.px_hi = OFD_NO_PRICE;
    assert_true(truth_fits(&t, &e, &rule));
}

static void each_thing_and_each_episode_is_in_one_pair(void **state)
{
    (void)state;
    struct err err;
    struct truth t[2] = { thing(OFD_BID, 100, 110, 5000), thing(OFD_BID, 300, 310, 5000) };
    struct truth_episode e[3] = { episode(OFD_BID, 101, 102, 5000),
                                  episode(OFD_BID, 105, 106, 5000),
                                  episode(OFD_BID, 200, 210, 5000) };
    size_t of_t[2], of_e[3];
    assert_true(truth_match(t, 2, e, 3, &rule, of_t, of_e, &err));
    assert_int_equal(of_t[0], 0); /* the first of two */
    assert_true(of_t[1] == TRUTH_NONE);
    assert_int_equal(of_e[0], 0);
    assert_true(of_e[1] == TRUTH_NONE && of_e[2] == TRUTH_NONE);
}

/* Taking the first that fits would leave the second thing without. */
static void as_many_things_as_can_be_are_found(void **state)
{
    (void)state;
    struct err err;
    struct truth t[3] = { thing(OFD_BID, 100, 110, 5000), thing(OFD_BID, 103, 110, 4999),
                          thing(OFD_BID, 104, 110, 4998) };
    /* fit: things 0 1 | 0 1 2 | 1 2 are at most a tick away */
    struct truth_episode e[3] = { episode(OFD_BID, 105, 106, 5000),
                                  episode(OFD_BID, 105, 106, 4999),
                                  episode(OFD_BID, 105, 106, 5001) };
    size_t of_t[3], of_e[3];
    assert_true(truth_match(t, 3, e, 3, &rule, of_t, of_e, &err));
    assert_int_equal(of_t[0], 2);
    assert_int_equal(of_t[1], 0);
    assert_int_equal(of_t[2], 1);
    assert_int_equal(of_e[0], 1);
    assert_int_equal(of_e[1], 2);
    assert_int_equal(of_e[2], 0);
}

static void incidental_things_come_last(void **state)
{
    (void)state;
    struct err err;
    struct truth t[2] = { thing(OFD_BID, 100, 110, 5000), thing(OFD_BID, 100, 110, 5000) };
    t[0].incidental = true;
    struct truth_episode e[2] = { episode(OFD_BID, 101, 102, 5000),
                                  episode(OFD_BID, 103, 104, 5000) };
    size_t of_t[2], of_e[2];
    assert_true(truth_match(t, 2, e, 1, &rule, of_t, of_e, &err));
    assert_true(of_t[0] == TRUTH_NONE);
    assert_int_equal(of_t[1], 0);
    assert_true(truth_match(t, 2, e, 2, &rule, of_t, of_e, &err));
    assert_int_equal(of_t[0], 1);
    assert_int_equal(of_t[1], 0);
    assert_true(truth_match(t, 0, e, 2, &rule, of_t, of_e, &err));
    assert_true(of_e[0] == TRUTH_NONE && of_e[1] == TRUTH_NONE);
}

/* Every small case against all ways there are to pair. */
static size_t best(const struct truth *t, size_t n, const struct truth_episode *e, size_t m,
                   unsigned used)
{
    if (n == 0) {
        return 0;
    }
    size_t most = best(t + 1, n - 1, e, m, used);
    for (size_t k = 0; k < m; k++) {
        if ((used >> k & 1) == 0 && truth_fits(t, &e[k], &rule)) {
            size_t with = 1 + best(t + 1, n - 1, e, m, used | 1U << k);
            most = with > most ? with : most;
        }
    }
    return most;
}

static void no_other_pairing_finds_more(void **state)
{
    (void)state;
    struct err err;
    uint32_t seed = 1;
    for (int round = 0; round < 500; round++) {
        struct truth t[5];
        struct truth_episode e[6];
        size_t of_t[5], of_e[6], pairs = 0;
        for (size_t i = 0; i < 11; i++) {
            seed = seed * 1664525 + 1013904223;
            int64_t at = 100 + (seed >> 16) % 30, px = 5000 + (seed >> 24) % 4;
            if (i < 5) {
                t[i] = thing(OFD_BID, at, at + 3, px);
            } else {
                e[i - 5] = episode(OFD_BID, at, at + 2, px);
            }
        }
        assert_true(truth_match(t, 5, e, 6, &rule, of_t, of_e, &err));
        for (size_t i = 0; i < 5; i++) {
            pairs += of_t[i] != TRUTH_NONE;
            assert_true(of_t[i] == TRUTH_NONE ||
                        (of_e[of_t[i]] == i && truth_fits(&t[i], &e[of_t[i]], &rule)));
        }
        assert_int_equal(pairs, best(t, 5, e, 6, 0));
    }
}

static void recall_and_precision_are_of_what_was_asked(void **state)
{
    (void)state;
    struct truth_score s = {
        .asked = 8, .found = 6, .episodes = 20, .incidental = 8, .again = 2, .wrong = 4
    };
    NEAR(truth_recall(&s), 0.75);
    NEAR(truth_precision(&s), 0.5);
    s = (struct truth_score){ .episodes = 3, .incidental = 3 };
    assert_true(isnan(truth_recall(&s)) && isnan(truth_precision(&s)));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(side_direction_time_and_price_must_fit),
        cmocka_unit_test(time_fits_up_to_the_tolerance),
        cmocka_unit_test(price_fits_within_a_tick_of_the_way),
        cmocka_unit_test(each_thing_and_each_episode_is_in_one_pair),
        cmocka_unit_test(as_many_things_as_can_be_are_found),
        cmocka_unit_test(incidental_things_come_last),
        cmocka_unit_test(no_other_pairing_finds_more),
        cmocka_unit_test(recall_and_precision_are_of_what_was_asked),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
