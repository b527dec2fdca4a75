/* SPDX-License-Identifier: MIT */
/* One key of the configuration as data: the lines of the .def tables. [any] Pure. */
#ifndef BASE_SETTINGS_SPEC_H
#define BASE_SETTINGS_SPEC_H

#include "buf.h"
#include "err.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum setting_type { SETTING_INT, SETTING_REAL, SETTING_FLAG, SETTING_TEXT, SETTING_WORD };

struct setting_spec {
    const char *section, *key;
    enum setting_type type;
    const char *def;   /* as text */
    double min, max;   /* int, real; text: min 1 = must not be empty */
    const char *words; /* word: its choices, separated by spaces */
    const char *unit, *help;
    size_t at; /* offset of the member in the struct that holds the value */
};

/* Every host key of [detector:ID], as int64_t and bool members. */
struct detector_settings {
#define SETTINGS_MEMBER_int(k) int64_t k;
#define SETTINGS_MEMBER_flag(k) bool k;
#define SETTING(section, key, type, def, min, max, unit, help) SETTINGS_MEMBER_##type(key)
#include "settings_detector.def"
#undef SETTING
#undef SETTINGS_MEMBER_int
#undef SETTINGS_MEMBER_flag
};

/* The tables: settings.def over struct settings, settings_detector.def over struct
 * detector_settings, and the keys of [ticker] (they have no struct). Static. */
size_t settings_specs(const struct setting_spec **out);
size_t settings_detector_specs(const struct setting_spec **out);
size_t settings_ticker_specs(const struct setting_spec **out);

/* The line of `key` (and of `section`, unless NULL), or NULL. */
const struct setting_spec *setting_find(const struct setting_spec *specs, size_t n,
                                        const char *section, const char *key);

/* The value of each type: int64_t, double, bool, settings_text, settings_text. */
union setting_value {
    int64_t i;
    double f;
    bool flag;
    char text[256];
};

/* Reads text as the value of spec and checks it. The message says what is accepted and repeats the
 * text, but never that of a SETTING_TEXT. A word is stored as spec->words spells it. */
MUST_CHECK bool setting_parse(const struct setting_spec *spec, const char *text,
                              union setting_value *out, struct err *err);
/* The member of `base` that spec describes. */
void setting_store(const struct setting_spec *spec, const union setting_value *v, void *base);
/* Its text, such that setting_parse() gives the same value. */
void setting_print(const struct setting_spec *spec, const void *base, struct buf *out);
/* The index of a word among spec->words. */
size_t setting_word_index(const struct setting_spec *spec, const char *word);

/* "# help (unit, min..max)" and "key = default". */
void setting_put_default(const struct setting_spec *spec, struct buf *out);

/* "10", "0.5", "1e+16": a double without the ".0" of whole numbers. */
void setting_put_number(struct buf *out, double x);

#endif
