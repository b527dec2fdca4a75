/* SPDX-License-Identifier: MIT */
/* A strict reader of JSON text (RFC 8259, UTF-8) that hands out raw tokens, so that numbers keep
 * their digits. No allocation. [feed/ only] Pure. */
#ifndef FEED_JSON_SCAN_H
#define FEED_JSON_SCAN_H

#include "value.h"

enum { JSON_DEPTH_MAX = 16 };

struct json_scan {
    const char *p, *end;
};

enum json_kind { JSON_ABSENT, JSON_NULL, JSON_NUMBER, JSON_STRING, JSON_OTHER };

struct json_value {
    enum json_kind kind;
    struct text raw; /* of a string: what stands between the quotes */
};

/* All functions skip white space first. False: that is not what stands there; the scan is over. */
bool json_value(struct json_scan *s, struct json_value *out); /* any value, wholly checked */
bool json_string(struct json_scan *s, struct text *raw_out);
bool json_char(struct json_scan *s, char c); /* false leaves the scan as it was */
bool json_at_end(struct json_scan *s);

/* The meaning of a checked string. Returns its length in bytes; over `cap` only the first part is
 * written. */
size_t json_decode(struct text raw, char *out, size_t cap);

#endif
