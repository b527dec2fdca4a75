/* SPDX-License-Identifier: MIT */
#include "decimal.h"
#include "json.h"

#include <string.h>

bool json_is(const struct json_value *v, enum json_type type)
{
    return v != NULL && v->type == type;
}

const struct json_value *json_get(const struct json *j, const struct json_value *obj,
                                  const char *key)
{
    if (!json_is(obj, JSON_OBJECT)) {
        return NULL;
    }
    const struct json_value *name = json_first(obj);
    for (uint32_t i = 0; i < obj->n; i++, name = json_next(name + 1)) {
        if (json_equals(j, name, key)) {
            return name + 1;
        }
    }
    return NULL;
}

static unsigned read_hex4(const char *p)
{
    unsigned x = 0;
    for (int i = 0; i < 4; i++) {
        char c = p[i];
        unsigned digit = c <= '9' ? (unsigned)(c - '0') : (unsigned)((c | 0x20) - 'a' + 10);
        x = x * 16 + digit;
    }
    return x;
}

/* The code point of \uXXXX at *p (behind the u), both halves of a surrogate pair. Moves *p on. */
static unsigned read_unicode(const char **p, const char *end)
{
    unsigned x = read_hex4(*p);
    *p += 4;
    if (x < 0xD800 || x > 0xDFFF) {
        return x;
    }
    if (x < 0xDC00 && end - *p >= 6 && (*p)[0] == '\\' && (*p)[1] == 'u') {
        unsigned low = read_hex4(*p + 2);
        if (low >= 0xDC00 && low <= 0xDFFF) {
            *p += 6;
            return 0x10000 + ((x - 0xD800) << 10) + (low - 0xDC00);
        }
    }
    return 0xFFFD;
}

static size_t encode_utf8(unsigned x, char out[4])
{
    if (x < 0x80) {
        out[0] = (char)x;
        return 1;
    }
    if (x < 0x800) {
        out[0] = (char)(0xC0 | (x >> 6));
        out[1] = (char)(0x80 | (x & 0x3F));
        return 2;
    }
    if (x < 0x10000) {
        out[0] = (char)(0xE0 | (x >> 12));
        out[1] = (char)(0x80 | ((x >> 6) & 0x3F));
        out[2] = (char)(0x80 | (x & 0x3F));
        return 3;
    }
    out[0] = (char)(0xF0 | (x >> 18));
    out[1] = (char)(0x80 | ((x >> 12) & 0x3F));
    out[2] = (char)(0x80 | ((x >> 6) & 0x3F));
    out[3] = (char)(0x80 | (x & 0x3F));
    return 4;
}

/* The bytes of one character of a checked string. Moves *p on. */
static size_t read_char(const char **p, const char *end, char out[4])
{
    char c = *(*p)++;
    if (c != '\\') {
        out[0] = c;
        return 1;
    }
    char e = *(*p)++;
    if (e == 'u') {
        return encode_utf8(read_unicode(p, end), out);
    }
    static const char from[] = "bfnrt", to[] = "\b\f\n\r\t";
    const char *at = strchr(from, e);
    out[0] = at != NULL ? to[at - from] : e;
    return 1;
}

bool json_text(const struct json *j, const struct json_value *v, char *out, size_t cap,
               size_t *len_out)
{
    if (!json_is(v, JSON_STRING)) {
        return false;
    }
    const char *p = json_raw(j, v) + 1, *end = p + v->len - 2;
    size_t len = 0;
    while (p < end) {
        char bytes[4];
        size_t n = read_char(&p, end, bytes);
        if (bytes[0] == '\0' || len + n >= cap) {
            return false;
        }
        memcpy(out + len, bytes, n);
        len += n;
    }
    out[len] = '\0';
    if (len_out != NULL) {
        *len_out = len;
    }
    return true;
}

bool json_equals(const struct json *j, const struct json_value *v, const char *text)
{
    if (!json_is(v, JSON_STRING)) {
        return false;
    }
    const char *p = json_raw(j, v) + 1, *end = p + v->len - 2;
    while (p < end) {
        char bytes[4];
        size_t n = read_char(&p, end, bytes);
        if (bytes[0] == '\0' || strncmp(text, bytes, n) != 0) {
            return false;
        }
        text += n;
    }
    return *text == '\0';
}

bool json_i64(const struct json *j, const struct json_value *v, int64_t *out)
{
    return json_is(v, JSON_NUMBER) && decimal_parse_i64(json_raw(j, v), v->len, out, NULL);
}
