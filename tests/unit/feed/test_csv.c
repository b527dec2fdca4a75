/* SPDX-License-Identifier: MIT */
#include "check.h"

#include "import.h"
#include "lines.h"

#include <errno.h>
#include <fcntl.h>
#include <orderflow/detector.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>
#include <zlib.h>

#define HEADER_NAMES "ts_ms,bid_price,bid_size,ask_price,ask_size"
#define HEADER HEADER_NAMES "\n"
#define ROW "1760000298721,449.61,1984,449.63,700\n"

struct fixture {
    char dir[64];
    char path[96];
};

static int setup(void **state)
{
    struct fixture *f = calloc(1, sizeof *f);
    (void)snprintf(f->dir, sizeof f->dir, "/tmp/of-csv-XXXXXX");
    if (mkdtemp(f->dir) == NULL) {
        return -1;
    }
    (void)snprintf(f->path, sizeof f->path, "%s/q.csv", f->dir);
    *state = f;
    return 0;
}

static int teardown(void **state)
{
    struct fixture *f = *state;
    (void)unlink(f->path);
    (void)rmdir(f->dir);
    free(f);
    return 0;
}

static void save(const struct fixture *f, const void *bytes, size_t n)
{
    FILE *out = fopen(f->path, "wb");
    assert_non_null(out);
    assert_int_equal(fwrite(bytes, 1, n, out), n);
    assert_int_equal(fclose(out), 0);
}

static struct import *open_text(const struct fixture *f, const char *text, bool keep_ties)
{
    struct err err = { 0 };
    save(f, text, strlen(text));
    struct import *c =
        import_open(f->path, &(struct import_options){ .keep_ties = keep_ties }, &err);
    if (c == NULL) {
        fail_msg("%s", err.text);
    }
    return c;
}

static struct row good(struct import *c)
{
    struct row row;
    struct err err = { 0 };
    if (!import_next(c, &row, &err)) {
        fail_msg("no row: %s", err.text);
    }
    return row;
}

static void assert_end(struct import *c)
{
    struct row row;
    struct err err = { .code = ERR_SYSTEM };
    assert_false(import_next(c, &row, &err));
    assert_int_equal(err.code, ERR_NONE);
}

static void assert_bad(struct import *c, int line, const char *part)
{
    struct row row;
    struct err err = { 0 };
    char at[32];
    (void)snprintf(at, sizeof at, "q.csv:%d: ", line);
    assert_false(import_next(c, &row, &err));
    assert_int_equal(err.code, ERR_INVALID);
    if (strstr(err.text, at) == NULL || strstr(err.text, part) == NULL) {
        fail_msg("'%s' lacks '%s' or '%s'", err.text, at, part);
    }
}

static void csv_next_plain_row_gives_exact_values(void **state)
{
    struct import *c = open_text(*state, HEADER ROW, false);
    struct row row = good(c);
    assert_int_equal(row.q.ts_ns, INT64_C(1760000298721000000));
    assert_int_equal(row.q.bid_px, INT64_C(449610000000));
    assert_int_equal(row.q.ask_px, INT64_C(449630000000));
    assert_true(row.q.bid_sz == 1984 && row.q.ask_sz == 700);
    assert_false(row.has_seq);
    assert_end(c);
    assert_end(c);
    assert_int_equal(import_counts(c)->malformed, 0);
    import_close(c);
}

/* As a double, such a time is off by up to 122 ns. */
static void csv_next_time_with_a_fraction_is_exact_to_the_ns(void **state)
{
    static const struct {
        const char *ms;
        int64_t ns;
    } times[] = { { "1760000298721.123457", INT64_C(1760000298721123457) },
                  { "1760000298721.999999", INT64_C(1760000298721999999) },
                  { "1760000298721.5", INT64_C(1760000298721500000) },
                  { "1760000298721.0000005", INT64_C(1760000298721000001) },
                  { "1760000298721.9999995", INT64_C(1760000298722000000) },
                  { "1.760000298721e12", INT64_C(1760000298721000000) } };
    for (size_t i = 0; i < sizeof times / sizeof times[0]; i++) {
        char text[200];
        (void)snprintf(text, sizeof text, HEADER "%s,449.61,1984,449.63,700\n", times[i].ms);
        struct import *c = open_text(*state, text, false);
        assert_int_equal(good(c).q.ts_ns, times[i].ns);
        import_close(c);
    }
}

static void csv_open_columns_in_any_order_and_case_are_found(void **state)
{
    struct import *c = open_text(*state,
                                 " ASK_size ,Bid_Price, ts_ms,ask_price,bid_size\n"
                                 "7,449.61,1760000298721,449.63,1984\n",
                                 false);
    struct row row = good(c);
    assert_int_equal(row.q.bid_px, INT64_C(449610000000));
    assert_true(row.q.bid_sz == 1984 && row.q.ask_sz == 7);
    import_close(c);
}

static void csv_next_mark_crlf_blank_lines_and_open_end_are_fine(void **state)
{
    struct import *c = open_text(*state,
                                 "\xEF\xBB\xBFts_ms,bid_price,bid_size,ask_price,ask_size\r\n"
                                 "\r\n1760000298721, 449.61 ,1984,449.63,700\r\n \n"
                                 "1760000298722,449.61,1984,449.63,700",
                                 false);
    (void)good(c);
    (void)good(c);
    assert_end(c);
    import_close(c);
}

static void csv_next_empty_or_zero_cells_are_an_absent_side(void **state)
{
    static const char *const rows[] = { ",,1,1", ",5,1,1", "449.61,,1,1", "0,5,1,1", "1,0.0,1,1" };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        char text[200];
        (void)snprintf(text, sizeof text, HEADER "1760000298721,%s\n", rows[i]);
        struct import *c = open_text(*state, text, false);
        struct row row = good(c);
        assert_int_equal(row.q.bid_px, 0);
        assert_true(row.q.bid_sz == 0 && row.q.ask_sz == 1);
        import_close(c);
    }
}

static void csv_next_malformed_lines_are_named_and_reading_goes_on(void **state)
{
    struct import *c = open_text(*state,
                                 HEADER "1760000298721,449.61,1984,449.63\n"
                                        "1760000298721,449.61,1984,449.63,700,1\n"
                                        "1760000298721,449.6x,1984,449.63,700\n"
                                        "1760000298721,449.61,-1,449.63,700\n"
                                        "soon,449.61,1984,449.63,700\n"
                                        "1760000298,449.61,1984,449.63,700\n"
                                        "1760000298721,449.61,1e99,449.63,700\n"
                                        "1760000298721,nan,1,449.63,700\n"
                                        "1760000298721,\"449.61,1,449.63,700\n"
                                        "1760000298721,\"449.61\",1,449.63,700\n" ROW,
                                 false);
    assert_bad(c, 2, "not 4");
    assert_bad(c, 3, "not 6");
    assert_bad(c, 4, "bid_price: '449.6x'");
    assert_bad(c, 5, "bid_size: -1 is negative");
    assert_bad(c, 6, "'soon'");
    assert_bad(c, 7, "1760000298");
    assert_bad(c, 8, "bid_size");
    assert_bad(c, 9, "nan");
    assert_bad(c, 10, "bid_price");
    assert_int_equal(good(c).q.bid_px, INT64_C(449610000000)); /* in quotes */
    (void)good(c);
    assert_end(c);
    assert_int_equal(import_counts(c)->malformed, 9);
    import_close(c);
}

static void csv_next_overlong_line_is_skipped_as_one(void **state)
{
    char *text = malloc(300000);
    (void)snprintf(text, 300000, HEADER);
    size_t n = strlen(text);
    memset(text + n, '1', 200000);
    (void)snprintf(text + n + 200000, 1000, "\n" ROW);
    struct import *c = open_text(*state, text, false);
    assert_bad(c, 2, "longer than");
    (void)good(c);
    assert_end(c);
    import_close(c);
    free(text);
}

static void csv_next_overlong_last_line_without_end_is_reported_once(void **state)
{
    char text[LINE_MAX_BYTES + 500] = HEADER;
    memset(text + strlen(HEADER), ',', sizeof text - strlen(HEADER) - 1);
    text[sizeof text - 1] = '\0';
    struct import *c = open_text(*state, text, false);
    assert_bad(c, 2, "longer than");
    assert_end(c);
    import_close(c);
}

static void csv_next_binary_junk_is_malformed_not_fatal(void **state)
{
    const struct fixture *f = *state;
    uint64_t r = 99;
    char text[20000] = HEADER;
    for (size_t i = strlen(HEADER); i < sizeof text; i++) {
        text[i] = (char)random_next(&r);
    }
    save(f, text, sizeof text);
    struct import *c = import_open(f->path, &(struct import_options){ .keep_ties = false }, NULL);
    assert_non_null(c);
    struct row row;
    struct err err;
    int lines = 0;
    while (import_next(c, &row, &err) || err.code == ERR_INVALID) {
        for (const char *p = err.text; *p != '\0'; p++) {
            assert_true(*p >= ' ' && *p <= '~');
        }
        err.text[0] = '\0';
        lines++;
    }
    assert_int_equal(err.code, ERR_NONE);
    assert_true(lines > 10);
    import_close(c);
}

static void assert_no_open(const struct fixture *f, const char *text, const char *part)
{
    struct err err = { 0 };
    save(f, text, strlen(text));
    assert_null(import_open(f->path, &(struct import_options){ .keep_ties = false }, &err));
    if (strstr(err.text, f->path) == NULL || strstr(err.text, part) == NULL) {
        fail_msg("'%s' lacks '%s'", err.text, part);
    }
}

static void csv_open_other_header_is_named(void **state)
{
    const struct fixture *f = *state;
    assert_no_open(f, "", "empty");
    assert_no_open(f, ROW, "begins with '1760000298721,449.61,1984,449.63,700'");
    assert_no_open(f, "ts_ms,bid_price,bid_size,ask_price\n" ROW, "begins with 'ts_ms,bid_price");
    assert_no_open(f, "ts_ms,ts_ms,bid_size,ask_price,ask_size\n" ROW, HEADER_NAMES);
    assert_no_open(f, "\x1b[31m\x01\n", "begins with '?[31m?'");
    assert_no_open(f, "PK\x03\x04 and so on\n", "unzip -p");
    assert_no_open(f, "PAR1 and so on", "duckdb");
}

/* With more columns than ours it is somebody else's, whose columns have names that we know. */
static void csv_open_more_columns_are_left_alone(void **state)
{
    struct import *c = open_text(*state,
                                 "ts_ms,bid_price,bid_size,ask_price,ask_size,more\n"
                                 "1760000298721,449.61,1984,449.63,700,x\n",
                                 false);
    assert_string_equal(import_format_name(c), "columns");
    assert_int_equal(good(c).q.ts_ns, INT64_C(1760000298721000000));
    import_close(c);
}

static void csv_open_missing_file_or_folder_is_told(void **state)
{
    const struct fixture *f = *state;
    struct err err = { 0 };
    assert_null(import_open(f->path, &(struct import_options){ .keep_ties = false }, &err));
    assert_non_null(strstr(err.text, strerror(ENOENT)));
    assert_null(import_open(f->dir, &(struct import_options){ .keep_ties = false }, &err));
    assert_non_null(strstr(err.text, "folder"));
}

static void save_gzip(const struct fixture *f, const char *text)
{
    gzFile out = gzopen(f->path, "wb");
    assert_non_null(out);
    assert_int_equal(gzwrite(out, text, (unsigned)strlen(text)), strlen(text));
    assert_int_equal(gzclose(out), Z_OK);
}

static void csv_open_gzip_without_its_name_is_recognised(void **state)
{
    const struct fixture *f = *state;
    save_gzip(f, HEADER ROW);
    struct import *c = import_open(f->path, &(struct import_options){ .keep_ties = false }, NULL);
    assert_non_null(c);
    (void)good(c);
    assert_end(c);
    import_close(c);
}

static void csv_next_cut_gzip_is_a_read_error_not_an_end(void **state)
{
    const struct fixture *f = *state;
    struct err err = { 0 };
    struct row row;
    char text[60000] = HEADER;
    uint64_t r = 3;
    for (size_t n = strlen(text); n < sizeof text - 100; n = strlen(text)) {
        (void)snprintf(text + n, 100, "%lld,449.61,%u,449.63,%u\n", (long long)T0_MS + (long long)n,
                       (unsigned)random_next(&r) % 1000, (unsigned)random_next(&r) % 1000);
    }
    save_gzip(f, text);
    assert_int_equal(truncate(f->path, 5000), 0);
    struct import *c = import_open(f->path, &(struct import_options){ .keep_ties = false }, &err);
    assert_non_null(c);
    int rows = 0;
    while (import_next(c, &row, &err)) {
        rows++;
    }
    assert_true(rows > 10);
    assert_int_equal(err.code, ERR_SYSTEM);
    assert_non_null(strstr(err.text, f->path));
    import_close(c);
}

static void csv_next_standard_input_is_read_and_stays_open(void **state)
{
    const struct fixture *f = *state;
    save(f, HEADER ROW, strlen(HEADER ROW));
    int saved = dup(STDIN_FILENO), fd = open(f->path, O_RDONLY);
    assert_true(saved >= 0 && fd >= 0);
    assert_int_equal(dup2(fd, STDIN_FILENO), STDIN_FILENO);
    struct import *c = import_open("-", &(struct import_options){ .keep_ties = false }, NULL);
    assert_non_null(c);
    (void)good(c);
    assert_true(import_progress(c) == -1);
    import_close(c);
    assert_true(fcntl(STDIN_FILENO, F_GETFD) >= 0);
    (void)dup2(saved, STDIN_FILENO);
    (void)close(saved);
    (void)close(fd);
}

/* ---- rows of one millisecond ---- */

#define TIES                              \
    "1760000298721,449.61,30,449.63,1\n"  \
    "1760000298721,449.61,4,449.63,1\n"   \
    "1760000298721,449.61,200,449.63,1\n" \
    "1760000298721,449.61,200,449.63,1\n"

static int drain(struct import *c, struct stream *s, struct quote *last)
{
    struct row row;
    int n = 0;
    while (import_next(c, &row, NULL)) {
        push(s, row);
    }
    while (stream_next(s, INT64_MAX, last)) {
        n++;
    }
    return n;
}

static void csv_next_ties_collapse_to_the_last_member_in_redis_order(void **state)
{
    struct import *c = open_text(*state, HEADER TIES, false);
    struct stream *s = stream_create(NS_PER_S);
    struct quote last = { 0 };
    assert_int_equal(drain(c, s, &last), 1);
    assert_true(last.bid_sz == 4); /* "4" > "30" > "200" as text */
    assert_int_equal(last.flags, OFD_ROW_TIE);
    stream_destroy(s);
    import_close(c);
}

static void csv_next_same_row_twice_is_no_tie(void **state)
{
    struct import *c = open_text(*state, HEADER ROW ROW, false);
    struct stream *s = stream_create(NS_PER_S);
    struct quote last = { 0 };
    assert_int_equal(drain(c, s, &last), 1); /* as in Redis, where they are one member */
    assert_int_equal(last.flags, 0);
    stream_destroy(s);
    import_close(c);
}

static void csv_next_kept_ties_are_all_there_in_file_order(void **state)
{
    struct import *c = open_text(*state, HEADER TIES, true);
    struct stream *s = stream_create(NS_PER_S);
    struct quote last = { 0 };
    assert_int_equal(drain(c, s, &last), 4);
    assert_true(last.bid_sz == 200);
    assert_int_equal(last.flags, 0);
    stream_destroy(s);
    import_close(c);
}

static void csv_next_recorded_tape_is_read_whole(void **state)
{
    (void)state;
    struct err err = { 0 };
    struct quote last = { 0 };
    struct import *c = import_open(FEED_DATA "binance_um_btcusdt_20240808.csv.gz",
                                   &(struct import_options){ .keep_ties = false }, &err);
    assert_non_null(c);
    assert_true(import_progress(c) >= 0 && import_progress(c) <= 1);
    struct stream *s = stream_create(NS_PER_S);
    assert_int_equal(drain(c, s, &last), 1026);     /* different milliseconds */
    assert_int_equal(stream_counts(s)->read, 1923); /* different rows */
    assert_int_equal(stream_counts(s)->repeated, 2);
    assert_int_equal(import_counts(c)->malformed, 0);
    assert_true(import_progress(c) == 1);
    stream_destroy(s);
    import_close(c);
}

/* ---- names ---- */

static void feed_file_ticker_names_give_their_ticker(void **state)
{
    (void)state;
    static const struct {
        const char *path, *ticker;
    } cases[] = {
        { "binance_um_btcusdt_20240808.csv.gz", "BTCUSDT" },
        { "/data/2024/binance_cm_btcusd_perp_20240808.csv.gz", "BTCUSD_PERP" },
        { "spy.csv", "SPY" },
        { "./SPY_20250115.csv", "SPY" },
        { "nyse_brk.b_2025-01-15.csv", "BRK.B" },
        { "x_spy_20250115_part2.csv.gz", "SPY" },
        { "perp_20250115.csv", "PERP" },
        { "noise", "NOISE" },
        { "my tape.csv", NULL },
        { "_.csv", NULL },
        { "dir/", NULL },
        { "abcdefghijklmnopqrstuvwxyz0123456789.csv", NULL },
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        char ticker[TICKER_MAX] = "";
        bool ok = feed_file_ticker(cases[i].path, ticker);
        if (ok != (cases[i].ticker != NULL)) {
            fail_msg("%s: '%s'", cases[i].path, ticker);
        }
        if (ok) {
            assert_string_equal(ticker, cases[i].ticker);
        }
    }
}

#define CSV_TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CSV_TEST(csv_next_plain_row_gives_exact_values),
        CSV_TEST(csv_next_time_with_a_fraction_is_exact_to_the_ns),
        CSV_TEST(csv_open_columns_in_any_order_and_case_are_found),
        CSV_TEST(csv_next_mark_crlf_blank_lines_and_open_end_are_fine),
        CSV_TEST(csv_next_empty_or_zero_cells_are_an_absent_side),
        CSV_TEST(csv_next_malformed_lines_are_named_and_reading_goes_on),
        CSV_TEST(csv_next_overlong_line_is_skipped_as_one),
        CSV_TEST(csv_next_overlong_last_line_without_end_is_reported_once),
        CSV_TEST(csv_next_binary_junk_is_malformed_not_fatal),
        CSV_TEST(csv_open_other_header_is_named),
        CSV_TEST(csv_open_more_columns_are_left_alone),
        CSV_TEST(csv_open_missing_file_or_folder_is_told),
        CSV_TEST(csv_open_gzip_without_its_name_is_recognised),
        CSV_TEST(csv_next_cut_gzip_is_a_read_error_not_an_end),
        CSV_TEST(csv_next_standard_input_is_read_and_stays_open),
        CSV_TEST(csv_next_ties_collapse_to_the_last_member_in_redis_order),
        CSV_TEST(csv_next_same_row_twice_is_no_tie),
        CSV_TEST(csv_next_kept_ties_are_all_there_in_file_order),
        CSV_TEST(csv_next_recorded_tape_is_read_whole),
        cmocka_unit_test(feed_file_ticker_names_give_their_ticker),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
