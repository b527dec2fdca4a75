/* SPDX-License-Identifier: MIT */
/* A detector as users see it: description, parameters and their values, health. */
#include "detector_params.h"
#include "engine.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

/* Tickers that its create() refused. */
static size_t without_instance(const struct engine *e, size_t i)
{
    size_t n = 0;
    for (size_t k = 0; k < e->n_tickers; k++) {
        n += e->tickers[k]->judging[i].no_instance;
    }
    return n;
}

static const char *state_name(const struct engine *e, size_t i)
{
    const struct detector *d = pool_get(e->pool, i);
    if ((d->state == DETECTOR_READY || d->state == DETECTOR_BUSY) && without_instance(e, i) > 0) {
        return "failing";
    }
    switch (d->state) {
    case DETECTOR_STARTING:
        return "starting";
    case DETECTOR_READY:
        return "ready";
    case DETECTOR_BUSY:
        return "busy";
    case DETECTOR_DOWN:
        return "down";
    case DETECTOR_REFUSED:
        return "refused";
    case DETECTOR_QUARANTINED:
        return "quarantined";
    case DETECTOR_UNWANTED:
        return "disabled";
    case DETECTOR_VACANT:
        return "vacant";
    }
    return "unknown";
}

bool engine_shows(const struct engine *e, size_t i)
{
    const struct detector *d = pool_get(e->pool, i);
    return d->state != DETECTOR_VACANT && d->heir_of == NO_DETECTOR && !d->removed;
}

const char *engine_detector_name(const struct engine *e, size_t i)
{
    const struct detector *d = pool_get(e->pool, i);
    const char *slash = strrchr(d->path, '/');
    return d->named ? d->decl.id : slash != NULL ? slash + 1 : d->path;
}

static void put_string(struct buf *out, const char *key, const char *text)
{
    buf_printf(out, "\"%s\":", key);
    buf_json(out, text, strlen(text));
}

static void put_reason(const struct engine *e, size_t i, struct buf *out)
{
    size_t n = without_instance(e, i);
    char text[128] = "";
    if (n > 0) {
        (void)snprintf(text, sizeof text, "create() gave no instance for %zu of %zu tickers", n,
                       e->n_tickers);
    }
    put_string(out, "reason", n > 0 ? text : pool_get(e->pool, i)->reason);
}

static uint64_t skipped(const struct engine *e, size_t i)
{
    uint64_t n = 0;
    for (size_t k = 0; k < e->n_tickers; k++) {
        n += e->tickers[k]->judging[i].skipped;
    }
    return n;
}

uint64_t engine_skipped(const struct engine *e)
{
    uint64_t n = 0;
    for (size_t k = 0; k < e->n_tickers; k++) {
        const struct ticker *t = e->tickers[k];
        for (size_t i = 0; i < e->n_detectors; i++) {
            n += t->judging[i].skipped;
        }
    }
    return n;
}

static uint64_t most_behind(const struct engine *e, const struct ring *r, size_t i)
{
    uint64_t most = 0;
    for (size_t k = 0; k < r->n; k++) {
        uint64_t n = ticker_behind(e->tickers[ring_get(r, k)], i);
        most = n > most ? n : most;
    }
    return most;
}

/* All others have been judged. */
uint64_t engine_behind(const struct engine *e, size_t i)
{
    uint64_t open = most_behind(e, &e->open[i], i), news = most_behind(e, &e->news, i);
    return open > news ? open : news;
}

/* What holds it in, and what it asked the system for in vain. */
static void put_fence(const struct detector *d, struct buf *out)
{
    buf_puts(out, "\"fence\":\"");
    fence_put_bits(d->fence, out);
    buf_printf(out, "\",\"refused_calls\":%" PRIu64 ",", d->refused_calls);
    put_string(out, "refused_call", d->refused_call);
    buf_putc(out, ',');
}

void engine_put_detector(const struct engine *e, size_t i, struct buf *out)
{
    const struct detector *d = pool_get(e->pool, i);
    buf_putc(out, '{');
    put_string(out, "id", engine_detector_name(e, i));
    buf_putc(out, ',');
    put_string(out, "state", state_name(e, i));
    buf_putc(out, ',');
    put_reason(e, i, out);
    buf_putc(out, ',');
    put_string(out, "note", d->note);
    buf_putc(out, ',');
    put_string(out, "path", d->path);
    buf_putc(out, ',');
    put_string(out, "sha256", d->sha256);
    buf_putc(out, ',');
    put_string(out, "version", d->decl.version != NULL ? d->decl.version : "");
    buf_putc(out, ',');
    put_string(out, "description", d->decl.description != NULL ? d->decl.description : "");
    buf_printf(out,
               ",\"pid\":%d,\"restarts\":%" PRIu64 ",\"strikes\":%" PRIu64 ",\"late\":%" PRIu64
               ",\"behind\":%" PRIu64 ",\"skipped\":%" PRIu64 ",\"refused\":%" PRIu64
               ",\"jobs\":%" PRIu64 ",\"emitted\":%" PRIu64 ",\"cpu_us\":%" PRIu64 ",",
               d->pid, d->restarts, d->strikes, d->late, engine_behind(e, i), skipped(e, i),
               d->refused_emits, d->jobs_done, d->emitted, d->cpu_us);
    put_fence(d, out);
    detector_put_params(e->cfg, &d->decl, out);
    buf_putc(out, '}');
}
