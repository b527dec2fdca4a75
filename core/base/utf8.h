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

/* Length (at most `most`) of the beginning of text[0..n) that cuts no character in two. */
size_t utf8_cut(const char *text, size_t n, size_t most);

/* What may neither begin a line nor steer a terminal: control characters become spaces, bytes that
 * are no UTF-8 '?'. In place, of the same length. */
void utf8_tame(char *text);

#endif
