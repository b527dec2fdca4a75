/* SPDX-License-Identifier: MIT */
#include "err.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

bool err_set(struct err *err, enum err_code code, const char *fmt, ...)
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

bool err_sys(struct err *err, const char *fmt, ...)
{
    int saved = errno;
    if (err != NULL) {
        va_list ap;
        va_start(ap, fmt);
        err->code = ERR_SYSTEM;
        int n = vsnprintf(err->text, sizeof err->text, fmt, ap);
        va_end(ap);
        if (n >= 0 && (size_t)n < sizeof err->text) {
            (void)snprintf(err->text + n, sizeof err->text - (size_t)n, ": %s", strerror(saved));
        }
    }
    errno = saved;
    return false;
}

bool err_wrap(struct err *err, const char *fmt, ...)
{
    if (err != NULL) {
        char inner[sizeof err->text];
        memcpy(inner, err->text, sizeof inner);
        va_list ap;
        va_start(ap, fmt);
        int n = vsnprintf(err->text, sizeof err->text, fmt, ap);
        va_end(ap);
        if (n >= 0 && (size_t)n < sizeof err->text) {
            (void)snprintf(err->text + n, sizeof err->text - (size_t)n, ": %s", inner);
        }
    }
    return false;
}

void check_failed(const char *cond, const char *file, int line)
{
    (void)fprintf(stderr, "check failed: %s at %s:%d\n", cond, file, line);
    abort();
}
