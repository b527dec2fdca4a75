/* SPDX-License-Identifier: MIT */
#include "quote.h"

#include <stddef.h>
#include <string.h>

bool ticker_valid(const char *text)
{
    static const char allowed[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"
                                  "._-/^=";
    size_t n = strnlen(text, TICKER_MAX);
    return n > 0 && n < TICKER_MAX && strspn(text, allowed) == n;
}
