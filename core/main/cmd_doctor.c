/* SPDX-License-Identifier: MIT */
#include "doctor.h"
#include "log.h"
#include "options.h"
#include "plugins_list.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int run(int argc, char **argv, const char *argv0);

const struct command cmd_doctor = {
    .name = "doctor",
    .arguments = "[--json]",
    .summary = "look at everything that has to be right: one line each, with what to do about it",
    .run = run,
};

enum { TEXT_MAX_BYTES = 4 << 20, LINE_MAX_BYTES = 8192 };

static const char *const verdicts[] = {
    [VERDICT_GOOD] = "ok", [VERDICT_WARN] = "warning", [VERDICT_BROKEN] = "broken"
};

static void put(struct doctor *d, const char *key, const char *text)
{
    buf_printf(&d->out, "\"%s\":", key);
    buf_json(&d->out, text, strlen(text));
}

void doctor_say(struct doctor *d, const char *what, enum verdict verdict, const char *fix,
                const char *fmt, ...)
{
    char text[LINE_MAX_BYTES];
    va_list ap;
    va_start(ap, fmt);
    (void)vsnprintf(text, sizeof text, fmt, ap);
    va_end(ap);
    for (char *at = text; *at != '\0'; at++) {
        *at = (unsigned char)*at < 0x20 || *at == 0x7f ? ' ' : *at;
    }
    d->warnings += verdict == VERDICT_WARN;
    d->broken += verdict == VERDICT_BROKEN;
    if (d->json) {
        buf_puts(&d->out, d->n == 0 ? "{" : ",{");
        put(d, "check", what);
        buf_putc(&d->out, ',');
        put(d, "verdict", verdicts[verdict]);
        buf_putc(&d->out, ',');
        put(d, "text", text);
        buf_putc(&d->out, ',');
        put(d, "fix", fix != NULL ? fix : "");
        buf_putc(&d->out, '}');
    } else {
        buf_printf(&d->out, "%-8s %-13s %s%s%s\n", verdicts[verdict], what, text,
                   fix != NULL ? "  -> " : "", fix != NULL ? fix : "");
    }
    d->n++;
}

/* The settings file, if it is right; else the defaults, so that the rest can be looked at. */
static bool check_config(struct doctor *d, struct program *p, const char *config)
{
    struct err err = { 0 };
    char path[PATH_BYTES];
    struct settings_errors *errors = calloc(1, sizeof *errors);
    bool found = settings_find(path, sizeof path, config, p->paths.prefix, &err);
    if (errors == NULL || !found) {
        doctor_say(d, "config", VERDICT_BROKEN, "name a file that is there", "%s",
                   errors == NULL ? "out of memory" : err.text);
    } else if (settings_load(&p->settings, path, errors)) {
        doctor_say(d, "config", VERDICT_GOOD, NULL, "%s",
                   path[0] != '\0' ? path : "no file: every key at its default");
    } else {
        for (int i = 0; i < errors->n; i++) {
            doctor_say(d, "config", VERDICT_BROKEN, "mend that line; the rest is told by defaults",
                       "%s", errors->text[i]);
        }
        *errors = (struct settings_errors){ 0 };
        found = settings_load(&p->settings, "", errors);
    }
    free(errors);
    return found;
}

static void look(struct doctor *d, struct program *p, const char *config)
{
    struct err err = { 0 };
    if (!check_config(d, p, config)) {
        return;
    }
    if (!program_take_redis_url(&p->settings, &err) ||
        !paths_plugins(&p->paths, &p->settings, &err) ||
        !paths_state(&p->paths, &p->settings, &err)) {
        doctor_say(d, "config", VERDICT_BROKEN, "mend that", "%s", err.text);
        return;
    }
    doctor_redis(d);
    doctor_plugins(d);
    doctor_fence(d);
    doctor_state(d);
    doctor_journal(d);
}

static int finish(struct doctor *d)
{
    if (d->json) {
        buf_printf(&d->out, "],\"warnings\":%zu,\"broken\":%zu}\n", d->warnings, d->broken);
    } else if (d->broken + d->warnings == 0) {
        buf_puts(&d->out, "all is well\n");
    } else {
        buf_printf(&d->out, "%zu broken, %zu warnings\n", d->broken, d->warnings);
    }
    bool ok = !d->out.failed && print_out(d->out.data, d->out.len);
    buf_fini(&d->out);
    return ok && d->broken == 0 ? 0 : 1;
}

static int run(int argc, char **argv, const char *argv0)
{
    struct common_options common = { 0 };
    struct program p = { 0 };
    struct doctor d = { .p = &p };
    struct err err = { 0 };
    const struct option_def defs[] = { { "json", NULL, "as one JSON document", NULL, &d.json } };
    int status = options_parse(&cmd_doctor, defs, 1, &argc, argv, &common);
    if (status != -1) {
        return status;
    }
    if (argc > 0) {
        return usage_error("doctor", "takes no arguments");
    }
    log_setup("orderflow", LOG_ERROR, LOG_TEXT);
    if (!paths_find(&p.paths, argv0, &err)) {
        (void)fprintf(stderr, "%s\n", err.text);
        return 1;
    }
    buf_init(&d.out, TEXT_MAX_BYTES);
    if (d.json) {
        buf_puts(&d.out, "{\"checks\":[");
    }
    look(&d, &p, common.config);
    program_fini(&p);
    return finish(&d);
}
