/* SPDX-License-Identifier: MIT */
#include "find.h"

#include "clock.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

struct likely {
    char name[TICKER_MAX];
    int distance;
};

struct search {
    const char *wanted;
    struct likely best[SUGGESTIONS_MAX]; /* most like first, then by name */
    int n;
    char found[TICKER_MAX];
};

/* Edit distance without regard to case. */
static int distance(const char *a, const char *b)
{
    int row[TICKER_MAX];
    int n = (int)strlen(b);
    for (int j = 0; j <= n; j++) {
        row[j] = j;
    }
    for (int i = 1; a[i - 1] != '\0'; i++) {
        int diagonal = row[0];
        row[0] = i;
        for (int j = 1; j <= n; j++) {
            int same = tolower((unsigned char)a[i - 1]) == tolower((unsigned char)b[j - 1]);
            int best = diagonal + (same ? 0 : 1);
            best = row[j] + 1 < best ? row[j] + 1 : best;
            best = row[j - 1] + 1 < best ? row[j - 1] + 1 : best;
            diagonal = row[j];
            row[j] = best;
        }
    }
    return row[n];
}

static bool before(const struct likely *a, const struct likely *b)
{
    return a->distance != b->distance ? a->distance < b->distance : strcmp(a->name, b->name) < 0;
}

static void suggest(struct search *s, const char *name)
{
    struct likely l = { .distance = distance(s->wanted, name) };
    memcpy(l.name, name, strlen(name) + 1);
    int at = s->n;
    for (int i = 0; i < s->n; i++) {
        if (strcmp(s->best[i].name, name) == 0) {
            return; /* SCAN may return a key twice */
        }
    }
    while (at > 0 && before(&l, &s->best[at - 1])) {
        at--;
    }
    if (at == SUGGESTIONS_MAX) {
        return;
    }
    int kept = s->n < SUGGESTIONS_MAX ? s->n : SUGGESTIONS_MAX - 1;
    memmove(&s->best[at + 1], &s->best[at], (size_t)(kept - at) * sizeof s->best[0]);
    s->best[at] = l;
    s->n = kept + 1;
}

static void look_at(struct search *s, const struct keys *keys, const struct reply *found)
{
    for (size_t i = 0; i < found->n; i++) {
        char name[TICKER_MAX];
        const struct reply *key = &found->items[i];
        if (key->type != REPLY_STRING ||
            !key_known_ticker(keys, key->str, key->len, name, sizeof name) || !ticker_valid(name)) {
            continue;
        }
        if (strcasecmp(name, s->wanted) == 0) {
            memcpy(s->found, name, sizeof name);
        }
        suggest(s, name);
    }
}

static bool scan(struct redis *redis, const struct keys *keys, int64_t limit_ms, struct search *s,
                 struct err *err)
{
    struct mono deadline = mono_after_ms(clock_mono(), limit_ms);
    char pattern[KEY_MAX], cursor[32] = "0";
    key_known(keys, pattern, "*");
    do {
        const struct reply *r;
        if (!redis_call(redis, &r, err, "SCAN %s MATCH %s COUNT 1000", cursor, pattern)) {
            return false;
        }
        if (r->type != REPLY_ARRAY || r->n != 2 || r->items[0].type != REPLY_STRING ||
            r->items[1].type != REPLY_ARRAY) {
            return err_set(err, ERR_PROTOCOL, "SCAN: unexpected reply");
        }
        look_at(s, keys, &r->items[1]);
        (void)snprintf(cursor, sizeof cursor, "%s", r->items[0].str);
    } while (strcmp(cursor, "0") != 0 && s->found[0] == '\0' &&
             mono_ms_until(clock_mono(), deadline) > 0);
    return true;
}

static bool try_capitals(struct redis *redis, const struct keys *keys, struct answer *a,
                         bool *found_out, struct err *err)
{
    char upper[TICKER_MAX], key[KEY_MAX];
    const struct reply *r;
    size_t n = strlen(a->ticker);
    for (size_t i = 0; i <= n; i++) {
        upper[i] = (char)toupper((unsigned char)a->ticker[i]);
    }
    key_known(keys, key, upper);
    if (strcmp(upper, a->ticker) == 0) {
        return true;
    }
    if (!redis_call(redis, &r, err, "EXISTS %s", key)) {
        return false;
    }
    if (r->type == REPLY_INT && r->integer == 1) {
        memcpy(a->ticker, upper, n + 1);
        *found_out = true;
    }
    return true;
}

bool find_ticker(struct redis *redis, const struct keys *keys, int64_t limit_ms, struct answer *a,
                 bool *found_out, struct err *err)
{
    struct search s = { .wanted = a->ticker };
    *found_out = false;
    if (!try_capitals(redis, keys, a, found_out, err)) {
        return false;
    }
    if (*found_out) {
        return true;
    }
    if (!scan(redis, keys, limit_ms, &s, err)) {
        return false;
    }
    if (s.found[0] != '\0') {
        memcpy(a->ticker, s.found, sizeof a->ticker);
        *found_out = true;
        return true;
    }
    a->n_suggestions = s.n;
    for (int i = 0; i < s.n; i++) {
        memcpy(a->suggestions[i], s.best[i].name, sizeof a->suggestions[i]);
    }
    return true;
}
