/* SPDX-License-Identifier: MIT */
#include "param_text.h"

#include "settings.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { RIGHT_MAX = 160 };

static bool is_word(const ofd_param *p)
{
    return p->type == OFD_CHOICE && p->choices != NULL && p->n_choices > 0;
}

static const char *word_at(const ofd_param *p, uint32_t i)
{
    return p->choices[i] != NULL ? p->choices[i] : "";
}

/* Appends the word, or, where it does not fit, "...". */
static void add(char out[RIGHT_MAX], const char *between, const char *word)
{
    static const char more[] = ", ...";
    size_t n = strlen(out), all = n + strlen(between) + strlen(word) + sizeof more;
    bool cut = n >= sizeof more && strcmp(out + n + 1 - sizeof more, more) == 0;
    if (!cut) {
        bool fits = all <= RIGHT_MAX;
        (void)snprintf(out + n, RIGHT_MAX - n, "%s%s", fits ? between : more, fits ? word : "");
    }
}

/* "a whole number from 1 to 20 (default 3)", "one of fixed, quantile". */
static void say_right(const ofd_param *p, char out[RIGHT_MAX])
{
    if (!is_word(p)) {
        (void)snprintf(out, RIGHT_MAX, "a %snumber from %g to %g (default %g)",
                       p->type == OFD_INT ? "whole " : "", p->min, p->max, p->def);
        return;
    }
    (void)snprintf(out, RIGHT_MAX, "one of");
    for (uint32_t i = 0; i < p->n_choices; i++) {
        add(out, i == 0 ? " " : ", ", word_at(p, i));
    }
}

static bool parse(const ofd_param *p, const char *text, double *out)
{
    char *end;
    for (uint32_t i = 0; is_word(p) && i < p->n_choices; i++) {
        if (strcmp(word_at(p, i), text) == 0) {
            *out = i;
            return true;
        }
    }
    double value = strtod(text, &end);
    bool fits = p->type != OFD_CHOICE && end != text && *end == '\0' && value >= p->min &&
                value <= p->max && (p->type != OFD_INT || trunc(value) >= value);
    *out = fits ? value : *out;
    return fits;
}

static const char *key_of(const struct plug *g, uint32_t i)
{
    const char *key = plug_param(g, i)->key;
    return key != NULL ? key : "";
}

static bool unknown(const struct plug *g, const char *key, struct err *err)
{
    const char *keys[RIG_PARAMS_MAX];
    char list[RIGHT_MAX] = "";
    uint32_t n = g->plugin->n_params;
    for (uint32_t i = 0; i < n; i++) {
        keys[i] = key_of(g, i);
        add(list, i == 0 ? "it has " : ", ", keys[i]);
    }
    const char *near = settings_nearest(key, keys, n);
    return near != NULL ? err_set(err, ERR_INVALID, "there is no parameter %.40s; did you mean %s?",
                                  key, near)
                        : err_set(err, ERR_INVALID, "there is no parameter %.40s; %s", key,
                                  n == 0 ? "it has none" : list);
}

static bool take(const struct plug *g, char *word, double params[], struct err *err)
{
    char right[RIGHT_MAX], *value = strchr(word, '=');
    uint32_t i = 0;
    if (value != NULL) {
        *value++ = '\0';
    }
    while (i < g->plugin->n_params && strcmp(key_of(g, i), word) != 0) {
        i++;
    }
    if (i == g->plugin->n_params) {
        return unknown(g, word, err);
    }
    say_right(plug_param(g, i), right);
    if (value == NULL || *value == '\0') {
        return err_set(err, ERR_INVALID, "%s has no value: say %s=VALUE, %s", word, word, right);
    }
    return parse(plug_param(g, i), value, &params[i]) ||
           err_set(err, ERR_INVALID, "%s is %s, not %.40s", word, right, value);
}

bool param_text_take(const struct plug *g, const char *text, double params[], struct err *err)
{
    char words[PARAM_TEXT_MAX], *rest = NULL;
    if (snprintf(words, sizeof words, "%s", text) >= (int)sizeof words) {
        return err_set(err, ERR_INVALID, "more than %d characters", PARAM_TEXT_MAX - 1);
    }
    for (char *w = strtok_r(words, ", \t", &rest); w != NULL; w = strtok_r(NULL, ", \t", &rest)) {
        if (!take(g, w, params, err)) {
            return false;
        }
    }
    return true;
}
