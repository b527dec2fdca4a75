/* SPDX-License-Identifier: MIT */
/*
 * The configuration: read, checked, frozen. Every host key stands once in settings.def; that line
 * gives the member, parser, range check, --defaults text and conf/orderflow.ini. [any]
 *
 * [detector:ID] and [detector:ID@TICKER] hold host keys (settings_detector.def) and the plugin's
 * own; the latter are kept as text here and checked by settings_bind() once the plugin's
 * declaration is known.
 */
#ifndef BASE_SETTINGS_H
#define BASE_SETTINGS_H

#include "buf.h"
#include "err.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { SETTINGS_TEXT_MAX = 256, SETTINGS_ERRORS_MAX = 64 };

typedef char settings_text[SETTINGS_TEXT_MAX];

/* One `key = value` as written, of a [detector:...] or [ticker:...] section. */
struct setting {
    char *section_id; /* detector ID, or "" */
    char *ticker;     /* after '@' or of [ticker:T]; "" for all */
    char *key, *value;
    int line;
    bool calibrated; /* of the file of thresholds */
};

/* SETTING(section, key, type, default, min, max, unit, help) gives one member `section_key`. */
struct settings {
    char path[4096];    /* file it came from; "" for defaults */
    char dir[4096];     /* its folder: relative paths start here */
    uint64_t hash;      /* of all effective values but [redis], [log]: answers carry it in hex */
    int redis_url_line; /* where [redis] url stands, for who reads it */
#define SETTINGS_MEMBER_int(s, k) int64_t s##_##k;
#define SETTINGS_MEMBER_real(s, k) double s##_##k;
#define SETTINGS_MEMBER_flag(s, k) bool s##_##k;
#define SETTINGS_MEMBER_text(s, k) settings_text s##_##k;
#define SETTINGS_MEMBER_word(s, k) settings_text s##_##k;
#define SETTING(section, key, type, def, min, max, unit, help) SETTINGS_MEMBER_##type(section, key)
#include "settings.def"
#undef SETTING
#undef SETTINGS_MEMBER_int
#undef SETTINGS_MEMBER_real
#undef SETTINGS_MEMBER_flag
#undef SETTINGS_MEMBER_text
#undef SETTINGS_MEMBER_word
    struct setting *detector_items; /* owned */
    size_t n_detector_items;
    struct setting *ticker_items; /* owned */
    size_t n_ticker_items;
    struct setting *threshold_items; /* owned: of the file that [plugins] thresholds names */
    size_t n_threshold_items;
    char thr[16];      /* that file's name in answers: "cal#9f3a"; "": there is none */
    int64_t *window_s; /* owned: further windows of [windows] extra, in seconds */
    size_t n_window_s;
};

/* All that is wrong with a file, not only the first: "orderflow.ini:12: [engine] intervall_ms:
 * unknown key; did you mean interval_ms?" */
struct settings_errors {
    int n;
    char text[SETTINGS_ERRORS_MAX][320];
};

/* The way to the file: explicit path (--config), $ORDERFLOW_CONFIG,
 * $XDG_CONFIG_HOME/orderflow/orderflow.ini or
 * ~/.config/..., PREFIX/etc/orderflow/orderflow.ini. "" when none exists. An explicit path that
 * does not exist is an error. prefix: the installed tree. */
MUST_CHECK bool settings_find(char *out, size_t n, const char *explicit_path, const char *prefix,
                              struct err *err);

/* Defaults, then the file (path "" = none), then the environment. Half applied is never seen: on
 * false *out is {0} and errors says everything that is wrong, in the order of the file.
 *
 * Environment, where not empty: REDIS_HOST REDIS_PORT REDIS_DB REDIS_PASSWORD LOG_LEVEL
 * PROCESSOR_INTERVAL (seconds). REDIS_HOST also sets the file's url aside; REDIS_PORT and REDIS_DB
 * alone beside a url are an error. redis_password holds the first line of password_file, unless
 * REDIS_PASSWORD is set. */
MUST_CHECK bool settings_load(struct settings *out, const char *path,
                              struct settings_errors *errors);
void settings_fini(struct settings *s); /* {0} is fine */

/* For a program that goes on with *next in place of *prev: host keys that are not among `live`
 * ("section.key", ended by NULL), further windows, and the [ticker] sections are exchanged, so that
 * *next has what *prev had, and *prev is good for settings_fini() alone. What differed is named in
 * kept: "[redis] host, [ticker]". The hash is that of what is now in *next. */
void settings_keep(struct settings *next, struct settings *prev, const char *const *live,
                   struct buf *kept);

/* `[ticker:T]`, else `[ticker]`: the value of key (tick: a price > 0; size_unit: shares, lots), or
 * NULL. Checked by settings_load(). */
const char *settings_ticker_value(const struct settings *s, const char *ticker, const char *key);

/* path as the file means it: relative ones start at its folder. */
MUST_CHECK bool settings_resolve(const struct settings *s, const char *path, char *out, size_t n,
                                 struct err *err);

/* The file's name without folders, as messages show it; that of the thresholds. */
const char *settings_file_name(const struct settings *s);
const char *settings_thresholds_name(const struct settings *s);
/* What [calibration] hash of a file of thresholds must be, in 16 hex digits: of its sections,
 * whatever their order. 0: out of memory. */
uint64_t settings_hash_items(const struct setting *items, size_t n);
/* Adds one line; the last of SETTINGS_ERRORS_MAX says that there are more. NULL is ignored. */
void settings_errors_add(struct settings_errors *errors, const char *fmt, ...) PRINTF_LIKE(2, 3);

/* The commented INI with every host key at its default. Detector sections are appended by the
 * caller. settings_load() of this text gives the defaults back. */
void settings_print_defaults(struct buf *out);

/* Of all values in force but [redis] and [log]: what `hash` holds. */
uint64_t settings_hash(const struct settings *s);

/* What is in force, environment included, but for [redis] and [log], for settings_load().
 * thresholds: what is to stand for [plugins] thresholds; that file is the other text, empty when
 * there are no thresholds. */
void settings_print_effective(const struct settings *s, const char *thresholds, struct buf *out);
void settings_print_thresholds(const struct settings *s, struct buf *out);

/* Nearest of `n` words by edit distance (case does not count), or NULL if none is near. */
const char *settings_nearest(const char *word, const char *const *words, size_t n);

#endif
