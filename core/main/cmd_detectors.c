/* SPDX-License-Identifier: MIT */
#include "cli.h"
#include "detector_params.h"
#include "options.h"
#include "plugins_list.h"
#include "quarantine.h"
#include "served.h"

#include <stdio.h>
#include <string.h>

static int run(int argc, char **argv, const char *argv0);

const struct command cmd_detectors = {
    .name = "detectors",
    .arguments = "[--json] | --release NAME",
    .summary = "the detectors of the plugins folder: version, parameters and values, state",
    .run = run,
};

enum { TEXT_MAX_BYTES = 4 << 20 };

static void put_member(struct buf *out, const char *key, const char *text)
{
    buf_printf(out, ",\"%s\":", key);
    buf_json(out, text, strlen(text));
}

/* The engine runs it from a build that the file has no more. */
static bool runs_unlisted(const struct listing *l, const struct served_detector *d)
{
    for (size_t i = 0; i < l->n; i++) {
        if (l->items[i].ok && strcmp(l->items[i].decl.id, d->id) == 0) {
            return false;
        }
    }
    return d->note[0] != '\0';
}

static const char *idle_state(const struct listed *d, const struct served *served)
{
    bool known = served->trouble.text[0] == '\0';
    return !d->ok || d->taken ? "refused"
           : d->held          ? "quarantined"
           : known            ? "not running"
                              : "unknown";
}

static const struct served_detector *live_of(const struct listed *d, const struct served *served)
{
    return d->ok && !d->taken ? served_find(served, d->decl.id) : NULL;
}

/* What a serving engine says of it goes first; without one it is what the file declares. */
static void print_json(const struct listing *l, const struct served *served,
                       const struct settings *s, struct buf *out)
{
    buf_puts(out, "{\"engine\":");
    buf_puts(out, served->any ? "true" : served->trouble.text[0] != '\0' ? "null" : "false");
    buf_puts(out, ",\"detectors\":[");
    for (size_t i = 0; i < l->n; i++) {
        const struct listed *d = &l->items[i];
        const struct served_detector *live = live_of(d, served);
        buf_printf(out, "%s{\"id\":", i == 0 ? "" : ",");
        buf_json(out, d->decl.id, strlen(d->decl.id));
        put_member(out, "path", d->path);
        put_member(out, "state", live != NULL ? live->state : idle_state(d, served));
        put_member(out, "reason", live != NULL ? live->reason : d->reason);
        if (live != NULL) {
            buf_printf(out, ",\"strikes\":%lld,\"restarts\":%lld", live->strikes, live->restarts);
            put_member(out, "note", live->note);
        }
        if (d->ok) {
            put_member(out, "version", d->decl.version);
            put_member(out, "description", d->decl.description);
            buf_putc(out, ',');
            detector_put_params(s, &d->decl, out);
        }
        buf_putc(out, '}');
    }
    for (size_t i = 0; i < served->n; i++) {
        const struct served_detector *d = &served->items[i];
        if (runs_unlisted(l, d)) {
            buf_printf(out, "%s{\"id\":", l->n == 0 && i == 0 ? "" : ",");
            buf_json(out, d->id, strlen(d->id));
            put_member(out, "state", d->state);
            put_member(out, "reason", d->reason);
            put_member(out, "note", d->note);
            buf_putc(out, '}');
        }
    }
    buf_puts(out, "]}\n");
}

static void print_text(const struct listing *l, const struct served *served,
                       const struct settings *s, struct buf *out)
{
    for (size_t i = 0; i < l->n; i++) {
        const struct listed *d = &l->items[i];
        const struct served_detector *live = live_of(d, served);
        if (!d->ok) {
            buf_printf(out, "%s: refused: %s\n", d->path, d->reason);
            continue;
        }
        const char *reason = live != NULL ? live->reason : d->reason;
        buf_printf(out, "%s %s  %s%s%s\n    %s\n    %s\n", d->decl.id, d->decl.version,
                   live != NULL ? live->state : idle_state(d, served),
                   reason[0] != '\0' ? ": " : "", reason, d->decl.description, d->path);
        if (live != NULL && live->note[0] != '\0') {
            buf_printf(out, "    note: %s\n", live->note);
        }
        detector_print_params(s, &d->decl, out);
    }
    for (size_t i = 0; i < served->n; i++) {
        const struct served_detector *d = &served->items[i];
        if (runs_unlisted(l, d)) {
            buf_printf(out, "%s  %s\n    note: %s\n", d->id, d->state, d->note);
        }
    }
    if (l->n == 0) {
        buf_puts(out, "no .so file in the plugins folder\n");
    }
}

static int print(const struct program *p, bool json)
{
    struct listing l;
    struct err err = { 0 };
    if (!listing_make(&l, p, &err)) {
        (void)fprintf(stderr, "%s\n", err.text);
        return 1;
    }
    struct served served;
    struct buf out;
    served_read(&served, &p->settings);
    listing_tell_holders(&l, &served);
    if (served.trouble.text[0] != '\0') {
        (void)fprintf(stderr, "orderflow detectors: what an engine says is not known: %s\n",
                      served.trouble.text);
    }
    buf_init(&out, TEXT_MAX_BYTES);
    (json ? print_json : print_text)(&l, &served, &p->settings, &out);
    bool ok = !out.failed && print_out(out.data, out.len);
    buf_fini(&out);
    served_fini(&served);
    listing_fini(&l);
    return ok ? 0 : 1;
}

/* Whether an engine runs or not: it looks for the files itself. */
static int release(const struct program *p, const char *id)
{
    struct err err = { 0 };
    size_t n = 0;
    const char *dir = p->paths.quarantine;
    if (dir[0] == '\0') {
        (void)fprintf(stderr, "there is no state folder ([engine] state_dir): a quarantine ends "
                              "with its engine\n");
        return 1;
    }
    if (!quarantine_release(dir, id, &n, &err)) {
        (void)fprintf(stderr, "%s\n", err.text);
        return 1;
    }
    if (n == 0) {
        (void)fprintf(stderr, "%s is not in quarantine (%s)\n", id, dir);
        return 1;
    }
    (void)printf("released %s: %zu build%s; an engine at work runs it again within a second\n", id,
                 n, n == 1 ? "" : "s");
    return 0;
}

static int run(int argc, char **argv, const char *argv0)
{
    struct common_options common = { 0 };
    bool json = false;
    const char *name = NULL;
    const struct option_def defs[] = {
        { "json", NULL, "as one JSON document", NULL, &json },
        { "release", "NAME", "take the detector out of quarantine", &name, NULL },
    };
    int status = options_parse(&cmd_detectors, defs, 2, &argc, argv, &common);
    if (status != -1) {
        return status;
    }
    if (argc > 0) {
        return usage_error("detectors", "takes no arguments");
    }
    struct program p;
    if (!program_init(&p, "orderflow", argv0, common.config)) {
        return 1;
    }
    status = name != NULL ? release(&p, name) : print(&p, json);
    program_fini(&p);
    return status;
}
