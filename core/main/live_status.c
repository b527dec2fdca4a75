/* SPDX-License-Identifier: MIT */
/* Health as others see it: orderflow:status. */
#include "decimal.h"
#include "live.h"

#include <inttypes.h>
#include <stdio.h>
#include <unistd.h>

enum { PAIRS_MAX = 64 };

struct pairs {
    const char *field_text[2 * PAIRS_MAX];
    char texts[PAIRS_MAX][DECIMAL_MAX];
    size_t n;
};

static void put_number(struct pairs *p, const char *field, int64_t value)
{
    CHECK(p->n < PAIRS_MAX);
    (void)decimal_print_i64(p->texts[p->n], value);
    p->field_text[2 * p->n] = field;
    p->field_text[2 * p->n + 1] = p->texts[p->n];
    p->n++;
}

static void put_text(struct pairs *p, const char *field, const char *text)
{
    CHECK(p->n < PAIRS_MAX);
    p->field_text[2 * p->n] = field;
    p->field_text[2 * p->n + 1] = text;
    p->n++;
}

static void put_feed_counts(const struct live *l, struct pairs *p)
{
    int64_t read = 0, malformed = 0, late = 0, repeated = 0, tied = 0, rows = 0;
    for (size_t i = 0; i < l->engine.n_tickers; i++) {
        const struct stream_counts *c = stream_counts(l->engine.tickers[i]->stream);
        read += (int64_t)c->read;
        late += (int64_t)c->late;
        repeated += (int64_t)c->repeated;
        tied += (int64_t)c->tied;
        for (int k = 0; k < MALFORMED_KINDS; k++) {
            malformed += (int64_t)c->malformed[k];
        }
        rows += (int64_t)l->engine.tickers[i]->window.n;
    }
    put_number(p, "quotes_read", read);
    put_number(p, "quotes_malformed", malformed);
    put_number(p, "quotes_late", late);
    put_number(p, "quotes_repeated", repeated);
    put_number(p, "quotes_tied", tied);
    put_number(p, "rows_held", rows);
}

/* CPU time by phase, and the durations of turns in which a boundary was taken. */
static void put_phases(const struct live *l, struct pairs *p)
{
    static const char *const fields[PHASES] = {
#define PHASE(name, text) [PHASE_##name] = "cpu_us_" text,
        PHASES_OF(PHASE)
#undef PHASE
    };
    for (int i = 0; i < PHASES; i++) {
        put_number(p, fields[i], l->phases.cpu_ns[i] / 1000);
    }
    put_number(p, "turns", (int64_t)l->phases.turns);
    put_number(p, "turns_late", (int64_t)l->phases.late);
    put_number(p, "turn_ms_p50", phases_turn_quantile(&l->phases, 0.5));
    put_number(p, "turn_ms_p99", phases_turn_quantile(&l->phases, 0.99));
    put_number(p, "turn_ms_max", phases_turn_quantile(&l->phases, 1));
}

static void put_firehose(const struct live *l, struct pairs *p)
{
    if (l->firehose.reader == NULL) {
        return;
    }
    const struct firehose_counts *c = firehose_counts(l->firehose.reader);
    int64_t malformed = 0;
    for (int i = FIREHOSE_FINE + 1; i < FIREHOSE_FAULTS; i++) {
        malformed += (int64_t)c->malformed[i];
    }
    put_number(p, "firehose_entries", (int64_t)c->entries);
    put_number(p, "firehose_bytes", (int64_t)c->bytes);
    put_number(p, "firehose_malformed", malformed);
    put_number(p, "firehose_lost", (int64_t)c->lost);
    put_number(p, "firehose_repeated", (int64_t)c->repeated);
    put_number(p, "firehose_unwanted", (int64_t)c->unwanted);
    put_number(p, "firehose_unnamed", (int64_t)c->unnamed);
}

static bool stage_status(struct live *l, struct now now, struct err *err)
{
    struct pairs p = { .n = 0 };
    char hash[20];
    (void)snprintf(hash, sizeof hash, "%016" PRIx64, l->cfg->hash);
    put_number(&p, "pid", (int64_t)getpid());
    put_number(&p, "started_ms", l->started_ns / NS_PER_MS);
    put_number(&p, "updated_ms", now.wall_ns / NS_PER_MS);
    put_text(&p, "config", l->cfg->path);
    put_text(&p, "config_hash", hash);
    put_text(&p, "config_refused", l->reload.refused);
    put_text(&p, "config_needs_restart", l->reload.kept);
    put_number(&p, "config_reloads", (int64_t)l->reload.n);
    put_number(&p, "interval_ms", l->cfg->engine_interval_ms);
    put_text(&p, "trigger", l->cfg->engine_trigger);
    put_text(&p, "source", l->cfg->feed_source);
    if (l->journal != NULL) {
        put_text(&p, "journal", journal_state(l->journal));
        put_number(&p, "journal_bytes", (int64_t)journal_written_bytes(l->journal));
    }
    put_number(&p, "event_bell", l->event.open);
    put_number(&p, "event_rings", (int64_t)l->event.rings);
    put_number(&p, "tickers", (int64_t)l->engine.n_tickers);
    put_number(&p, "detectors", (int64_t)engine_running(&l->engine));
    put_number(&p, "boundaries_judged", (int64_t)l->engine.boundaries);
    put_number(&p, "boundaries_skipped", (int64_t)engine_skipped(&l->engine));
    put_number(&p, "judgements_discarded", (int64_t)l->engine.discarded);
    put_number(&p, "reports_written", (int64_t)l->written);
    put_number(&p, "cycles", (int64_t)l->cycles);
    put_number(&p, "failures", (int64_t)l->failures);
    put_number(&p, "memory_used", (int64_t)l->engine.arena.used_bytes);
    put_feed_counts(l, &p);
    put_firehose(l, &p);
    put_phases(l, &p);
    return sink_status(l->sink, p.field_text, p.n, err);
}

bool live_status(struct live *l, struct now now, struct err *err)
{
    return stage_status(l, now, err) && live_tell_detectors(l, now, err);
}
