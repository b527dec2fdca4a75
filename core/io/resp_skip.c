/* SPDX-License-Identifier: MIT */
#include "resp_skip.h"

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#define LENGTH_MAX (INT64_C(1) << 30)

struct line {
    char type;
    int64_t number; /* behind the type, where it is one */
    bool numeric;
    size_t n; /* bytes, with its end */
};

static bool parse_number(const char *p, size_t n, int64_t *out)
{
    bool negative = n > 0 && *p == '-';
    size_t i = negative ? 1 : 0;
    int64_t x = 0;
    if (i == n) {
        return false;
    }
    for (; i < n; i++) {
        if (p[i] < '0' || p[i] > '9' || x > LENGTH_MAX) {
            return false;
        }
        x = x * 10 + (p[i] - '0');
    }
    *out = negative ? -x : x;
    return true;
}

static enum resp read_line(const char *p, size_t n, struct line *out)
{
    const char *end = n > 0 ? memchr(p, '\r', n) : NULL;
    if (end == NULL || (size_t)(end - p) + 1 == n) {
        return RESP_PART;
    }
    if (end[1] != '\n' || end == p) {
        return RESP_BROKEN;
    }
    *out = (struct line){ .type = *p, .n = (size_t)(end - p) + 2 };
    out->numeric = parse_number(p + 1, (size_t)(end - p) - 1, &out->number);
    return RESP_WHOLE;
}

/* One line and, of a string, what it announces. *more_out: elements that follow. */
static enum resp read_element(const char *p, size_t n, size_t *length_out, int64_t *more_out)
{
    struct line line;
    enum resp read = read_line(p, n, &line);
    *more_out = 0;
    if (read != RESP_WHOLE) {
        return read;
    }
    *length_out = line.n;
    switch (line.type) {
    case '+':
    case '-':
    case ':':
        return RESP_WHOLE;
    case '*':
    case '$':
        if (!line.numeric || line.number < -1 || line.number > LENGTH_MAX) {
            return RESP_BROKEN;
        }
        break;
    default:
        return RESP_BROKEN;
    }
    if (line.type == '*') {
        *more_out = line.number > 0 ? line.number : 0;
    } else if (line.number >= 0) {
        *length_out += (size_t)line.number + 2;
    }
    return *length_out <= n ? RESP_WHOLE : RESP_PART;
}

enum resp resp_length(const char *bytes, size_t n, size_t *length_out)
{
    size_t at = 0;
    for (int64_t left = 1; left > 0; left--) {
        size_t length;
        int64_t more;
        enum resp read = read_element(bytes + at, n - at, &length, &more);
        if (read != RESP_WHOLE) {
            return read;
        }
        at += length;
        left += more;
        if (left > LENGTH_MAX) {
            return RESP_BROKEN;
        }
    }
    *length_out = at;
    return RESP_WHOLE;
}

size_t resp_strings(const char *bytes, size_t n, struct resp_string *out, size_t max)
{
    struct line line;
    size_t at, found = 0;
    if (read_line(bytes, n, &line) != RESP_WHOLE || line.type != '*') {
        return 0;
    }
    int64_t count = line.number;
    at = line.n;
    for (int64_t i = 0; i < count && found < max; i++) {
        size_t length;
        int64_t more;
        if (read_line(bytes + at, n - at, &line) != RESP_WHOLE || line.type != '$' ||
            line.number < 0 || read_element(bytes + at, n - at, &length, &more) != RESP_WHOLE) {
            return 0;
        }
        out[found++] = (struct resp_string){ .p = bytes + at + line.n, .n = (size_t)line.number };
        at += length;
    }
    return found;
}
