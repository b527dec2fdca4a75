/* SPDX-License-Identifier: MIT */
/* A quick 64-bit hash, for texts of our own: no defence against chosen ones. [any] Pure. */
#ifndef BASE_HASH64_H
#define BASE_HASH64_H

#include <stddef.h>
#include <stdint.h>

/* Eight bytes at a time; every step is a bijection, so texts that differ in one place differ in
 * their hash. */
uint64_t hash64(const char *bytes, size_t n);

#endif
