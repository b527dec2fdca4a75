/* SPDX-License-Identifier: MIT */
#include "check.h"

#include "decimal.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#define SIDES "\"bid_price\": 449.61, \"bid_size\": 1984, \"ask_price\": 449.63, \"ask_size\": 700"
#define HEAD "{\"ticker\": \"SPY\", \"timestamp\": 1760000298721, "
#define GOOD HEAD SIDES "}"
#define SCORE 1760000298721.0

static bool read_scored(const char *text, double score_ms, struct row *row, enum malformed *why)
{
    struct err err = { 0 };
    bool ok = row_from_json(text, strlen(text), score_ms, "SPY", row, why, &err);
    if (!ok) {
        assert_true(*why > MALFORMED_NONE && *why < MALFORMED_KINDS);
        assert_int_equal(err.code, ERR_INVALID);
        assert_true(strlen(err.text) > 0);
    }
    return ok;
}

static struct row good(const char *text)
{
    struct row row;
    enum malformed why = MALFORMED_NONE;
    if (!read_scored(text, SCORE, &row, &why)) {
        fail_msg("%s: %s", malformed_name(why), text);
    }
    return row;
}

static void bad(const char *text, enum malformed wanted)
{
    struct row row;
    enum malformed why = MALFORMED_NONE;
    assert_false(read_scored(text, SCORE, &row, &why));
    if (why != wanted) {
        fail_msg("%s instead of %s: %s", malformed_name(why), malformed_name(wanted), text);
    }
}

static void row_from_json_brokers_layout_gives_exact_values(void **state)
{
    (void)state;
    struct row row = good(HEAD SIDES ", \"mid_price\": 449.62, \"spread\": 0.02}");
    assert_int_equal(row.q.ts_ns, INT64_C(1760000298721000000));
    assert_int_equal(row.q.bid_px, INT64_C(449610000000));
    assert_int_equal(row.q.ask_px, INT64_C(449630000000));
    assert_true(row.q.bid_sz == 1984 && row.q.ask_sz == 700);
    assert_false(row.has_seq);
    assert_int_equal(row.q.flags, 0);
}

static void row_from_json_price_beyond_double_keeps_its_digits(void **state)
{
    (void)state;
    struct row row = good(HEAD "\"bid_price\": 9007199.254740993, \"bid_size\": 1, \"ask_price\": "
                               "\"9007199.254740995\", \"ask_size\": 1}");
    assert_int_equal(row.q.bid_px, INT64_C(9007199254740993));
    assert_int_equal(row.q.ask_px, INT64_C(9007199254740995));
}

static void row_from_json_numeric_strings_are_numbers(void **state)
{
    (void)state;
    struct row row =
        good("{\"ticker\": \"SPY\", \"timestamp\": \"1760000298721\", \"bid_price\": \"449.61\", "
             "\"bid_size\": \"500.0\", \"ask_price\": \"4.4963e2\", \"ask_size\": 500.0, "
             "\"seq\": \"18446744073709551615\"}");
    assert_int_equal(row.q.bid_px, INT64_C(449610000000));
    assert_int_equal(row.q.ask_px, INT64_C(449630000000));
    assert_true(row.q.bid_sz == 500 && row.q.ask_sz == 500);
    assert_true(row.has_seq);
    assert_true(row.seq == UINT64_MAX);
}

static void row_from_json_timestamp_forms_give_the_same_time(void **state)
{
    (void)state;
    static const char *const forms[] = { "1760000298721", "1760000298721.0", "\"1760000298721\"",
                                         "1.760000298721e+12", "\"1760000298721.000\"" };
    for (size_t i = 0; i < sizeof forms / sizeof forms[0]; i++) {
        char text[300];
        (void)snprintf(text, sizeof text, "{\"ticker\": \"SPY\", \"timestamp\": %s, " SIDES "}",
                       forms[i]);
        assert_int_equal(good(text).q.ts_ns, INT64_C(1760000298721000000));
    }
    assert_int_equal(
        good("{\"ticker\": \"SPY\", \"timestamp\": 1760000298721.25, " SIDES "}").q.ts_ns,
        INT64_C(1760000298721250000));
}

static void row_from_json_any_order_spacing_escapes_and_nesting_are_read(void **state)
{
    (void)state;
    struct row row =
        good(" \r\n\t{\"extra\":{\"bid_price\":[1,{\"a\":null}],\"x\":true},\"ask_size\":7,"
             "\"ask_price\":449.63 ,\"bid_size\":\"\\u0031\\u0032\",\"b\\u0069d_price\":449.61,"
             "\"note\":\"\\ud83d\\ude00 \\\" \\\\ \xC3\xA9\",\"timestamp\":1760000298721,"
             "\"ticker\":\"S\\u0050Y\",\"Bid_Price\":-5,\"empty\":{},\"list\":[ ]}\n ");
    assert_int_equal(row.q.bid_px, INT64_C(449610000000));
    assert_true(row.q.bid_sz == 12 && row.q.ask_sz == 7);
}

static void row_from_json_absent_sides_are_zero_altogether(void **state)
{
    (void)state;
    static const char *const absent[] = {
        "\"bid_price\": null, \"bid_size\": 5",   "\"bid_price\": 449.61, \"bid_size\": null",
        "\"bid_price\": 0, \"bid_size\": 5",      "\"bid_price\": 449.61, \"bid_size\": 0",
        "\"bid_price\": -0.0, \"bid_size\": -0",  "\"bid_price\": \"0.00\", \"bid_size\": 7",
        "\"bid_price\": null, \"bid_size\": null"
    };
    for (size_t i = 0; i < sizeof absent / sizeof absent[0]; i++) {
        char text[300];
        (void)snprintf(text, sizeof text, HEAD "%s, \"ask_price\": 449.63, \"ask_size\": 7}",
                       absent[i]);
        struct row row = good(text);
        assert_int_equal(row.q.bid_px, 0);
        assert_true(row.q.bid_sz == 0 && !signbit(row.q.bid_sz));
        assert_true(row.q.ask_px > 0 && row.q.ask_sz == 7);
    }
}

static void row_from_json_no_json_is_not_json(void **state)
{
    (void)state;
    static const char *const texts[] = {
        "",
        " ",
        "quote",
        "{",
        "{\"ticker\"",
        GOOD "x",
        GOOD GOOD,
        GOOD ",",
        "\xEF\xBB\xBF" GOOD,
        HEAD SIDES ",}",
        HEAD SIDES ", \"x\": 01}",
        HEAD SIDES ", \"x\": 1.}",
        HEAD SIDES ", \"x\": .5}",
        HEAD SIDES ", \"x\": +5}",
        HEAD SIDES ", \"x\": 1e}",
        HEAD SIDES ", \"x\": NaN}",
        HEAD SIDES ", \"x\": Infinity}",
        HEAD SIDES ", \"x\": nul}",
        HEAD SIDES ", \"x\": \"\n\"}",
        HEAD SIDES ", \"x\": \"\\x\"}",
        HEAD SIDES ", \"x\": \"\\ud83d\"}",
        HEAD SIDES ", \"x\": \"\\ude00\"}",
        HEAD SIDES ", \"x\": \"\xC0\xAF\"}",
        HEAD SIDES ", \"x\": \"\xFF\"}",
        HEAD SIDES ", \"x\": \"\xED\xA0\x80\"}",
        HEAD SIDES ", \"x\": \"open}",
        HEAD SIDES ", 'x': 1}",
        HEAD SIDES ", x: 1}",
        HEAD SIDES ", \"x\" 1}",
        HEAD SIDES ", \"x\": [1,]}",
        HEAD SIDES ", \"x\": [1 2]}",
        HEAD SIDES " /* c */}",
        HEAD SIDES "\v}",
        HEAD SIDES ", \"x\": [[[[[[[[[[[[[[[[[[[[1]]]]]]]]]]]]]]]]]]]]}",
        HEAD "\"bid_price\": 1" /* cut */
    };
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        bad(texts[i], MALFORMED_NOT_JSON);
    }
}

static void row_from_json_nul_byte_is_not_json(void **state)
{
    (void)state;
    static const char text[] = GOOD "\0";
    struct row row;
    enum malformed why = MALFORMED_NONE;
    assert_false(row_from_json(text, sizeof text - 1, SCORE, "SPY", &row, &why, NULL));
    assert_int_equal(why, MALFORMED_NOT_JSON);
}

static void row_from_json_other_json_is_not_object(void **state)
{
    (void)state;
    bad("[]", MALFORMED_NOT_OBJECT);
    bad("17", MALFORMED_NOT_OBJECT);
    bad("null", MALFORMED_NOT_OBJECT);
    bad("\"{}\"", MALFORMED_NOT_OBJECT);
    bad("[" GOOD "]", MALFORMED_NOT_OBJECT);
}

static void row_from_json_each_missing_field_is_missing(void **state)
{
    (void)state;
    bad("{}", MALFORMED_MISSING_FIELD);
    bad("{\"timestamp\": 1760000298721, " SIDES "}", MALFORMED_MISSING_FIELD);
    bad("{\"ticker\": \"SPY\", " SIDES "}", MALFORMED_MISSING_FIELD);
    bad(HEAD "\"bid_size\": 1, \"ask_price\": 1, \"ask_size\": 1}", MALFORMED_MISSING_FIELD);
    bad(HEAD "\"bid_price\": 1, \"ask_price\": 1, \"ask_size\": 1}", MALFORMED_MISSING_FIELD);
    bad(HEAD "\"bid_price\": 1, \"bid_size\": 1, \"ask_size\": 1}", MALFORMED_MISSING_FIELD);
    bad(HEAD "\"bid_price\": 1, \"bid_size\": 1, \"ask_price\": 1}", MALFORMED_MISSING_FIELD);
    bad(HEAD "\"Bid_price\": 1, \"bid_size\": 1, \"ask_price\": 1, \"ask_size\": 1}",
        MALFORMED_MISSING_FIELD);
}

static void row_from_json_repeated_field_is_duplicate(void **state)
{
    (void)state;
    bad(HEAD SIDES ", \"bid_price\": 449.61}", MALFORMED_DUPLICATE_FIELD);
    bad(HEAD SIDES ", \"b\\u0069d_size\": 1}", MALFORMED_DUPLICATE_FIELD);
    bad(HEAD SIDES ", \"ticker\": \"SPY\"}", MALFORMED_DUPLICATE_FIELD);
    bad(HEAD SIDES ", \"seq\": 1, \"seq\": 1}", MALFORMED_DUPLICATE_FIELD);
    (void)good(HEAD SIDES ", \"x\": 1, \"x\": 2}");
}

static void row_from_json_bad_numbers_are_told_by_cause(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        enum malformed why;
    } cases[] = {
        { "\"bid_price\": \"48x\", \"bid_size\": 1", MALFORMED_BAD_NUMBER },
        { "\"bid_price\": \"\", \"bid_size\": 1", MALFORMED_BAD_NUMBER },
        { "\"bid_price\": \" 1\", \"bid_size\": 1", MALFORMED_BAD_NUMBER },
        { "\"bid_price\": \"NaN\", \"bid_size\": 1", MALFORMED_BAD_NUMBER },
        { "\"bid_price\": \"0x10\", \"bid_size\": 1", MALFORMED_BAD_NUMBER },
        { "\"bid_price\": true, \"bid_size\": 1", MALFORMED_BAD_NUMBER },
        { "\"bid_price\": [1], \"bid_size\": 1", MALFORMED_BAD_NUMBER },
        { "\"bid_price\": 1, \"bid_size\": {}", MALFORMED_BAD_NUMBER },
        { "\"bid_price\": 1, \"bid_size\": \"1,000\"", MALFORMED_BAD_NUMBER },
        { "\"bid_price\": 1, \"bid_size\": \"inf\"", MALFORMED_BAD_NUMBER },
        { "\"bid_price\": -0.01, \"bid_size\": 1", MALFORMED_NEGATIVE },
        { "\"bid_price\": 1, \"bid_size\": \"-1\"", MALFORMED_NEGATIVE },
        { "\"bid_price\": 1e999, \"bid_size\": 1", MALFORMED_OUT_OF_RANGE },
        { "\"bid_price\": 4700000000, \"bid_size\": 1", MALFORMED_OUT_OF_RANGE },
        { "\"bid_price\": 1e-10, \"bid_size\": 1", MALFORMED_OUT_OF_RANGE },
        { "\"bid_price\": 1, \"bid_size\": 1e999", MALFORMED_OUT_OF_RANGE },
        { "\"bid_price\": 1, \"bid_size\": 1e16", MALFORMED_OUT_OF_RANGE },
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        char text[300];
        (void)snprintf(text, sizeof text, HEAD "%s, \"ask_price\": 449.63, \"ask_size\": 7}",
                       cases[i].text);
        bad(text, cases[i].why);
    }
}

static void row_from_json_bad_seq_is_told_by_cause(void **state)
{
    (void)state;
    bad(HEAD SIDES ", \"seq\": -1}", MALFORMED_NEGATIVE);
    bad(HEAD SIDES ", \"seq\": 1.5}", MALFORMED_BAD_NUMBER);
    bad(HEAD SIDES ", \"seq\": \"\"}", MALFORMED_BAD_NUMBER);
    bad(HEAD SIDES ", \"seq\": 18446744073709551616}", MALFORMED_OUT_OF_RANGE);
    assert_false(good(HEAD SIDES ", \"seq\": null}").has_seq);
    assert_true(good(HEAD SIDES ", \"seq\": 0}").has_seq);
}

static void row_from_json_impossible_time_is_bad_timestamp(void **state)
{
    (void)state;
    static const char *const times[] = { "null", "0",    "-1760000298721", "1760000298",
                                         "true", "{}",   "\"now\"",        "1760000298721000",
                                         "\"\"", "1e99", "4102444800000",  "946684799999" };
    for (size_t i = 0; i < sizeof times / sizeof times[0]; i++) {
        char text[300];
        (void)snprintf(text, sizeof text, "{\"ticker\": \"SPY\", \"timestamp\": %s, " SIDES "}",
                       times[i]);
        bad(text, MALFORMED_BAD_TIMESTAMP);
    }
}

static void row_from_json_score_more_than_1_ms_off_is_mismatch(void **state)
{
    (void)state;
    struct row row;
    enum malformed why = MALFORMED_NONE;
    assert_true(read_scored(GOOD, SCORE + 1, &row, &why));
    assert_true(read_scored(GOOD, SCORE - 1, &row, &why));
    assert_true(read_scored(GOOD, NAN, &row, &why));
    assert_false(read_scored(GOOD, SCORE + 1.5, &row, &why));
    assert_int_equal(why, MALFORMED_SCORE_MISMATCH);
    assert_false(read_scored(GOOD, SCORE / 1000, &row, &why));
    assert_int_equal(why, MALFORMED_SCORE_MISMATCH);
    assert_false(read_scored(GOOD, INFINITY, &row, &why));
    assert_int_equal(why, MALFORMED_SCORE_MISMATCH);
}

static void row_from_json_other_ticker_is_mismatch(void **state)
{
    (void)state;
    bad("{\"ticker\": \"QQQ\", \"timestamp\": 1760000298721, " SIDES "}",
        MALFORMED_TICKER_MISMATCH);
    bad("{\"ticker\": \"spy\", \"timestamp\": 1760000298721, " SIDES "}",
        MALFORMED_TICKER_MISMATCH);
    bad("{\"ticker\": \"SPY\\u0000\", \"timestamp\": 1760000298721, " SIDES "}",
        MALFORMED_TICKER_MISMATCH);
    bad("{\"ticker\": null, \"timestamp\": 1760000298721, " SIDES "}", MALFORMED_TICKER_MISMATCH);
}

static void row_from_json_4097_bytes_are_too_long(void **state)
{
    (void)state;
    char text[ROW_MEMBER_MAX + 2];
    memset(text, ' ', sizeof text);
    memcpy(text, GOOD, strlen(GOOD));
    struct row row;
    enum malformed why = MALFORMED_NONE;
    assert_true(row_from_json(text, ROW_MEMBER_MAX, SCORE, "SPY", &row, &why, NULL));
    assert_false(row_from_json(text, ROW_MEMBER_MAX + 1, SCORE, "SPY", &row, &why, NULL));
    assert_int_equal(why, MALFORMED_TOO_LONG);
}

static void malformed_name_each_kind_has_one(void **state)
{
    (void)state;
    for (int m = MALFORMED_NONE; m < MALFORMED_KINDS; m++) {
        assert_non_null(malformed_name((enum malformed)m));
    }
    assert_string_equal(malformed_name(MALFORMED_SCORE_MISMATCH), "score_mismatch");
}

/* ---- writing ---- */

static void assert_written(const struct row *row, const char *wanted)
{
    struct buf b;
    buf_init(&b, 1024);
    row_to_json(row, "SPY", &b);
    assert_false(b.failed);
    assert_string_equal(b.data, wanted);
    buf_fini(&b);
}

static void row_to_json_whole_row_is_python_layout(void **state)
{
    (void)state;
    struct row row = { .q = { .ts_ns = INT64_C(1760000298721000000),
                              .bid_px = INT64_C(449610000000),
                              .bid_sz = 1984,
                              .ask_px = INT64_C(450000000000),
                              .ask_sz = 0.5 } };
    assert_written(&row, "{\"ticker\": \"SPY\", \"timestamp\": 1760000298721, \"bid_price\": "
                         "449.61, \"bid_size\": 1984, \"ask_price\": 450.0, \"ask_size\": 0.5, "
                         "\"mid_price\": 449.805, \"spread\": 0.39}");
    row.has_seq = true;
    row.seq = 17;
    row.q.bid_px = 0;
    row.q.bid_sz = 0;
    assert_written(&row, "{\"ticker\": \"SPY\", \"timestamp\": 1760000298721, \"bid_price\": 0.0, "
                         "\"bid_size\": 0, \"ask_price\": 450.0, \"ask_size\": 0.5, "
                         "\"mid_price\": 0.0, \"spread\": 0.0, \"seq\": 17}");
}

static void row_to_json_random_rows_read_back_the_same(void **state)
{
    (void)state;
    uint64_t r = 7;
    for (int i = 0; i < 20000; i++) {
        struct row out, in = { .has_seq = i % 2 == 0, .seq = i % 2 == 0 ? random_next(&r) : 0 };
        in.q.ts_ns = T0_NS + (int64_t)(random_next(&r) % 1000000) * (i % 3 == 0 ? 1000 : NS_PER_MS);
        in.q.bid_px = (int64_t)(random_next(&r) >> (2 + random_next(&r) % 50));
        in.q.ask_px = (int64_t)(random_next(&r) >> (2 + random_next(&r) % 50));
        in.q.bid_sz = (double)(random_next(&r) % 100000) / (double)(1 + random_next(&r) % 7);
        in.q.ask_sz = (double)(random_next(&r) % 100000);
        if (in.q.bid_px == 0 || in.q.bid_sz == 0 || in.q.ask_px == 0 || in.q.ask_sz == 0) {
            continue;
        }
        struct buf b;
        enum malformed why = MALFORMED_NONE;
        struct err err = { 0 };
        buf_init(&b, 1024);
        row_to_json(&in, "BRK.B", &b);
        if (!row_from_json(b.data, b.len, NAN, "BRK.B", &out, &why, &err)) {
            fail_msg("%s: %s", err.text, b.data);
        }
        assert_memory_equal(&in.q.bid_px, &out.q.bid_px, 4 * sizeof(int64_t));
        assert_true(llabs(in.q.ts_ns - out.q.ts_ns) < 1000);
        assert_true(in.has_seq == out.has_seq && in.seq == out.seq);
        buf_fini(&b);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(row_from_json_brokers_layout_gives_exact_values),
        cmocka_unit_test(row_from_json_price_beyond_double_keeps_its_digits),
        cmocka_unit_test(row_from_json_numeric_strings_are_numbers),
        cmocka_unit_test(row_from_json_timestamp_forms_give_the_same_time),
        cmocka_unit_test(row_from_json_any_order_spacing_escapes_and_nesting_are_read),
        cmocka_unit_test(row_from_json_absent_sides_are_zero_altogether),
        cmocka_unit_test(row_from_json_no_json_is_not_json),
        cmocka_unit_test(row_from_json_nul_byte_is_not_json),
        cmocka_unit_test(row_from_json_other_json_is_not_object),
        cmocka_unit_test(row_from_json_each_missing_field_is_missing),
        cmocka_unit_test(row_from_json_repeated_field_is_duplicate),
        cmocka_unit_test(row_from_json_bad_numbers_are_told_by_cause),
        cmocka_unit_test(row_from_json_bad_seq_is_told_by_cause),
        cmocka_unit_test(row_from_json_impossible_time_is_bad_timestamp),
        cmocka_unit_test(row_from_json_score_more_than_1_ms_off_is_mismatch),
        cmocka_unit_test(row_from_json_other_ticker_is_mismatch),
        cmocka_unit_test(row_from_json_4097_bytes_are_too_long),
        cmocka_unit_test(malformed_name_each_kind_has_one),
        cmocka_unit_test(row_to_json_whole_row_is_python_layout),
        cmocka_unit_test(row_to_json_random_rows_read_back_the_same),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
