/* SPDX-License-Identifier: MIT */
/* Checks 15 to 17: the tables as the host uses them. */
#include "bind.h"
#include "checks.h"
#include "clock.h"
#include "describe.h"
#include "rig.h"
#include "settings_spec.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* ---- 15: the INI ----------------------------------------------------------------------------- */

static char *text_of(const char *text)
{
    return (char *)(uintptr_t)(text != NULL ? text : "");
}

/* Only the parameters, borrowed and as they are. False: they are for other checks to judge. */
static bool borrow_params(const struct plug *g, struct declaration *d)
{
    *d = (struct declaration){ .description = text_of(g->plugin->description) };
    const char *id = g->plugin->id != NULL ? g->plugin->id : "detector";
    (void)snprintf(d->id, sizeof d->id, "%s", id);
    if (g->plugin->n_params > PARAMS_MAX) {
        return false;
    }
    for (uint32_t i = 0; i < g->plugin->n_params; i++) {
        const ofd_param *p = plug_param(g, i);
        struct declared *to = &d->params[d->n_params++];
        *to = (struct declared){ .type = p->type,
                                 .key = text_of(p->key),
                                 .unit = text_of(p->unit),
                                 .help = text_of(p->help),
                                 .n_choices = p->n_choices,
                                 .def = p->def,
                                 .min = p->min,
                                 .max = p->max,
                                 .step = p->step };
        if (p->type < OFD_INT || p->type > OFD_CHOICE || p->type == OFD_PRICE || p->key == NULL ||
            p->n_choices > CHOICES_MAX ||
            (p->type == OFD_CHOICE && !(p->def >= 0 && p->def < p->n_choices))) {
            return false;
        }
        for (uint32_t k = 0; k < p->n_choices; k++) {
            to->choices[k] = text_of(p->choices[k]);
            if (strlen(to->choices[k]) > 60) {
                return false;
            }
        }
    }
    return true;
}

static bool write_ini(const struct declaration *d, char path[64])
{
    struct buf out;
    (void)snprintf(path, 64, "/tmp/orderflow-check-XXXXXX");
    int fd = mkstemp(path);
    if (fd < 0) {
        return false;
    }
    buf_init(&out, 1 << 20);
    bind_print_defaults(d, &out);
    bool ok = !out.failed && write(fd, out.data, out.len) == (ssize_t)out.len;
    buf_fini(&out);
    (void)close(fd);
    return ok;
}

static void compare(struct probe *p, const struct declaration *d, const struct settings *s,
                    struct settings_errors *errors)
{
    struct bound b;
    bool ok = bind_detector(s, d, "", &b, errors);
    for (int i = 0; !ok && i < errors->n; i++) {
        const char *text = strchr(errors->text[i], '[');
        probe_fail(p, "%s", text != NULL ? text : errors->text[i]);
    }
    for (uint32_t i = 0; ok && i < d->n_params; i++) {
        if (b.params[i] < d->params[i].def || b.params[i] > d->params[i].def) {
            probe_fail(p, "%s = %.17g reads back as %.17g", d->params[i].key, d->params[i].def,
                       b.params[i]);
        }
    }
    /* A key of the host's own is taken by the host: the parameter can never be set. */
    const struct setting_spec *host;
    size_t n = settings_detector_specs(&host);
    for (uint32_t i = 0; ok && i < d->n_params; i++) {
        if (setting_find(host, n, NULL, d->params[i].key) != NULL) {
            probe_fail(p, "%s is a key that the host uses itself: it cannot be set",
                       d->params[i].key);
        }
    }
}

void check_param_ini(struct probe *p)
{
    struct plug g;
    struct declaration d;
    char path[64];
    if (!plug_load(&g, p, p->path, false)) {
        return;
    }
    if (!borrow_params(&g, &d)) {
        probe_skip(p, "its parameters cannot be printed; see param-range and table-text");
        return;
    }
    struct settings s = { 0 };
    struct settings_errors *errors = calloc(1, sizeof *errors);
    CHECK(errors != NULL);
    if (!write_ini(&d, path)) {
        probe_skip(p, "no temporary file: %s", strerror(errno));
        free(errors);
        return;
    }
    if (settings_load(&s, path, errors)) {
        compare(p, &d, &s, errors);
    } else {
        for (int i = 0; i < errors->n; i++) {
            const char *colon = strchr(errors->text[i], ':');
            probe_fail(p, "line%s", colon != NULL ? colon : errors->text[i]);
        }
    }
    (void)unlink(path);
    settings_fini(&s);
    free(errors);
}

/* ---- 16: needs ------------------------------------------------------------------------------- */

/* True when one of the checks before has something to say, silently. */
static bool judged_elsewhere(const struct probe *p)
{
    static check_fn *const others[] = { check_table_size, check_table_text, check_table_unique,
                                        check_param_range, check_param_ini };
    unsigned found = 0;
    for (size_t i = 0; i < sizeof others / sizeof *others; i++) {
        struct probe silent = *p;
        silent.report_fd = -1;
        silent.failed = silent.warned = silent.skipped = 0;
        others[i](&silent);
        found += silent.failed + silent.skipped;
    }
    return found > 0;
}

static void judge_needs(struct probe *p, const ofd_plugin *g)
{
    for (uint32_t i = 0; i < g->n_windows; i++) {
        if (g->window_s[i] < 1 || g->window_s[i] > 3600) {
            probe_fail(p, "window_s[%" PRIu32 "] is %" PRIu32 "; 1 to 3600", i, g->window_s[i]);
        }
    }
    if (g->memory_s > 86400) {
        probe_fail(p, "memory_s is %" PRIu32 "; at most 86400", g->memory_s);
    }
    if (g->budget_us > 60000000) {
        probe_fail(p, "budget_us is %" PRIu32 "; at most 60000000", g->budget_us);
    }
    if ((g->columns & ~(uint64_t)HOST_COLUMNS) != 0) {
        probe_fail(p, "it needs columns 0x%" PRIx64 "; this host delivers 0x%x", g->columns,
                   (unsigned)HOST_COLUMNS);
    }
    if ((g->flags & ~(uint64_t)(OFD_DETERMINISTIC | OFD_ROWS | OFD_OFF)) != 0) {
        probe_fail(p, "flags 0x%" PRIx64 " hold bits that ABI 1 does not define", g->flags);
    }
}

void check_needs(struct probe *p)
{
    struct plug g;
    struct declaration d = { 0 };
    struct err err = { 0 };
    char *json = NULL;
    if (!plug_load(&g, p, p->path, false)) {
        return;
    }
    judge_needs(p, g.plugin);
    if (p->failed == 0 && !describe(g.plugin, &d, &json, &err) && !judged_elsewhere(p)) {
        probe_fail(p, "the host refuses it: %s", err.text);
    }
    free(json);
    declaration_fini(&d);
}

/* ---- 17: constant ---------------------------------------------------------------------------- */

static void put_text(struct buf *out, const char *text)
{
    buf_puts(out, text != NULL ? text : "(NULL)");
    buf_putc(out, '\n');
}

static void put_choices(struct buf *out, const char *const *choices, uint32_t n)
{
    for (uint32_t i = 0; choices != NULL && i < n; i++) {
        put_text(out, choices[i]);
    }
}

/* All bytes of the tables and all texts they point to. */
static void take_picture(const struct plug *g, struct buf *out)
{
    const ofd_plugin *p = g->plugin;
    buf_init(out, 16 << 20);
    buf_add(out, p, OFD_UP_TO(ofd_plugin, ext));
    buf_add(out, p->window_s, p->n_windows * sizeof p->window_s[0]);
    const char *const heads[] = { p->id,          p->name, p->version, p->vendor,
                                  p->description, p->url,  p->license };
    for (size_t i = 0; i < sizeof heads / sizeof *heads; i++) {
        put_text(out, heads[i]);
    }
    for (uint32_t i = 0; i < p->n_params; i++) {
        const ofd_param *e = plug_param(g, i);
        buf_add(out, e, OFD_UP_TO(ofd_param, reserved0));
        put_text(out, e->key);
        put_text(out, e->unit);
        put_text(out, e->help);
        put_choices(out, e->choices, e->n_choices);
    }
    for (uint32_t i = 0; i < p->n_fields; i++) {
        const ofd_field *e = plug_field(g, i);
        buf_add(out, e, OFD_UP_TO(ofd_field, reserved0));
        put_text(out, e->key);
        put_text(out, e->unit);
        put_text(out, e->help);
        put_choices(out, e->choices, e->n_choices);
    }
    for (uint32_t i = 0; i < p->n_kinds; i++) {
        const ofd_kind *e = plug_kind(g, i);
        buf_add(out, e, OFD_UP_TO(ofd_kind, help));
        put_text(out, e->key);
        put_text(out, e->help);
    }
}

/* Overwrites what calls before this one left on the stack: a text that the entry kept there. */
static __attribute__((noinline)) void wipe_stack(void)
{
    volatile char left_over[32768];
    for (size_t i = 0; i < sizeof left_over; i++) {
        left_over[i] = (char)(i % 8 == 7 ? 0 : '#');
    }
}

void check_table_constant(struct probe *p)
{
    struct plug g;
    struct rig r;
    struct reel t;
    struct buf before, after;
    struct err err = { 0 };
    if (!plug_load(&g, p, p->path, false)) {
        return;
    }
    CHECK(reel_lively(&t, 10 * probe_rounds(p, 10000, 100), p->seed, 1, &err));
    take_picture(&g, &before);
    wipe_stack();
    rig_init(&r, &g);
    r.forget = r.mute = true;
    if (rig_play(&r, &t, NS_PER_S)) {
        take_picture(&g, &after);
        if (before.len != after.len || memcmp(before.data, after.data, before.len) != 0) {
            probe_fail(p, "its tables or their texts have changed");
        }
        buf_fini(&after);
    }
    buf_fini(&before);
    rig_fini(&r);
    reel_fini(&t);
}
