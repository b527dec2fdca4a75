/* SPDX-License-Identifier: MIT */
/* One step through UTF-8 text that may be broken. [any] Pure. */
#ifndef BASE_UTF8_H
#define BASE_UTF8_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Length (1..4) of the well-formed sequence that text[0..n) begins with, its code point in
 * *code_out; 0 if n is 0 or the bytes are no UTF-8 (overlong forms and surrogates are none). */
size_t utf8_step(const char *text, size_t n, uint32_t *code_out);

/* True when all n bytes are UTF-8. */
bool utf8_valid(const char *text, size_t n);

#endif
