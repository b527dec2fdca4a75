/* SPDX-License-Identifier: MIT */
#include "utf8.h"

#include <string.h>

static size_t sequence_length(unsigned char lead)
{
    if (lead < 0x80) {
        return 1;
    }
    if (lead >= 0xc2 && lead <= 0xdf) {
        return 2;
    }
    if (lead >= 0xe0 && lead <= 0xef) {
        return 3;
    }
    return lead >= 0xf0 && lead <= 0xf4 ? 4 : 0;
}

size_t utf8_step(const char *text, size_t n, uint32_t *code_out)
{
    static const uint32_t least[] = { 0, 0, 0x80, 0x800, 0x10000 };
    static const unsigned char lead_bits[] = { 0, 0x7f, 0x1f, 0x0f, 0x07 };
    if (n == 0) {
        return 0;
    }
    size_t len = sequence_length((unsigned char)text[0]);
    if (len == 0 || len > n) {
        return 0;
    }
    uint32_t code = (unsigned char)text[0] & lead_bits[len];
    for (size_t i = 1; i < len; i++) {
        unsigned char c = (unsigned char)text[i];
        if ((c & 0xc0) != 0x80) {
            return 0;
        }
        code = code << 6 | (c & 0x3f);
    }
    if (code < least[len] || code > 0x10ffff || (code >= 0xd800 && code <= 0xdfff)) {
        return 0;
    }
    *code_out = code;
    return len;
}

bool utf8_valid(const char *text, size_t n)
{
    uint32_t code;
    for (size_t i = 0; i < n;) {
        size_t len = utf8_step(text + i, n - i, &code);
        if (len == 0) {
            return false;
        }
        i += len;
    }
    return true;
}

size_t utf8_cut(const char *text, size_t n, size_t most)
{
    size_t at = n < most ? n : most;
    for (int back = 0; at < n && back < 3 && at > 0 && (text[at] & 0xc0) == 0x80; back++) {
        at--;
    }
    return at;
}

void utf8_tame(char *text)
{
    size_t n = strlen(text);
    for (size_t i = 0; i < n;) {
        uint32_t code = 0;
        size_t len = utf8_step(text + i, n - i, &code);
        if (len == 0 || code < 0x20 || (code >= 0x7f && code <= 0x9f)) {
            size_t bad = len == 0 ? 1 : len;
            memset(text + i, len == 0 ? '?' : ' ', bad);
            len = bad;
        }
        i += len;
    }
}
