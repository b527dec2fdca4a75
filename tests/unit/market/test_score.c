/* SPDX-License-Identifier: MIT */
#include "report.h"
#include "score.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define HEAD "{\"format\": \"orderflow-scores\", \"version\": 1, \"scores\": ["
#define LINE                                                                              \
    "{\"ticker\": \"BRK.B\", \"thr\": \"00aa\", \"detector\": \"absorption\", \"type\": " \
    "\"absorption\", \"side\": \"bid\", \"n\": 388, \"latency_s\": 10, \"horizon_s\": "   \
    "60, \"lift\": 0.024, \"lo\": -0.021, \"hi\": 0.068, \"verdict\": \"NO EDGE\"}"

static struct score_entry entry(void)
{
    struct score_entry e = { .ticker = "BRK.B",
                             .thr = "00aa",
                             .s = { .detector = "absorption",
                                    .kind = "absorption",
                                    .side = "bid",
                                    .verdict = "NO EDGE",
                                    .n = 388,
                                    .latency_s = 10,
                                    .horizon_s = 60,
                                    .lift = 0.024,
                                    .lo = -0.021,
                                    .hi = 0.068 } };
    return e;
}

static void a_line_reads_back_as_it_was_written(void **state)
{
    (void)state;
    struct buf text;
    struct score_file f;
    struct err err;
    struct score_entry e = entry(), bare = entry();
    bare.s.lo = bare.s.hi = NAN;
    buf_init(&text, 4096);
    score_entry_put(&e, &text);
    assert_string_equal(text.data, LINE);
    buf_clear(&text);
    buf_puts(&text, HEAD);
    score_entry_put(&e, &text);
    buf_putc(&text, ',');
    score_entry_put(&bare, &text);
    buf_puts(&text, "]}");
    assert_true(score_file_read(&f, text.data, text.len, &err));
    assert_int_equal(f.n, 2);
    assert_string_equal(f.items[0].ticker, "BRK.B");
    assert_string_equal(f.items[0].thr, "00aa");
    assert_string_equal(f.items[0].s.verdict, "NO EDGE");
    assert_int_equal(f.items[0].s.n, 388);
    assert_true(fabs(f.items[0].s.hi - 0.068) < 1e-15);
    assert_true(isnan(f.items[1].s.lo) && isnan(f.items[1].s.hi));
    score_file_fini(&f);
    buf_fini(&text);
}

static void what_is_not_as_it_is_written_is_refused(void **state)
{
    (void)state;
    static const struct {
        const char *from, *to, *why;
    } wrong[] = {
        { "orderflow-scores", "orderflow-skores", "is no file of" },
        { "\"version\": 1", "\"version\": 2", "another version" },
        { "\"scores\": [", "\"skores\": [", "no list" },
        { "BRK.B", "BR K", "ticker" },
        { "00aa", "00ag", "thr" },
        { "NO EDGE", "no edge", "verdict" },
        { "NO EDGE", "", "verdict" },
        { "0.024", "1.5", "lift" },
        { "-0.021", "0.07", "hi" },
        { "\"horizon_s\": 60", "\"horizon_s\": 0", "horizon_s" },
        { "\"n\": 388, ", "", "n" },
        { "absorption", "<absorption>", "detector" },
        { "]}", "", "is no file of" },
    };
    const char *good = HEAD LINE "]}";
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        char text[1024];
        struct score_file f;
        struct err err = { 0 };
        const char *at = strstr(good, wrong[i].from);
        assert_non_null(at);
        (void)snprintf(text, sizeof text, "%.*s%s%s", (int)(at - good), good, wrong[i].to,
                       at + strlen(wrong[i].from));
        assert_false(score_file_read(&f, text, strlen(text), &err));
        assert_non_null(strstr(err.text, wrong[i].why));
        assert_null(f.items);
    }
    struct score_file f;
    assert_true(score_file_read(&f, good, strlen(good), NULL));
    score_file_fini(&f);
}

static void a_state_carries_the_scores(void **state)
{
    (void)state;
    struct report *r = malloc(2 * sizeof *r);
    struct buf text;
    struct err err;
    assert_non_null(r);
    report_init(&r[0]);
    report_init(&r[1]);
    struct state_marks none, some;
    report_mark_state(&r[0], &none);
    r[0].scores[0] = entry().s;
    r[0].scores[1] = entry().s;
    memcpy(r[0].scores[1].side, "ask", 4);
    r[0].n_scores = 2;
    report_mark_state(&r[0], &some);
    assert_int_equal(none.of[STATE_FIELDS - 1], 0);
    assert_true(some.of[STATE_FIELDS - 1] != 0);
    buf_init(&text, 4096);
    scores_put(r[0].scores, 2, &text);
    assert_true(report_get_state(&r[1], "scores", text.data, text.len, &err));
    assert_int_equal(r[1].n_scores, 2);
    assert_string_equal(r[1].scores[1].side, "ask");
    assert_false(report_get_state(&r[1], "scores", "[{}]", 4, &err));
    assert_false(report_get_state(&r[1], "scores", "{", 1, &err));
    buf_fini(&text);
    free(r);
}

static void a_score_is_found_by_detector_kind_and_side(void **state)
{
    (void)state;
    struct score s[2] = { entry().s, entry().s };
    memcpy(s[1].side, "up", 3);
    assert_ptr_equal(score_find(s, 2, "absorption", "absorption", 1, -1), &s[0]);
    assert_ptr_equal(score_find(s, 2, "absorption", "absorption", 0, 1), &s[1]);
    assert_null(score_find(s, 2, "absorption", "absorption", 2, 1));
    assert_null(score_find(s, 2, "absorption", "absorption", 0, -1));
    assert_null(score_find(s, 2, "absorption", "other", 1, 1));
    assert_null(score_find(s, 2, "other", "absorption", 1, 1));
    assert_null(score_find(s, 0, "absorption", "absorption", 1, 1));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_line_reads_back_as_it_was_written),
        cmocka_unit_test(what_is_not_as_it_is_written_is_refused),
        cmocka_unit_test(a_state_carries_the_scores),
        cmocka_unit_test(a_score_is_found_by_detector_kind_and_side),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
