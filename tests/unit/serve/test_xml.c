/* SPDX-License-Identifier: MIT */
/* usage: test_xml GOLDEN-FOLDER */
#include "check.h"
#include "clock.h"
#include "orderflow/detector.h"
#include "sample.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *golden;

static char *draw(const struct answer *a)
{
    struct buf out;
    buf_init(&out, 1 << 20);
    answer_xml(a, &out);
    assert_false(out.failed);
    return out.data;
}

static void expect(const struct answer *a, const char *text)
{
    char *xml = draw(a);
    if (strstr(xml, text) == NULL) {
        fail_msg("no %s in\n%s", text, xml);
    }
    free(xml);
}

static void expect_none(const struct answer *a, const char *text)
{
    char *xml = draw(a);
    if (strstr(xml, text) != NULL) {
        fail_msg("%s in\n%s", text, xml);
    }
    free(xml);
}

/* ---- paths: "/a/b" for an element, "/a/b@x" for an attribute, each once ---- */

struct paths {
    char items[200][128];
    int n;
};

static void add_path(struct paths *p, const char *path)
{
    for (int i = 0; i < p->n; i++) {
        if (strcmp(p->items[i], path) == 0) {
            return;
        }
    }
    assert_true(p->n < 200);
    (void)snprintf(p->items[p->n++], 128, "%s", path);
}

static size_t name_length(const char *p)
{
    return strcspn(p, " />=\n");
}

static const char *add_attributes(struct paths *out, const char *path, const char *p)
{
    for (;;) {
        p += strspn(p, " \n");
        if (*p == '/' || *p == '>') {
            return p;
        }
        char full[200];
        (void)snprintf(full, sizeof full, "%s@%.*s", path, (int)name_length(p), p);
        add_path(out, full);
        p = strchr(p, '"');
        assert_non_null(p);
        p = strchr(p + 1, '"');
        assert_non_null(p);
        p++;
    }
}

/* A reader for the little XML we and the peer write; it also checks that tags are balanced. */
static void read_paths(const char *xml, struct paths *out)
{
    char path[128] = "";
    for (const char *p = strchr(xml, '<'); p != NULL; p = strchr(p, '<')) {
        p++;
        size_t n = name_length(p);
        char *slash = strrchr(path, '/');
        if (*p == '/') {
            n = strcspn(p + 1, ">");
            assert_non_null(slash);
            assert_int_equal(strlen(slash + 1), n);
            assert_memory_equal(slash + 1, p + 1, n);
            *slash = '\0';
            continue;
        }
        size_t len = strlen(path);
        (void)snprintf(path + len, sizeof path - len, "/%.*s", (int)n, p);
        add_path(out, path);
        p = add_attributes(out, path, p + n);
        if (*p == '/') {
            path[len] = '\0';
        }
    }
    assert_string_equal(path, "");
}

static char *read_golden(const char *name)
{
    char path[1024];
    (void)snprintf(path, sizeof path, "%s/%s", golden, name);
    FILE *f = fopen(path, "r");
    assert_non_null(f);
    char *text = calloc(1, 65536);
    assert_non_null(text);
    assert_true(fread(text, 1, 65535, f) > 0);
    (void)fclose(f);
    return text;
}

static void expect_paths_of(const char *xml, const char *name)
{
    static struct paths want, have;
    want.n = have.n = 0;
    char *text = read_golden(name);
    read_paths(text, &want);
    read_paths(xml, &have);
    free(text);
    for (int i = 0; i < want.n; i++) {
        bool found = false;
        for (int k = 0; k < have.n; k++) {
            found = found || strcmp(want.items[i], have.items[k]) == 0;
        }
        if (!found) {
            fail_msg("%s: %s is missing in\n%s", name, want.items[i], xml);
        }
    }
}

static void answer_xml_full_answer_has_the_peers_paths(void **state)
{
    (void)state;
    struct answer a = sample_answer();
    char *xml = draw(&a);
    expect_paths_of(xml, "1_normal_10qps_300s.xml");
    free(xml);
    answer_fini(&a);
}

static void answer_xml_levels_without_patterns_has_the_peers_paths(void **state)
{
    (void)state;
    struct answer a = sample_answer();
    a.patterns_max = 0;
    (void)sample_level(&a, 1, CENTS(44972), .5);
    char *xml = draw(&a);
    expect_paths_of(xml, "2_busy_50qps_60s_nopat.xml");
    assert_null(strstr(xml, "detected_patterns"));
    free(xml);
    answer_fini(&a);
}

static void answer_xml_sparse_answer_has_the_peers_paths(void **state)
{
    (void)state;
    struct answer a = sample_answer();
    a.report.n_windows = 2;
    a.n_patterns = 0;
    char *xml = draw(&a);
    expect_paths_of(xml, "3_sparse_no5min.xml");
    assert_null(strstr(xml, "last_5min"));
    assert_null(strstr(xml, "<sweep"));
    free(xml);
    answer_fini(&a);
}

static void answer_error_xml_has_the_peers_paths(void **state)
{
    (void)state;
    struct answer a = { .ticker = "NOPE",
                        .now_ns = SAMPLE_NOW_NS,
                        .n_suggestions = 2,
                        .suggestions = { "SPY", "QQQ" } };
    struct buf out;
    buf_init(&out, 4096);
    answer_unknown_xml(&a, &out);
    expect_paths_of(out.data, "6_no_data_error.xml");
    assert_non_null(strstr(out.data, "error=\"true\""));
    assert_non_null(strstr(out.data, "<suggestions>SPY QQQ</suggestions>"));
    buf_fini(&out);
}

/* ---- values ---- */

static void answer_xml_values_are_exact(void **state)
{
    (void)state;
    struct answer a = sample_answer();
    expect(&a, "ticker=\"SPY\" timestamp=\"2025-10-09T08:58:20.123Z\" current_price=\"449.665\" "
               "history_window=\"300s\" state=\"OK\" quote_age_ms=\"168\"");
    expect(&a, "asof=\"2025-10-09T08:58:20.000Z\" quality=\"OK\" tick=\"0.01\"");
    expect(&a, "<bid price=\"449.66\" size=\"2494\" />");
    expect(&a, "<bid_ask_ratio>3.47</bid_ask_ratio>");
    expect(&a, "<spread value=\"0.01\" basis_points=\"0.2224\" />");
    expect(&a, "<sweep price=\"449.55\" size=\"20305\" direction=\"lift\" seconds_ago=\"51\"");
    expect(&a, "<quotes_per_second>10</quotes_per_second>");
    expect(&a, "<price_velocity>0.000667</price_velocity>");
    expect(&a, "<size_turnover>30</size_turnover>");
    expect(&a, "<detected_seconds_ago>9</detected_seconds_ago>");
    answer_fini(&a);
}

static void answer_xml_falling_price_has_negative_velocity(void **state)
{
    (void)state;
    struct answer a = sample_answer();
    a.report.windows[1].m.bid_move_px = -CENTS(14);
    expect(&a, "<price_velocity>-0.002333</price_velocity>");
    answer_fini(&a);
}

static void answer_xml_no_mid_has_no_net_ticks(void **state)
{
    (void)state;
    struct answer a = sample_answer();
    expect(&a, "net_ticks=\"+4\"");
    for (int i = 0; i < a.report.n_windows; i++) {
        a.report.windows[i].m.velocity = NAN;
    }
    expect_none(&a, "net_ticks");
    answer_fini(&a);
}

static void answer_xml_absent_values_are_left_out(void **state)
{
    (void)state;
    struct answer a = sample_answer();
    a.newest.ask_px = 0;
    a.newest.ask_sz = 0;
    a.history_quotes = -1;
    a.report.windows[1].m.bid_accel = LABEL_NONE;
    a.report.windows[1].m.bid_move_px = METRIC_PX_NONE;
    expect_none(&a, "current_price");
    expect_none(&a, "<ask price");
    expect_none(&a, "bid_ask_ratio");
    expect_none(&a, "<spread ");
    expect_none(&a, "quotes_per_second");
    expect_none(&a, "price_velocity");
    expect_none(&a, "<bid>STABLE");
    answer_fini(&a);
}

static void answer_xml_crossed_book_has_no_mid(void **state)
{
    (void)state;
    struct answer a = sample_answer();
    a.newest.bid_px = CENTS(44968);
    expect(&a, "<bid price=\"449.68\"");
    expect_none(&a, "current_price");
    expect_none(&a, "<spread ");
    answer_fini(&a);
}

static void answer_xml_flags_are_unknown_unless_the_state_is_ok(void **state)
{
    (void)state;
    struct answer a = sample_answer();
    expect(&a, "<spread_tightening since_s=\"12\">YES</spread_tightening>");
    expect(&a, "<bid_stacking>NO</bid_stacking>");
    expect(&a, "<bid_pulling>UNKNOWN</bid_pulling>");
    a.report.stale = true;
    expect(&a, "state=\"STALE\"");
    expect(&a, "<spread_tightening>UNKNOWN</spread_tightening>");
    expect(&a, "<bid_stacking>UNKNOWN</bid_stacking>");
    answer_fini(&a);
}

static void answer_xml_pattern_older_than_history_is_not_drawn(void **state)
{
    (void)state;
    struct answer a = sample_answer();
    (void)sample_pattern(&a, "old", 301);
    (void)sample_pattern(&a, "young", 300);
    expect(&a, "count=\"2\"");
    expect(&a, "<type>young</type>");
    expect_none(&a, "<type>old</type>");
    answer_fini(&a);
}

static void answer_xml_pattern_of_an_unknown_detector_is_drawn_from_its_fields(void **state)
{
    (void)state;
    struct answer a = sample_answer();
    struct stored_pattern *p = sample_pattern(&a, "tide", 1);
    p->e.state = EPISODE_ENDED;
    p->e.end_reason = END_FADED;
    p->e.dir = -1;
    p->e.quality = 1;
    sample_field(p, "height", "1.5", true);
    sample_field(p, "mood", "a<b", false);
    sample_field(p, "9 odd\"", "x", false);
    expect(&a, " dir=\"-1\" end_reason=\"faded\" quality=\"one_sided\" hist=\"uncalibrated\">\n"
               "      <type>tide</type>\n"
               "      <height>1.5</height>\n"
               "      <mood>a&lt;b</mood>\n"
               "      <field name=\"9 odd&quot;\">x</field>\n"
               "      <detected_seconds_ago>1</detected_seconds_ago>\n");
    answer_fini(&a);
}

static void answer_xml_pattern_carries_what_such_were_worth(void **state)
{
    (void)state;
    struct answer a = sample_answer();
    struct stored_pattern *p = sample_pattern(&a, "tide", 1);
    sample_score(&a, "tide", "up", 0.024);
    p->e.dir = 1;
    expect(&a, " dir=\"+1\" hist=\"NO EDGE\" hist_n=\"388\" hist_horizon=\"60s\" "
               "hist_latency=\"10s\" hist_lift=\"+2.4pp\" hist_ci=\"-2.1,+6.8\">\n"
               "      <type>tide</type>");
    p->e.dir = -1; /* the score is that of the other direction */
    expect(&a, " dir=\"-1\" hist=\"uncalibrated\">");
    p->e.dir = 1;
    (void)snprintf(p->e.detector, sizeof p->e.detector, "other");
    expect(&a, " dir=\"+1\" hist=\"uncalibrated\">");
    (void)snprintf(p->e.detector, sizeof p->e.detector, "tide");
    a.report.scores[0].lo = a.report.scores[0].hi = NAN;
    expect(&a, " hist_lift=\"+2.4pp\">");
    answer_fini(&a);
}

static void answer_xml_more_patterns_than_shown_are_counted(void **state)
{
    (void)state;
    struct answer a = sample_answer();
    for (int i = 0; i < 120; i++) {
        (void)sample_pattern(&a, "many", i);
    }
    expect(&a, "count=\"121\" window=\"300s\" shown=\"20\"");
    expect(&a, "<detected_seconds_ago>18</detected_seconds_ago>");
    expect_none(&a, "<detected_seconds_ago>19</detected_seconds_ago>");
    answer_fini(&a);
}

static void answer_xml_detector_that_does_not_work_is_named(void **state)
{
    (void)state;
    struct answer a = sample_answer();
    sample_detector(&a, "sweep", "down", "killed by signal 11");
    sample_detector(&a, "busybee", "busy", "");
    sample_detector(&a, "resting", "disabled", "");
    expect(&a, "<unavailable detector=\"sweep\" reason=\"killed by signal 11\" />");
    expect_none(&a, "busybee");
    expect_none(&a, "resting");
    expect_none(&a, "detector=\"absorption\"");
    answer_fini(&a);
}

static void answer_xml_other_configuration_is_said(void **state)
{
    (void)state;
    struct answer a = sample_answer();
    expect_none(&a, "own_config_hash");
    a.own_config_hash[0] = 'f';
    expect(&a, "own_config_hash=\"f0000000000000aa\"");
    answer_fini(&a);
}

/* ---- levels ---- */

static void answer_xml_levels_are_the_nearest_two_and_the_strongest(void **state)
{
    (void)state;
    struct answer a = sample_answer();
    (void)sample_level(&a, 0, CENTS(44950), .9);
    (void)sample_level(&a, 0, CENTS(44940), .8);
    (void)sample_level(&a, 0, CENTS(44966), .1);
    (void)sample_level(&a, 0, CENTS(44960), .2);
    expect(&a, "<bid_level price=\"449.66\" size=\"9000\" appearances=\"3\" distance_pct=\"0.001\" "
               "role=\"at\"");
    expect(&a, "<bid_level price=\"449.60\" size=\"9000\" appearances=\"3\" distance_pct=\"0.014\" "
               "role=\"support\" strength=\"0.2\" held=\"2\" broke=\"0\" last_seen_s=\"4\" />");
    expect(&a, "<bid_level price=\"449.50\"");
    expect_none(&a, "449.40");
    answer_fini(&a);
}

static void answer_xml_support_above_the_bid_and_broken_levels_are_left_out(void **state)
{
    (void)state;
    struct answer a = sample_answer();
    (void)sample_level(&a, 0, CENTS(44967), 1);
    (void)sample_level(&a, 1, CENTS(44966), 1);
    sample_level(&a, 1, CENTS(44970), 1)->status = LEVEL_BROKEN;
    sample_level(&a, 1, CENTS(44971), 1)->last_ns = SAMPLE_NOW_NS - 301 * NS_PER_S;
    expect_none(&a, "_level price");
    answer_fini(&a);
}

static void answer_xml_flipped_level_counts_for_the_side_it_lies_on(void **state)
{
    (void)state;
    struct answer a = sample_answer();
    sample_level(&a, 0, CENTS(44980), .5)->status = LEVEL_FLIPPED;
    expect(&a, "<ask_level price=\"449.80\" size=\"9000\" appearances=\"3\" distance_pct=\"0.030\" "
               "role=\"flipped\"");
    answer_fini(&a);
}

static void pressure_is_shown_with_its_past_and_unknown_when_old(void **state)
{
    (void)state;
    struct answer a = sample_answer();
    a.report.pressure =
        (struct pressure){ .state = PRESSURE_BUYING,
                           .since_ns = a.now_ns - 94 * NS_PER_S,
                           .known = PRESSURE_BUYING,
                           .before = PRESSURE_MIXED,
                           .tick_ns = a.report.tick_ns,
                           .windows = { { .sign = 1 }, { .sign = 1 }, { .sign = 0 } },
                           .flip_minute = a.now_ns / (60 * NS_PER_S),
                           .flips = { 1, 2 } };
    expect(&a, "<pressure state=\"BUYING\" since_s=\"94\" agree=\"2/3\" windows=\"++0\" "
               "previous=\"MIXED\" flips_30m=\"3\" />");
    a.newest.ts_ns -= 60 * NS_PER_S;
    expect(&a, "<pressure state=\"UNKNOWN\" previous=\"BUYING\" flips_30m=\"3\" />");
    answer_fini(&a);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(pressure_is_shown_with_its_past_and_unknown_when_old),
        cmocka_unit_test(answer_xml_full_answer_has_the_peers_paths),
        cmocka_unit_test(answer_xml_levels_without_patterns_has_the_peers_paths),
        cmocka_unit_test(answer_xml_sparse_answer_has_the_peers_paths),
        cmocka_unit_test(answer_error_xml_has_the_peers_paths),
        cmocka_unit_test(answer_xml_values_are_exact),
        cmocka_unit_test(answer_xml_falling_price_has_negative_velocity),
        cmocka_unit_test(answer_xml_no_mid_has_no_net_ticks),
        cmocka_unit_test(answer_xml_absent_values_are_left_out),
        cmocka_unit_test(answer_xml_crossed_book_has_no_mid),
        cmocka_unit_test(answer_xml_flags_are_unknown_unless_the_state_is_ok),
        cmocka_unit_test(answer_xml_pattern_older_than_history_is_not_drawn),
        cmocka_unit_test(answer_xml_pattern_of_an_unknown_detector_is_drawn_from_its_fields),
        cmocka_unit_test(answer_xml_pattern_carries_what_such_were_worth),
        cmocka_unit_test(answer_xml_more_patterns_than_shown_are_counted),
        cmocka_unit_test(answer_xml_detector_that_does_not_work_is_named),
        cmocka_unit_test(answer_xml_other_configuration_is_said),
        cmocka_unit_test(answer_xml_levels_are_the_nearest_two_and_the_strongest),
        cmocka_unit_test(answer_xml_support_above_the_bid_and_broken_levels_are_left_out),
        cmocka_unit_test(answer_xml_flipped_level_counts_for_the_side_it_lies_on),
    };
    golden = argc > 1 ? argv[1] : ".";
    return cmocka_run_group_tests(tests, NULL, NULL);
}
