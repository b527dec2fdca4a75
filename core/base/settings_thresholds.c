/* SPDX-License-Identifier: MIT */
/* [plugins] thresholds: the file that `orderflow calibrate` writes. */
#include "settings_internal.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct reading {
    struct settings *s;
    struct settings_errors *errors;
    const char *file;
    char hash[24]; /* as the file says */
    int hash_line;
    bool failed; /* out of memory */
};

const char *settings_thresholds_name(const struct settings *s)
{
    const char *slash = strrchr(s->plugins_thresholds, '/');
    return slash != NULL ? slash + 1 : s->plugins_thresholds;
}

static void keep(struct reading *r, const struct entry *e, const struct section *in)
{
    struct settings *s = r->s;
    size_t n = s->n_threshold_items;
    if ((n & (n - 1)) == 0) { /* grows at 0, 1, 2, 4, 8 ... */
        struct setting *grown = realloc(s->threshold_items, (n == 0 ? 1 : n * 2) * sizeof *grown);
        if (grown == NULL) {
            r->failed = true;
            return;
        }
        s->threshold_items = grown;
    }
    struct setting *item = &s->threshold_items[s->n_threshold_items++];
    *item = (struct setting){ .section_id = strdup(in->id),
                              .ticker = strdup(in->ticker),
                              .key = strdup(e->key),
                              .value = strdup(e->value),
                              .line = e->line,
                              .calibrated = true };
    r->failed = r->failed || item->section_id == NULL || item->ticker == NULL ||
                item->key == NULL || item->value == NULL;
}

static void say(const struct reading *r, const struct entry *e, const char *what)
{
    settings_errors_add(r->errors, "%s:%d: [%s]%s%s: %s", r->file, e->line, e->section,
                        e->key != NULL ? " " : "", e->key != NULL ? e->key : "", what);
}

static void take_head(struct reading *r, const struct entry *e)
{
    if (strcmp(e->key, "hash") == 0) {
        (void)snprintf(r->hash, sizeof r->hash, "%s", e->value);
        r->hash_line = e->line;
    } else if (strcmp(e->key, "written") != 0) {
        say(r, e, "unknown key; accepted: hash written");
    }
}

static void take_entry(struct reading *r, const struct entry *e)
{
    struct err why = { 0 };
    if (e->problem != NULL) {
        settings_errors_add(r->errors, "%s:%d: %s", r->file, e->line, e->problem);
        return;
    }
    if (strcmp(e->section, "calibration") == 0) {
        if (e->key != NULL) {
            take_head(r, e);
        }
        return;
    }
    struct section in = section_parse(e->section, &why);
    if (in.kind != SECTION_DETECTOR || in.ticker[0] == '\0') {
        if (e->key == NULL || e->section[0] == '\0') {
            say(r, e, "no section of thresholds; accepted: [calibration] [detector:ID@TICKER]");
        }
    } else if (e->key != NULL && e->first_line != 0) {
        (void)err_set(&why, ERR_INVALID, "is set twice, first in line %d", e->first_line);
        say(r, e, why.text);
    } else if (e->key != NULL) {
        keep(r, e, &in);
    }
}

static void check_hash(const struct reading *r)
{
    char is[24];
    uint64_t hash = settings_hash_items(r->s->threshold_items, r->s->n_threshold_items);
    (void)snprintf(is, sizeof is, "%016" PRIx64, hash);
    if (r->hash_line == 0) {
        settings_errors_add(r->errors,
                            "%s: [calibration] hash: is not there; `orderflow calibrate` "
                            "writes it",
                            r->file);
    } else if (strcmp(is, r->hash) != 0) {
        settings_errors_add(r->errors,
                            "%s:%d: [calibration] hash: does not fit the sections, which were "
                            "changed since; calibrate again, or put %s",
                            r->file, r->hash_line, is);
    }
    (void)snprintf(r->s->thr, sizeof r->s->thr, "cal#%.4s", is + 12);
}

void settings_take_thresholds(struct settings *s, struct settings_errors *errors)
{
    struct reading r = { .s = s, .errors = errors };
    char path[sizeof s->dir];
    struct err why = { 0 };
    struct entries entries = { 0 };
    if (s->plugins_thresholds[0] == '\0') {
        return;
    }
    r.file = settings_thresholds_name(s);
    int before = errors->n;
    if (!settings_resolve(s, s->plugins_thresholds, path, sizeof path, &why) ||
        !entries_read(&entries, path, &why)) {
        settings_errors_add(errors, "[plugins] thresholds: %.150s: %s", s->plugins_thresholds,
                            why.text);
    } else {
        for (size_t i = 0; i < entries.n; i++) {
            take_entry(&r, &entries.list[i]);
        }
        if (r.failed) {
            settings_errors_add(errors, "no memory for the thresholds");
        } else if (errors->n == before) {
            check_hash(&r);
        }
    }
    entries_fini(&entries);
}
