/* SPDX-License-Identifier: MIT */
/* What a running program can take over from a changed file, and what it keeps until it starts
 * anew. */
#include "settings_internal.h"

#include <string.h>

static size_t bytes_of(const struct setting_spec *spec)
{
    switch (spec->type) {
    case SETTING_INT:
        return sizeof(int64_t);
    case SETTING_REAL:
        return sizeof(double);
    case SETTING_FLAG:
        return sizeof(bool);
    case SETTING_TEXT:
    case SETTING_WORD:
        return sizeof(settings_text);
    }
    return 0;
}

/* Texts are equal up to their end. */
static bool same(const struct setting_spec *spec, const char *a, const char *b)
{
    bool text = spec->type == SETTING_TEXT || spec->type == SETTING_WORD;
    return text ? strcmp(a, b) == 0 : memcmp(a, b, bytes_of(spec)) == 0;
}

static bool is_live(const struct setting_spec *spec, const char *const *live)
{
    for (size_t i = 0; live[i] != NULL; i++) {
        size_t n = strlen(spec->section);
        if (strncmp(live[i], spec->section, n) == 0 && live[i][n] == '.' &&
            strcmp(live[i] + n + 1, spec->key) == 0) {
            return true;
        }
    }
    return false;
}

static bool same_items(const struct setting *a, size_t n_a, const struct setting *b, size_t n_b)
{
    bool equal = n_a == n_b;
    for (size_t i = 0; equal && i < n_a; i++) {
        equal = strcmp(a[i].ticker, b[i].ticker) == 0 && strcmp(a[i].key, b[i].key) == 0 &&
                strcmp(a[i].value, b[i].value) == 0;
    }
    return equal;
}

static void keep_tickers(struct settings *next, struct settings *prev, struct buf *kept)
{
    if (same_items(next->ticker_items, next->n_ticker_items, prev->ticker_items,
                   prev->n_ticker_items)) {
        return;
    }
    struct setting *items = next->ticker_items;
    size_t n = next->n_ticker_items;
    next->ticker_items = prev->ticker_items;
    next->n_ticker_items = prev->n_ticker_items;
    prev->ticker_items = items;
    prev->n_ticker_items = n;
    buf_printf(kept, "%s[ticker]", kept->len > 0 ? ", " : "");
}

static void keep_windows(struct settings *next, struct settings *prev)
{
    int64_t *seconds = next->window_s;
    size_t n = next->n_window_s;
    next->window_s = prev->window_s;
    next->n_window_s = prev->n_window_s;
    prev->window_s = seconds;
    prev->n_window_s = n;
}

void settings_keep(struct settings *next, struct settings *prev, const char *const *live,
                   struct buf *kept)
{
    const struct setting_spec *specs;
    size_t n = settings_specs(&specs);
    for (size_t i = 0; i < n; i++) {
        char *new = (char *)next + specs[i].at, *old = (char *)prev + specs[i].at;
        if (is_live(&specs[i], live) || same(&specs[i], new, old)) {
            continue;
        }
        memcpy(new, old, bytes_of(&specs[i]));
        buf_printf(kept, "%s[%s] %s", kept->len > 0 ? ", " : "", specs[i].section, specs[i].key);
    }
    keep_windows(next, prev); /* those of [windows] extra, which is never live */
    keep_tickers(next, prev, kept);
    next->hash = settings_hash(next);
}
