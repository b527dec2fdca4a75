/* SPDX-License-Identifier: MIT */
#include "check.h"
#include "json.h"
#include "sample.h"

#include <string.h>

struct drawn {
    struct buf text;
    struct json j;
};

static void draw(struct drawn *d, const struct answer *a)
{
    *d = (struct drawn){ 0 };
    buf_init(&d->text, 1 << 20);
    answer_json(a, &d->text);
    assert_false(d->text.failed);
    assert_int_equal(json_parse(&d->j, d->text.data, d->text.len), JSON_FINE);
}

static void drawn_fini(struct drawn *d)
{
    json_fini(&d->j);
    buf_fini(&d->text);
}

static const struct json_value *at(const struct drawn *d, const char *a, const char *b,
                                   const char *c)
{
    const struct json_value *v = json_get(&d->j, d->j.v, a);
    v = b != NULL ? json_get(&d->j, v, b) : v;
    return c != NULL ? json_get(&d->j, v, c) : v;
}

static void expect_raw(const struct drawn *d, const struct json_value *v, const char *want)
{
    assert_non_null(v);
    assert_int_equal(v->len, strlen(want));
    assert_memory_equal(json_raw(&d->j, v), want, v->len);
}

static void answer_json_has_the_documented_keys(void **state)
{
    (void)state;
    static const char *const keys[] = {
        "ticker",  "timestamp_ms", "state",  "quote",    "quality",
        "metrics", "behaviors",    "levels", "patterns", "detectors"
    };
    struct answer a = sample_answer();
    struct drawn d;
    draw(&d, &a);
    for (size_t i = 0; i < sizeof keys / sizeof keys[0]; i++) {
        if (json_get(&d.j, d.j.v, keys[i]) == NULL) {
            fail_msg("no %s", keys[i]);
        }
    }
    drawn_fini(&d);
    answer_fini(&a);
}

static void answer_json_values_are_exact_and_numbers_are_numbers(void **state)
{
    (void)state;
    struct answer a = sample_answer();
    (void)sample_level(&a, 1, CENTS(44972), .5);
    struct drawn d;
    draw(&d, &a);
    expect_raw(&d, at(&d, "state", NULL, NULL), "\"OK\"");
    expect_raw(&d, at(&d, "quote", "bid_price", NULL), "449.66");
    expect_raw(&d, at(&d, "quote", "mid_price", NULL), "449.665");
    expect_raw(&d, at(&d, "metrics", "1min", "bid_lift_count"), "85");
    expect_raw(&d, at(&d, "metrics", "1min", "bid_size_acceleration"), "\"STABLE\"");
    assert_true(json_is(at(&d, "metrics", "5min", "last_sweep"), JSON_OBJECT));
    expect_raw(&d, at(&d, "behaviors", "spread_tightening", NULL), "\"YES\"");
    assert_non_null(at(&d, "behaviors_since", "spread_tightening", "since_ms"));
    const struct json_value *level = json_first(at(&d, "levels", "ask", NULL));
    expect_raw(&d, json_get(&d.j, level, "price"), "449.72");
    const struct json_value *pattern = json_first(at(&d, "patterns", NULL, NULL));
    expect_raw(&d, json_get(&d.j, pattern, "side"), "\"ask\"");
    expect_raw(&d, json_get(&d.j, pattern, "price_level"), "449.69");
    expect_raw(&d, json_get(&d.j, pattern, "strength"), "\"moderate\"");
    drawn_fini(&d);
    answer_fini(&a);
}

static void answer_json_flags_are_unknown_when_stale(void **state)
{
    (void)state;
    struct answer a = sample_answer();
    a.report.stale = true;
    struct drawn d;
    draw(&d, &a);
    expect_raw(&d, at(&d, "behaviors", "spread_tightening", NULL), "\"UNKNOWN\"");
    assert_null(at(&d, "metrics", "10s", "behaviors"));
    assert_null(at(&d, "metrics", "10s", "behaviors_since"));
    expect_raw(&d, at(&d, "behaviors_since", NULL, NULL), "{}");
    drawn_fini(&d);
    answer_fini(&a);
}

static void answer_json_unknown_ticker_is_an_error_with_suggestions(void **state)
{
    (void)state;
    struct answer a = { .ticker = "NOPE", .suggestions = { "SPY" }, .n_suggestions = 1 };
    struct drawn d;
    draw(&d, &a);
    assert_true(json_is(at(&d, "error", NULL, NULL), JSON_STRING));
    expect_raw(&d, at(&d, "suggestions", NULL, NULL), "[\"SPY\"]");
    assert_null(at(&d, "state", NULL, NULL));
    drawn_fini(&d);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(answer_json_has_the_documented_keys),
        cmocka_unit_test(answer_json_values_are_exact_and_numbers_are_numbers),
        cmocka_unit_test(answer_json_unknown_ticker_is_an_error_with_suggestions),
        cmocka_unit_test(answer_json_flags_are_unknown_when_stale),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
