/* SPDX-License-Identifier: MIT */
#include "lines.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

struct lines {
    struct input *in; /* borrowed */
    uint64_t number;
    bool skipping;
};

struct lines *lines_create(struct input *in)
{
    struct lines *l = malloc(sizeof *l);
    if (l != NULL) {
        *l = (struct lines){ .in = in };
    }
    return l;
}

void lines_destroy(struct lines *l)
{
    free(l);
}

static struct text trimmed(const struct lines *l, struct text line)
{
    static const char mark[] = "\xEF\xBB\xBF";
    if (line.n > 0 && line.p[line.n - 1] == '\r') {
        line.n--;
    }
    if (l->number == 1 && line.n >= 3 && memcmp(line.p, mark, 3) == 0) {
        line.p += 3;
        line.n -= 3;
    }
    return line;
}

static bool too_long(struct err *err)
{
    return err_set(err, ERR_INVALID, "longer than %d bytes", LINE_MAX_BYTES);
}

bool lines_next(struct lines *l, struct text *out, struct err *err)
{
    *err = (struct err){ .code = ERR_NONE };
    for (;;) {
        struct text seen = input_seen(l->in);
        bool ended = input_ended(l->in);
        const char *feed = memchr(seen.p, '\n', seen.n);
        size_t n = feed != NULL ? (size_t)(feed - seen.p) : seen.n;
        if (feed == NULL && !ended && n <= LINE_MAX_BYTES) {
            if (!input_more(l->in, err)) {
                return false;
            }
            continue;
        }
        if (feed == NULL && ended && n == 0 && !l->skipping) {
            return false;
        }
        bool complete = feed != NULL || ended, rest = l->skipping;
        input_take(l->in, n + (feed != NULL ? 1 : 0));
        l->skipping = !complete;
        l->number += rest ? 0 : 1;
        if (complete && !rest && n <= LINE_MAX_BYTES) {
            *out = trimmed(l, (struct text){ .p = seen.p, .n = n });
            return true;
        }
        if (complete) {
            return too_long(err);
        }
    }
}

uint64_t lines_number(const struct lines *l)
{
    return l->number;
}
