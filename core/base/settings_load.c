/* SPDX-License-Identifier: MIT */
#include "decimal.h"
#include "settings_internal.h"
#include "utf8.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { KEYS_MAX = 64, EXTRA_WINDOWS_MAX = 5, EXTRA_WINDOW_S_MAX = 3600 };

/* The settings being read, and lines that later checks need. */
struct load {
    struct settings *s;
    struct settings_errors *errors;
    const char *file;
    bool failed; /* out of memory */
    int password_line, password_file_line;
};

static void say(const struct load *l, const struct entry *e, const char *what)
{
    if (e->key == NULL) {
        settings_errors_add(l->errors, "%s:%d: [%s]: %s", l->file, e->line, e->section, what);
    } else {
        settings_errors_add(l->errors, "%s:%d: [%s] %s: %s", l->file, e->line, e->section, e->key,
                            what);
    }
}

/* A table of keys that fit a section. */
struct table {
    const struct setting_spec *specs;
    size_t n;
    const char *section; /* NULL: all of specs */
};

static const char *nearest_key(const struct table *t, const char *key)
{
    const char *keys[KEYS_MAX];
    size_t n = 0;
    for (size_t i = 0; i < t->n && n < KEYS_MAX; i++) {
        if (t->section == NULL || strcmp(t->specs[i].section, t->section) == 0) {
            keys[n++] = t->specs[i].key;
        }
    }
    return settings_nearest(key, keys, n);
}

/* What fits a section, as far as there is room in a message. */
static void list_keys(const struct table *t, struct err *out)
{
    size_t at = strlen(out->text);
    for (size_t i = 0; i < t->n; i++) {
        const struct setting_spec *spec = &t->specs[i];
        if (t->section == NULL || strcmp(spec->section, t->section) == 0) {
            int n = snprintf(out->text + at, sizeof out->text - at, " %s", spec->key);
            at += n > 0 && (size_t)n < sizeof out->text - at ? (size_t)n : 0;
            out->text[at] = '\0';
        }
    }
}

static void say_unknown_key(const struct load *l, const struct entry *e, const struct table *t)
{
    struct err why = { 0 };
    const char *near = nearest_key(t, e->key);
    const struct setting_spec *elsewhere = setting_find(t->specs, t->n, NULL, e->key);
    if (elsewhere != NULL) {
        (void)err_set(&why, ERR_INVALID, "unknown key; it belongs in [%s]", elsewhere->section);
    } else if (near != NULL) {
        (void)err_set(&why, ERR_INVALID, "unknown key; did you mean %s?", near);
    } else {
        (void)err_set(&why, ERR_INVALID, "unknown key; accepted:");
        list_keys(t, &why);
    }
    say(l, e, why.text);
}

/* The line of the table that an entry means, its value in *out; NULL: it has been said why not. */
static const struct setting_spec *check(const struct load *l, const struct entry *e,
                                        const struct table *t, union setting_value *out)
{
    struct err why = { 0 };
    const struct setting_spec *spec = setting_find(t->specs, t->n, t->section, e->key);
    if (spec == NULL) {
        say_unknown_key(l, e, t);
    } else if (!setting_parse(spec, e->value, out, &why)) {
        say(l, e, why.text);
        spec = NULL;
    }
    return spec;
}

static bool window_known(const struct settings *s, int64_t seconds)
{
    bool known = seconds == 10 || seconds == 60 || seconds == 300;
    for (size_t i = 0; i < s->n_window_s; i++) {
        known = known || s->window_s[i] == seconds;
    }
    return known;
}

/* One "30s" of [windows] extra. */
static bool add_window(struct settings *s, const char *word, size_t n, struct err *err)
{
    int64_t seconds = 0;
    bool good = n > 1 && n < 8 && word[n - 1] == 's' && word[0] != '-' && word[0] != '+' &&
                decimal_parse_i64(word, n - 1, &seconds, NULL);
    if (!good || seconds < 1 || seconds > EXTRA_WINDOW_S_MAX) {
        return err_set(err, ERR_INVALID, "'%.*s' is no window; accepted: 1s..%ds", (int)n, word,
                       EXTRA_WINDOW_S_MAX);
    }
    if (window_known(s, seconds)) {
        return err_set(err, ERR_INVALID,
                       "there is a window of %" PRId64 " s already; 10, 60 and 300 s always are",
                       seconds);
    }
    if (s->n_window_s == EXTRA_WINDOWS_MAX) {
        return err_set(err, ERR_INVALID, "more than %d windows", EXTRA_WINDOWS_MAX);
    }
    s->window_s[s->n_window_s++] = seconds;
    return true;
}

static void take_windows(struct load *l, const struct entry *e)
{
    struct err why = { 0 };
    l->s->window_s = calloc(EXTRA_WINDOWS_MAX, sizeof *l->s->window_s);
    l->failed = l->failed || l->s->window_s == NULL;
    for (const char *c = e->value; !l->failed && *c != '\0';) {
        size_t n = strcspn(c, ", \t");
        if (n > 0 && !add_window(l->s, c, n, &why)) {
            say(l, e, why.text);
            return;
        }
        c += n > 0 ? n : 1;
    }
}

#define LETTERS_AND_DIGITS "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"

/* Bytes of the character that text, which is not empty, begins with. */
static int first_len(const char *text)
{
    uint32_t code;
    size_t n = utf8_step(text, strlen(text), &code);
    return n > 0 ? (int)n : 1;
}

static void check_tickers(const struct load *l, const struct entry *e)
{
    static const char accepted[] = LETTERS_AND_DIGITS "._-/^=*?[]\\ ,\t";
    size_t good = strspn(e->value, accepted);
    if (e->value[good] != '\0') {
        struct err why = { 0 };
        (void)err_set(
            &why, ERR_INVALID,
            "'%.*s' is in no ticker; accepted: names and globs of A-Z a-z 0-9 . _ - / ^ = "
            "* ? [ ], separated by spaces or commas",
            first_len(e->value + good), e->value + good);
        say(l, e, why.text);
    }
}

/* It becomes a key beside ours, and must be none of them. */
static void check_firehose(const struct load *l, const struct entry *e)
{
    static const char accepted[] = LETTERS_AND_DIGITS "._-";
    static const char *const ours[] = { "engine",    "status",   "detectors", "feed",    "sequence",
                                        "questions", "quotes",   "latest",    "channel", "metrics",
                                        "levels",    "patterns", "state",     "changes", "reply" };
    struct err why = { 0 };
    size_t good = strspn(e->value, accepted);
    if (e->value[good] != '\0') {
        (void)err_set(&why, ERR_INVALID, "'%.*s' is in no name; accepted: A-Z a-z 0-9 . _ -",
                      first_len(e->value + good), e->value + good);
    }
    for (size_t i = 0; i < sizeof ours / sizeof ours[0] && why.text[0] == '\0'; i++) {
        if (strcmp(e->value, ours[i]) == 0) {
            (void)err_set(&why, ERR_INVALID, "'%s' is a key of the engine's own; take another name",
                          ours[i]);
        }
    }
    if (why.text[0] != '\0') {
        say(l, e, why.text);
    }
}

static void take_host_key(struct load *l, const struct entry *e)
{
    const struct setting_spec *specs;
    size_t n = settings_specs(&specs);
    struct table t = { .specs = specs, .n = n, .section = e->section };
    union setting_value value;
    const struct setting_spec *spec = check(l, e, &t, &value);
    if (spec == NULL) {
        return;
    }
    setting_store(spec, &value, l->s);
    bool filled = e->value[0] != '\0';
    if (strcmp(e->section, "windows") == 0 && strcmp(e->key, "extra") == 0) {
        take_windows(l, e);
    } else if (strcmp(e->section, "feed") == 0 && strcmp(e->key, "tickers") == 0) {
        check_tickers(l, e);
    } else if (strcmp(e->section, "feed") == 0 && strcmp(e->key, "firehose") == 0) {
        check_firehose(l, e);
    } else if (strcmp(e->section, "redis") == 0 && strcmp(e->key, "url") == 0) {
        l->s->redis_url_line = e->line;
    } else if (strcmp(e->section, "redis") == 0 && strcmp(e->key, "password") == 0) {
        l->password_line = filled ? e->line : 0;
    } else if (strcmp(e->section, "redis") == 0 && strcmp(e->key, "password_file") == 0) {
        l->password_file_line = filled ? e->line : 0;
    }
}

static void keep(struct load *l, const struct entry *e, const struct section *in)
{
    bool detector = in->kind == SECTION_DETECTOR;
    struct setting **list = detector ? &l->s->detector_items : &l->s->ticker_items;
    size_t *n = detector ? &l->s->n_detector_items : &l->s->n_ticker_items;
    if ((*n & (*n - 1)) == 0) { /* grows at 0, 1, 2, 4, 8 ... */
        struct setting *grown = realloc(*list, (*n == 0 ? 1 : *n * 2) * sizeof *grown);
        if (grown == NULL) {
            l->failed = true;
            return;
        }
        *list = grown;
    }
    struct setting *item = &(*list)[(*n)++];
    *item = (struct setting){ .section_id = strdup(in->id),
                              .ticker = strdup(in->ticker),
                              .key = strdup(e->key),
                              .value = strdup(e->value),
                              .line = e->line };
    l->failed = l->failed || item->section_id == NULL || item->ticker == NULL ||
                item->key == NULL || item->value == NULL;
}

static void take_ticker_key(struct load *l, const struct entry *e, const struct section *in)
{
    struct table t = { .section = NULL };
    t.n = settings_ticker_specs(&t.specs);
    union setting_value value;
    int64_t px = 0;
    struct err why = { 0 };
    const struct setting_spec *spec = check(l, e, &t, &value);
    if (spec == NULL) {
        return;
    }
    if (spec->type == SETTING_REAL &&
        (!decimal_parse_px(e->value, strlen(e->value), &px, &why) || px <= 0)) {
        say(l, e, why.text[0] != '\0' ? why.text : "must be above 0");
        return;
    }
    keep(l, e, in);
}

static void take_detector_key(struct load *l, const struct entry *e, const struct section *in)
{
    struct table t = { .section = NULL };
    t.n = settings_detector_specs(&t.specs);
    union setting_value value;
    if (setting_find(t.specs, t.n, NULL, e->key) == NULL || check(l, e, &t, &value) != NULL) {
        keep(l, e, in);
    }
}

static void take_entry(struct load *l, const struct entry *e)
{
    struct err why = { 0 };
    if (e->problem != NULL) {
        settings_errors_add(l->errors, "%s:%d: %s", l->file, e->line, e->problem);
        return;
    }
    if (e->section[0] == '\0') {
        if (e->key != NULL) {
            settings_errors_add(l->errors, "%s:%d: %s: stands before the first [section]", l->file,
                                e->line, e->key);
        } else {
            settings_errors_add(l->errors, "%s:%d: a section without a name", l->file, e->line);
        }
        return;
    }
    struct section in = section_parse(e->section, &why);
    if (e->key == NULL) {
        if (in.kind == SECTION_UNKNOWN) {
            say(l, e, why.text);
        }
        return;
    }
    if (e->first_line != 0 && in.kind != SECTION_UNKNOWN) {
        (void)err_set(&why, ERR_INVALID, "is set twice, first in line %d", e->first_line);
        say(l, e, why.text);
        return;
    }
    switch (in.kind) {
    case SECTION_UNKNOWN: /* said at its heading */
        break;
    case SECTION_HOST:
        take_host_key(l, e);
        break;
    case SECTION_TICKER:
        take_ticker_key(l, e, &in);
        break;
    case SECTION_DETECTOR:
        take_detector_key(l, e, &in);
        break;
    }
}

static void take_defaults(struct settings *s)
{
    const struct setting_spec *specs;
    size_t n = settings_specs(&specs);
    for (size_t i = 0; i < n; i++) {
        union setting_value value;
        CHECK(setting_parse(&specs[i], specs[i].def, &value, NULL));
        setting_store(&specs[i], &value, s);
    }
}

static void take_path(struct load *l, const char *path)
{
    struct settings *s = l->s;
    char *real = realpath(path, NULL);
    int n = snprintf(s->path, sizeof s->path, "%s", real != NULL ? real : path);
    free(real);
    if (n < 0 || (size_t)n >= sizeof s->path) {
        settings_errors_add(l->errors, "%.100s...: the path is too long", path);
        return;
    }
    memcpy(s->dir, s->path, sizeof s->dir);
    char *slash = strrchr(s->dir, '/');
    if (slash == NULL) {
        memcpy(s->dir, ".", sizeof ".");
    } else {
        slash[slash == s->dir ? 1 : 0] = '\0';
    }
}

static void take_file(struct load *l, const char *path)
{
    struct err why = { 0 };
    struct entries entries;
    take_path(l, path);
    l->file = settings_file_name(l->s);
    if (!entries_read(&entries, path, &why)) {
        settings_errors_add(l->errors, "%.150s: %s", path, why.text);
    } else {
        for (size_t i = 0; i < entries.n; i++) {
            take_entry(l, &entries.list[i]);
        }
    }
    entries_fini(&entries);
}

static void take_password(struct load *l)
{
    const char *env = getenv("REDIS_PASSWORD");
    bool by_env = env != NULL && env[0] != '\0'; /* settings_take_env() has it */
    char path[sizeof l->s->dir];
    struct err why = { 0 };
    if (l->password_line != 0 && l->password_file_line != 0) {
        settings_errors_add(l->errors,
                            "%s:%d: [redis] password_file: password is set too, in line %d; "
                            "accepted: one of them",
                            l->file, l->password_file_line, l->password_line);
    } else if (!by_env && l->password_file_line != 0 &&
               (!settings_resolve(l->s, l->s->redis_password_file, path, sizeof path, &why) ||
                !read_first_line(path, l->s->redis_password, sizeof l->s->redis_password, &why))) {
        settings_errors_add(l->errors, "%s:%d: [redis] password_file: %s", l->file,
                            l->password_file_line, why.text);
    }
}

bool settings_load(struct settings *out, const char *path, struct settings_errors *errors)
{
    *out = (struct settings){ 0 };
    errors->n = 0;
    struct load l = { .s = out, .errors = errors, .file = "" };
    take_defaults(out);
    if (path != NULL && path[0] != '\0') {
        take_file(&l, path);
    }
    settings_take_thresholds(out, errors);
    settings_take_env(out, errors);
    take_password(&l);
    if (l.failed) {
        settings_errors_add(errors, "no memory for the configuration");
    }
    if (errors->n > 0) {
        settings_fini(out);
        return false;
    }
    out->hash = settings_hash(out);
    return true;
}
