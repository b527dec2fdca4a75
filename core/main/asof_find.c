/* SPDX-License-Identifier: MIT */
#include "asof_find.h"

#include "log.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

enum { SILENT_S = 5, NAMES_SHOWN = 20 };

struct search {
    const struct asof_args *args;
    struct asof_place *out;
    uint64_t n;        /* records read */
    uint32_t follows;  /* records still to come that say where the ticker stood */
    bool knows, exact; /* the ticker has been seen; under its very name */
    bool found, done;
    bool damaged;         /* the segment read last, somewhere */
    int64_t last_wall_ns; /* of any report up to the time asked for */
    int64_t first_report_ns;
    char names[400]; /* of tickers seen */
    int n_names;
};

static void note_name(struct search *s, const char *name)
{
    size_t n = strlen(s->names);
    if (s->n_names++ < NAMES_SHOWN) {
        (void)snprintf(s->names + n, sizeof s->names - n, "%s%s", n == 0 ? "" : " ", name);
    }
}

static void see_ticker(struct search *s, const struct record *r)
{
    char name[TICKER_MAX];
    (void)snprintf(name, sizeof name, "%.*s", (int)r->added.name.n, r->added.name.at);
    bool exact = strcmp(name, s->args->ticker) == 0;
    if (!r->added.goes_on) {
        note_name(s, name);
    }
    if (s->knows && s->out->ticker == r->ticker) {
        s->follows = r->added.follows;
        return;
    }
    if ((exact && !s->exact) || (!s->knows && strcasecmp(name, s->args->ticker) == 0)) {
        s->knows = true;
        s->exact = exact;
        s->found = false;
        s->out->ticker = r->ticker;
        memcpy(s->out->name, name, sizeof name);
        s->out->quotes = 0;
        s->out->newest = (struct quote){ 0 };
    }
}

static void see_row(struct search *s, const struct quote *q)
{
    int64_t at_ns = s->args->at_ns;
    if (q->ts_ns > at_ns) {
        s->done = true;
        return;
    }
    int64_t from_ms = (at_ns - s->args->history_s * NS_PER_S) / NS_PER_MS;
    s->out->quotes += q->ts_ns >= from_ms * NS_PER_MS;
    s->out->newest = *q;
}

static void see_report(struct search *s, const struct record *r)
{
    int64_t wall_ns = r->report.wall_ns;
    if (s->first_report_ns == 0) {
        s->first_report_ns = wall_ns;
    }
    if (wall_ns <= s->args->at_ns) {
        s->last_wall_ns = wall_ns;
    }
    if (!s->knows || r->ticker != s->out->ticker) {
        return;
    }
    if (wall_ns <= s->args->at_ns) {
        s->found = true;
        s->out->report = s->n;
        s->out->written = r->report;
    } else if (r->report.tick_ns > s->args->at_ns) {
        s->done = true;
    }
}

static void see(struct search *s, const struct record *r)
{
    s->n++;
    if (r->type == RECORD_TICKER) {
        see_ticker(s, r);
    } else if (r->type == RECORD_REPORT) {
        see_report(s, r);
    } else if (r->type == RECORD_END) {
        s->out->serving = s->out->serving && r->ns > s->args->at_ns;
    } else if (s->knows && r->type != RECORD_CONFIG && r->ticker == s->out->ticker) {
        bool known = s->follows > 0;
        s->follows -= known;
        if (r->type == RECORD_ROW && !known) {
            see_row(s, &r->row);
        }
    }
}

static bool read_segment(struct search *s, const struct journal_segment *segment, struct err *err)
{
    struct record r;
    struct journal_reader *reader = journal_reader_open(s->args->dir, segment, err);
    if (reader == NULL) {
        return false;
    }
    while (!s->done && journal_next(reader, &r)) {
        see(s, &r);
    }
    if (journal_reader_damage(reader)[0] != '\0') {
        log_warn("journal_damaged", "%s; what follows in it is not used",
                 journal_reader_damage(reader));
        s->damaged = true;
    }
    journal_reader_close(reader);
    return true;
}

static bool explain(const struct search *s, struct err *err)
{
    char first[CLOCK_ISO_MAX];
    if (!s->knows) {
        return err_set(err, ERR_NOT_FOUND, "ticker %s is not in this session of the journal%s%s",
                       s->args->ticker, s->names[0] == '\0' ? "" : "; it has ", s->names);
    }
    if (s->first_report_ns == 0) {
        return err_set(err, ERR_NOT_FOUND, "no tick was written in this session of the journal");
    }
    (void)clock_print_iso(first, s->first_report_ns);
    return err_set(err, ERR_NOT_FOUND,
                   "no tick of %s had been written then; the oldest one kept of this session: %s",
                   s->out->name, first);
}

/* Reads from segment out->first on until what was asked for is known, or one is damaged. *next_out:
 * the segment behind the last one read. */
static bool search(struct search *s, const struct journal_list *list, size_t *next_out,
                   struct err *err)
{
    size_t i = s->out->first;
    while (i <= s->out->last && !s->done && !s->damaged) {
        if (!read_segment(s, &list->items[i++], err)) {
            return false;
        }
    }
    *next_out = i;
    s->out->serving = s->out->serving && s->args->at_ns - s->last_wall_ns < SILENT_S * NS_PER_S;
    return true;
}

/* Behind a damaged segment it begins again: each says where every ticker stands. */
bool asof_find(const struct journal_list *list, const struct asof_args *args,
               struct asof_place *out, struct err *err)
{
    struct asof_place place = { .serving = true };
    struct search s = { .args = args, .out = &place };
    bool found = false;
    size_t next;
    if (!asof_session(list, args, &place, err)) {
        return false;
    }
    for (;;) {
        if (!search(&s, list, &next, err)) {
            return false;
        }
        if (s.found) {
            *out = place;
            found = true;
        }
        if (s.done || next > place.last) {
            return found || explain(&s, err);
        }
        place = (struct asof_place){ .serving = true, .first = next, .last = place.last };
        s = (struct search){ .args = args, .out = &place };
    }
}
