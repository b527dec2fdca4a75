/* SPDX-License-Identifier: MIT */
#include "feed.h"

#include <ctype.h>
#include <string.h>

struct word {
    const char *p;
    size_t n;
};

/* 20240808 or 2024-08-08 */
static bool is_date(struct word w)
{
    for (size_t i = 0; i < w.n; i++) {
        bool dash = w.n == 10 && (i == 4 || i == 7);
        if (dash ? w.p[i] != '-' : isdigit((unsigned char)w.p[i]) == 0) {
            return false;
        }
    }
    return w.n == 8 || w.n == 10;
}

static bool is_perp(struct word w)
{
    return w.n == 4 && tolower((unsigned char)w.p[0]) == 'p' &&
           tolower((unsigned char)w.p[1]) == 'e' && tolower((unsigned char)w.p[2]) == 'r' &&
           tolower((unsigned char)w.p[3]) == 'p';
}

static bool strip(struct word *w, const char *ending)
{
    size_t n = strlen(ending);
    if (w->n <= n || memcmp(w->p + w->n - n, ending, n) != 0) {
        return false;
    }
    w->n -= n;
    return true;
}

static struct word stem_of(const char *path)
{
    const char *slash = strrchr(path, '/');
    struct word w = { .p = slash != NULL ? slash + 1 : path };
    w.n = strlen(w.p);
    (void)strip(&w, ".gz");
    (void)(strip(&w, ".csv") || strip(&w, ".txt"));
    return w;
}

bool feed_file_ticker(const char *path, char out[TICKER_MAX])
{
    struct word stem = stem_of(path), found = { .p = stem.p, .n = 0 };
    const char *p = stem.p, *end = stem.p + stem.n;
    while (p <= end) {
        const char *bar = memchr(p, '_', (size_t)(end - p));
        struct word w = { .p = p, .n = (size_t)((bar != NULL ? bar : end) - p) };
        if (is_date(w) && found.n > 0) {
            break;
        }
        found = is_perp(w) && found.n > 0
                    ? (struct word){ .p = found.p, .n = (size_t)(w.p + w.n - found.p) }
                    : w;
        p = w.p + w.n + 1;
    }
    if (found.n >= TICKER_MAX) {
        return false;
    }
    for (size_t i = 0; i < found.n; i++) {
        out[i] = (char)toupper((unsigned char)found.p[i]);
    }
    out[found.n] = '\0';
    return ticker_valid(out);
}
