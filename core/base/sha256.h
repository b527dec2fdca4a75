/* SPDX-License-Identifier: MIT */
/* SHA-256 (FIPS 180-4): what a file contains, in 32 bytes. [any] Pure. */
#ifndef BASE_SHA256_H
#define BASE_SHA256_H

#include <stddef.h>
#include <stdint.h>

enum { SHA256_BYTES = 32, SHA256_HEX_MAX = 65 };

struct sha256 {
    uint32_t h[8];
    uint64_t n;              /* bytes taken so far */
    unsigned char block[64]; /* the n % 64 of them that wait */
};

void sha256_init(struct sha256 *s);
void sha256_add(struct sha256 *s, const void *data, size_t n);
/* Ends it: *s must be initialised again before further use. */
void sha256_end(struct sha256 *s, unsigned char out[SHA256_BYTES]);

/* All of it at once, as 64 lower-case hex digits. */
void sha256_hex(const void *data, size_t n, char out[SHA256_HEX_MAX]);

#endif
