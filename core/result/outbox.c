/* SPDX-License-Identifier: MIT */
#include "outbox.h"

#include <stdlib.h>
#include <string.h>

static bool no_memory(struct err *err)
{
    return err_set(err, ERR_MEMORY, "out of memory for results");
}

static char *copy_text(const char *text)
{
    size_t n = strlen(text) + 1;
    char *copy = malloc(n);
    return copy ? memcpy(copy, text, n) : NULL;
}

static void move_text(char **to, char **from)
{
    free(*to);
    *to = *from;
    *from = NULL;
}

struct outbox *outbox_create(const char *ticker)
{
    struct outbox *o = malloc(sizeof *o);
    if (o) {
        *o = (struct outbox){ .unsure = true };
        strncat(o->ticker, ticker, sizeof o->ticker - 1);
    }
    return o;
}

static void member_fini(struct member *m)
{
    free(m->stored);
    free(m->pending);
}

/* What Redis already holds need not be written. */
static void drop_needless(struct member *m)
{
    if (m->stored && m->pending && strcmp(m->stored, m->pending) == 0) {
        free(m->pending);
        m->pending = NULL;
    }
}

static void empty_trash(struct outbox *o)
{
    for (size_t i = 0; i < o->n_trash; i++) {
        free(o->trash[i]);
    }
    o->n_trash = 0;
}

void outbox_destroy(struct outbox *o)
{
    if (!o) {
        return;
    }
    for (size_t i = 0; i < o->n; i++) {
        member_fini(&o->members[i]);
    }
    empty_trash(o);
    for (int i = 0; i < REPORT_WINDOWS_MAX; i++) {
        held_hash_fini(&o->metrics[i]);
    }
    held_hash_fini(&o->state);
    held_set_fini(&o->levels[0]);
    held_set_fini(&o->levels[1]);
    free(o->members);
    free(o->trash);
    free(o->report);
    free(o);
}

/* ---- members, sorted by id ---- */

static size_t lower_bound(const struct outbox *o, const char *id)
{
    size_t low = 0;
    size_t high = o->n;
    while (low < high) {
        size_t mid = low + (high - low) / 2;
        if (strcmp(o->members[mid].id, id) < 0) {
            low = mid + 1;
        } else {
            high = mid;
        }
    }
    return low;
}

static void remove_oldest(struct outbox *o)
{
    size_t oldest = 0;
    for (size_t i = 1; i < o->n; i++) {
        if (o->members[i].last_ns < o->members[oldest].last_ns) {
            oldest = i;
        }
    }
    o->dropped += o->members[oldest].pending != NULL;
    member_fini(&o->members[oldest]);
    o->n--;
    memmove(&o->members[oldest], &o->members[oldest + 1], (o->n - oldest) * sizeof *o->members);
}

static bool grow(struct outbox *o)
{
    size_t cap = o->cap ? 2 * o->cap : 16;
    struct member *members = realloc(o->members, cap * sizeof *members);
    if (!members) {
        return false;
    }
    o->members = members;
    o->cap = cap;
    return true;
}

/* The member with this id, made if there is none. NULL: no memory. */
static struct member *obtain(struct outbox *o, const char *id)
{
    size_t at = lower_bound(o, id);
    if (at < o->n && strcmp(o->members[at].id, id) == 0) {
        return &o->members[at];
    }
    if (o->n == OUTBOX_MEMBERS_MAX) {
        remove_oldest(o);
        at = lower_bound(o, id);
    }
    if (o->n == o->cap && !grow(o)) {
        return NULL;
    }
    memmove(&o->members[at + 1], &o->members[at], (o->n - at) * sizeof *o->members);
    o->n++;
    o->members[at] = (struct member){ .stored = NULL };
    strncat(o->members[at].id, id, sizeof o->members[at].id - 1);
    return &o->members[at];
}

static void forget_older(struct outbox *o, int64_t cutoff_ns)
{
    size_t kept = 0;
    for (size_t i = 0; i < o->n; i++) {
        if (o->members[i].last_ns < cutoff_ns) {
            member_fini(&o->members[i]);
        } else {
            o->members[kept++] = o->members[i];
        }
    }
    o->n = kept;
}

/* ---- queued ---- */

bool outbox_add_report(struct outbox *o, const struct report *r, int64_t cutoff_ns, struct err *err)
{
    if (!o->report && !(o->report = calloc(1, sizeof *o->report))) {
        return no_memory(err);
    }
    if (r->tick_ns >= o->report->tick_ns) {
        *o->report = *r;
    }
    forget_older(o, cutoff_ns);
    return true;
}

bool outbox_add_pattern(struct outbox *o, const char *id, int64_t last_ns, const char *json,
                        struct err *err)
{
    char *text = copy_text(json);
    struct member *m = text ? obtain(o, id) : NULL;
    if (!m) {
        free(text);
        return no_memory(err);
    }
    m->last_ns = last_ns;
    move_text(&m->pending, &text);
    drop_needless(m);
    return true;
}

/* ---- recalled ---- */

void outbox_recall_begin(struct outbox *o)
{
    empty_trash(o);
    for (size_t i = 0; i < o->n; i++) {
        o->members[i].seen = false;
    }
}

static bool throw_away(struct outbox *o, char **text)
{
    if (o->n_trash == o->cap_trash) {
        size_t cap = o->cap_trash ? 2 * o->cap_trash : 8;
        char **trash = realloc(o->trash, cap * sizeof *trash);
        if (!trash) {
            return false;
        }
        o->trash = trash;
        o->cap_trash = cap;
    }
    o->trash[o->n_trash++] = *text;
    *text = NULL;
    return true;
}

bool outbox_recall(struct outbox *o, const char *id, int64_t last_ns, const char *json,
                   struct err *err)
{
    char *text = copy_text(json);
    struct member *m = text ? obtain(o, id) : NULL;
    if (!m || (m->seen && !throw_away(o, &m->stored))) {
        free(text);
        return no_memory(err);
    }
    move_text(&m->stored, &text);
    m->seen = true;
    if (!m->pending) {
        m->last_ns = last_ns;
    }
    drop_needless(m);
    return true;
}

void outbox_recall_end(struct outbox *o)
{
    for (size_t i = 0; i < o->n; i++) {
        struct member *m = &o->members[i];
        if (!m->seen && !m->pending) {
            move_text(&m->pending, &m->stored);
        } else if (!m->seen) {
            free(m->stored);
            m->stored = NULL;
        }
    }
    o->unsure = false;
}

/* ---- written ---- */

void outbox_drop_report(struct outbox *o)
{
    free(o->report);
    o->report = NULL;
}

void outbox_forget_held(struct outbox *o)
{
    for (int i = 0; i < REPORT_WINDOWS_MAX; i++) {
        held_hash_forget(&o->metrics[i]);
    }
    held_hash_forget(&o->state);
    held_set_forget(&o->levels[0]);
    held_set_forget(&o->levels[1]);
    o->trimmed = (struct mono){ 0 };
}

static void keep_held(struct outbox *o, struct mono now)
{
    for (int i = 0; i < o->report->n_windows; i++) {
        held_hash_written(&o->metrics[i], now);
        o->held_metrics[i] = o->report->windows[i].m;
    }
    held_hash_written(&o->state, now);
    held_set_written(&o->levels[0], now);
    held_set_written(&o->levels[1], now);
    memcpy(o->held_levels, o->report->levels, sizeof o->held_levels);
    o->trimmed = o->trims ? now : o->trimmed;
}

bool outbox_changes(const struct outbox *o, size_t i)
{
    return o->members[i].pending != NULL || o->changes_usurped;
}

size_t outbox_written(struct outbox *o, struct mono now)
{
    size_t n = 0;
    for (size_t i = 0; i < o->n; i++) {
        if (o->members[i].pending) {
            move_text(&o->members[i].stored, &o->members[i].pending);
            n++;
        }
    }
    if (o->report) {
        o->stored_tick_ms = (double)o->report->tick_ns / NS_PER_MS;
        keep_held(o, now);
    }
    empty_trash(o);
    outbox_drop_report(o);
    o->usurped = false;
    return n;
}
