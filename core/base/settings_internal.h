/* SPDX-License-Identifier: MIT */
/* What the files of settings share with each other. [any] */
#ifndef BASE_SETTINGS_INTERNAL_H
#define BASE_SETTINGS_INTERNAL_H

#include "settings.h"
#include "settings_spec.h"

/* ---- settings_file.c: the file as a list ---------------------------------------------------- */

/* A heading (key NULL), a key, or a line with a problem, in file order. */
struct entry {
    char *section, *key, *value; /* owned */
    const char *problem;         /* static */
    int line;
    int first_line; /* where the same key of the same section stood before; 0: nowhere */
};
struct entries {
    struct entry *list; /* owned */
    size_t n, cap;
    bool failed; /* out of memory */
};

MUST_CHECK bool entries_read(struct entries *out, const char *path, struct err *err);
void entries_fini(struct entries *e);
/* The first line of a file, without its line end, into out. */
MUST_CHECK bool read_first_line(const char *path, char *out, size_t n, struct err *err);

/* ---- settings_section.c: what a heading means ------------------------------------------------ */

enum section_kind { SECTION_UNKNOWN, SECTION_HOST, SECTION_TICKER, SECTION_DETECTOR };

struct section {
    enum section_kind kind;
    char id[INT8_MAX + 1], ticker[INT8_MAX + 1];
};
/* SECTION_UNKNOWN: err says why, with the nearest heading. */
struct section section_parse(const char *text, struct err *err);

/* ---- settings_thresholds.c ------------------------------------------------------------------- */

/* The file that [plugins] thresholds names, checked as far as plugins need not be known. */
void settings_take_thresholds(struct settings *s, struct settings_errors *errors);

/* ---- settings_env.c -------------------------------------------------------------------------- */

/* The environment over *s, as settings_load() documents it. */
void settings_take_env(struct settings *s, struct settings_errors *errors);

/* ---- settings_hash.c --------------------------------------------------------------------------
 */

#endif
