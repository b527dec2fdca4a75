/* SPDX-License-Identifier: MIT */
#include "settings.h"

#include <string.h>

enum { WORD_MAX = 63 };

static size_t min_of(size_t a, size_t b)
{
    return a < b ? a : b;
}

static char lower(char c)
{
    return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
}

static bool same(char a, char b)
{
    return lower(a) == lower(b);
}

/* Insertions, deletions, changes and swaps of neighbours that make b of a. */
static size_t distance(const char *a, const char *b)
{
    size_t rows[3][WORD_MAX + 1];
    size_t *before = rows[0], *last = rows[1], *now = rows[2];
    size_t n_a = strlen(a), n_b = strlen(b);
    for (size_t k = 0; k <= n_b; k++) {
        last[k] = k;
    }
    for (size_t i = 1; i <= n_a; i++) {
        now[0] = i;
        for (size_t k = 1; k <= n_b; k++) {
            size_t change = last[k - 1] + (same(a[i - 1], b[k - 1]) ? 0 : 1);
            now[k] = min_of(change, min_of(last[k], now[k - 1]) + 1);
            if (i > 1 && k > 1 && same(a[i - 1], b[k - 2]) && same(a[i - 2], b[k - 1])) {
                now[k] = min_of(now[k], before[k - 2] + 1);
            }
        }
        size_t *oldest = before;
        before = last;
        last = now;
        now = oldest;
    }
    return last[n_b];
}

const char *settings_nearest(const char *word, const char *const *words, size_t n)
{
    size_t len = strlen(word);
    if (len == 0 || len > WORD_MAX) {
        return NULL;
    }
    const char *best = NULL;
    size_t best_distance = len / 3 + 2; /* one more than what still counts as near */
    for (size_t i = 0; i < n; i++) {
        size_t d = strlen(words[i]) <= WORD_MAX ? distance(word, words[i]) : WORD_MAX;
        if (d < best_distance && d < strlen(words[i])) {
            best = words[i];
            best_distance = d;
        }
    }
    return best;
}
