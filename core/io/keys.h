/* SPDX-License-Identifier: MIT */
/* Names of every Redis key of DESIGN 5.1, from one prefix. [engine, front] */
#ifndef IO_KEYS_H
#define IO_KEYS_H

#include <stdbool.h>
#include <stddef.h>

enum { KEY_MAX = 192 };

struct keys {
    char prefix[64]; /* "orderflow" */
};

void key_quotes(const struct keys *k, char out[KEY_MAX], const char *ticker);
void key_latest(const struct keys *k, char out[KEY_MAX], const char *ticker);
void key_channel(const struct keys *k, char out[KEY_MAX], const char *ticker);
void key_metrics(const struct keys *k, char out[KEY_MAX], const char *ticker, const char *window);
void key_patterns(const struct keys *k, char out[KEY_MAX], const char *ticker);
void key_levels(const struct keys *k, char out[KEY_MAX], const char *ticker, const char *side);
void key_state(const struct keys *k, char out[KEY_MAX],
               const char *ticker); /* ours: orderflow:state:T */
void key_engine(const struct keys *k, char out[KEY_MAX]);
void key_status(const struct keys *k, char out[KEY_MAX]);
void key_detectors(const struct keys *k, char out[KEY_MAX]);

/* The ticker of a quotes key; false if it is none. */
bool key_quotes_ticker(const struct keys *k, const char *key, size_t n, char *ticker_out,
                       size_t cap);

/* Shell glob: * ? [a-z] [!a]; backslash escapes. Case-sensitive. */
bool glob_match(const char *pattern, const char *text);

#endif
