/* SPDX-License-Identifier: MIT */
#include "firehose.h"

#include "clock.h"

#include <inttypes.h>
#include <math.h>
#include <string.h>
#include <zlib.h>

enum { AT_CRC = 44, CRC_BYTES = 4 };

static const char magic[4] = { 'O', 'F', 'Q', '1' };

/* ---- numbers of any machine ---- */

static uint64_t get(const unsigned char *p, int n)
{
    uint64_t x = 0;
    for (int i = n; i > 0; i--) {
        x = x << 8 | p[i - 1];
    }
    return x;
}

static uint16_t get16(const unsigned char *p)
{
    return (uint16_t)get(p, 2);
}

static uint32_t get32(const unsigned char *p)
{
    return (uint32_t)get(p, 4);
}

static int64_t get_signed(const unsigned char *p)
{
    uint64_t bits = get(p, 8);
    int64_t x;
    memcpy(&x, &bits, sizeof x);
    return x;
}

static double get_double(const unsigned char *p)
{
    uint64_t bits = get(p, 8);
    double x;
    memcpy(&x, &bits, sizeof x);
    return x;
}

/* ---- an entry ---- */

static bool refuse(enum firehose_fault *out, enum firehose_fault f, struct err *err)
{
    static const char *const help[FIREHOSE_FAULTS] = {
#define FIREHOSE(name, text, help) [FIREHOSE_##name] = help,
#include "firehose.def"
#undef FIREHOSE
    };
    *out = f;
    return err_set(err, ERR_INVALID, "%s", help[f]);
}

const char *firehose_fault_name(enum firehose_fault f)
{
    static const char *const names[FIREHOSE_FAULTS] = {
        [FIREHOSE_FINE] = "fine",
#define FIREHOSE(name, text, help) [FIREHOSE_##name] = text,
#include "firehose.def"
#undef FIREHOSE
    };
    return names[f];
}

static uint32_t checksum(const unsigned char *p, size_t n)
{
    static const unsigned char zeros[CRC_BYTES] = { 0 };
    uLong crc = crc32(0, p, AT_CRC);
    crc = crc32(crc, zeros, CRC_BYTES);
    return (uint32_t)crc32(crc, p + AT_CRC + CRC_BYTES, (uInt)(n - AT_CRC - CRC_BYTES));
}

static bool names_are_good(const struct firehose_entry *e, size_t names_n)
{
    size_t at = 0;
    for (size_t i = 0; i < e->n_tickers; i++) {
        char name[TICKER_MAX];
        size_t n = at < names_n ? e->names[at] : 0;
        if (n == 0 || n >= sizeof name || n > names_n - at - 1) {
            return false;
        }
        memcpy(name, e->names + at + 1, n);
        name[n] = '\0';
        if (memchr(name, '\0', n) != NULL || !ticker_valid(name)) {
            return false;
        }
        at += 1 + n;
    }
    for (; at < names_n; at++) {
        if (e->names[at] != 0) {
            return false;
        }
    }
    return true;
}

bool firehose_open(const char *bytes, size_t n, struct firehose_entry *out,
                   enum firehose_fault *fault_out, struct err *err)
{
    const unsigned char *p = (const unsigned char *)bytes;
    *fault_out = FIREHOSE_FINE;
    if (n < FIREHOSE_HEADER) {
        return refuse(fault_out, FIREHOSE_TOO_SHORT, err);
    }
    if (n > FIREHOSE_BYTES_MAX) {
        return refuse(fault_out, FIREHOSE_TOO_LONG, err);
    }
    if (memcmp(p, magic, sizeof magic) != 0) {
        return refuse(fault_out, FIREHOSE_BAD_MAGIC, err);
    }
    if (get16(p + 4) != FIREHOSE_VERSION) {
        return refuse(fault_out, FIREHOSE_BAD_VERSION, err);
    }
    size_t names_n = get32(p + 40);
    *out = (struct firehose_entry){
        .writer = get(p + 16, 8),
        .number = get(p + 24, 8),
        .base_ns = get_signed(p + 32),
        .n_tickers = get16(p + 6),
        .n_quotes = get32(p + 8),
        .names = p + FIREHOSE_HEADER,
    };
    if (out->n_tickers == 0 || out->n_tickers > FIREHOSE_TICKERS_MAX || out->n_quotes == 0 ||
        out->n_quotes > FIREHOSE_QUOTES_MAX) {
        return refuse(fault_out, FIREHOSE_BAD_COUNT, err);
    }
    if (get32(p + 12) != n || names_n % 8 != 0 || names_n > n ||
        FIREHOSE_HEADER + names_n + out->n_quotes * FIREHOSE_QUOTE != n) {
        return refuse(fault_out, FIREHOSE_BAD_LENGTH, err);
    }
    if (get32(p + AT_CRC) != checksum(p, n)) {
        return refuse(fault_out, FIREHOSE_BAD_CHECKSUM, err);
    }
    out->quotes = out->names + names_n;
    return names_are_good(out, names_n) || refuse(fault_out, FIREHOSE_BAD_NAMES, err);
}

bool firehose_name(const struct firehose_entry *e, size_t *at, struct text *out)
{
    const unsigned char *p = e->names + *at;
    if (p >= e->quotes || *p == 0) {
        return false;
    }
    *out = (struct text){ .p = (const char *)p + 1, .n = *p };
    *at += 1 + (size_t)*p;
    return true;
}

/* ---- a quote ---- */

static bool px_is_good(int64_t px, enum malformed *why)
{
    *why = px < 0 ? MALFORMED_NEGATIVE : px > VALUE_PX_MAX ? MALFORMED_OUT_OF_RANGE : *why;
    return px >= 0 && px <= VALUE_PX_MAX;
}

static bool sz_is_good(double sz, enum malformed *why)
{
    *why = !isfinite(sz)       ? MALFORMED_BAD_NUMBER
           : sz < 0            ? MALFORMED_NEGATIVE
           : sz > VALUE_SZ_MAX ? MALFORMED_OUT_OF_RANGE
                               : *why;
    return sz >= 0 && sz <= VALUE_SZ_MAX;
}

size_t firehose_place(const struct firehose_entry *e, size_t i)
{
    return get16(e->quotes + i * FIREHOSE_QUOTE + 4);
}

bool firehose_quote(const struct firehose_entry *e, size_t i, struct quote *out, size_t *ticker_out,
                    enum malformed *why_out)
{
    const unsigned char *p = e->quotes + i * FIREHOSE_QUOTE;
    *ticker_out = firehose_place(e, i);
    *why_out = MALFORMED_NONE;
    if (*ticker_out >= e->n_tickers) {
        *why_out = MALFORMED_TICKER_MISMATCH;
        return false;
    }
    if (get16(p + 6) != 0) {
        *why_out = MALFORMED_OUT_OF_RANGE;
        return false;
    }
    if (!value_ms_in_range(e->base_ns / NS_PER_MS)) {
        *why_out = MALFORMED_BAD_TIMESTAMP;
        return false;
    }
    *out = (struct quote){
        .ts_ns = e->base_ns + get32(p),
        .bid_px = get_signed(p + 8),
        .ask_px = get_signed(p + 16),
        .bid_sz = get_double(p + 24),
        .ask_sz = get_double(p + 32),
    };
    if (!px_is_good(out->bid_px, why_out) || !px_is_good(out->ask_px, why_out) ||
        !sz_is_good(out->bid_sz, why_out) || !sz_is_good(out->ask_sz, why_out)) {
        return false;
    }
    quote_clear_absent(out);
    return true;
}
