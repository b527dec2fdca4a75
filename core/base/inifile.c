/* SPDX-License-Identifier: MIT */
#include "inifile.h"

#include "err.h"
#include "utf8.h"

#include <ini.h>
#include <stdint.h>
#include <string.h>

struct inifile {
    const char *text, *end; /* what is still to read */
    inifile_item_fn *put;
    void *ctx;
    int line;
    char section[INIFILE_SECTION_MAX + 1];
    bool skipping; /* below a broken heading */
};

/* A line without the space around it. */
struct span {
    const char *text;
    size_t n;
};

static bool is_space(char c)
{
    return c == ' ' || c == '\t' || c == '\r';
}

static struct span trimmed(const char *text, size_t n)
{
    while (n > 0 && is_space(text[0])) {
        text++;
        n--;
    }
    while (n > 0 && is_space(text[n - 1])) {
        n--;
    }
    return (struct span){ .text = text, .n = n };
}

static bool next_line(struct inifile *in, struct span *out)
{
    if (in->text == in->end) {
        return false;
    }
    const char *lf = memchr(in->text, '\n', (size_t)(in->end - in->text));
    const char *end = lf != NULL ? lf : in->end;
    *out = trimmed(in->text, (size_t)(end - in->text));
    in->text = lf != NULL ? lf + 1 : in->end;
    in->line++;
    return true;
}

static void put_problem(const struct inifile *in, const char *problem)
{
    in->put(in->ctx,
            &(struct inifile_item){ .line = in->line, .section = in->section, .problem = problem });
}

static const char *bytes_fault(struct span s)
{
    if (s.n > INIFILE_LINE_MAX) {
        return "the line is longer than 199 bytes";
    }
    for (size_t i = 0; i < s.n; i++) {
        if ((unsigned char)s.text[i] < 0x20 && s.text[i] != '\t') {
            return "the line holds a control character";
        }
    }
    return utf8_valid(s.text, s.n) ? NULL : "the line is not UTF-8";
}

/* Length of the line without the comment behind it. */
static size_t without_comment(struct span s)
{
    for (size_t i = 1; i < s.n; i++) {
        if (s.text[i] == ';' && is_space(s.text[i - 1])) {
            return trimmed(s.text, i).n;
        }
    }
    return s.n;
}

static const char *heading_fault(struct span s)
{
    size_t n = without_comment(s);
    const char *close = memchr(s.text, ']', n);
    if (close == NULL) {
        return "a section heading without ']'";
    }
    if (close != s.text + n - 1) {
        return "text behind the ']' of a section heading";
    }
    if ((size_t)(close - s.text) - 1 > INIFILE_SECTION_MAX) {
        return "the section name is longer than 79 bytes";
    }
    return NULL;
}

static void take_heading(struct inifile *in, struct span s)
{
    const char *fault = heading_fault(s);
    in->skipping = fault != NULL;
    if (fault != NULL) {
        put_problem(in, fault);
        return;
    }
    size_t n = (size_t)((const char *)memchr(s.text, ']', s.n) - s.text) - 1;
    memcpy(in->section, s.text + 1, n);
    in->section[n] = '\0';
    in->put(in->ctx, &(struct inifile_item){ .line = in->line, .section = in->section });
}

static const char *key_fault(struct span s)
{
    size_t n = without_comment(s), at = 0;
    while (at < n && s.text[at] != '=' && s.text[at] != ':') {
        at++;
    }
    if (at == n) {
        return "the line is neither [section] nor key = value";
    }
    size_t key_n = trimmed(s.text, at).n;
    if (key_n == 0) {
        return "the key before '=' is missing";
    }
    return key_n > INIFILE_KEY_MAX ? "the key is longer than 49 bytes" : NULL;
}

/* libinih's reader: it sees key lines only, one per call, and no line that it would cut. */
static char *read_key_line(char *out, int out_bytes, void *stream)
{
    struct inifile *in = stream;
    CHECK(out_bytes > INIFILE_LINE_MAX);
    struct span s;
    while (next_line(in, &s)) {
        if (s.n == 0 || s.text[0] == '#' || s.text[0] == ';') {
            continue;
        }
        const char *fault = bytes_fault(s);
        if (fault == NULL && s.text[0] == '[') {
            take_heading(in, s);
            continue;
        }
        fault = fault == NULL ? key_fault(s) : fault;
        if (fault != NULL) {
            put_problem(in, fault);
        } else if (!in->skipping) {
            memcpy(out, s.text, s.n);
            out[s.n] = '\0';
            return out;
        }
    }
    return NULL;
}

static int take_key(void *user, const char *section, const char *key, const char *value)
{
    (void)section; /* ours is not cut */
    const struct inifile *in = user;
    in->put(in->ctx, &(struct inifile_item){
                         .line = in->line, .section = in->section, .key = key, .value = value });
    return 1;
}

void inifile_read(const char *text, size_t n, inifile_item_fn *put, void *ctx)
{
    static const char mark[] = { '\xef', '\xbb', '\xbf' };
    size_t skip = n >= sizeof mark && memcmp(text, mark, sizeof mark) == 0 ? sizeof mark : 0;
    struct inifile in = { .text = text + skip, .end = text + n, .put = put, .ctx = ctx };
    CHECK(ini_parse_stream(read_key_line, &in, take_key, &in) == 0);
}
