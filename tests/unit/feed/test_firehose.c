/* SPDX-License-Identifier: MIT */
/* Entries of the firehose: what is put is read again, what is damaged is refused, and no bytes
 * whatever do harm. */
#include "check.h"

#include "firehose.h"
#include "firehose_read.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <zlib.h>

static struct quote some_quote(int i)
{
    return (struct quote){ .ts_ns = T0_NS + i * NS_PER_MS + i % 7,
                           .bid_px = 450250000000 + i,
                           .bid_sz = i,
                           .ask_px = i % 5 == 0 ? 0 : 450300000001 + i,
                           .ask_sz = i % 5 == 0 ? 0 : i + 0.5 };
}

static const char *some_name(size_t ticker, char out[TICKER_MAX])
{
    (void)snprintf(out, TICKER_MAX, "T%zu%s", ticker, ticker % 3 == 0 ? "/USD" : "");
    return out;
}

/* An entry of n quotes of so many tickers. */
static void put_entry(struct buf *out, int n, size_t tickers)
{
    struct firehose_batch *b = firehose_batch_create(tickers);
    assert_non_null(b);
    for (int i = 0; i < n; i++) {
        char name[TICKER_MAX];
        struct quote q = some_quote(i);
        size_t ticker = (size_t)i * 31 % tickers;
        assert_true(firehose_batch_add(b, ticker, some_name(ticker, name), &q));
    }
    firehose_batch_put(b, 77, 5, out);
    assert_int_equal(firehose_batch_count(b), 0);
    firehose_batch_destroy(b);
    assert_false(out->failed);
}

static void what_is_put_is_read(void **state)
{
    (void)state;
    enum { QUOTES = 1000, TICKERS = 40 };
    struct buf bytes;
    struct firehose_entry e;
    enum firehose_fault fault;
    buf_init(&bytes, FIREHOSE_BYTES_MAX);
    put_entry(&bytes, QUOTES, TICKERS);
    assert_true(firehose_open(bytes.data, bytes.len, &e, &fault, NULL));
    assert_int_equal(e.writer, 77);
    assert_int_equal(e.number, 5);
    assert_int_equal(e.n_quotes, QUOTES);
    assert_int_equal(e.n_tickers, TICKERS);
    char names[TICKERS][TICKER_MAX] = { "" };
    struct text name;
    size_t at = 0, n = 0;
    while (firehose_name(&e, &at, &name)) {
        memcpy(names[n++], name.p, name.n);
    }
    assert_int_equal(n, TICKERS);
    for (int i = 0; i < QUOTES; i++) {
        struct quote q, want = some_quote(i);
        size_t place;
        enum malformed why;
        char wanted[TICKER_MAX];
        assert_true(firehose_quote(&e, (size_t)i, &q, &place, &why));
        assert_string_equal(names[place], some_name((size_t)i * 31 % TICKERS, wanted));
        quote_clear_absent(&want);
        assert_memory_equal(&q, &want, sizeof q);
    }
    buf_fini(&bytes);
}

static void a_batch_knows_its_limits(void **state)
{
    (void)state;
    struct buf bytes;
    struct quote q = some_quote(0), far = q, before = q;
    struct firehose_batch *b = firehose_batch_create(20000);
    far.ts_ns += 5 * NS_PER_S;
    before.ts_ns -= NS_PER_S;
    assert_true(firehose_batch_add(b, 0, "SPY", &q));
    assert_false(firehose_batch_add(b, 0, "SPY", &far));
    assert_true(firehose_batch_add(b, 0, "SPY", &before));
    before.ts_ns -= 1;
    assert_false(firehose_batch_add(b, 0, "SPY", &before));
    while (firehose_batch_add(b, 0, "SPY", &q)) {
    }
    assert_int_equal(firehose_batch_count(b), FIREHOSE_QUOTES_MAX);
    buf_init(&bytes, FIREHOSE_BYTES_MAX);
    firehose_batch_put(b, 1, 1, &bytes);
    size_t n = 0;
    char name[TICKER_MAX];
    while (firehose_batch_add(b, n, some_name(n, name), &q)) {
        n++;
    }
    assert_int_equal(n, FIREHOSE_TICKERS_MAX);
    buf_clear(&bytes);
    firehose_batch_put(b, 1, 2, &bytes);
    struct firehose_entry e;
    enum firehose_fault fault;
    assert_true(firehose_open(bytes.data, bytes.len, &e, &fault, NULL));
    assert_true(firehose_batch_add(b, 7, "QQQ", &q)); /* the names before are forgotten */
    buf_clear(&bytes);
    firehose_batch_put(b, 1, 3, &bytes);
    assert_true(firehose_open(bytes.data, bytes.len, &e, &fault, NULL));
    assert_int_equal(e.n_tickers, 1);
    firehose_batch_destroy(b);
    buf_fini(&bytes);
}

static void put_number(struct buf *bytes, size_t at, uint64_t x, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        bytes->data[at + i] = (char)(unsigned char)(x >> (8 * i));
    }
}

/* So that what is wrong is found, not the checksum. */
static void sign(struct buf *bytes)
{
    put_number(bytes, 44, 0, 4);
    put_number(bytes, 44, crc32(0, (const unsigned char *)bytes->data, (uInt)bytes->len), 4);
}

static void each_fault_has_its_name(void **state)
{
    (void)state;
    static const struct {
        size_t at, n;
        uint64_t x;
        bool sign;
        enum firehose_fault fault;
    } cases[] = {
        { 0, 1, 'X', true, FIREHOSE_BAD_MAGIC },
        { 4, 2, 2, true, FIREHOSE_BAD_VERSION },
        { 6, 2, 0, true, FIREHOSE_BAD_COUNT },
        { 6, 2, 8193, true, FIREHOSE_BAD_COUNT },
        { 8, 4, 0, true, FIREHOSE_BAD_COUNT },
        { 8, 4, 16385, true, FIREHOSE_BAD_COUNT },
        { 8, 4, 9, true, FIREHOSE_BAD_LENGTH },
        { 12, 4, 1, true, FIREHOSE_BAD_LENGTH },
        { 40, 4, 17, true, FIREHOSE_BAD_LENGTH },
        { 40, 4, UINT32_MAX, true, FIREHOSE_BAD_LENGTH },
        { 30, 1, 1, false, FIREHOSE_BAD_CHECKSUM },
        { 44, 4, 1, false, FIREHOSE_BAD_CHECKSUM },
        { 48, 1, 0, true, FIREHOSE_BAD_NAMES },
        { 48, 1, 200, true, FIREHOSE_BAD_NAMES },
        { 49, 1, ' ', true, FIREHOSE_BAD_NAMES },
        { 49, 1, 0, true, FIREHOSE_BAD_NAMES },
        { 6, 2, 1, true, FIREHOSE_BAD_NAMES },
        { 6, 2, 3, true, FIREHOSE_BAD_NAMES },
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct buf bytes;
        struct firehose_entry e;
        enum firehose_fault fault;
        struct err err = { 0 };
        buf_init(&bytes, FIREHOSE_BYTES_MAX);
        put_entry(&bytes, 10, 2);
        put_number(&bytes, cases[i].at, cases[i].x, cases[i].n);
        if (cases[i].sign) {
            sign(&bytes);
        }
        bool ok = firehose_open(bytes.data, bytes.len, &e, &fault, &err);
        if (ok || fault != cases[i].fault || err.text[0] == '\0') {
            fail_msg("case %zu: %s", i, firehose_fault_name(fault));
        }
        for (size_t n = 0; i == 0 && n < bytes.len; n++) {
            assert_false(firehose_open(bytes.data, n, &e, &fault, NULL));
        }
        buf_fini(&bytes);
    }
}

static void a_quote_that_is_wrong_is_left_out_alone(void **state)
{
    (void)state;
    double nan = NAN, minus = -1, much = 1e16;
    uint64_t nan_bits, minus_bits, much_bits;
    memcpy(&nan_bits, &nan, 8);
    memcpy(&minus_bits, &minus, 8);
    memcpy(&much_bits, &much, 8);
    const struct {
        size_t at, n;
        uint64_t x;
        enum malformed why;
    } cases[] = {
        { 4, 2, 2, MALFORMED_TICKER_MISMATCH },       { 6, 2, 1, MALFORMED_OUT_OF_RANGE },
        { 8, 8, UINT64_MAX, MALFORMED_NEGATIVE },     { 16, 8, INT64_MAX, MALFORMED_OUT_OF_RANGE },
        { 24, 8, nan_bits, MALFORMED_BAD_NUMBER },    { 24, 8, minus_bits, MALFORMED_NEGATIVE },
        { 32, 8, much_bits, MALFORMED_OUT_OF_RANGE },
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct buf bytes;
        struct firehose_entry e;
        enum firehose_fault fault;
        enum malformed why;
        struct quote q;
        size_t place;
        buf_init(&bytes, FIREHOSE_BYTES_MAX);
        put_entry(&bytes, 10, 2);
        put_number(&bytes, bytes.len - 2 * FIREHOSE_QUOTE + cases[i].at, cases[i].x, cases[i].n);
        sign(&bytes);
        assert_true(firehose_open(bytes.data, bytes.len, &e, &fault, NULL));
        assert_false(firehose_quote(&e, 8, &q, &place, &why));
        assert_int_equal(why, cases[i].why);
        assert_true(firehose_quote(&e, 9, &q, &place, &why));
        put_number(&bytes, 32, (uint64_t)INT64_MAX, 8); /* the base */
        sign(&bytes);
        assert_true(firehose_open(bytes.data, bytes.len, &e, &fault, NULL));
        assert_false(firehose_quote(&e, 9, &q, &place, &why));
        assert_int_equal(why, MALFORMED_BAD_TIMESTAMP);
        buf_fini(&bytes);
    }
}

/* Whatever is taken is within its bounds; the sanitizers watch. */
static void read_whatever_it_is(const char *bytes, size_t n)
{
    char *exact = malloc(n > 0 ? n : 1);
    struct firehose_entry e;
    enum firehose_fault fault;
    memcpy(exact, bytes, n);
    if (firehose_open(exact, n, &e, &fault, NULL)) {
        struct text name;
        size_t at = 0, names = 0;
        while (firehose_name(&e, &at, &name)) {
            assert_true(name.n > 0 && name.n < TICKER_MAX);
            names++;
        }
        assert_int_equal(names, e.n_tickers);
        for (size_t i = 0; i < e.n_quotes; i++) {
            struct quote q;
            size_t place;
            enum malformed why;
            if (firehose_quote(&e, i, &q, &place, &why)) {
                assert_true(place < e.n_tickers && q.bid_px >= 0 && isfinite(q.bid_sz));
            } else {
                assert_int_not_equal(why, MALFORMED_NONE);
            }
        }
    } else {
        assert_int_not_equal(fault, FIREHOSE_FINE);
    }
    free(exact);
}

static void random_damage_does_no_harm(void **state)
{
    (void)state;
    uint64_t random = 4711;
    struct buf whole[16];
    for (int i = 0; i < 16; i++) {
        buf_init(&whole[i], FIREHOSE_BYTES_MAX);
        put_entry(&whole[i], 1 + (int)(random_next(&random) % 12), 1 + random_next(&random) % 6);
    }
    struct buf bytes;
    buf_init(&bytes, FIREHOSE_BYTES_MAX);
    for (int i = 0; i < 20000; i++) {
        buf_clear(&bytes);
        buf_add(&bytes, whole[i % 16].data, whole[i % 16].len);
        for (uint64_t k = random_next(&random) % 4; k > 0; k--) {
            size_t at = random_next(&random) % (k % 2 == 0 ? FIREHOSE_HEADER : bytes.len);
            bytes.data[at] = (char)(unsigned char)random_next(&random);
        }
        if (random_next(&random) % 4 != 0) {
            sign(&bytes);
        }
        size_t n = random_next(&random) % 8 == 0 ? random_next(&random) % bytes.len : bytes.len;
        read_whatever_it_is(bytes.data, n);
    }
    buf_fini(&bytes);
    for (int i = 0; i < 16; i++) {
        buf_fini(&whole[i]);
    }
}

static void ids_are_read_and_ordered(void **state)
{
    (void)state;
    struct stream_id id;
    char text[STREAM_ID_MAX];
    assert_true(stream_id_parse("18446744073709551615-7", 22, &id));
    stream_id_print(id, text);
    assert_string_equal(text, "18446744073709551615-7");
    assert_false(stream_id_parse("18446744073709551616-7", 22, &id));
    assert_false(stream_id_parse("5", 1, &id));
    assert_false(stream_id_parse("-5", 2, &id));
    assert_false(stream_id_parse("5-", 2, &id));
    assert_false(stream_id_parse("5-x", 3, &id));
    struct stream_id a = { 5, 9 }, b = { 6, 0 }, c = { 6, 1 };
    assert_true(stream_id_compare(a, b) < 0 && stream_id_compare(c, b) > 0 &&
                stream_id_compare(b, b) == 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_put_is_read),
        cmocka_unit_test(a_batch_knows_its_limits),
        cmocka_unit_test(each_fault_has_its_name),
        cmocka_unit_test(a_quote_that_is_wrong_is_left_out_alone),
        cmocka_unit_test(random_damage_does_no_harm),
        cmocka_unit_test(ids_are_read_and_ordered),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
