/* SPDX-License-Identifier: MIT */
#include "keys.h"

#include <stdio.h>
#include <string.h>

/* Appends text at *at, as far as it fits. */
static void append(char out[KEY_MAX], size_t *at, const char *text)
{
    size_t n = strlen(text), room = KEY_MAX - 1 - *at;
    n = n < room ? n : room;
    memcpy(out + *at, text, n);
    *at += n;
    out[*at] = '\0';
}

static void put_part(const struct keys *k, char out[KEY_MAX], const char *kind, const char *ticker,
                     const char *part)
{
    const char *const words[] = { kind, ticker, part };
    size_t at = 0;
    append(out, &at, k->prefix);
    for (size_t i = 0; i < 3 && words[i] != NULL; i++) {
        append(out, &at, ":");
        append(out, &at, words[i]);
    }
}

static void put(const struct keys *k, char out[KEY_MAX], const char *kind, const char *ticker)
{
    put_part(k, out, kind, ticker, NULL);
}

void key_quotes(const struct keys *k, char out[KEY_MAX], const char *ticker)
{
    put(k, out, "quotes", ticker);
}

void key_latest(const struct keys *k, char out[KEY_MAX], const char *ticker)
{
    put(k, out, "latest", ticker);
}

void key_channel(const struct keys *k, char out[KEY_MAX], const char *ticker)
{
    put(k, out, "channel", ticker);
}

void key_metrics(const struct keys *k, char out[KEY_MAX], const char *ticker, const char *window)
{
    put_part(k, out, "metrics", ticker, window);
}

void key_patterns(const struct keys *k, char out[KEY_MAX], const char *ticker)
{
    put(k, out, "patterns", ticker);
}

void key_levels(const struct keys *k, char out[KEY_MAX], const char *ticker, const char *side)
{
    put_part(k, out, "levels", ticker, side);
}

void key_state(const struct keys *k, char out[KEY_MAX], const char *ticker)
{
    put(k, out, "state", ticker);
}

void key_changes(const struct keys *k, char out[KEY_MAX], const char *ticker)
{
    put(k, out, "changes", ticker);
}

void key_sequence(const struct keys *k, char out[KEY_MAX])
{
    snprintf(out, KEY_MAX, "%s:sequence", k->prefix);
}

void key_questions(const struct keys *k, char out[KEY_MAX])
{
    snprintf(out, KEY_MAX, "%s:questions", k->prefix);
}

void key_reply(const struct keys *k, char out[KEY_MAX], const char *nonce)
{
    put(k, out, "reply", nonce);
}

void key_firehose(const struct keys *k, char out[KEY_MAX], const char *name)
{
    snprintf(out, KEY_MAX, "%s:%s", k->prefix, name);
}

void key_feed(const struct keys *k, char out[KEY_MAX])
{
    snprintf(out, KEY_MAX, "%s:feed", k->prefix);
}

void key_engine(const struct keys *k, char out[KEY_MAX])
{
    snprintf(out, KEY_MAX, "%s:engine", k->prefix);
}

void key_status(const struct keys *k, char out[KEY_MAX])
{
    snprintf(out, KEY_MAX, "%s:status", k->prefix);
}

void key_detectors(const struct keys *k, char out[KEY_MAX])
{
    snprintf(out, KEY_MAX, "%s:detectors", k->prefix);
}

static bool rest_of(const char *head, const char *key, size_t n, char *ticker_out, size_t cap)
{
    size_t head_n = strlen(head);
    if (n <= head_n || n - head_n >= cap || memcmp(key, head, head_n) != 0 ||
        memchr(key, '\0', n)) {
        return false;
    }
    memcpy(ticker_out, key + head_n, n - head_n);
    ticker_out[n - head_n] = '\0';
    return true;
}

bool key_quotes_ticker(const struct keys *k, const char *key, size_t n, char *ticker_out,
                       size_t cap)
{
    char head[KEY_MAX];
    put(k, head, "quotes", "");
    return rest_of(head, key, n, ticker_out, cap);
}

void key_known(const struct keys *k, char out[KEY_MAX], const char *ticker)
{
    put(k, out, k->firehose ? "state" : "quotes", ticker);
}

bool key_known_ticker(const struct keys *k, const char *key, size_t n, char *ticker_out, size_t cap)
{
    char head[KEY_MAX];
    key_known(k, head, "");
    return rest_of(head, key, n, ticker_out, cap);
}

bool key_channel_ticker(const struct keys *k, const char *channel, size_t n, char *ticker_out,
                        size_t cap)
{
    char head[KEY_MAX];
    put(k, head, "channel", "");
    return rest_of(head, channel, n, ticker_out, cap);
}

/* Does c belong to the class at p, just behind its '['? *end_out: behind its ']', or NULL when it
 * has none and '[' is an ordinary character. */
static bool class_match(const char *p, char c, const char **end_out)
{
    bool negated = *p == '!' || *p == '^';
    bool found = false;
    const char *first = p += negated;
    while (*p && (*p != ']' || p == first)) {
        if (*p == '\\' && p[1]) {
            p++;
        }
        char low = *p++;
        char high = low;
        if (*p == '-' && p[1] && p[1] != ']') {
            p += p[1] == '\\' && p[2] ? 2 : 1;
            high = *p++;
        }
        found = found || (low <= c && c <= high);
    }
    *end_out = *p == ']' ? p + 1 : NULL;
    return found != negated;
}

/* Does the one element at *p (not a star) match c? *p moves behind it. */
static bool element_match(const char **p, char c)
{
    if (**p == '[') {
        const char *end;
        bool found = class_match(*p + 1, c, &end);
        if (end) {
            *p = end;
            return found;
        }
    } else if (**p == '\\' && (*p)[1]) {
        *p += 1;
    } else if (**p == '?') {
        *p += 1;
        return true;
    }
    return *(*p)++ == c;
}

bool glob_match(const char *pattern, const char *text)
{
    const char *star = NULL;  /* behind the last star, */
    const char *retry = NULL; /* and where its text may next end */
    while (*text) {
        if (*pattern == '*') {
            star = ++pattern;
            retry = text;
        } else if (*pattern && element_match(&pattern, *text)) {
            text++;
        } else if (star) {
            pattern = star;
            text = ++retry;
        } else {
            return false;
        }
    }
    while (*pattern == '*') {
        pattern++;
    }
    return *pattern == '\0';
}
