/* SPDX-License-Identifier: MIT */
#include "err.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

bool(err_set)(struct err *err, enum err_code code, const char *fmt, ...)
{
    if (err != NULL) {
        va_list ap;
        va_start(ap, fmt);
        err->code = code;
        (void)vsnprintf(err->text, sizeof err->text, fmt, ap);
        va_end(ap);
    }
    return false;
}

/* Puts ": tail" behind the first n bytes of the text, as much as fits. */
static void append(struct err *err, int n, const char *tail)
{
    size_t at = n < 0 ? 0 : (size_t)n;
    if (at + 3 < sizeof err->text) {
        size_t room = sizeof err->text - at - 3, len = strnlen(tail, room);
        err->text[at] = ':';
        err->text[at + 1] = ' ';
        memcpy(err->text + at + 2, tail, len);
        err->text[at + 2 + len] = '\0';
    }
}

bool(err_sys)(struct err *err, const char *fmt, ...)
{
    int saved = errno;
    if (err != NULL) {
        va_list ap;
        va_start(ap, fmt);
        err->code = ERR_SYSTEM;
        int n = vsnprintf(err->text, sizeof err->text, fmt, ap);
        va_end(ap);
        append(err, n, strerror(saved));
    }
    errno = saved;
    return false;
}

bool(err_wrap)(struct err *err, const char *fmt, ...)
{
    if (err != NULL) {
        char inner[sizeof err->text];
        memcpy(inner, err->text, sizeof inner);
        va_list ap;
        va_start(ap, fmt);
        int n = vsnprintf(err->text, sizeof err->text, fmt, ap);
        va_end(ap);
        append(err, n, inner);
    }
    return false;
}

void check_failed(const char *cond, const char *file, int line)
{
    (void)fprintf(stderr, "check failed: %s at %s:%d\n", cond, file, line);
    abort();
}
