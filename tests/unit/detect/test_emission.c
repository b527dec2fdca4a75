/* SPDX-License-Identifier: MIT */
#include "emission.h"

#include "orderflow/detector.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

enum { NOW = 1000, OLDEST = 100 };

static const struct declaration DECL = {
    .n_kinds = 2,
    .n_fields = 4,
    .fields = { { .type = OFD_INT },
                { .type = OFD_REAL },
                { .type = OFD_PRICE },
                { .type = OFD_CHOICE, .n_choices = 3 } },
    .window_s = { 10, 60 },
    .n_windows = 2,
    .memory_s = 5,
};

static struct emission good(void)
{
    return (struct emission){ .kind = 1,
                              .side = OFD_ASK,
                              .dir = -1,
                              .ts_ns = NOW,
                              .start_ns = NOW,
                              .price = 5,
                              .value = 1,
                              .n_ev = 4,
                              .ev = { { .field = 0, .i = INT64_MIN },
                                      { .field = 1, .f = -1e300 },
                                      { .field = 2, .i = EMISSION_PRICE_MAX },
                                      { .field = 3, .i = 2 } } };
}

static const char *fault(const struct emission *e)
{
    return emission_fault(&DECL, e, OLDEST, NOW);
}

static void emission_as_declared_has_no_fault(void **state)
{
    (void)state;
    struct emission e = good();
    assert_null(fault(&e));
    e.price = OFD_NO_PRICE;
    e.ts_ns = e.start_ns = OLDEST;
    e.n_ev = 0;
    assert_null(fault(&e));
}

#define FAULTY(name, change)                               \
    static void emission_##name##_is_a_fault(void **state) \
    {                                                      \
        (void)state;                                       \
        struct emission e = good();                        \
        e.change;                                          \
        assert_non_null(fault(&e));                        \
    }

FAULTY(kind_beyond_the_last, kind = 2)
FAULTY(side_beyond_ask, side = 3)
FAULTY(side_below_none, side = -1)
FAULTY(dir_two, dir = 2)
FAULTY(dir_minus_two, dir = -2)
FAULTY(time_after_the_boundary, ts_ns = NOW + 1)
FAULTY(time_before_the_oldest_row, ts_ns = OLDEST - 1)
FAULTY(start_after_its_time, start_ns = NOW + 1)
FAULTY(start_of_zero, start_ns = 0)
FAULTY(price_of_zero, price = 0)
FAULTY(price_beyond_sense, price = EMISSION_PRICE_MAX + 1)
FAULTY(price_below_sense, price = -EMISSION_PRICE_MAX - 1)
FAULTY(value_not_a_number, value = NAN)
FAULTY(value_infinite, value = -INFINITY)
FAULTY(too_much_evidence, n_ev = EVIDENCE_MAX + 1)
FAULTY(evidence_of_no_field, ev[0].field = 4)
FAULTY(evidence_twice, ev[1].field = 0)
FAULTY(evidence_not_finite, ev[1].f = INFINITY)
FAULTY(evidence_price_beyond_sense, ev[2].i = INT64_MAX)
FAULTY(evidence_choice_beyond_the_last, ev[3].i = 3)
FAULTY(evidence_choice_negative, ev[3].i = -1)

static void emission_oldest_is_the_longest_window_and_its_memory(void **state)
{
    (void)state;
    assert_int_equal(emission_oldest_ns(&DECL, INT64_C(100000000000)), INT64_C(35000000001));
}

int main(void)
{
#define TEST(name) cmocka_unit_test(emission_##name##_is_a_fault)
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(emission_as_declared_has_no_fault),
        TEST(kind_beyond_the_last),
        TEST(side_beyond_ask),
        TEST(side_below_none),
        TEST(dir_two),
        TEST(dir_minus_two),
        TEST(time_after_the_boundary),
        TEST(time_before_the_oldest_row),
        TEST(start_after_its_time),
        TEST(start_of_zero),
        TEST(price_of_zero),
        TEST(price_beyond_sense),
        TEST(price_below_sense),
        TEST(value_not_a_number),
        TEST(value_infinite),
        TEST(too_much_evidence),
        TEST(evidence_of_no_field),
        TEST(evidence_twice),
        TEST(evidence_not_finite),
        TEST(evidence_price_beyond_sense),
        TEST(evidence_choice_beyond_the_last),
        TEST(evidence_choice_negative),
        cmocka_unit_test(emission_oldest_is_the_longest_window_and_its_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
