/* SPDX-License-Identifier: MIT */
#include "check.h"
#include "clock.h"
#include "query.h"
#include "sample.h"

#include <string.h>

struct object {
    struct buf *out;
    int n;
};

static void put_field(void *ctx, const char *name, const char *text, size_t n)
{
    struct object *o = ctx;
    buf_printf(o->out, "%s\"%s\":", o->n++ > 0 ? "," : "", name);
    buf_json(o->out, text, n);
}

/* What an offline engine would send of the sample. */
static struct buf document(void)
{
    struct buf out;
    struct answer a = sample_answer();
    struct object state = { .out = &out };
    buf_init(&out, 1 << 20);
    (void)sample_level(&a, 0, CENTS(44950), .1);
    a.report.quote = a.newest;
    buf_puts(&out, "{\"ticker\":\"SPY\",\"state\":{");
    report_put_state(&a.report, put_field, &state);
    buf_puts(&out, "},\"metrics\":{");
    for (int i = 0; i < a.report.n_windows; i++) {
        struct object fields = { .out = &out };
        buf_printf(&out, "%s\"%s\":{", i > 0 ? "," : "", a.report.windows[i].name);
        report_put_metrics(&a.report, i, put_field, &fields);
        buf_putc(&out, '}');
    }
    buf_puts(&out, "},\"levels\":{\"ask\":[],\"bid\":[");
    report_put_level(&a.report.levels[0][0], &out);
    buf_puts(&out, "]},\"patterns\":[");
    sample_episode(&a, &out);
    buf_puts(&out, "],\"detectors\":[{\"id\":\"sweep\",\"state\":\"down\",\"reason\":\"x\"}],"
                   "\"config\":\"/c.ini\",\"hash\":\"12\",\"history_quotes\":123}");
    answer_fini(&a);
    return out;
}

static void query_report_json_document_is_read_whole(void **state)
{
    (void)state;
    struct answer a;
    struct err err = { 0 };
    struct buf doc = document();
    if (!query_report_json(doc.data, doc.len, 300 * NS_PER_S, true, &a, &err)) {
        fail_msg("%s", err.text);
    }
    assert_true(a.found);
    assert_string_equal(a.ticker, "SPY");
    assert_string_equal(answer_state(&a), "OK");
    assert_int_equal(a.now_ns, SAMPLE_NOW_NS / NS_PER_S * NS_PER_S);
    assert_int_equal(a.newest.bid_px, CENTS(44966));
    assert_int_equal(a.history_quotes, 123);
    assert_int_equal(a.report.n_windows, 3);
    assert_int_equal(a.report.windows[1].m.bid_lifts, 85);
    assert_int_equal(a.report.behaviors.spread_tightening.value, ANSWER_YES);
    assert_int_equal(a.report.levels[0][0].px, CENTS(44950));
    assert_int_equal(a.n_patterns, 1);
    assert_string_equal(a.detectors[0].reason, "x");
    assert_string_equal(a.config_path, "/c.ini");
    answer_fini(&a);
    buf_fini(&doc);
}

static void query_report_json_members_as_strings_are_read_too(void **state)
{
    (void)state;
    struct buf doc, level;
    struct level l = { .px = CENTS(100), .touches = 1, .last_ns = SAMPLE_NOW_NS };
    buf_init(&doc, 4096);
    buf_init(&level, 4096);
    report_put_level(&l, &level);
    buf_puts(&doc, "{\"ticker\":\"A\",\"state\":{},\"levels\":{\"ask\":[");
    buf_json(&doc, level.data, level.len);
    buf_puts(&doc, "]}}");
    struct answer a;
    assert_true(query_report_json(doc.data, doc.len, NS_PER_S, true, &a, NULL));
    assert_int_equal(a.report.levels[1][0].px, CENTS(100));
    assert_false(a.found);
    answer_fini(&a);
    buf_fini(&level);
    buf_fini(&doc);
}

static void expect_refused(const char *json)
{
    struct answer a;
    struct err err = { 0 };
    assert_false(query_report_json(json, strlen(json), NS_PER_S, true, &a, &err));
    assert_int_not_equal(err.code, ERR_NONE);
    answer_fini(&a);
}

static void query_report_json_broken_document_is_refused(void **state)
{
    (void)state;
    expect_refused("");
    expect_refused("{\"ticker\":\"A\"");
    expect_refused("[]");
    expect_refused("{\"ticker\":\"A\"}");
    expect_refused("{\"ticker\":\"A\",\"state\":{\"tick_ms\":\"soon\"}}");
    expect_refused("{\"ticker\":\"A\",\"state\":{},\"patterns\":[7]}");
}

static void query_report_json_without_patterns_passes_over_them(void **state)
{
    (void)state;
    struct answer a;
    struct buf doc = document();
    assert_true(query_report_json(doc.data, doc.len, NS_PER_S, false, &a, NULL));
    assert_int_equal(a.n_patterns, 0);
    answer_fini(&a);
    buf_fini(&doc);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(query_report_json_document_is_read_whole),
        cmocka_unit_test(query_report_json_members_as_strings_are_read_too),
        cmocka_unit_test(query_report_json_broken_document_is_refused),
        cmocka_unit_test(query_report_json_without_patterns_passes_over_them),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
