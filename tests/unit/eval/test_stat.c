/* SPDX-License-Identifier: MIT */
#include "boot.h"
#include "finding.h"
#include "ols.h"
#include "rng.h"
#include "stat.h"
#include "unit.h"

static void splitmix_by_index_gives_the_published_sequence(void **state)
{
    (void)state;
    /* splitmix64.c of Steele and Vigna, seed 1234567. */
    static const uint64_t want[] = { UINT64_C(6457827717110365317), UINT64_C(3203168211198807973),
                                     UINT64_C(9817491932198370423), UINT64_C(4593380528125082431) };
    for (uint64_t i = 0; i < 4; i++) {
        assert_true(rng_at(1234567, i) == want[i]);
    }
    size_t seen[7] = { 0 };
    for (uint64_t i = 0; i < 70000; i++) {
        uint32_t k = rng_below(5, i, 7);
        assert_true(k < 7);
        seen[k]++;
    }
    for (size_t i = 0; i < 7; i++) {
        assert_in_range(seen[i], 9600, 10400);
    }
    assert_true(rng_seed(1, "a") != rng_seed(1, "b") && rng_seed(1, "a") != rng_seed(2, "a"));
}

static void equal_values_share_the_mean_rank(void **state)
{
    (void)state;
    const double x[] = { 3, 1, 3, 2, 3, 1 };
    const double want[] = { 5, 1.5, 5, 3, 5, 1.5 };
    double ranks[6];
    uint32_t order[6];
    stat_ranks(x, 6, ranks, order);
    for (size_t i = 0; i < 6; i++) {
        NEAR(ranks[i], want[i]);
    }
}

static void pearson_of_what_does_not_vary_is_no_number(void **state)
{
    (void)state;
    const double x[] = { 1, 2, 3, 4 }, y[] = { 2, 4, 6, 8 }, z[] = { 4, 3, 2, 1 };
    const double flat[] = { 5, 5, 5, 5 };
    NEAR(stat_pearson(x, y, 4), 1);
    NEAR(stat_pearson(x, z, 4), -1);
    assert_true(isnan(stat_pearson(x, flat, 4)));
}

static void quantiles_lie_between_order_statistics(void **state)
{
    (void)state;
    const double x[] = { 1, 2, 4, 8 };
    NEAR(stat_quantile(x, 4, 0), 1);
    NEAR(stat_quantile(x, 4, 0.5), 3);
    NEAR(stat_quantile(x, 4, 0.9), 4 + 0.7 * 4);
    NEAR(stat_quantile(x, 4, 1), 8);
    assert_true(isnan(stat_quantile(x, 0, 0.5)));
}

static void the_normal_distribution_and_its_inverse_agree(void **state)
{
    (void)state;
    assert_true(fabs(stat_normal_cdf(1.959963984540054) - 0.975) < 1e-12);
    assert_true(fabs(stat_normal_inv(0.975) - 1.959963984540054) < 1e-9);
    assert_true(fabs(stat_normal_inv(0.0005) + 3.290526731491899) < 1e-9);
}

static void benjamini_hochberg_of_the_paper(void **state)
{
    (void)state;
    /* Benjamini and Hochberg 1995, section 3.2: at .05 the first four are rejected. */
    const double p[] = { 0.0001, 0.0004, 0.0019, 0.0095, 0.0201, 0.0278, 0.0298, 0.0344,
                         0.0459, 0.3240, 0.4262, 0.5719, 0.6528, 0.7590, 1.000 };
    double q[15];
    uint32_t order[15];
    stat_bh(p, 15, q, order);
    NEAR(q[0], 0.0015);
    NEAR(q[3], 0.0095 * 15 / 4);
    for (size_t i = 0; i < 15; i++) {
        assert_int_equal(q[i] <= 0.05, i < 4);
    }
    NEAR(q[14], 1);
}

static void a_percentile_knows_only_what_came_before(void **state)
{
    (void)state;
    const double x[] = { 5, 1, 5, 9, 0 };
    const double want[] = { 0.5, 0.25, (1 + 1.0) / 3, 3.5 / 4, 0.5 / 5 };
    double out[5];
    struct err err;
    assert_true(stat_expanding_percentile(x, 5, out, &err));
    for (size_t i = 0; i < 5; i++) {
        NEAR(out[i], want[i]);
    }
}

static void an_interval_wants_five_blocks(void **state)
{
    (void)state;
    double num[8] = { 1, 2, 3, 4, 5, 6, 7, 8 }, den[8] = { 1, 1, 1, 1, 0, 0, 0, 0 };
    double scratch[BOOT_RESAMPLES], se;
    assert_true(isnan(boot_ratio(num, den, 8, 1, scratch, &se).lo));
    assert_true(isnan(se));
    for (size_t i = 0; i < 8; i++) {
        den[i] = 1;
    }
    struct interval ci = boot_ratio(num, den, 8, 1, scratch, &se);
    /* Mean 4.5, standard error of resampled means sqrt(5.25 / 8). */
    assert_true(fabs(se - sqrt(5.25 / 8)) < 0.05);
    assert_true(fabs(ci.lo - (4.5 - 1.96 * se)) < 0.2 && fabs(ci.hi - (4.5 + 1.96 * se)) < 0.2);
    struct interval again = boot_ratio(num, den, 8, 1, scratch, &se);
    assert_true(!(again.lo < ci.lo) && !(again.lo > ci.lo));
}

static void least_squares_of_an_exact_line(void **state)
{
    (void)state;
    const double x[] = { 1, 0, 1, 1, 1, 2, 1, 3, 1, 4 }, y[] = { 1, 3, 5, 7, 9 };
    const uint32_t cluster[] = { 0, 0, 1, 1, 2 };
    double sums[6];
    struct ols out;
    assert_true(ols_fit(x, y, cluster, 5, 2, 3, sums, &out));
    NEAR(out.b[0], 1);
    NEAR(out.b[1], 2);
    assert_true(out.se[1] < 1e-6 && out.se_cluster[1] < 1e-6);
    const double twice[] = { 1, 2, 1, 2, 1, 2, 1, 2, 1, 2 };
    assert_false(ols_fit(twice, y, cluster, 5, 2, 3, sums, &out));
    assert_false(ols_fit(x, y, cluster, 2, 2, 3, sums, &out));
}

static struct trial good(void)
{
    struct trial t = { .n = 400, .n_days = 20, .p = 0.0001, .has_ols = true };
    t.lift = (struct estimate){ .value = 0.06, .se = 0.02, .ci = { 0.02, 0.1 } };
    t.net.value = 0.3;
    return t;
}

static void a_verdict_needs_all_of_it(void **state)
{
    (void)state;
    struct trial t = good();
    assert_int_equal(finding_of(&t, 0.1), FINDING_EDGE);
    assert_int_equal(finding_of(&t, 0.101), FINDING_NO_EDGE);
    t.net.value = 0;
    assert_int_equal(finding_of(&t, 0.01), FINDING_GROSS_ONLY);
    t.redundant = true;
    assert_int_equal(finding_of(&t, 0.01), FINDING_REDUNDANT);
    t = good();
    t.has_ols = false;
    assert_int_equal(finding_of(&t, 0.01), FINDING_REDUNDANT);
    t = good();
    t.lift.ci.lo = 0;
    assert_int_equal(finding_of(&t, 0.01), FINDING_NO_EDGE);
    t.lift.ci.lo = NAN;
    assert_int_equal(finding_of(&t, 0.01), FINDING_NO_EDGE);
    t = good();
    t.n = 99;
    assert_int_equal(finding_of(&t, 0.01), FINDING_INSUFFICIENT);
    t = good();
    t.n_days = 9;
    assert_int_equal(finding_of(&t, 0.01), FINDING_INSUFFICIENT);
    assert_int_equal(finding_of(&t, NAN), FINDING_INSUFFICIENT);
}

static void power_and_what_is_detectable_are_inverse(void **state)
{
    (void)state;
    double lift = finding_detectable(0.8, 0.025, 240);
    assert_true(fabs(finding_power(lift, 0.025, 240) - 0.8) < 1e-6);
    assert_true(fabs(finding_detectable(0.8, 0.025, 1) - (1.96 + 0.8416212) * 0.025) < 1e-6);
    assert_true(finding_power(0.05, 0.025, 240) < finding_power(0.05, 0.025, 2));
    assert_true(isnan(finding_power(0.05, NAN, 1)));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(splitmix_by_index_gives_the_published_sequence),
        cmocka_unit_test(equal_values_share_the_mean_rank),
        cmocka_unit_test(pearson_of_what_does_not_vary_is_no_number),
        cmocka_unit_test(quantiles_lie_between_order_statistics),
        cmocka_unit_test(the_normal_distribution_and_its_inverse_agree),
        cmocka_unit_test(benjamini_hochberg_of_the_paper),
        cmocka_unit_test(a_percentile_knows_only_what_came_before),
        cmocka_unit_test(an_interval_wants_five_blocks),
        cmocka_unit_test(least_squares_of_an_exact_line),
        cmocka_unit_test(a_verdict_needs_all_of_it),
        cmocka_unit_test(power_and_what_is_detectable_are_inverse),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
