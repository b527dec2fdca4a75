/* SPDX-License-Identifier: MIT */
/* What an earlier engine left in Redis. */
#include "sink_internal.h"

#include <stdlib.h>
#include <string.h>

bool reply_refused(const struct reply *r, struct err *err)
{
    if (r->type != REPLY_ERROR || strncmp(r->str, "WRONGTYPE", 9) == 0) {
        return false;
    }
    err_set(err, ERR_REMOTE, "%s", r->str);
    return true;
}

static bool read_pattern(const struct reply *member, struct stored_pattern *out)
{
    return member->type == REPLY_STRING &&
           report_get_pattern(out, member->str, member->len, NULL) && out->e.id[0] != '\0';
}

bool sink_recall(struct outbox *o, const struct reply *members, struct err *err)
{
    outbox_recall_begin(o);
    o->usurped = members->type == REPLY_ERROR;
    for (size_t i = 0; members->type == REPLY_ARRAY && i < members->n; i++) {
        struct stored_pattern p;
        if (read_pattern(&members->items[i], &p) &&
            !outbox_recall(o, p.e.id, p.e.last_ns, members->items[i].str, members->items[i].len,
                           err)) {
            return false;
        }
    }
    return outbox_recall_end(o, err);
}

/* Puts *p behind the others; an older form of the same episode gives way. Returns the new count. */
static size_t append(struct stored_pattern *patterns, size_t n, const struct stored_pattern *p)
{
    size_t kept = 0;
    for (size_t i = 0; i < n; i++) {
        if (strcmp(patterns[i].e.id, p->e.id) != 0) {
            patterns[kept++] = patterns[i];
        }
    }
    patterns[kept] = *p;
    return kept + 1;
}

static bool read_patterns(const struct reply *members, struct stored_pattern **patterns_out,
                          size_t *n_out, struct err *err)
{
    size_t n_members = members->type == REPLY_ARRAY ? members->n : 0;
    if (n_members == 0) {
        return true;
    }
    struct stored_pattern *patterns = calloc(n_members, sizeof *patterns);
    struct stored_pattern *one = malloc(sizeof *one);
    if (!patterns || !one) {
        free(patterns);
        free(one);
        return err_set(err, ERR_MEMORY, "out of memory for stored patterns");
    }
    size_t n = 0;
    for (size_t i = 0; i < n_members; i++) {
        if (read_pattern(&members->items[i], one)) {
            n = append(patterns, n, one);
        }
    }
    free(one);
    *patterns_out = patterns;
    *n_out = n;
    return true;
}

/* A field that cannot be read is as good as absent: the next tick replaces the whole hash. */
static bool read_state(const struct reply *hash, struct sink_stored *out, struct err *err)
{
    struct report *r = calloc(1, sizeof *r);
    if (!r) {
        return err_set(err, ERR_MEMORY, "out of memory for a stored state");
    }
    for (size_t i = 0; hash->type == REPLY_ARRAY && i + 1 < hash->n; i += 2) {
        const struct reply *name = &hash->items[i];
        const struct reply *text = &hash->items[i + 1];
        if (name->type == REPLY_STRING && text->type == REPLY_STRING) {
            (void)!report_get_state(r, name->str, text->str, text->len, NULL);
        }
    }
    out->tick_ns = r->tick_ns;
    out->px_tick = r->px_tick;
    out->px_steps = r->px_steps;
    out->pressure = r->pressure;
    free(r);
    return true;
}

static bool ask(struct sink *s, const char *ticker, const struct reply **replies_out,
                struct err *err)
{
    char state[KEY_MAX];
    char patterns[KEY_MAX];
    key_state(&s->cfg.keys, state, ticker);
    key_patterns(&s->cfg.keys, patterns, ticker);
    size_t n;
    return redis_queuef(s->redis, err, "HGETALL %s", state) &&
           redis_queuef(s->redis, err, "ZRANGE %s 0 -1", patterns) &&
           redis_exec(s->redis, replies_out, &n, err);
}

bool sink_load(struct sink *s, const char *ticker, struct sink_stored *out, struct err *err)
{
    *out = (struct sink_stored){ .n_patterns = 0 };
    (void)sink_settle(s, NULL);
    struct outbox *o = sink_box(s, ticker);
    if (!o) {
        return err_set(err, ERR_MEMORY, "out of memory for ticker %s", ticker);
    }
    const struct reply *replies;
    if (!ask(s, ticker, &replies, err)) {
        return err_wrap(err, "reading what is stored of %s", ticker);
    }
    sink_notice_connection(s);
    if (reply_refused(&replies[0], err) || reply_refused(&replies[1], err)) {
        return err_wrap(err, "reading what is stored of %s", ticker);
    }
    return read_state(&replies[0], out, err) && sink_recall(o, &replies[1], err) &&
           read_patterns(&replies[1], &out->patterns, &out->n_patterns, err);
}
