/* SPDX-License-Identifier: MIT */
#include "unpack.h"

#include <stdlib.h>
#include <string.h>
#include <zlib.h>
#include <zstd.h>

enum { GZIP_ONLY = 16 };

enum packing { PLAIN, GZIP, ZSTD };

struct unpack {
    enum packing packing;
    bool open; /* amid a gzip member or zstd frame */
    z_stream gzip;
    ZSTD_DStream *zstd;
};

static enum packing packing_of(const char *head, size_t n)
{
    static const char zstd[] = "\x28\xB5\x2F\xFD", skippable[] = "\x2A\x4D\x18";
    if (n >= 2 && memcmp(head, "\x1F\x8B", 2) == 0) {
        return GZIP;
    }
    bool skip = n >= 4 && (head[0] & 0xF0) == 0x50 && memcmp(head + 1, skippable, 3) == 0;
    return n >= 4 && (skip || memcmp(head, zstd, 4) == 0) ? ZSTD : PLAIN;
}

struct unpack *unpack_create(const char *head, size_t n)
{
    struct unpack *u = calloc(1, sizeof *u);
    if (u == NULL) {
        return NULL;
    }
    u->packing = packing_of(head, n);
    bool ok = u->packing == PLAIN;
    if (u->packing == GZIP) {
        ok = inflateInit2(&u->gzip, MAX_WBITS + GZIP_ONLY) == Z_OK;
    } else if (u->packing == ZSTD) {
        u->zstd = ZSTD_createDStream();
        ok = u->zstd != NULL;
    }
    if (!ok) {
        free(u);
        return NULL;
    }
    return u;
}

void unpack_destroy(struct unpack *u)
{
    if (u != NULL) {
        if (u->packing == GZIP) {
            (void)inflateEnd(&u->gzip);
        }
        (void)ZSTD_freeDStream(u->zstd);
        free(u);
    }
}

const char *unpack_name(const struct unpack *u)
{
    switch (u->packing) {
    case GZIP:
        return "gzip";
    case ZSTD:
        return "zstd";
    case PLAIN:
        break;
    }
    return "plain";
}

static struct unpacked some_plain(const char *in, size_t n, char *out, size_t cap)
{
    size_t take = n < cap ? n : cap;
    memcpy(out, in, take);
    return (struct unpacked){ .taken = take, .given = take, .between = true };
}

static struct unpacked some_gzip(struct unpack *u, const char *in, size_t n, char *out, size_t cap)
{
    struct unpacked r = { .taken = 0 };
    while (!u->open && r.taken < n && in[r.taken] == '\0') {
        r.taken++;
    }
    if (r.taken == n && !u->open) {
        r.between = true;
        return r;
    }
    u->gzip.next_in = (z_const Bytef *)(in + r.taken);
    u->gzip.avail_in = (uInt)(n - r.taken);
    u->gzip.next_out = (Bytef *)out;
    u->gzip.avail_out = (uInt)cap;
    u->open = true;
    int status = inflate(&u->gzip, Z_NO_FLUSH);
    if (status == Z_STREAM_END) {
        u->open = false;
        status = inflateReset(&u->gzip);
    }
    if (status != Z_OK && status != Z_BUF_ERROR) {
        r.trouble = status == Z_MEM_ERROR ? "no memory to unpack it" : "it is damaged";
    }
    r.taken = n - u->gzip.avail_in;
    r.given = cap - u->gzip.avail_out;
    r.between = !u->open;
    return r;
}

static struct unpacked some_zstd(struct unpack *u, const char *in, size_t n, char *out, size_t cap)
{
    ZSTD_inBuffer from = { .src = in, .size = n };
    ZSTD_outBuffer to = { .dst = out, .size = cap };
    struct unpacked r = { .between = !u->open };
    size_t status = ZSTD_decompressStream(u->zstd, &to, &from);
    r.taken = from.pos;
    r.given = to.pos;
    if (ZSTD_isError(status)) {
        r.trouble = ZSTD_getErrorName(status);
    } else if (from.pos > 0 || to.pos > 0) {
        u->open = status != 0;
    }
    r.between = !u->open;
    return r;
}

struct unpacked unpack_some(struct unpack *u, const char *in, size_t n, char *out, size_t cap)
{
    switch (u->packing) {
    case GZIP:
        return some_gzip(u, in, n, out, cap);
    case ZSTD:
        return some_zstd(u, in, n, out, cap);
    case PLAIN:
        break;
    }
    return some_plain(in, n, out, cap);
}
