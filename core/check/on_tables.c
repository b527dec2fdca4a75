/* SPDX-License-Identifier: MIT */
/* Checks 9 to 14 and 18: what the plugin declares, looked at table by table. */
#include "checks.h"
#include "rig.h"
#include "utf8.h"

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { INDEX_MAX = 64, TEXT_MAX = 4096 };

/* ---- 9, 10: the entry ------------------------------------------------------------------------ */

static loader_entry_fn *entry_of(struct probe *p)
{
    struct err err = { 0 };
    p->phase = "loading";
    loader_entry_fn *entry = loader_open(p->path, &p->crumb, &err);
    p->phase = NULL;
    if (entry == NULL) {
        probe_skip(p, "%s; see elf-needed", err.text);
    }
    return entry;
}

static const ofd_plugin *ask(struct probe *p, loader_entry_fn *entry, uint32_t minor,
                             uint32_t index)
{
    probe_note(p, "host_minor %" PRIu32 ", index %" PRIu32, minor, index);
    p->phase = "ofd_entry_v1()";
    const ofd_plugin *answer = entry(minor, index);
    p->phase = NULL;
    return answer;
}

void check_entry_index(struct probe *p)
{
    const ofd_plugin *first[INDEX_MAX];
    uint32_t n = 0;
    loader_entry_fn *entry = entry_of(p);
    if (entry == NULL) {
        return;
    }
    while (n < INDEX_MAX && (first[n] = ask(p, entry, OFD_MINOR, n)) != NULL) {
        n++;
    }
    if (n == 0) {
        probe_fail(p, "index 0 is NULL: it has no detector");
    } else if (n == INDEX_MAX) {
        probe_fail(p, "index %d still gives a detector: it never ends", INDEX_MAX - 1);
    }
    for (uint32_t i = n + 1; i-- > 0;) {
        if (i < INDEX_MAX && ask(p, entry, OFD_MINOR, i) != (i < n ? first[i] : NULL)) {
            probe_fail(p, "index %" PRIu32 " gives another answer when it is asked again", i);
        }
    }
    if (n < INDEX_MAX && ask(p, entry, OFD_MINOR, UINT32_MAX) != NULL) {
        probe_fail(p, "index 4294967295 gives a detector");
    }
}

void check_entry_minor(struct probe *p)
{
    static const uint32_t minors[] = { 0, OFD_MINOR + 1, 1000, UINT32_MAX };
    loader_entry_fn *entry = entry_of(p);
    const ofd_plugin *now = entry != NULL ? ask(p, entry, OFD_MINOR, p->index) : NULL;
    for (size_t i = 0; now != NULL && i < sizeof minors / sizeof *minors; i++) {
        const ofd_plugin *other = ask(p, entry, minors[i], p->index);
        if (other == NULL) {
            probe_fail(p, "a host of minor %" PRIu32 " is refused", minors[i]);
        } else if (other->id == NULL || now->id == NULL || strcmp(other->id, now->id) != 0) {
            probe_fail(p, "a host of minor %" PRIu32 " gets another detector", minors[i]);
        }
    }
}

/* ---- 11: sizes ------------------------------------------------------------------------------- */

static void judge_table(struct probe *p, const char *what, const void *first, uint32_t n,
                        uint32_t stride, size_t bytes, uint32_t most)
{
    if (n > most) {
        probe_fail(p, "%" PRIu32 " %ss; at most %" PRIu32, n, what, most);
    }
    if (n > 0 && (first == NULL || stride < bytes || stride > TEXT_MAX || stride % 8 != 0)) {
        probe_fail(p,
                   "the table of %ss is %s with a stride of %" PRIu32 "; an element has %zu bytes",
                   what, first == NULL ? "NULL" : "set", stride, bytes);
        return;
    }
    for (uint32_t i = 0; i < n && i < most; i++) {
        uint32_t size;
        memcpy(&size, (const char *)first + (size_t)i * stride, sizeof size);
        if (size < bytes || size > stride) {
            probe_fail(
                p, "%s %" PRIu32 ": size %" PRIu32 " is not between %zu and the stride %" PRIu32,
                what, i, size, bytes, stride);
        }
    }
}

static const ofd_plugin *plugin_of(struct probe *p)
{
    loader_entry_fn *entry = entry_of(p);
    const ofd_plugin *plugin = entry != NULL ? ask(p, entry, OFD_MINOR, p->index) : NULL;
    if (entry != NULL && plugin == NULL) {
        probe_skip(p, "it has no detector of that index; see entry-index");
    }
    return plugin;
}

void check_table_size(struct probe *p)
{
    const ofd_plugin *g = plugin_of(p);
    if (g == NULL) {
        return;
    }
    p->phase = "its tables";
    probe_note(p, "reading ofd_plugin");
    if (!OFD_HAS(g, ofd_plugin, ext) || g->size > TEXT_MAX) {
        probe_fail(p, "ofd_plugin.size is %" PRIu32 "; ABI 1.0 has %zu", g->size,
                   OFD_UP_TO(ofd_plugin, ext));
        p->phase = NULL;
        return;
    }
    if (g->create == NULL || g->destroy == NULL || g->detect == NULL) {
        probe_fail(p, "create, destroy or detect is NULL");
    }
    if (g->window_s == NULL || g->n_windows == 0 || g->n_windows > WINDOWS_MAX) {
        probe_fail(p, "%" PRIu32 " windows; from 1 to %d", g->n_windows, WINDOWS_MAX);
    }
    if (g->n_kinds == 0) {
        probe_fail(p, "no kind of pattern is declared");
    }
    judge_table(p, "parameter", g->params, g->n_params, g->param_stride,
                OFD_UP_TO(ofd_param, reserved0), PARAMS_MAX);
    judge_table(p, "field", g->fields, g->n_fields, g->field_stride,
                OFD_UP_TO(ofd_field, reserved0), EVIDENCE_MAX);
    judge_table(p, "kind", g->kinds, g->n_kinds, g->kind_stride, OFD_UP_TO(ofd_kind, help),
                KINDS_MAX);
    p->phase = NULL;
}

/* ---- 12: texts ------------------------------------------------------------------------------- */

static bool key_valid(const char *key)
{
    static const char rest[] = "abcdefghijklmnopqrstuvwxyz0123456789_";
    size_t n = key != NULL ? strnlen(key, DETECTOR_ID_MAX) : 0;
    return n > 0 && n < DETECTOR_ID_MAX && key[0] >= 'a' && key[0] <= 'z' && strspn(key, rest) == n;
}

static void judge_key(struct probe *p, const char *what, const char *key)
{
    if (!key_valid(key)) {
        probe_fail(p, "%s '%.40s' is not [a-z][a-z0-9_]{0,31}", what, key != NULL ? key : "(NULL)");
    }
}

static void judge_text(struct probe *p, const char *of, const char *what, const char *text)
{
    size_t n = text != NULL ? strnlen(text, TEXT_MAX) : 0;
    if (n == TEXT_MAX) {
        probe_fail(p, "%s: %s is longer than %d bytes", of, what, TEXT_MAX - 1);
    } else if (n > 0 && !utf8_valid(text, n)) {
        probe_fail(p, "%s: %s is not UTF-8", of, what);
    }
    for (size_t i = 0; i < n && n < TEXT_MAX; i++) {
        if ((unsigned char)text[i] < 0x20) {
            probe_fail(p, "%s: %s holds a control character (%d)", of, what, text[i]);
            return;
        }
    }
}

static void judge_help(struct probe *p, const char *what, const char *key, const char *help)
{
    if (help == NULL || help[0] == '\0') {
        probe_warn(p, "%s %s has no help text", what, key != NULL ? key : "?");
    }
}

/* MAJOR.MINOR.PATCH, then nothing or -pre.release or +build. */
static bool semver(const char *text)
{
    for (int i = 0; i < 3; i++) {
        size_t digits = strspn(text, "0123456789");
        if (digits == 0 || (digits > 1 && text[0] == '0') || (i < 2 && text[digits] != '.')) {
            return false;
        }
        text += digits + (i < 2);
    }
    return text[0] == '\0' || ((text[0] == '-' || text[0] == '+') && text[1] != '\0');
}

static void judge_head(struct probe *p, const ofd_plugin *g)
{
    judge_key(p, "id", g->id);
    if (g->version == NULL || !semver(g->version)) {
        probe_fail(p, "version '%.40s' is not MAJOR.MINOR.PATCH",
                   g->version != NULL ? g->version : "(NULL)");
    }
    judge_text(p, "plugin", "name", g->name);
    judge_text(p, "plugin", "vendor", g->vendor);
    judge_text(p, "plugin", "description", g->description);
    judge_text(p, "plugin", "url", g->url);
    judge_text(p, "plugin", "license", g->license);
}

static void judge_choices(struct probe *p, const char *key, const char *const *choices, uint32_t n)
{
    for (uint32_t i = 0; choices != NULL && i < n && i < CHOICES_MAX; i++) {
        if (choices[i] == NULL || choices[i][0] == '\0') {
            probe_fail(p, "%s: choice %" PRIu32 " has no name", key, i);
        }
        judge_text(p, key, "a choice", choices[i]);
    }
}

void check_table_text(struct probe *p)
{
    struct plug g;
    if (!plug_load(&g, p, p->path, false)) {
        return;
    }
    p->phase = "its tables";
    probe_note(p, "reading texts");
    judge_head(p, g.plugin);
    for (uint32_t i = 0; i < g.plugin->n_params; i++) {
        const ofd_param *e = plug_param(&g, i);
        judge_key(p, "parameter", e->key);
        judge_text(p, "parameter", "unit", e->unit);
        judge_text(p, "parameter", "help", e->help);
        judge_help(p, "parameter", e->key, e->help);
        judge_choices(p, "parameter", e->choices, e->n_choices);
    }
    for (uint32_t i = 0; i < g.plugin->n_fields; i++) {
        const ofd_field *e = plug_field(&g, i);
        judge_key(p, "field", e->key);
        judge_text(p, "field", "unit", e->unit);
        judge_text(p, "field", "help", e->help);
        judge_help(p, "field", e->key, e->help);
        judge_choices(p, "field", e->choices, e->n_choices);
    }
    for (uint32_t i = 0; i < g.plugin->n_kinds; i++) {
        const ofd_kind *e = plug_kind(&g, i);
        judge_key(p, "kind", e->key);
        judge_text(p, "kind", "help", e->help);
        judge_help(p, "kind", e->key, e->help);
    }
    p->phase = NULL;
}

/* ---- 13: unique ------------------------------------------------------------------------------ */

static bool same(const char *a, const char *b)
{
    return a != NULL && b != NULL && strcmp(a, b) == 0;
}

static void judge_choice_names(struct probe *p, const char *key, const char *const *choices,
                               uint32_t n)
{
    for (uint32_t i = 0; choices != NULL && i < n && n <= CHOICES_MAX; i++) {
        for (uint32_t k = 0; k < i; k++) {
            if (same(choices[i], choices[k])) {
                probe_fail(p, "%s has the choice '%.40s' twice", key, choices[i]);
            }
        }
    }
}

static void judge_field_names(struct probe *p, const struct plug *g)
{
    static const char *const members[] = { "id",     "type",       "timestamp",    "description",
                                           "state",  "onset_ms",   "confirmed_ms", "peak_ms",
                                           "end_ms", "end_reason", "dir",          "quality" };
    for (uint32_t i = 0; i < g->plugin->n_fields; i++) {
        const char *key = plug_field(g, i)->key;
        for (uint32_t k = 0; k < i; k++) {
            if (same(key, plug_field(g, k)->key)) {
                probe_fail(p, "two fields are called %.40s", key);
            }
        }
        for (size_t k = 0; k < sizeof members / sizeof *members; k++) {
            if (same(key, members[k])) {
                probe_fail(p, "field %.40s: every pattern has a member of that name", key);
            }
        }
        judge_choice_names(p, key != NULL ? key : "?", plug_field(g, i)->choices,
                           plug_field(g, i)->n_choices);
    }
}

static void judge_ids(struct probe *p, const struct plug *g)
{
    for (uint32_t i = 0; i < INDEX_MAX; i++) {
        const ofd_plugin *other = ask(p, g->entry, OFD_MINOR, i);
        if (other == NULL) {
            return;
        }
        if (i != p->index && other != g->plugin && same(other->id, g->plugin->id)) {
            probe_fail(p, "detectors %" PRIu32 " and %" PRIu32 " are both called %.40s", p->index,
                       i, other->id);
        }
    }
}

void check_table_unique(struct probe *p)
{
    struct plug g;
    if (!plug_load(&g, p, p->path, false)) {
        return;
    }
    for (uint32_t i = 0; i < g.plugin->n_params; i++) {
        const ofd_param *e = plug_param(&g, i);
        for (uint32_t k = 0; k < i; k++) {
            if (same(e->key, plug_param(&g, k)->key)) {
                probe_fail(p, "two parameters are called %.40s", e->key);
            }
        }
        judge_choice_names(p, e->key != NULL ? e->key : "?", e->choices, e->n_choices);
    }
    for (uint32_t i = 0; i < g.plugin->n_kinds; i++) {
        for (uint32_t k = 0; k < i; k++) {
            if (same(plug_kind(&g, i)->key, plug_kind(&g, k)->key)) {
                probe_fail(p, "two kinds are called %.40s", plug_kind(&g, i)->key);
            }
        }
    }
    judge_field_names(p, &g);
    judge_ids(p, &g);
}

/* ---- 14: ranges ------------------------------------------------------------------------------ */

static bool whole(double x)
{
    return fabs(x) <= 0x1p53 && floor(x) >= x;
}

static bool on_step(const ofd_param *e, double value)
{
    double steps = (value - e->min) / e->step;
    return fabs(steps - nearbyint(steps)) <= 1e-6 * fmax(1, fabs(steps));
}

static void judge_number(struct probe *p, const ofd_param *e, const char *key)
{
    if (!isfinite(e->def) || !isfinite(e->min) || !isfinite(e->max) || !isfinite(e->step)) {
        probe_fail(p, "%s: def, min, max or step is not a finite number", key);
        return;
    }
    if (!(e->min <= e->def && e->def <= e->max)) {
        probe_fail(p, "%s: the default %g does not lie in %g..%g", key, e->def, e->min, e->max);
    }
    if (e->step < 0) {
        probe_fail(p, "%s: the step %g is negative", key, e->step);
    } else if (e->step > 0 && !on_step(e, e->def)) {
        probe_fail(p, "%s: the default %g is no whole number of steps %g above the minimum %g", key,
                   e->def, e->step, e->min);
    }
    if (e->type == OFD_INT &&
        !(whole(e->def) && whole(e->min) && whole(e->max) && whole(e->step))) {
        probe_fail(p, "%s: an int with a fraction, or beyond 2^53", key);
    }
}

void check_param_range(struct probe *p)
{
    struct plug g;
    if (!plug_load(&g, p, p->path, false)) {
        return;
    }
    for (uint32_t i = 0; i < g.plugin->n_params; i++) {
        const ofd_param *e = plug_param(&g, i);
        const char *key = e->key != NULL ? e->key : "?";
        if (e->type == OFD_CHOICE) {
            if (e->choices == NULL || e->n_choices == 0 || e->n_choices > CHOICES_MAX) {
                probe_fail(p, "%s: %" PRIu32 " choices; from 1 to %d", key, e->n_choices,
                           CHOICES_MAX);
            } else if (!whole(e->def) || e->def < 0 || e->def >= e->n_choices) {
                probe_fail(p, "%s: the default %g is no index of its choices", key, e->def);
            }
        } else if (e->type == OFD_INT || e->type == OFD_REAL) {
            judge_number(p, e, key);
        } else {
            probe_fail(p, "%s: type %" PRIu32 " is no parameter's", key, e->type);
        }
    }
}

/* ---- 18: extensions -------------------------------------------------------------------------- */

void check_ext_unknown(struct probe *p)
{
    static const char *const ids[] = { "",
                                       "x",
                                       "ofd",
                                       "ofd.",
                                       "ofd.state",
                                       "ofd.state/",
                                       "ofd.state/10",
                                       "ofd.state/1x",
                                       "OFD.STATE/1",
                                       "ofd.explain/0",
                                       "ofd.explain/10",
                                       "ofd.explain/1x",
                                       "ofd.explain/1 ",
                                       "ofd.on-quotes/999",
                                       "com.example.unknown/1",
                                       "%s%n",
                                       "\xff\xfe" };
    struct plug g;
    if (!plug_load(&g, p, p->path, false) || g.plugin->ext == NULL) {
        return;
    }
    for (size_t i = 0; i < sizeof ids / sizeof *ids; i++) {
        probe_note(p, "id '%s'", ids[i]);
        p->phase = "ext()";
        const void *answer = g.plugin->ext(ids[i]);
        p->phase = NULL;
        if (answer != NULL) {
            probe_fail(p, "ext(\"%s\") is not NULL", ids[i]);
        }
    }
}
