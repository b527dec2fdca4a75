/* SPDX-License-Identifier: MIT */
#include "asof.h"

#include "asof_take.h"
#include "log.h"
#include "offline.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { REPORT_MAX_BYTES = 64 << 20 };

static bool replay(struct asof *a, const struct journal_list *list, struct err *err)
{
    bool ok = true;
    for (size_t i = a->place.first; ok && i <= a->place.last && a->n < a->place.report; i++) {
        struct record r;
        struct journal_reader *reader = journal_reader_open(a->args->dir, &list->items[i], err);
        ok = reader != NULL;
        while (ok && a->n < a->place.report && journal_next(reader, &r)) {
            a->n++;
            ok = asof_take(a, &r, err);
        }
        journal_reader_close(reader);
    }
    return ok && a->pass.ticker != NULL && pass_judge(&a->pass, err);
}

/* ---- all of it ------------------------------------------------------------------------------ */

static bool print_report(struct asof *a, struct err *err)
{
    struct buf out;
    struct offline_live live = { .report = a->place.written,
                                 .now_ns = a->args->at_ns,
                                 .newest = a->place.newest,
                                 .serving = a->place.serving };
    /* Of the firehose the front does not read: it has the report's quote and counts none. */
    bool zset = strcmp(a->cfg->feed_source, "firehose") != 0;
    if (!zset) {
        live.newest = (struct quote){ .ts_ns = 0 };
    }
    buf_init(&out, REPORT_MAX_BYTES);
    offline_report_live(&a->pass.engine, a->pass.ticker, zset ? a->place.quotes : -1, &live, &out);
    bool ok = !out.failed && fwrite(out.data, 1, out.len, stdout) == out.len && fflush(stdout) == 0;
    buf_fini(&out);
    return ok || err_set(err, ERR_SYSTEM, "cannot write the report");
}

static void say_cut(const struct asof *a, const struct journal_list *list)
{
    if (!a->place.whole) {
        char began[CLOCK_ISO_MAX];
        (void)clock_print_iso(began, list->items[a->place.first].session_ns);
        log_warn("journal_cut",
                 "the first segments of this session (begun %s) are gone: levels and "
                 "patterns begin with the oldest kept",
                 began);
    }
}

int asof_run(const struct paths *paths, const struct asof_args *args)
{
    struct asof a = { .paths = paths, .args = args, .cfg = calloc(1, sizeof *a.cfg) };
    struct journal_list list = { .n = 0 };
    struct err err = { 0 };
    (void)unsetenv("PROCESSOR_INTERVAL"); /* the journal has it */
    bool ok = a.cfg != NULL && journal_list(args->dir, &list, &err) &&
              asof_find(&list, args, &a.place, &err);
    if (ok) {
        say_cut(&a, &list);
        ok = replay(&a, &list, &err) && print_report(&a, &err);
    }
    if (!ok) {
        (void)fprintf(stderr, "%s\n", err.text[0] != '\0' ? err.text : "out of memory");
    }
    if (a.begun) {
        pass_fini(&a.pass);
    }
    if (a.has_cfg) {
        settings_fini(a.cfg);
    }
    free(a.cfg);
    free(a.patterns);
    journal_list_free(&list);
    return ok ? 0 : 1;
}
