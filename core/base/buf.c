/* SPDX-License-Identifier: MIT */
#include "buf.h"
#include "utf8.h"
#include "word.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    FIRST_BYTES = 256,
    LARGE_BYTES = 64 << 10,
    HUGE_BYTES = 2 << 20,
    SMALL_USES = 64,
    FEW_USES = 8 /* of a huge one */
};

#define REPLACEMENT "\xef\xbf\xbd" /* U+FFFD */

void buf_init(struct buf *b, size_t max_bytes)
{
    *b = (struct buf){ .max_bytes = max_bytes };
}

void buf_fini(struct buf *b)
{
    free(b->data);
    *b = (struct buf){ 0 };
}

/* To what holds twice `most`. */
static void shrink(struct buf *b, size_t most)
{
    size_t cap = FIRST_BYTES;
    while (cap <= 2 * most) {
        cap *= 2;
    }
    char *data = cap < b->cap_bytes ? malloc(cap) : NULL; /* realloc() may keep large pages */
    if (data != NULL) {
        memcpy(data, b->data, b->len + 1);
        free(b->data);
        b->data = data;
        b->cap_bytes = cap;
    }
}

static void note_use(struct buf *b)
{
    bool small = b->len < b->cap_bytes / 8;
    b->small = small ? (uint8_t)(b->small + 1) : 0;
    b->most = small && b->len > b->most ? b->len : small ? b->most : 0;
    if (b->small == (b->cap_bytes > HUGE_BYTES ? FEW_USES : SMALL_USES)) {
        shrink(b, b->most);
        b->small = 0;
        b->most = 0;
    }
}

void buf_clear(struct buf *b)
{
    if (b->cap_bytes > LARGE_BYTES) {
        note_use(b);
    }
    b->len = 0;
    b->failed = false;
    if (b->data != NULL) {
        b->data[0] = '\0';
    }
}

void buf_trim(struct buf *b)
{
    if (b->len > 0) {
        shrink(b, b->len);
        return;
    }
    free(b->data);
    *b = (struct buf){ .max_bytes = b->max_bytes, .failed = b->failed };
}

/* Room for n more bytes and the NUL, or `failed`. */
static bool reserve(struct buf *b, size_t n)
{
    if (b->failed || n > b->max_bytes - b->len) {
        b->failed = true;
        return false;
    }
    size_t need = b->len + n + 1;
    if (need <= b->cap_bytes) {
        return true;
    }
    size_t cap = b->cap_bytes == 0 ? FIRST_BYTES : b->cap_bytes;
    while (cap < need) {
        cap = cap > SIZE_MAX / 2 ? need : cap * 2;
    }
    if (cap - 1 > b->max_bytes) {
        cap = b->max_bytes + 1;
    }
    char *data = realloc(b->data, cap);
    if (data == NULL) {
        b->failed = true;
        return false;
    }
    b->data = data;
    b->cap_bytes = cap;
    b->data[b->len] = '\0';
    return true;
}

void buf_add_slowly(struct buf *b, const void *bytes, size_t n)
{
    n = bytes != NULL ? n : 0;
    if (!reserve(b, n)) {
        return;
    }
    if (n > 0) {
        memcpy(b->data + b->len, bytes, n);
    }
    b->len += n;
    b->data[b->len] = '\0';
}

void buf_printf(struct buf *b, const char *fmt, ...)
{
    va_list ap;
    size_t room = b->failed || b->data == NULL ? 0 : b->cap_bytes - b->len;
    va_start(ap, fmt);
    int n = vsnprintf(room > 0 ? b->data + b->len : NULL, room, fmt, ap);
    va_end(ap);
    if (n >= 0 && (size_t)n < room) {
        b->len += (size_t)n;
        return;
    }
    if (room > 0) {
        b->data[b->len] = '\0';
    }
    if (n < 0) {
        b->failed = true;
    }
    if (n < 0 || !reserve(b, (size_t)n)) {
        return;
    }
    va_start(ap, fmt);
    (void)vsnprintf(b->data + b->len, (size_t)n + 1, fmt, ap);
    va_end(ap);
    b->len += (size_t)n;
}

/* ---- text that stands as it is, eight bytes at a time ---- */

/* Not zero: among the eight bytes is a control character, a DEL, one that is not ASCII, a quote or
 * a backslash. */
static uint64_t special_json(uint64_t word)
{
    uint64_t quote = word ^ WORD_OF('"'), backslash = word ^ WORD_OF('\\'),
             del = word ^ WORD_OF(0x7f);
    return ((quote - WORD_OF(1)) | (backslash - WORD_OF(1)) | (del - WORD_OF(1)) |
            (word - WORD_OF(0x20)) | word) &
           WORD_OF(0x80);
}

/* The same for < > & " and '. */
static uint64_t special_xml(uint64_t word)
{
    uint64_t less = word ^ WORD_OF('<'), more = word ^ WORD_OF('>'), and = word ^ WORD_OF('&'),
             apostrophe = word ^ WORD_OF('\'');
    return special_json(word) | (((less - WORD_OF(1)) | (more - WORD_OF(1)) | (and-WORD_OF(1)) |
                                  (apostrophe - WORD_OF(1))) &
                                 WORD_OF(0x80));
}

static bool is_plain(char c, bool xml)
{
    return c >= ' ' && c <= '~' && c != '"' && c != '\\' &&
           !(xml && (c == '<' || c == '>' || c == '&' || c == '\''));
}

/* The letter behind the backslash, 0: there is none. */
static char json_letter(char c)
{
    switch (c) {
    case '"':
    case '\\':
        return c;
    case '\n':
        return 'n';
    case '\t':
        return 't';
    case '\r':
        return 'r';
    case '\b':
        return 'b';
    case '\f':
        return 'f';
    default:
        return 0;
    }
}

/* Appends the plain bytes that the text begins with, of JSON also those with an escape of one
 * letter, as far as they fit without growing. Returns how many; 0: this one is for others. */
static size_t add_quickly(struct buf *b, const char *text, size_t n, bool xml)
{
    enum { ROOM = 16 };
    if (b->failed || b->cap_bytes < b->len + ROOM) {
        return 0;
    }
    char *to = b->data + b->len, *const last = b->data + b->cap_bytes - ROOM;
    size_t i = 0;
    while (i < n && to <= last) {
        if (n - i >= sizeof(uint64_t)) {
            uint64_t word = word_load(text + i),
                     mask = xml ? special_xml(word) : special_json(word);
            size_t plain = mask == 0 ? sizeof word : word_first(mask);
            memcpy(to, text + i, sizeof word);
            to += plain;
            i += plain;
            if (mask == 0) {
                continue;
            }
        } else if (is_plain(text[i], xml)) {
            *to++ = text[i++];
            continue;
        }
        char letter = xml ? '\0' : json_letter(text[i]);
        if (letter == '\0') {
            break;
        }
        *to++ = '\\';
        *to++ = letter;
        i++;
    }
    b->len = (size_t)(to - b->data);
    *to = '\0';
    return i;
}

/* Appends the plain bytes that the text begins with, growing. Returns how many. */
static size_t add_plain(struct buf *b, const char *text, size_t n, bool xml)
{
    size_t i = add_quickly(b, text, n, xml), from = i;
    while (i < n && is_plain(text[i], xml) && i - from < 4096) {
        i++;
    }
    buf_add(b, text + from, i - from);
    return i;
}

static void xml_char(struct buf *b, const char *bytes, size_t n, uint32_t code)
{
    switch (code) {
    case '<':
        buf_puts(b, "&lt;");
        return;
    case '>':
        buf_puts(b, "&gt;");
        return;
    case '&':
        buf_puts(b, "&amp;");
        return;
    case '"':
        buf_puts(b, "&quot;");
        return;
    case '\'':
        buf_puts(b, "&apos;");
        return;
    default:
        break;
    }
    bool space = code == '\t' || code == '\n' || code == '\r';
    if ((code < 0x20 && !space) || code == 0xfffe || code == 0xffff) {
        buf_puts(b, REPLACEMENT); /* XML 1.0 cannot express these at all */
    } else if (space || (code >= 0x7f && code <= 0x9f)) {
        buf_printf(b, "&#%u;", (unsigned)code);
    } else {
        buf_add(b, bytes, n);
    }
}

static void json_char(struct buf *b, const char *bytes, size_t n, uint32_t code)
{
    static const char shorts[] = "\"\\\b\f\n\r\t";
    static const char letters[] = "\"\\bfnrt";
    const char *at = code != 0 && code < 0x80 ? strchr(shorts, (int)code) : NULL;
    if (at != NULL) {
        buf_add(b, (char[]){ '\\', letters[at - shorts] }, 2);
    } else if (code < 0x20) {
        buf_printf(b, "\\u%04x", (unsigned)code);
    } else {
        buf_add(b, bytes, n);
    }
}

/* What is not plain goes through xml_char() or json_char(), letter by letter. */
static void add_text(struct buf *b, const char *text, size_t n, bool xml)
{
    for (size_t i = 0; i < n && !b->failed;) {
        uint32_t code;
        size_t plain = add_plain(b, text + i, n - i, xml);
        i += plain;
        if (plain > 0) {
            continue;
        }
        size_t len = utf8_step(text + i, n - i, &code);
        if (len == 0) {
            buf_puts(b, REPLACEMENT);
            len = 1;
        } else {
            (xml ? xml_char : json_char)(b, text + i, len, code);
        }
        i += len;
    }
}

void buf_xml(struct buf *b, const char *text)
{
    add_text(b, text, strlen(text), true);
}

void buf_json(struct buf *b, const char *text, size_t n)
{
    buf_putc(b, '"');
    add_text(b, text, n, false);
    buf_putc(b, '"');
}

void buf_drop(struct buf *b, size_t n)
{
    CHECK(n <= b->len);
    if (n > 0 && n == b->len) {
        bool failed = b->failed;
        buf_clear(b);
        b->failed = failed;
    } else if (n > 0) {
        memmove(b->data, b->data + n, b->len - n);
        b->len -= n;
        b->data[b->len] = '\0';
    }
}

char *buf_room_slowly(struct buf *b, size_t n)
{
    return reserve(b, n) ? b->data + b->len : NULL;
}
