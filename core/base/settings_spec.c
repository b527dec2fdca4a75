/* SPDX-License-Identifier: MIT */
#include "settings_spec.h"

#include "decimal.h"
#include "settings.h"

#include <math.h>
#include <string.h>
#include <strings.h>

#define SPEC_int(text, d, lo, hi) .type = SETTING_INT, .def = (text), .min = (lo), .max = (hi)
#define SPEC_real(text, d, lo, hi) .type = SETTING_REAL, .def = (text), .min = (lo), .max = (hi)
#define SPEC_flag(text, d, lo, hi) .type = SETTING_FLAG, .def = (text)
#define SPEC_text(text, d, lo, hi) .type = SETTING_TEXT, .def = (d), .min = (lo)
#define SPEC_word(text, d, choices, hi) .type = SETTING_WORD, .def = (d), .words = (choices)

#define COUNT(array) (sizeof(array) / sizeof(array)[0])

enum { WORDS_MAX = 24, WORD_BYTES = 64, ACCEPTED_MAX = 200 };

size_t settings_specs(const struct setting_spec **out)
{
#define SETTING(s, k, t, d, lo, hi, u, h) \
    { .section = #s,                      \
      .key = #k,                          \
      SPEC_##t(#d, d, lo, hi),            \
      .unit = (u),                        \
      .help = (h),                        \
      .at = offsetof(struct settings, s##_##k) },
    static const struct setting_spec specs[] = {
#include "settings.def"
    };
#undef SETTING
    *out = specs;
    return COUNT(specs);
}

size_t settings_detector_specs(const struct setting_spec **out)
{
#define SETTING(s, k, t, d, lo, hi, u, h) \
    { .section = #s,                      \
      .key = #k,                          \
      SPEC_##t(#d, d, lo, hi),            \
      .unit = (u),                        \
      .help = (h),                        \
      .at = offsetof(struct detector_settings, k) },
    static const struct setting_spec specs[] = {
#include "settings_detector.def"
    };
#undef SETTING
    *out = specs;
    return COUNT(specs);
}

size_t settings_ticker_specs(const struct setting_spec **out)
{
    static const struct setting_spec specs[] = {
        { .section = "ticker",
          .key = "tick",
          .type = SETTING_REAL,
          .def = "0.01",
          .min = 1e-9,
          .max = 1e9,
          .unit = "",
          .help = "price step; left out: inferred from the quotes" },
        { .section = "ticker",
          .key = "size_unit",
          .type = SETTING_WORD,
          .def = "shares",
          .words = "shares lots",
          .unit = "",
          .help = "what the sizes of quotes count; answers say it" },
    };
    *out = specs;
    return COUNT(specs);
}

const struct setting_spec *setting_find(const struct setting_spec *specs, size_t n,
                                        const char *section, const char *key)
{
    for (size_t i = 0; i < n; i++) {
        if ((section == NULL || strcmp(specs[i].section, section) == 0) &&
            strcmp(specs[i].key, key) == 0) {
            return &specs[i];
        }
    }
    return NULL;
}

void setting_put_number(struct buf *out, double x)
{
    char text[DECIMAL_MAX];
    size_t n = decimal_print_repr(text, x);
    if (n > 2 && strcmp(text + n - 2, ".0") == 0) {
        n -= 2;
    }
    buf_add(out, text, n);
}

/* "1..65535", "true | false", "text | json"; nothing for text. */
static void put_range(const struct setting_spec *spec, struct buf *out)
{
    switch (spec->type) {
    case SETTING_INT:
    case SETTING_REAL:
        setting_put_number(out, spec->min);
        buf_puts(out, "..");
        setting_put_number(out, spec->max);
        break;
    case SETTING_FLAG:
        buf_puts(out, "true | false");
        break;
    case SETTING_WORD:
        for (const char *c = spec->words; *c != '\0'; c++) {
            buf_puts(out, *c == ' ' ? " | " : (char[]){ *c, '\0' });
        }
        break;
    case SETTING_TEXT:
        break;
    }
}

/* "WHAT; accepted: RANGE UNIT" */
static bool refuse(const struct setting_spec *spec, struct err *err, const char *what)
{
    struct buf b;
    buf_init(&b, ACCEPTED_MAX);
    put_range(spec, &b);
    (void)err_set(err, ERR_INVALID, "%s; accepted: %s%s%s", what, b.data != NULL ? b.data : "",
                  spec->unit[0] != '\0' ? " " : "", spec->unit);
    buf_fini(&b);
    return false;
}

static bool refuse_value(const struct setting_spec *spec, struct err *err, const char *text,
                         const char *what)
{
    struct err inner = { 0 };
    if (text[0] == '\0') {
        return refuse(spec, err, "the value is missing");
    }
    const char *hash = strstr(text, " #");
    (void)err_set(&inner, ERR_INVALID, "'%.60s' %s%s", text, what,
                  hash != NULL ? " (a comment behind a value begins with ' ;')" : "");
    return refuse(spec, err, inner.text);
}

static bool parse_int(const struct setting_spec *spec, const char *text, int64_t *out,
                      struct err *err)
{
    int64_t x = 0;
    size_t n = strlen(text), sign = n > 0 && (text[0] == '-' || text[0] == '+') ? 1 : 0;
    bool whole = n > sign && strspn(text + sign, "0123456789") == n - sign;
    if (!whole) {
        return refuse_value(spec, err, text, "is not a whole number");
    }
    if (!decimal_parse_i64(text, n, &x, NULL) || (double)x < spec->min || (double)x > spec->max) {
        return refuse_value(spec, err, text, "is out of range");
    }
    *out = x;
    return true;
}

static bool parse_real(const struct setting_spec *spec, const char *text, double *out,
                       struct err *err)
{
    double x = 0;
    if (!decimal_parse_double(text, strlen(text), &x, NULL)) {
        return refuse_value(spec, err, text, "is not a number");
    }
    if (x < spec->min || x > spec->max) {
        return refuse_value(spec, err, text, "is out of range");
    }
    *out = x;
    return true;
}

static bool parse_flag(const struct setting_spec *spec, const char *text, bool *out,
                       struct err *err)
{
    static const char *const words[] = { "false", "true", "no", "yes", "off", "on", "0", "1" };
    for (size_t i = 0; i < COUNT(words); i++) {
        if (strcasecmp(text, words[i]) == 0) {
            *out = i % 2 == 1;
            return true;
        }
    }
    return refuse_value(spec, err, text, "is neither true nor false");
}

static size_t split_words(const char *text, char out[WORDS_MAX][WORD_BYTES])
{
    size_t n = 0;
    while (*text != '\0' && n < WORDS_MAX) {
        size_t len = strcspn(text, " ");
        CHECK(len < WORD_BYTES);
        memcpy(out[n], text, len);
        out[n++][len] = '\0';
        text += len + (text[len] == ' ' ? 1 : 0);
    }
    return n;
}

static bool parse_word(const struct setting_spec *spec, const char *text, char *out,
                       struct err *err)
{
    char words[WORDS_MAX][WORD_BYTES];
    const char *list[WORDS_MAX];
    size_t n = split_words(spec->words, words);
    for (size_t i = 0; i < n; i++) {
        if (strcasecmp(text, words[i]) == 0) {
            memcpy(out, words[i], strlen(words[i]) + 1);
            return true;
        }
        list[i] = words[i];
    }
    (void)refuse_value(spec, err, text, "is none of its words");
    const char *near = settings_nearest(text, list, n);
    if (near != NULL && err != NULL) {
        struct err inner = *err;
        (void)err_set(err, ERR_INVALID, "%s; did you mean %s?", inner.text, near);
    }
    return false;
}

static bool parse_text(const struct setting_spec *spec, const char *text, char *out,
                       struct err *err)
{
    size_t n = strlen(text);
    if (n >= SETTINGS_TEXT_MAX) {
        return err_set(err, ERR_INVALID, "the value is longer than %d bytes",
                       SETTINGS_TEXT_MAX - 1);
    }
    if (n == 0 && spec->min > 0) {
        return err_set(err, ERR_INVALID, "the value is missing");
    }
    memcpy(out, text, n + 1);
    return true;
}

bool setting_parse(const struct setting_spec *spec, const char *text, union setting_value *out,
                   struct err *err)
{
    switch (spec->type) {
    case SETTING_INT:
        return parse_int(spec, text, &out->i, err);
    case SETTING_REAL:
        return parse_real(spec, text, &out->f, err);
    case SETTING_FLAG:
        return parse_flag(spec, text, &out->flag, err);
    case SETTING_TEXT:
        return parse_text(spec, text, out->text, err);
    case SETTING_WORD:
        return parse_word(spec, text, out->text, err);
    }
    return false;
}

void setting_store(const struct setting_spec *spec, const union setting_value *v, void *base)
{
    char *at = (char *)base + spec->at;
    switch (spec->type) {
    case SETTING_INT:
        memcpy(at, &v->i, sizeof v->i);
        break;
    case SETTING_REAL:
        memcpy(at, &v->f, sizeof v->f);
        break;
    case SETTING_FLAG:
        memcpy(at, &v->flag, sizeof v->flag);
        break;
    case SETTING_TEXT:
    case SETTING_WORD:
        memcpy(at, v->text, strlen(v->text) + 1);
        break;
    }
}

void setting_print(const struct setting_spec *spec, const void *base, struct buf *out)
{
    const char *at = (const char *)base + spec->at;
    union setting_value v;
    switch (spec->type) {
    case SETTING_INT:
        memcpy(&v.i, at, sizeof v.i);
        buf_printf(out, "%lld", (long long)v.i);
        break;
    case SETTING_REAL:
        memcpy(&v.f, at, sizeof v.f);
        setting_put_number(out, v.f);
        break;
    case SETTING_FLAG:
        memcpy(&v.flag, at, sizeof v.flag);
        buf_puts(out, v.flag ? "true" : "false");
        break;
    case SETTING_TEXT:
    case SETTING_WORD:
        buf_puts(out, at);
        break;
    }
}

size_t setting_word_index(const struct setting_spec *spec, const char *word)
{
    char words[WORDS_MAX][WORD_BYTES];
    size_t n = split_words(spec->words, words), i = 0;
    while (i < n && strcmp(words[i], word) != 0) {
        i++;
    }
    CHECK(i < n);
    return i;
}

/* On one line, whatever a plugin's author wrote. */
static void put_comment(const char *text, struct buf *out)
{
    buf_puts(out, "# ");
    for (; *text != '\0'; text++) {
        buf_putc(out, (unsigned char)*text < 0x20 ? ' ' : *text);
    }
}

void setting_put_default(const struct setting_spec *spec, struct buf *out)
{
    put_comment(spec->help, out);
    if (spec->type != SETTING_TEXT) {
        buf_puts(out, " (");
        buf_puts(out, spec->unit);
        buf_puts(out, spec->unit[0] != '\0' ? ", " : "");
        put_range(spec, out);
        buf_putc(out, ')');
    }
    buf_printf(out, "\n%s =%s%s\n", spec->key, spec->def[0] != '\0' ? " " : "", spec->def);
}
