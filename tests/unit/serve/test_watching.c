/* SPDX-License-Identifier: MIT */
/* What a watch waits for; verdicts of detectors. */
#include "check.h"
#include "clock.h"
#include "orderflow/detector.h"
#include "sample.h"
#include "verdict.h"
#include "watching.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* ---- conditions ---- */

static void conditions_are_words_separated_by_commas(void **state)
{
    (void)state;
    struct watch_spec s;
    assert_true(watch_parse("reversal,level:582.10, pattern:absorption stale", &s, NULL));
    assert_true(s.reversal && s.level && s.pattern && s.stale && s.has_price);
    assert_int_equal(s.price_px, CENTS(58210));
    assert_string_equal(s.type, "absorption");
    assert_true(watch_parse("pattern", &s, NULL) && s.type[0] == '\0' && !s.level);
    assert_true(watch_parse("level", &s, NULL) && s.level && !s.has_price);
}

static void bad_conditions_are_refused_with_the_words_there_are(void **state)
{
    (void)state;
    static const char *const bad[] = {
        "",         "level:",
        "level:x",  "level:-1",
        "pattern:", "boom",
        "Level",    ",",
        "level:0",  "pattern:a_name_that_is_longer_than_any_kind_may_be"
    };
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        struct watch_spec s;
        struct err err = { 0 };
        assert_false(watch_parse(bad[i], &s, &err));
        assert_int_equal(err.code, ERR_INVALID);
        assert_non_null(strstr(err.text, "reversal"));
    }
}

/* ---- looks ---- */

static struct answer at(double mid_cents, enum pressure_state s)
{
    struct answer a = sample_answer();
    a.newest.bid_px = (int64_t)(mid_cents * 1e7) - CENTS(1) / 2;
    a.newest.ask_px = a.newest.bid_px + CENTS(1);
    a.report.pressure.state = a.report.pressure.known = s;
    a.report.pressure.tick_ns = a.report.tick_ns;
    return a;
}

static struct watch_base begin(const char *condition, const struct answer *a)
{
    struct watch_spec spec;
    struct watch_base w;
    assert_true(watch_parse(condition, &spec, NULL));
    assert_true(watch_begin(&w, &spec, a, NULL));
    return w;
}

static enum watch_event look(struct watch_base *w, double mid_cents, enum pressure_state s)
{
    const struct watch_level *level;
    struct answer a = at(mid_cents, s);
    enum watch_event e = watch_look(w, &a, &level);
    assert_int_equal(level != NULL, e == WATCH_LEVEL);
    answer_fini(&a);
    return e;
}

static void price_that_passes_a_level_breaks_it_and_touching_does_not(void **state)
{
    (void)state;
    struct answer a = at(45000, PRESSURE_MIXED);
    struct watch_base w = begin("level:449.95", &a);
    assert_int_equal(look(&w, 44996, PRESSURE_MIXED), WATCH_NONE);
    assert_int_equal(look(&w, 44995, PRESSURE_MIXED), WATCH_NONE);
    assert_int_equal(look(&w, 45001, PRESSURE_MIXED), WATCH_NONE);
    assert_int_equal(look(&w, 44994.5, PRESSURE_MIXED), WATCH_LEVEL);
    answer_fini(&a);
}

static void level_at_the_price_breaks_once_the_price_has_left_and_come_back_through(void **state)
{
    (void)state;
    struct answer a = at(45000, PRESSURE_MIXED);
    struct watch_base w = begin("level:450.00", &a);
    assert_int_equal(look(&w, 45002, PRESSURE_MIXED), WATCH_NONE);
    assert_int_equal(look(&w, 44999, PRESSURE_MIXED), WATCH_LEVEL);
    answer_fini(&a);
}

static void known_levels_of_both_sides_are_watched(void **state)
{
    (void)state;
    for (int up = 0; up <= 1; up++) {
        struct answer a = at(45000, PRESSURE_MIXED);
        (void)sample_level(&a, 0, CENTS(44990), .5);
        (void)sample_level(&a, 1, CENTS(45010), .5);
        struct watch_base w = begin("level", &a);
        assert_int_equal(look(&w, 45009, PRESSURE_MIXED), WATCH_NONE);
        assert_int_equal(look(&w, up ? 45011 : 44989, PRESSURE_MIXED), WATCH_LEVEL);
        answer_fini(&a);
    }
}

static void level_without_a_known_one_is_an_error(void **state)
{
    (void)state;
    struct answer a = at(45000, PRESSURE_MIXED);
    struct watch_spec spec;
    struct watch_base w;
    struct err err = { 0 };
    assert_true(watch_parse("level", &spec, NULL));
    assert_false(watch_begin(&w, &spec, &a, &err));
    assert_non_null(strstr(err.text, "level:582.10"));
    answer_fini(&a);
}

static void only_the_other_side_is_a_reversal(void **state)
{
    (void)state;
    struct answer a = at(45000, PRESSURE_BUYING);
    struct watch_base w = begin("reversal", &a);
    assert_int_equal(look(&w, 45000, PRESSURE_MIXED), WATCH_NONE);
    assert_int_equal(look(&w, 45000, PRESSURE_UNKNOWN), WATCH_NONE);
    assert_int_equal(look(&w, 45000, PRESSURE_BUYING), WATCH_NONE);
    assert_int_equal(look(&w, 45000, PRESSURE_SELLING), WATCH_REVERSAL);
    answer_fini(&a);
}

static void reversal_from_mixed_is_against_the_last_side_that_was_known(void **state)
{
    (void)state;
    struct answer a = at(45000, PRESSURE_MIXED);
    a.report.pressure.before = PRESSURE_SELLING;
    struct watch_base w = begin("reversal", &a);
    assert_int_equal(look(&w, 45000, PRESSURE_SELLING), WATCH_NONE);
    assert_int_equal(look(&w, 45000, PRESSURE_BUYING), WATCH_REVERSAL);
    a.report.pressure.before = PRESSURE_UNKNOWN;
    w = begin("reversal", &a);
    assert_int_equal(look(&w, 45000, PRESSURE_BUYING), WATCH_NONE);
    assert_int_equal(look(&w, 45000, PRESSURE_SELLING), WATCH_REVERSAL);
    answer_fini(&a);
}

static void two_looks_at_old_data_end_every_watch(void **state)
{
    (void)state;
    struct answer a = at(45000, PRESSURE_BUYING), old = at(44000, PRESSURE_SELLING);
    struct watch_base w = begin("reversal,level:445", &a);
    const struct watch_level *level;
    old.newest.ts_ns -= 60 * NS_PER_S;
    assert_int_equal(watch_look(&w, &old, &level), WATCH_NONE);
    assert_int_equal(look(&w, 45000, PRESSURE_BUYING), WATCH_NONE);
    assert_int_equal(watch_look(&w, &old, &level), WATCH_NONE);
    assert_int_equal(watch_look(&w, &old, &level), WATCH_STALE);
    answer_fini(&a);
    answer_fini(&old);
}

/* ---- verdicts ---- */

static const char conditions[] =
    "[{\"type\":\"a\",\"side\":\"bid\",\"dir\":1,\"key\":\"size\",\"unit\":\"shares\",\"value\":"
    "9000,"
    "\"op\":\">\",\"threshold\":8000,\"holds\":true,\"param\":\"min\",\"field\":\"sz\"},"
    "{\"type\":\"a\",\"side\":\"bid\",\"dir\":1,\"key\":\"p\",\"unit\":\"\",\"value\":0.5,\"op\":"
    "\"<=\","
    "\"threshold\":0.25,\"holds\":false,\"param\":\"p\",\"field\":\"p\"},"
    "{\"type\":\"a\",\"side\":\"ask\",\"dir\":-1,\"key\":\"size\",\"unit\":\"\",\"value\":null,"
    "\"op\":\">\","
    "\"threshold\":8000,\"holds\":false},"
    "{\"type\":\"m\",\"dir\":0,\"key\":\"moves\",\"unit\":\"\",\"value\":12,\"op\":\">=\","
    "\"threshold\":10,"
    "\"holds\":true},"
    "{\"type\":\"m\",\"dir\":1,\"key\":\"lead\",\"unit\":\"\",\"value\":4,\"op\":\">\","
    "\"threshold\":0,"
    "\"holds\":true},"
    "{\"type\":\"m\",\"dir\":-1,\"key\":\"lead\",\"unit\":\"\",\"value\":-4,\"op\":\">\","
    "\"threshold\":0,"
    "\"holds\":false},"
    "{\"key\":\"broken\"}, 7]";

static void read_conditions(struct told_conditions *c)
{
    struct json j = { 0 };
    assert_int_equal(json_parse(&j, conditions, strlen(conditions)), JSON_FINE);
    told_read(&j, j.v, c);
    json_fini(&j);
}

static char *draw(const struct told_conditions *c)
{
    struct buf out;
    buf_init(&out, 1 << 16);
    struct jput doc = { .out = &out };
    struct jput root = jput_object(&doc, NULL);
    verdicts_put(&root, c);
    jput_close(&root);
    assert_false(out.failed);
    return out.data;
}

static void verdicts_group_conditions_and_give_margins(void **state)
{
    (void)state;
    struct told_conditions c;
    read_conditions(&c);
    assert_int_equal(c.n, 6);
    char *text = draw(&c);
    assert_string_equal(
        text,
        "{\"verdicts\":[{\"type\":\"a\",\"side\":\"bid\",\"dir\":1,\"missing\":[\"p\"],\"fires\":"
        "false,"
        "\"conditions\":[{\"key\":\"size\",\"value\":9000,\"op\":\">\",\"threshold\":8000,\"unit\":"
        "\"shares\",\"holds\":true,\"margin\":1000,\"param\":\"min\"},{\"key\":\"p\",\"value\":0.5,"
        "\"op\":"
        "\"<=\",\"threshold\":0.25,\"holds\":false,\"margin\":-0.25}]},"
        "{\"type\":\"a\",\"side\":\"ask\",\"dir\":-1,\"missing\":[\"size\"],\"fires\":false,"
        "\"conditions\":[{\"key\":\"size\",\"value\":null,\"op\":\">\",\"threshold\":8000}]},"
        "{\"type\":\"m\",\"dir\":1,\"missing\":[],\"fires\":true,\"conditions\":[{\"key\":"
        "\"moves\","
        "\"value\":12,\"op\":\">=\",\"threshold\":10,\"holds\":true,\"margin\":2},{\"key\":"
        "\"lead\","
        "\"value\":4,\"op\":\">\",\"threshold\":0,\"holds\":true,\"margin\":4}]},"
        "{\"type\":\"m\",\"dir\":-1,\"missing\":[\"lead\"],\"fires\":false,\"conditions\":[{"
        "\"key\":"
        "\"moves\",\"value\":12,\"op\":\">=\",\"threshold\":10,\"holds\":true,\"margin\":2},{"
        "\"key\":"
        "\"lead\",\"value\":-4,\"op\":\">\",\"threshold\":0,\"holds\":false,\"margin\":-4}]}]}");
    free(text);
}

static void stored_pattern_is_judged_by_its_evidence(void **state)
{
    (void)state;
    struct told_conditions c;
    struct answer a = sample_answer();
    struct stored_pattern *p = sample_pattern(&a, "a", 5);
    p->e.side = OFD_BID;
    p->e.dir = 1;
    sample_field(p, "sz", "8400", true);
    read_conditions(&c);
    told_of_pattern(p, &c);
    char *text = draw(&c);
    assert_non_null(strstr(text, "\"value\":8400,\"op\":\">\",\"threshold\":8000"));
    assert_non_null(strstr(text, "\"margin\":400"));
    assert_non_null(strstr(text, "{\"key\":\"p\",\"value\":null"));
    assert_null(strstr(text, "ask"));
    assert_null(strstr(text, "moves"));
    free(text);
    answer_fini(&a);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(conditions_are_words_separated_by_commas),
        cmocka_unit_test(bad_conditions_are_refused_with_the_words_there_are),
        cmocka_unit_test(price_that_passes_a_level_breaks_it_and_touching_does_not),
        cmocka_unit_test(level_at_the_price_breaks_once_the_price_has_left_and_come_back_through),
        cmocka_unit_test(known_levels_of_both_sides_are_watched),
        cmocka_unit_test(level_without_a_known_one_is_an_error),
        cmocka_unit_test(only_the_other_side_is_a_reversal),
        cmocka_unit_test(reversal_from_mixed_is_against_the_last_side_that_was_known),
        cmocka_unit_test(two_looks_at_old_data_end_every_watch),
        cmocka_unit_test(verdicts_group_conditions_and_give_margins),
        cmocka_unit_test(stored_pattern_is_judged_by_its_evidence),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
