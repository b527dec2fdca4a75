/* SPDX-License-Identifier: MIT */
/* detail = compact and full. */
#include "check.h"
#include "clock.h"
#include "orderflow/detector.h"
#include "sample.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { COMPACT_CHARS = 1040, FULL_CHARS = 2850 };

static char *draw(const struct answer *a, enum answer_detail detail)
{
    struct buf out;
    buf_init(&out, 1 << 20);
    answer_draw(a, detail, &out);
    assert_false(out.failed);
    assert_int_equal(strlen(out.data), out.len);
    return out.data;
}

static bool has(const struct answer *a, enum answer_detail detail, const char *text)
{
    char *xml = draw(a, detail);
    bool found = strstr(xml, text) != NULL;
    free(xml);
    return found;
}

#define EXPECT(a, detail, text) assert_true(has(a, detail, text))
#define EXPECT_NONE(a, detail, text) assert_false(has(a, detail, text))

static struct answer pressed(void)
{
    struct answer a = sample_answer();
    a.n_patterns = 0; /* the sample's own */
    a.report.pressure =
        (struct pressure){ .state = PRESSURE_BUYING,
                           .since_ns = a.now_ns - 94 * NS_PER_S,
                           .known = PRESSURE_BUYING,
                           .before = PRESSURE_MIXED,
                           .tick_ns = a.report.tick_ns,
                           .windows = { { 1, 2.4, 7 }, { 1, 1.9, 23 }, { 0, .1, 44 } },
                           .flip_minute = a.now_ns / (60 * NS_PER_S),
                           .flips = { 1 } };
    return a;
}

static void compact_says_what_decides(void **state)
{
    (void)state;
    struct answer a = pressed();
    struct stored_pattern *p = sample_pattern(&a, "absorption", 3);
    p->e.side = OFD_BID;
    p->e.dir = 1;
    p->e.price = CENTS(44960);
    sample_field(p, "price_level", "449.60", true);
    sample_field(p, "volume", "31200", true);
    sample_field(p, "avg_size", "8836.7001", true);
    sample_field(p, "strength", "strong", false);
    (void)sample_level(&a, 0, CENTS(44950), .2);
    EXPECT(&a, DETAIL_COMPACT, "state=\"OK\" quote_age_ms=");
    EXPECT(&a, DETAIL_COMPACT, "<q b=\"449.66x2494\" a=\"449.67x718\" micro_t=\"+0.28\"/>");
    EXPECT(&a, DETAIL_COMPACT,
           "<pressure state=\"BUYING\" since_s=\"94\" agree=\"++0\" prev=\"MIXED\" "
           "flips_30m=\"1\"/>");
    EXPECT(&a, DETAIL_COMPACT,
           "<w s=\"60\" cov=\"1\" bid_lifts=\"85\" bid_drops=\"81\" net_t=\"+4\"");
    EXPECT(&a, DETAIL_COMPACT, "ofi_n=\"-2.5\"");
    EXPECT(&a, DETAIL_COMPACT,
           "<ep id=\"00000000\" type=\"absorption\" side=\"bid\" dir=\"+\" "
           "state=\"ACTIVE\" age_s=\"8\" px=\"449.60\" "
           "ev=\"volume=31200 avg_size=8837 strength=strong\"/>");
    EXPECT(&a, DETAIL_COMPACT, "<lvl s=\"449.50\" d_t=\"-16\" touches=\"3\" held=\"2\"/>");
    EXPECT(&a, DETAIL_FULL, "role=\"support\"");
    answer_fini(&a);
}

static void behaviors_are_lists(void **state)
{
    (void)state;
    struct answer a = pressed();
    a.report.behaviors.momentum_building =
        (struct behavior){ .value = ANSWER_YES, .dir = -1, .since_ns = 1 };
    a.report.behaviors.bid_stacking.value = ANSWER_UNKNOWN;
    EXPECT(&a, DETAIL_COMPACT, "yes=\"spread_tightening,momentum_building-\"");
    EXPECT(&a, DETAIL_COMPACT, "unknown=\"bid_stacking");
    answer_fini(&a);
}

/* What is not current is not shown, in neither detail. */
static void old_data_shows_quote_and_state_alone(void **state)
{
    (void)state;
    struct answer a = pressed();
    (void)sample_pattern(&a, "absorption", 3);
    (void)sample_level(&a, 0, CENTS(44950), .2);
    a.newest.ts_ns -= 60 * NS_PER_S;
    for (enum answer_detail d = DETAIL_COMPACT; d <= DETAIL_FULL; d++) {
        EXPECT(&a, d, "state=\"STALE\"");
        EXPECT(&a, d, "<pressure state=\"UNKNOWN\" prev=\"BUYING\"");
        EXPECT(&a, d, "<q b=");
        EXPECT_NONE(&a, d, "<w ");
        EXPECT_NONE(&a, d, "<ep ");
        EXPECT_NONE(&a, d, "<lvl ");
        EXPECT_NONE(&a, d, "yes=");
    }
    answer_fini(&a);
}

static void unavailable_detectors_are_named_and_switched_off_ones_are_not(void **state)
{
    (void)state;
    struct answer a = pressed();
    sample_detector(&a, "sweep", "down", "crashed");
    sample_detector(&a, "iceberg", "disabled", "");
    sample_detector(&a, "stacking", "ready", "");
    EXPECT(&a, DETAIL_COMPACT, "<unavailable detectors=\"sweep\"/>");
    a.newest.ts_ns -= 60 * NS_PER_S;
    EXPECT(&a, DETAIL_COMPACT, "<unavailable detectors=\"sweep\"/>");
    answer_fini(&a);
}

static void patterns_that_were_not_asked_for_are_left_out(void **state)
{
    (void)state;
    struct answer a = pressed();
    (void)sample_pattern(&a, "absorption", 3);
    a.patterns_max = 0;
    EXPECT_NONE(&a, DETAIL_COMPACT, "<ep ");
    EXPECT_NONE(&a, DETAIL_FULL, "<ep ");
    answer_fini(&a);
}

static void ended_long_ago_is_not_just_ended(void **state)
{
    (void)state;
    struct answer a = pressed();
    struct stored_pattern *p = sample_pattern(&a, "absorption", 61);
    p->e.state = EPISODE_ENDED;
    p->e.end_ns = p->e.last_ns;
    EXPECT_NONE(&a, DETAIL_COMPACT, "<ep ");
    EXPECT(&a, DETAIL_FULL, "state=\"ENDED\" ago_s=\"61\"");
    answer_fini(&a);
}

/* As much of everything as there can be: it is cut, and says so. */
static void busy_answers_stay_within_their_size(void **state)
{
    (void)state;
    struct answer a = pressed();
    for (int i = 0; i < 60; i++) {
        struct stored_pattern *p = sample_pattern(&a, "a_kind_with_a_rather_long_name_0", i % 50);
        p->e.price = INT64_C(123456789012345678);
        for (int k = 0; k < 8; k++) {
            sample_field(p, "a_field_with_a_long_name", "1234567890.123456", true);
        }
    }
    for (int i = 0; i < 10; i++) {
        (void)sample_level(&a, 0, CENTS(44950 - i), .2);
        (void)sample_level(&a, 1, CENTS(44990 + i), .2);
    }
    memset(a.note, 'n', sizeof a.note - 1);
    char *compact = draw(&a, DETAIL_COMPACT), *full = draw(&a, DETAIL_FULL);
    assert_true(strlen(compact) <= COMPACT_CHARS);
    assert_true(strlen(full) <= FULL_CHARS);
    assert_non_null(strstr(compact, "truncated=\"60 ep\""));
    assert_non_null(strstr(full, "truncated=\""));
    free(compact);
    free(full);
    answer_fini(&a);
}

static void stored_texts_are_escaped(void **state)
{
    (void)state;
    struct answer a = pressed();
    struct stored_pattern *p = sample_pattern(&a, "x\"><y", 3);
    sample_field(p, "k", "<&\">", false);
    EXPECT(&a, DETAIL_COMPACT, "type=\"x&quot;&gt;&lt;y\"");
    EXPECT_NONE(&a, DETAIL_COMPACT, "<&");
    answer_fini(&a);
}

static void detail_is_one_of_three_words(void **state)
{
    (void)state;
    enum answer_detail d;
    assert_true(answer_detail_parse("compact", &d) && d == DETAIL_COMPACT);
    assert_true(answer_detail_parse("standard", &d) && d == DETAIL_STANDARD);
    assert_false(answer_detail_parse("Full", &d));
    assert_false(answer_detail_parse("", &d));
}

static void history_is_said_once_or_by_each(void **state)
{
    (void)state;
    struct answer a = pressed();
    (void)sample_pattern(&a, "tide", 1);
    (void)sample_pattern(&a, "ebb", 2);
    EXPECT(&a, DETAIL_COMPACT, "<order_flow_data ");
    EXPECT(&a, DETAIL_COMPACT, " hist=\"uncalibrated\">\n<q ");
    EXPECT_NONE(&a, DETAIL_COMPACT, " hist=\"uncalibrated\"/>");
    a.patterns[0].e.dir = 1;
    sample_score(&a, "tide", "up", 0.024);
    EXPECT(&a, DETAIL_COMPACT, " hist=\"n=388 60s +2.4pp[-2.1,+6.8] NO EDGE\"/>");
    EXPECT(&a, DETAIL_COMPACT, " hist=\"uncalibrated\"/>"); /* the other one */
    EXPECT_NONE(&a, DETAIL_COMPACT, " hist=\"uncalibrated\">\n<q ");
    a.n_patterns = 0;
    a.report.n_scores = 0;
    EXPECT_NONE(&a, DETAIL_COMPACT, "hist=");
    answer_fini(&a);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(compact_says_what_decides),
        cmocka_unit_test(behaviors_are_lists),
        cmocka_unit_test(old_data_shows_quote_and_state_alone),
        cmocka_unit_test(unavailable_detectors_are_named_and_switched_off_ones_are_not),
        cmocka_unit_test(patterns_that_were_not_asked_for_are_left_out),
        cmocka_unit_test(ended_long_ago_is_not_just_ended),
        cmocka_unit_test(busy_answers_stay_within_their_size),
        cmocka_unit_test(history_is_said_once_or_by_each),
        cmocka_unit_test(stored_texts_are_escaped),
        cmocka_unit_test(detail_is_one_of_three_words),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
