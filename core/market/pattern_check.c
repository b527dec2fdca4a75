/* SPDX-License-Identifier: MIT */
#include "pattern_check.h"

#include "orderflow/detector.h"

#include <math.h>
#include <string.h>

enum { WINDOW_S_MAX = 3600, MEMORY_S_MAX = 86400, BUDGET_US_MAX = 60000000, CHOICE_MAX = 32 };

static const double whole_max = 9007199254740992.0; /* 2^53: beyond, doubles skip whole numbers */

static bool key_valid(const char *key)
{
    static const char rest[] = "abcdefghijklmnopqrstuvwxyz0123456789_";
    size_t n = strlen(key);
    return n > 0 && n < DETECTOR_ID_MAX && key[0] >= 'a' && key[0] <= 'z' && strspn(key, rest) == n;
}

static bool bad(struct err *err, const char *list, uint32_t i, const char *key, const char *what)
{
    return err_set(err, ERR_INVALID, "%s[%u] '%.40s': %s", list, (unsigned)i, key, what);
}

/* A word that an INI can hold: no separator, no quote, no comment sign. */
static bool choice_valid(const char *word)
{
    static const char allowed[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"
                                  "_.+-";
    size_t n = strlen(word);
    return n > 0 && n <= CHOICE_MAX && strspn(word, allowed) == n;
}

static const char *choices_fault(const struct declared *d)
{
    if (d->type != OFD_CHOICE) {
        return d->n_choices == 0 ? NULL : "only a choice has choices";
    }
    if (d->n_choices == 0) {
        return "a choice without choices";
    }
    for (uint32_t i = 0; i < d->n_choices; i++) {
        if (!choice_valid(d->choices[i])) {
            return "a choice is 1-32 characters of A-Z a-z 0-9 _ . + -";
        }
        for (uint32_t k = 0; k < i; k++) {
            if (strcmp(d->choices[i], d->choices[k]) == 0) {
                return "the same choice twice";
            }
        }
    }
    return NULL;
}

static bool whole(double x)
{
    return fabs(x) <= whole_max && floor(x) == x;
}

static const char *range_fault(const struct declared *d)
{
    if (d->type == OFD_PRICE) {
        return "a parameter is an int, a real or a choice";
    }
    if (d->type == OFD_CHOICE) {
        return whole(d->def) && d->def >= 0 && d->def < d->n_choices
                   ? NULL
                   : "the default is no index of its choices";
    }
    if (!(d->min <= d->def && d->def <= d->max)) {
        return "not min <= def <= max";
    }
    if (d->step < 0) {
        return "step is negative";
    }
    if (d->type == OFD_INT &&
        !(whole(d->def) && whole(d->min) && whole(d->max) && whole(d->step))) {
        return "an int with a fraction, or beyond 2^53";
    }
    return NULL;
}

/* Words of the host: keys of every detector section, and members of every stored pattern. */
static bool taken(const char *key, const char *const *words, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        if (strcmp(key, words[i]) == 0) {
            return true;
        }
    }
    return false;
}

static bool host_param(const char *key)
{
#define SETTING(section, key, type, def, min, max, unit, help) #key,
    static const char *const words[] = {
#include "settings_detector.def"
    };
#undef SETTING
    return taken(key, words, sizeof words / sizeof words[0]);
}

static bool host_field(const char *key)
{
    static const char *const words[] = { "id",     "type",       "timestamp",    "description",
                                         "state",  "onset_ms",   "confirmed_ms", "peak_ms",
                                         "end_ms", "end_reason", "dir",          "quality" };
    return taken(key, words, sizeof words / sizeof words[0]);
}

/* Units stand within a line of the INI. */
static bool unit_valid(const char *unit)
{
    while (*unit != '\0' && (unsigned char)*unit >= 0x20) {
        unit++;
    }
    return *unit == '\0';
}

static const char *head_fault(const struct declared *list, uint32_t i)
{
    if (!unit_valid(list[i].unit)) {
        return "a unit with a control character";
    }
    if (!key_valid(list[i].key)) {
        return "a key is [a-z][a-z0-9_]{0,31}";
    }
    for (uint32_t k = 0; k < i; k++) {
        if (strcmp(list[i].key, list[k].key) == 0) {
            return "the same key twice";
        }
    }
    return NULL;
}

static bool check_params(const struct declaration *d, struct err *err)
{
    for (uint32_t i = 0; i < d->n_params; i++) {
        const struct declared *p = &d->params[i];
        const char *fault = head_fault(d->params, i);
        fault = fault == NULL && host_param(p->key) ? "a key of the host" : fault;
        fault = fault == NULL ? choices_fault(p) : fault;
        fault = fault == NULL ? range_fault(p) : fault;
        if (fault != NULL) {
            return bad(err, "params", i, p->key, fault);
        }
    }
    return true;
}

static bool check_fields(const struct declaration *d, struct err *err)
{
    for (uint32_t i = 0; i < d->n_fields; i++) {
        const struct declared *f = &d->fields[i];
        const char *fault = head_fault(d->fields, i);
        fault = fault == NULL && host_field(f->key) ? "a field of the host" : fault;
        fault = fault == NULL ? choices_fault(f) : fault;
        if (fault != NULL) {
            return bad(err, "fields", i, f->key, fault);
        }
    }
    return true;
}

static bool check_kinds(const struct declaration *d, struct err *err)
{
    if (d->n_kinds == 0) {
        return err_set(err, ERR_INVALID, "kinds: none declared");
    }
    for (uint32_t i = 0; i < d->n_kinds; i++) {
        if (!key_valid(d->kinds[i])) {
            return bad(err, "kinds", i, d->kinds[i], "a kind is [a-z][a-z0-9_]{0,31}");
        }
        for (uint32_t k = 0; k < i; k++) {
            if (strcmp(d->kinds[i], d->kinds[k]) == 0) {
                return bad(err, "kinds", i, d->kinds[i], "the same kind twice");
            }
        }
    }
    return true;
}

static bool check_needs(const struct declaration *d, struct err *err)
{
    if (d->n_windows == 0) {
        return err_set(err, ERR_INVALID, "window_s: none declared");
    }
    for (uint32_t i = 0; i < d->n_windows; i++) {
        if (d->window_s[i] < 1 || d->window_s[i] > WINDOW_S_MAX) {
            return err_set(err, ERR_INVALID, "window_s[%u]: %u is not in 1..%d", (unsigned)i,
                           (unsigned)d->window_s[i], WINDOW_S_MAX);
        }
    }
    if (d->memory_s < 1 || d->memory_s > MEMORY_S_MAX) {
        return err_set(err, ERR_INVALID, "memory_s: %u is not in 1..%d", (unsigned)d->memory_s,
                       MEMORY_S_MAX);
    }
    if (d->budget_us < 1 || d->budget_us > BUDGET_US_MAX) {
        return err_set(err, ERR_INVALID, "budget_us: %u is not in 1..%d", (unsigned)d->budget_us,
                       BUDGET_US_MAX);
    }
    return true;
}

/* MAJOR.MINOR.PATCH, then nothing or -pre.release or +build. */
static bool version_valid(const char *text)
{
    static const char rest[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789.+-";
    for (int i = 0; i < 3; i++) {
        size_t digits = strspn(text, "0123456789");
        if (digits == 0 || (i < 2 && text[digits] != '.')) {
            return false;
        }
        text += digits + (i < 2 ? 1 : 0);
    }
    return text[0] == '\0' ||
           (strchr("-+", text[0]) != NULL && text[1] != '\0' && strspn(text, rest) == strlen(text));
}

bool declaration_check(const struct declaration *d, struct err *err)
{
    if (!key_valid(d->id)) {
        return err_set(err, ERR_INVALID, "id: '%.40s' is not [a-z][a-z0-9_]{0,31}", d->id);
    }
    if (d->name[0] == '\0') {
        return err_set(err, ERR_INVALID, "name: is empty");
    }
    if (!version_valid(d->version)) {
        return err_set(err, ERR_INVALID, "version: '%.40s' is not MAJOR.MINOR.PATCH", d->version);
    }
    return check_needs(d, err) && check_params(d, err) && check_fields(d, err) &&
           check_kinds(d, err);
}
