/* SPDX-License-Identifier: MIT */
/*
 * INI text, line by line, with libinih's rules for a key line and exact line numbers. [any] Pure.
 *
 *   [section]      ; comment
 *   key = value    ; comment
 *   key: value
 *   # comment, as long as it likes
 *
 * Space around names and values is dropped; there are no quotes and no continuation lines. Behind a
 * value a comment begins with a ';' after a space: a value cannot hold " ;". '#' begins a comment
 * only at the start of a line. A byte order mark and CR before LF are ignored. Every other line is
 * limited to INIFILE_LINE_MAX bytes, and what libinih would cut silently is a problem here.
 */
#ifndef BASE_INIFILE_H
#define BASE_INIFILE_H

#include <stddef.h>

enum { INIFILE_LINE_MAX = 199, INIFILE_SECTION_MAX = 79, INIFILE_KEY_MAX = 49 };

/* key and problem NULL: a section heading. problem: what is wrong with that line (static text; the
 * line itself is not repeated, it may hold a password). Keys below a broken heading are left out.
 * Borrowed: lives until the callback returns. */
struct inifile_item {
    int line;            /* from 1 */
    const char *section; /* "" before the first heading */
    const char *key, *value;
    const char *problem;
};
typedef void inifile_item_fn(void *ctx, const struct inifile_item *item);

/* Hands every heading, key and problem of the text to put(), in file order. */
void inifile_read(const char *text, size_t n, inifile_item_fn *put, void *ctx);

#endif
