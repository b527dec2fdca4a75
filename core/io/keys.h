/* SPDX-License-Identifier: MIT */
/* Names of every Redis key, from one prefix. [engine, front] */
#ifndef IO_KEYS_H
#define IO_KEYS_H

#include <stdbool.h>
#include <stddef.h>

enum { KEY_MAX = 192, NONCE_MAX = 40 };

struct keys {
    char prefix[64]; /* "orderflow" */
    bool firehose;   /* quotes come from there: no ticker has a quotes key */
};

void key_quotes(const struct keys *k, char out[KEY_MAX], const char *ticker);
void key_latest(const struct keys *k, char out[KEY_MAX], const char *ticker);
void key_channel(const struct keys *k, char out[KEY_MAX], const char *ticker);
void key_metrics(const struct keys *k, char out[KEY_MAX], const char *ticker, const char *window);
void key_patterns(const struct keys *k, char out[KEY_MAX], const char *ticker);
void key_levels(const struct keys *k, char out[KEY_MAX], const char *ticker, const char *side);
void key_state(const struct keys *k, char out[KEY_MAX],
               const char *ticker); /* ours: orderflow:state:T */
/* Ours: zset of the ids of T's episodes, scored by the number of the write that changed them last.
 */
void key_changes(const struct keys *k, char out[KEY_MAX], const char *ticker);
void key_sequence(const struct keys *k, char out[KEY_MAX]); /* ours: the last such number */
/* Ours: questions to the engine, a list of "NONCE TICKER DETECTOR", and where their answers go. */
void key_questions(const struct keys *k, char out[KEY_MAX]);
void key_reply(const struct keys *k, char out[KEY_MAX], const char *nonce);
/* Of a stream with that name, which the settings let be none of the others (settings_load.c). */
void key_firehose(const struct keys *k, char out[KEY_MAX], const char *name);
void key_feed(const struct keys *k, char out[KEY_MAX]); /* ours: how far it was read */
void key_engine(const struct keys *k, char out[KEY_MAX]);
void key_status(const struct keys *k, char out[KEY_MAX]);
void key_detectors(const struct keys *k, char out[KEY_MAX]);

/* The ticker of a quotes key; false if it is none. */
bool key_quotes_ticker(const struct keys *k, const char *key, size_t n, char *ticker_out,
                       size_t cap);

/* The key by which a ticker is known to exist: its quotes; with the firehose what the engine wrote.
 */
void key_known(const struct keys *k, char out[KEY_MAX], const char *ticker);
bool key_known_ticker(const struct keys *k, const char *key, size_t n, char *ticker_out,
                      size_t cap);

/* The ticker of a channel's name, likewise. */
bool key_channel_ticker(const struct keys *k, const char *channel, size_t n, char *ticker_out,
                        size_t cap);

/* Shell glob: * ? [a-z] [!a]; backslash escapes. Case-sensitive. */
bool glob_match(const char *pattern, const char *text);

#endif
