/* SPDX-License-Identifier: MIT */
#include "bind.h"

#include "clock.h"
#include "orderflow/detector.h"
#include "settings_spec.h"

#include <stdio.h>
#include <string.h>

enum {
    WORDS_BYTES = CHOICES_MAX * 64,
    NUMBER_BYTES = 32,
    NAMES_MAX = PARAMS_MAX + 32,
    WHY_BYTES = 240
};

/* A parameter as a line of a settings table. It points into itself: never copy one. */
struct param_spec {
    struct setting_spec spec;
    char words[WORDS_BYTES], def[NUMBER_BYTES];
};

static void join_words(const struct declared *p, char out[WORDS_BYTES])
{
    size_t at = 0;
    for (uint32_t i = 0; i < p->n_choices; i++) {
        int n = snprintf(out + at, WORDS_BYTES - at, "%s%s", i == 0 ? "" : " ", p->choices[i]);
        CHECK(n > 0 && (size_t)n < WORDS_BYTES - at);
        at += (size_t)n;
    }
}

static void print_default(const struct declared *p, char out[NUMBER_BYTES])
{
    struct buf b;
    buf_init(&b, NUMBER_BYTES - 1);
    setting_put_number(&b, p->def);
    (void)snprintf(out, NUMBER_BYTES, "%s", b.data != NULL ? b.data : "");
    buf_fini(&b);
}

static void param_spec_init(struct param_spec *out, const struct declared *p)
{
    *out = (struct param_spec){
        .spec = { .key = p->key, .min = p->min, .max = p->max, .unit = p->unit, .help = p->help }
    };
    if (p->type == OFD_CHOICE) {
        join_words(p, out->words);
        out->spec.type = SETTING_WORD;
        out->spec.words = out->words;
        out->spec.def = p->choices[(size_t)p->def];
    } else {
        print_default(p, out->def);
        out->spec.type = p->type == OFD_INT ? SETTING_INT : SETTING_REAL;
        out->spec.def = out->def;
    }
}

static double as_double(const struct setting_spec *spec, const union setting_value *v)
{
    switch (spec->type) {
    case SETTING_INT:
        return (double)v->i;
    case SETTING_WORD:
        return (double)setting_word_index(spec, v->text);
    case SETTING_REAL:
    case SETTING_FLAG:
    case SETTING_TEXT:
        break;
    }
    return v->f;
}

static const char *file_of(const struct settings *s, const struct setting *item)
{
    return item->calibrated ? settings_thresholds_name(s) : settings_file_name(s);
}

/* Where a message about an item points to. */
static bool complain(const struct settings *s, const struct setting *item, const char *what,
                     struct settings_errors *errors)
{
    settings_errors_add(errors, "%s:%d: [detector:%s%s%s] %s: %s", file_of(s, item), item->line,
                        item->section_id, item->ticker[0] != '\0' ? "@" : "", item->ticker,
                        item->key, what);
    return false;
}

/* "HEAD; did you mean WORD?", or, if none is near, "HEAD; accepted: " and as many as fit. */
static void list_or_nearest(const char *head, const char *word, const char *const *words, size_t n,
                            char out[WHY_BYTES])
{
    const char *near = settings_nearest(word, words, n);
    if (near != NULL) {
        (void)snprintf(out, WHY_BYTES, "%s; did you mean %s?", head, near);
        return;
    }
    size_t at = (size_t)snprintf(out, WHY_BYTES, "%s; accepted:%s", head, n == 0 ? " none" : "");
    for (size_t i = 0; i < n; i++) {
        int len = snprintf(out + at, WHY_BYTES - at, " %s", words[i]);
        at += len > 0 && (size_t)len < WHY_BYTES - at ? (size_t)len : 0;
        out[at] = '\0';
    }
}

static bool unknown_key(const struct settings *s, const struct declaration *d,
                        const struct setting *item, struct settings_errors *errors)
{
    const char *keys[NAMES_MAX];
    const struct setting_spec *host;
    size_t n_host = settings_detector_specs(&host), n = 0;
    CHECK(n_host + PARAMS_MAX <= NAMES_MAX);
    for (uint32_t i = 0; i < d->n_params; i++) {
        keys[n++] = d->params[i].key;
    }
    for (size_t i = 0; i < n_host; i++) {
        keys[n++] = host[i].key;
    }
    char what[WHY_BYTES];
    list_or_nearest("unknown key", item->key, keys, n, what);
    return complain(s, item, what, errors);
}

/* The values of a detector while items are laid over each other. */
struct values {
    struct detector_settings host;
    double params[PARAMS_MAX];
};

static bool take_param(const struct settings *s, const struct declaration *d,
                       const struct setting *item, double *params, struct settings_errors *errors)
{
    uint32_t i = 0;
    while (i < d->n_params && strcmp(d->params[i].key, item->key) != 0) {
        i++;
    }
    if (i == d->n_params) {
        return unknown_key(s, d, item, errors);
    }
    struct param_spec p;
    union setting_value value;
    struct err why = { 0 };
    param_spec_init(&p, &d->params[i]);
    if (!setting_parse(&p.spec, item->value, &value, &why)) {
        return complain(s, item, why.text, errors);
    }
    params[i] = as_double(&p.spec, &value);
    return true;
}

static bool take_item(const struct settings *s, const struct declaration *d,
                      const struct setting *item, struct values *out,
                      struct settings_errors *errors)
{
    const struct setting_spec *specs;
    size_t n = settings_detector_specs(&specs);
    const struct setting_spec *spec = setting_find(specs, n, NULL, item->key);
    if (spec == NULL) {
        return take_param(s, d, item, out->params, errors);
    }
    union setting_value value;
    struct err why = { 0 };
    if (!setting_parse(spec, item->value, &value, &why)) {
        return complain(s, item, why.text, errors);
    }
    setting_store(spec, &value, &out->host);
    return true;
}

/* ---- thresholds ---- */

enum { SESSIONS_MIN = 2, SESSIONS_MAX = 100000 };

/* What a section of thresholds says about itself. */
static const struct setting_spec calibration_specs[] = {
    { .key = "mode", .type = SETTING_WORD, .words = "quantile flow", .unit = "" },
    { .key = "sessions", .type = SETTING_INT, .min = 0, .max = SESSIONS_MAX, .unit = "" },
};
enum { CALIBRATION_SPECS = sizeof calibration_specs / sizeof *calibration_specs };

static const struct setting_spec *calibration_spec(const struct setting *item)
{
    return item->calibrated ? setting_find(calibration_specs, CALIBRATION_SPECS, NULL, item->key)
                            : NULL;
}

static bool check_item(const struct settings *s, const struct declaration *d,
                       const struct setting *item, struct values *scratch,
                       struct settings_errors *errors)
{
    const struct setting_spec *spec = calibration_spec(item);
    union setting_value value;
    struct err why = { 0 };
    if (spec == NULL) {
        return take_item(s, d, item, scratch, errors);
    }
    return setting_parse(spec, item->value, &value, &why) || complain(s, item, why.text, errors);
}

static const char *mode_of(const struct declaration *d, const struct values *v)
{
    for (uint32_t i = 0; i < d->n_params; i++) {
        if (d->params[i].type == OFD_CHOICE && strcmp(d->params[i].key, "mode") == 0) {
            return d->params[i].choices[(size_t)v->params[i]];
        }
    }
    return "";
}

/* Is what was calibrated for this ticker wanted in the mode that v says? */
static bool applies(const struct settings *s, const struct declaration *d, const char *ticker,
                    const struct values *v)
{
    const char *mode = mode_of(d, v);
    union setting_value made = { .text = "" }, sessions = { .i = 0 };
    for (size_t i = 0; i < s->n_threshold_items; i++) {
        const struct setting *item = &s->threshold_items[i];
        const struct setting_spec *spec = calibration_spec(item);
        bool own = strcmp(item->section_id, d->id) == 0 && strcmp(item->ticker, ticker) == 0;
        if (own && spec != NULL) {
            union setting_value *to = spec == &calibration_specs[0] ? &made : &sessions;
            if (!setting_parse(spec, item->value, to, NULL)) {
                return false;
            }
        }
    }
    bool hybrid = strcmp(mode, "hybrid") == 0 && sessions.i >= SESSIONS_MIN;
    return made.text[0] != '\0' && strcmp(made.text, hybrid ? "quantile" : mode) == 0 &&
           (hybrid || strcmp(mode, "hybrid") != 0);
}

static bool take_thresholds(const struct settings *s, const struct declaration *d,
                            const char *ticker, struct values *out, struct settings_errors *errors)
{
    bool ok = true;
    for (size_t i = 0; i < s->n_threshold_items; i++) {
        const struct setting *item = &s->threshold_items[i];
        if (strcmp(item->section_id, d->id) == 0 && strcmp(item->ticker, ticker) == 0 &&
            calibration_spec(item) == NULL) {
            ok = take_item(s, d, item, out, errors) && ok;
        }
    }
    return ok;
}

static bool take_items(const struct settings *s, const struct declaration *d, const char *ticker,
                       struct values *out, struct settings_errors *errors)
{
    bool ok = true;
    for (size_t i = 0; i < s->n_detector_items; i++) {
        const struct setting *item = &s->detector_items[i];
        if (strcmp(item->section_id, d->id) == 0 && strcmp(item->ticker, ticker) == 0) {
            ok = take_item(s, d, item, out, errors) && ok;
        }
    }
    return ok;
}

static void take_defaults(const struct declaration *d, struct values *out)
{
    const struct setting_spec *specs;
    size_t n = settings_detector_specs(&specs);
    *out = (struct values){ 0 };
    for (size_t i = 0; i < n; i++) {
        union setting_value value;
        CHECK(setting_parse(&specs[i], specs[i].def, &value, NULL));
        setting_store(&specs[i], &value, &out->host);
    }
    out->host.enabled = (d->flags & OFD_OFF) == 0;
    for (uint32_t i = 0; i < d->n_params; i++) {
        out->params[i] = d->params[i].def;
    }
}

bool bind_detector(const struct settings *s, const struct declaration *d, const char *ticker,
                   struct bound *out, struct settings_errors *errors)
{
    struct values v;
    bool calibrated = false;
    take_defaults(d, &v);
    bool ok = take_items(s, d, "", &v, errors);
    if (ticker[0] != '\0') {
        struct values own = v;
        ok = take_items(s, d, ticker, &own, errors) && ok;
        calibrated = s->n_threshold_items > 0 && applies(s, d, ticker, &own);
        ok = (!calibrated || take_thresholds(s, d, ticker, &v, errors)) && ok;
        ok = take_items(s, d, ticker, &v, NULL) && ok;
    }
    *out = (struct bound){ .enabled = v.host.enabled,
                           .calibrated = calibrated,
                           .rules = { .min_hold_ns = v.host.min_hold_ms * NS_PER_MS,
                                      .exit_hold_ns = v.host.exit_hold_ms * NS_PER_MS,
                                      .merge_ns = v.host.merge_ms * NS_PER_MS,
                                      .cooldown_ns = v.host.cooldown_ms * NS_PER_MS,
                                      .merge_ticks = v.host.merge_ticks } };
    memcpy(out->params, v.params, sizeof out->params);
    return ok;
}

static const struct declaration *find(const struct declaration *const *decls, size_t n,
                                      const char *id)
{
    for (size_t i = 0; i < n; i++) {
        if (strcmp(decls[i]->id, id) == 0) {
            return decls[i];
        }
    }
    return NULL;
}

/* Items of one section follow each other: one message for all of them. */
static bool same_section(const struct setting *a, const struct setting *b)
{
    return strcmp(a->section_id, b->section_id) == 0 && strcmp(a->ticker, b->ticker) == 0;
}

/* False when it is no error: nothing known is called anything like it. */
static bool unknown_detector(const struct settings *s, const struct declaration *const *decls,
                             size_t n, const struct setting *item, bool absent_ok,
                             struct settings_errors *errors)
{
    const char *ids[NAMES_MAX];
    size_t n_ids = n < NAMES_MAX ? n : NAMES_MAX;
    char what[WHY_BYTES];
    for (size_t i = 0; i < n_ids; i++) {
        ids[i] = decls[i]->id;
    }
    if (absent_ok && settings_nearest(item->section_id, ids, n_ids) == NULL) {
        return false;
    }
    list_or_nearest("unknown detector", item->section_id, ids, n_ids, what);
    settings_errors_add(errors, "%s:%d: [detector:%s%s%s]: %s", file_of(s, item), item->line,
                        item->section_id, item->ticker[0] != '\0' ? "@" : "", item->ticker, what);
    return true;
}

static bool check_tickers(const struct settings *s, struct settings_errors *errors)
{
    bool ok = true;
    for (size_t i = 0; i < s->n_ticker_items; i++) {
        const struct setting *item = &s->ticker_items[i];
        if (item->ticker[0] != '\0' && !ticker_valid(item->ticker) &&
            (i == 0 || !same_section(&item[-1], item))) {
            settings_errors_add(errors,
                                "%s:%d: [ticker:%s]: no ticker; accepted: 1-32 of A-Z a-z 0-9 . _ "
                                "- / ^ =",
                                settings_file_name(s), item->line, item->ticker);
            ok = false;
        }
    }
    return ok;
}

static bool check_head(const struct settings *s, const struct declaration *const *decls, size_t n,
                       const struct setting *item, bool absent_ok, struct settings_errors *errors)
{
    if (item->ticker[0] != '\0' && !ticker_valid(item->ticker)) {
        settings_errors_add(errors,
                            "%s:%d: [detector:%s@%s]: no ticker; accepted: 1-32 of A-Z a-z 0-9 . "
                            "_ - / ^ =",
                            file_of(s, item), item->line, item->section_id, item->ticker);
        return false;
    }
    return find(decls, n, item->section_id) != NULL ||
           !unknown_detector(s, decls, n, item, absent_ok, errors);
}

/* Of the settings, then of the thresholds. */
static const struct setting *item_at(const struct settings *s, size_t i)
{
    return i < s->n_detector_items ? &s->detector_items[i]
                                   : &s->threshold_items[i - s->n_detector_items];
}

bool bind_check_all(const struct settings *s, const struct declaration *const *decls, size_t n,
                    bool absent_ok, struct settings_errors *errors)
{
    bool ok = check_tickers(s, errors);
    struct values scratch;
    for (size_t i = 0; i < s->n_detector_items + s->n_threshold_items; i++) {
        const struct setting *item = item_at(s, i);
        const struct declaration *d = find(decls, n, item->section_id);
        if (i == 0 || i == s->n_detector_items || !same_section(&item[-1], item)) {
            ok = check_head(s, decls, n, item, absent_ok, errors) && ok;
        }
        ok = (d == NULL || check_item(s, d, item, &scratch, errors)) && ok;
    }
    return ok;
}

bool bind_check_own(const struct settings *s, const struct declaration *d,
                    struct settings_errors *errors)
{
    bool ok = true;
    struct values scratch;
    for (size_t i = 0; i < s->n_detector_items + s->n_threshold_items; i++) {
        const struct setting *item = item_at(s, i);
        ok = (strcmp(item->section_id, d->id) != 0 || check_item(s, d, item, &scratch, errors)) &&
             ok;
    }
    return ok;
}

void bind_print_defaults(const struct declaration *d, struct buf *out)
{
    const struct setting_spec *specs;
    size_t n = settings_detector_specs(&specs);
    buf_puts(out, "\n# ");
    for (const char *c = d->description; *c != '\0'; c++) {
        buf_putc(out, (unsigned char)*c < 0x20 ? ' ' : *c);
    }
    buf_printf(out, "\n[detector:%s]\n", d->id);
    for (size_t i = 0; i < n; i++) {
        struct setting_spec spec = specs[i];
        bool off = (d->flags & OFD_OFF) != 0 && strcmp(spec.key, "enabled") == 0;
        spec.def = off ? "false" : spec.def;
        setting_put_default(&spec, out);
    }
    for (uint32_t i = 0; i < d->n_params; i++) {
        struct param_spec p;
        param_spec_init(&p, &d->params[i]);
        setting_put_default(&p.spec, out);
    }
}
