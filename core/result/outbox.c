/* SPDX-License-Identifier: MIT */
#include "outbox.h"

#include "prefetch.h"

#include <stdlib.h>
#include <string.h>

enum { SOME_MEMBERS = 8 /* mostly fewer change in a tick */ };

static bool no_memory(struct err *err)
{
    return err_set(err, ERR_MEMORY, "out of memory for results");
}

/* n bytes and their NUL. */
static char *copy_text(const char *text, size_t n)
{
    char *copy = malloc(n + 1);
    return copy ? memcpy(copy, text, n + 1) : NULL;
}

static void move_text(char **to, char **from)
{
    free(*to);
    *to = *from;
    *from = NULL;
}

void outbox_shared_init(struct outbox_shared *s)
{
    s->n_spare = 0;
    shapes_init(&s->shapes);
}

void outbox_shared_fini(struct outbox_shared *s)
{
    while (s->n_spare > 0) {
        free(s->spare[--s->n_spare]);
    }
    shapes_fini(&s->shapes);
}

struct outbox *outbox_create(const char *ticker, struct outbox_shared *shared)
{
    struct outbox *o = malloc(sizeof *o);
    if (o) {
        *o = (struct outbox){
            .shared = shared, .unsure = true, .oldest_ns = INT64_MAX, .newest_ns = INT64_MIN
        };
        strncat(o->ticker, ticker, sizeof o->ticker - 1);
    }
    return o;
}

/* ---- the text of a member ---- */

bool member_is_stored(const struct member *m)
{
    return m->stored != NULL || m->squeezed != NULL;
}

const char *outbox_stored_text(const struct outbox *o, const struct member *m, size_t *n_out)
{
    if (m->squeezed != NULL) {
        return shapes_text(&o->shared->shapes, m->squeezed, m->id, n_out);
    }
    *n_out = m->stored_n;
    return m->stored;
}

static void drop_stored(struct outbox *o, struct member *m)
{
    shapes_drop(&o->shared->shapes, m->squeezed);
    free(m->stored);
    m->squeezed = NULL;
    m->stored = NULL;
}

/* *text, n bytes, is what Redis holds now. */
static void set_stored(struct outbox *o, struct member *m, char **text, uint32_t n, bool lasting)
{
    drop_stored(o, m);
    m->stored_n = n;
    m->squeezed = lasting ? shapes_squeeze(&o->shared->shapes, *text, n, m->id) : NULL;
    if (m->squeezed != NULL) {
        free(*text);
        *text = NULL;
    } else {
        move_text(&m->stored, text);
    }
}

/* A copy of what Redis holds. NULL: no memory. */
static char *copy_stored(const struct outbox *o, const struct member *m)
{
    size_t n;
    const char *text = outbox_stored_text(o, m, &n);
    return text != NULL ? copy_text(text, n) : NULL;
}

static void member_destroy(struct outbox *o, struct member *m)
{
    drop_stored(o, m);
    free(m->pending);
    free(m);
}

/* What Redis already holds need not be written. */
static void drop_needless(const struct outbox *o, struct member *m)
{
    size_t n;
    if (m->pending == NULL || !member_is_stored(m) || m->stored_n != m->pending_n) {
        return;
    }
    const char *text = outbox_stored_text(o, m, &n);
    if (text != NULL && memcmp(text, m->pending, m->pending_n) == 0) {
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
        member_destroy(o, o->members[i]);
    }
    empty_trash(o);
    free(o->members);
    free(o->ranks);
    free(o->changed);
    free(o->trash);
    outbox_drop_report(o);
    free(o);
}

/* ---- members, sorted by id ---- */

/* Ids are in the order of these, and where they are equal in that of strcmp(). */
static uint64_t rank_of(const char *id)
{
    uint64_t rank = 0;
    for (size_t i = 0; i < sizeof rank; i++) {
        rank = rank << 8 | (unsigned char)*id;
        id += *id != '\0';
    }
    return rank;
}

/* Ids are digits of hashes: about there stands this one. */
static size_t guess_place(const struct outbox *o, const char *id)
{
    enum { DIGITS = 4 };
    size_t share = 0;
    for (int i = 0; i < DIGITS; i++) {
        int digit = id[i] - (id[i] <= '9' ? '0' : 'a' - 10);
        if (id[i] == '\0') {
            return 0;
        }
        share = share << 4 | ((unsigned)digit & 15);
    }
    return o->n * share >> 4 * DIGITS;
}

/* No place before *low_out is it, and none from *high_out on is before it: steps from the guess
 * double until this is so. */
static void bound_place(const struct outbox *o, const char *id, uint64_t rank, size_t *low_out,
                        size_t *high_out)
{
    size_t low = guess_place(o, id), high = low;
    for (size_t step = 8; low > 0 && o->ranks[low - 1] >= rank; step *= 2) {
        high = low - 1;
        low = low > step ? low - step : 0;
    }
    for (size_t step = 8; high < o->n && o->ranks[high] <= rank; step *= 2) {
        low = o->ranks[high] < rank ? high + 1 : low;
        high = o->n - high > step ? high + step : o->n;
    }
    *low_out = low;
    *high_out = high;
}

static size_t lower_bound(const struct outbox *o, const char *id)
{
    size_t low, high;
    uint64_t rank = rank_of(id);
    bound_place(o, id, rank, &low, &high);
    while (low < high) {
        size_t mid = low + (high - low) / 2;
        if (o->ranks[mid] < rank ||
            (o->ranks[mid] == rank && strcmp(o->members[mid]->id, id) < 0)) {
            low = mid + 1;
        } else {
            high = mid;
        }
    }
    return low;
}

static void unlist(struct outbox *o, struct member *m)
{
    size_t i = 0;
    while (m->listed && o->changed[i] != m) {
        i++;
    }
    if (m->listed) {
        o->changed[i] = o->changed[--o->n_changed];
        m->listed = false;
    }
}

static void remove_oldest(struct outbox *o)
{
    size_t oldest = 0;
    for (size_t i = 1; i < o->n; i++) {
        if (o->members[i]->last_ns < o->members[oldest]->last_ns) {
            oldest = i;
        }
    }
    o->dropped += o->members[oldest]->pending != NULL;
    unlist(o, o->members[oldest]);
    member_destroy(o, o->members[oldest]);
    o->n--;
    memmove(&o->members[oldest], &o->members[oldest + 1],
            (o->n - oldest) * sizeof(struct member *));
    memmove(&o->ranks[oldest], &o->ranks[oldest + 1], (o->n - oldest) * sizeof *o->ranks);
}

/* Room for one more. */
static bool grow(struct member ***list, size_t n, size_t *cap)
{
    if (n < *cap) {
        return true;
    }
    size_t more = *cap ? *cap + *cap / 4 : 16;
    struct member **grown = realloc(*list, more * sizeof(struct member *));
    if (grown == NULL) {
        return false;
    }
    *list = grown;
    *cap = more;
    return true;
}

static bool list(struct outbox *o, struct member *m)
{
    if (m->listed) {
        return true;
    }
    if (!grow(&o->changed, o->n_changed, &o->cap_changed)) {
        return false;
    }
    o->changed[o->n_changed++] = m;
    m->listed = true;
    return true;
}

static void clear_list(struct outbox *o)
{
    for (size_t i = 0; i < o->n_changed; i++) {
        o->changed[i]->listed = false;
    }
    o->n_changed = 0;
}

static bool grow_members(struct outbox *o)
{
    size_t cap = o->cap;
    if (!grow(&o->members, o->n, &cap)) {
        return false;
    }
    if (cap != o->cap) {
        uint64_t *ranks = realloc(o->ranks, cap * sizeof *ranks);
        if (ranks == NULL) {
            return false;
        }
        o->ranks = ranks;
        o->cap = cap;
    }
    return true;
}

/* The member with this id, made if there is none. NULL: no memory. */
static struct member *obtain(struct outbox *o, const char *id)
{
    size_t at = lower_bound(o, id);
    if (at < o->n && strcmp(o->members[at]->id, id) == 0) {
        return o->members[at];
    }
    if (o->n == OUTBOX_MEMBERS_MAX) {
        remove_oldest(o);
        at = lower_bound(o, id);
    }
    struct member *m = grow_members(o) ? calloc(1, sizeof *m) : NULL;
    if (m == NULL) {
        return NULL;
    }
    memmove(&o->members[at + 1], &o->members[at], (o->n - at) * sizeof(struct member *));
    memmove(&o->ranks[at + 1], &o->ranks[at], (o->n - at) * sizeof *o->ranks);
    o->n++;
    o->members[at] = m;
    o->ranks[at] = rank_of(id);
    strncat(m->id, id, sizeof m->id - 1);
    return m;
}

static void set_last(struct outbox *o, struct member *m, int64_t last_ns)
{
    m->last_ns = last_ns;
    o->oldest_ns = last_ns < o->oldest_ns ? last_ns : o->oldest_ns;
}

void outbox_forget_older(struct outbox *o, int64_t cutoff_ns)
{
    size_t kept = 0;
    if (o->oldest_ns >= cutoff_ns) {
        return;
    }
    o->oldest_ns = INT64_MAX;
    for (size_t i = 0; i < o->n; i++) {
        struct member *m = o->members[i];
        if (m->last_ns < cutoff_ns) {
            unlist(o, m);
            member_destroy(o, m);
        } else {
            o->ranks[kept] = o->ranks[i];
            o->members[kept++] = m;
            set_last(o, m, m->last_ns);
        }
    }
    o->n = kept;
}

/* ---- queued ---- */

bool outbox_begin_report(struct outbox *o)
{
    if (o->report == NULL) {
        struct outbox_shared *s = o->shared;
        o->report = s->n_spare > 0 ? s->spare[--s->n_spare] : malloc(sizeof *o->report);
    }
    return o->report != NULL;
}

bool outbox_add_report(struct outbox *o, const struct report *r, struct err *err)
{
    bool first = !o->report;
    if (!outbox_begin_report(o)) {
        return no_memory(err);
    }
    if (first) {
        report_clear(o->report);
    }
    if (r != o->report && r->tick_ns >= o->report->tick_ns) {
        *o->report = *r;
    }
    return true;
}

bool outbox_add_pattern(struct outbox *o, const char *id, int64_t last_ns, const char *json,
                        size_t n, bool lasting, struct err *err)
{
    char *text = n <= UINT32_MAX ? copy_text(json, n) : NULL;
    struct member *m = text ? obtain(o, id) : NULL;
    if (!m || !list(o, m)) {
        free(text);
        return no_memory(err);
    }
    set_last(o, m, last_ns);
    move_text(&m->pending, &text);
    m->pending_n = (uint32_t)n;
    m->lasting = lasting;
    drop_needless(o, m);
    return true;
}

/* Of levels those that come and go: mostly of the first ones. */
static void held_expect(const struct held *h, const struct report *r)
{
    prefetch_bytes(h, offsetof(struct held, metrics));
    prefetch_bytes(h->metrics, (size_t)r->n_windows * sizeof h->metrics[0]);
    prefetch_bytes(&h->behaviors, offsetof(struct held, levels) - offsetof(struct held, behaviors));
    for (int side = 0; side < 2; side++) {
        prefetch_bytes(h->levels[side], (size_t)r->n_levels[side] * sizeof h->levels[0][0]);
    }
}

void outbox_expect_texts(const struct outbox *o)
{
    for (size_t i = 0; i < o->n_changed && i < SOME_MEMBERS; i++) {
        const struct member *m = o->changed[i];
        prefetch_bytes(m->pending, m->pending != NULL ? m->pending_n : 0);
        prefetch_bytes(m->stored, m->stored != NULL ? m->stored_n : 0);
    }
}

void outbox_expect(const struct outbox *o, int step)
{
    if (step == 1) {
        prefetch_bytes(o, offsetof(struct outbox, held));
        prefetch(&o->trimmed);
    } else if (step == 2) {
        prefetch_bytes(o->changed, o->n_changed * sizeof(struct member *));
        prefetch_bytes(o->report, o->report != NULL ? offsetof(struct report, active) : 0);
    } else if (o->report != NULL) {
        held_expect(&o->held, o->report);
        for (size_t i = 0; i < o->n_changed && i < SOME_MEMBERS; i++) {
            prefetch_bytes(o->changed[i], sizeof *o->changed[i]);
        }
    }
}

void outbox_expect_pattern(const struct outbox *o, const char *id)
{
    enum { NEAR = 8 /* the guess is mostly no better */ };
    if (o->n == 0) {
        return;
    }
    size_t at = guess_place(o, id);
    size_t from = at > NEAR ? at - NEAR : 0, n = o->n - from < 2 * NEAR ? o->n - from : 2 * NEAR;
    prefetch_bytes(o->ranks + from, n * sizeof *o->ranks);
    prefetch_bytes(o->members + from, n * sizeof(struct member *));
}

/* ---- recalled ---- */

void outbox_recall_begin(struct outbox *o)
{
    empty_trash(o);
    for (size_t i = 0; i < o->n; i++) {
        o->members[i]->seen = false;
    }
}

/* The stored form of m gives way. */
static bool throw_away(struct outbox *o, struct member *m)
{
    char *text = copy_stored(o, m);
    if (text == NULL) {
        return false;
    }
    if (o->n_trash == o->cap_trash) {
        size_t cap = o->cap_trash ? 2 * o->cap_trash : 8;
        char **trash = realloc(o->trash, cap * sizeof *trash);
        if (!trash) {
            free(text);
            return false;
        }
        o->trash = trash;
        o->cap_trash = cap;
    }
    o->trash[o->n_trash++] = text;
    drop_stored(o, m);
    return true;
}

bool outbox_recall(struct outbox *o, const char *id, int64_t last_ns, const char *json, size_t n,
                   struct err *err)
{
    char *text = n <= UINT32_MAX ? copy_text(json, n) : NULL;
    struct member *m = text ? obtain(o, id) : NULL;
    if (!m || (m->seen && !throw_away(o, m))) {
        free(text);
        return no_memory(err);
    }
    set_stored(o, m, &text, (uint32_t)n, true);
    m->seen = true;
    if (!m->pending) {
        set_last(o, m, last_ns);
    }
    drop_needless(o, m);
    return true;
}

bool outbox_recall_end(struct outbox *o, struct err *err)
{
    for (size_t i = 0; i < o->n; i++) {
        struct member *m = o->members[i];
        if (!m->seen && !m->pending && member_is_stored(m)) {
            if (!list(o, m) || (m->pending = copy_stored(o, m)) == NULL) {
                return no_memory(err);
            }
            m->pending_n = m->stored_n;
            m->lasting = true;
        }
        if (!m->seen) {
            drop_stored(o, m);
        }
    }
    o->unsure = false;
    return true;
}

/* ---- written ---- */

void outbox_drop_report(struct outbox *o)
{
    if (o->report != NULL && o->shared->n_spare < SPARE_REPORTS_MAX) {
        o->shared->spare[o->shared->n_spare++] = o->report;
    } else {
        free(o->report);
    }
    o->report = NULL;
}

void outbox_forget_held(struct outbox *o)
{
    held_forget(&o->held);
    o->newest_ns = INT64_MIN;
    o->trimmed = (struct mono){ 0 };
}

bool outbox_list_all(struct outbox *o)
{
    for (size_t i = 0; i < o->n; i++) {
        if (!list(o, o->members[i])) {
            return false;
        }
    }
    return true;
}

bool outbox_changes(const struct outbox *o, size_t i)
{
    return o->changed[i]->pending != NULL || o->changes_usurped;
}

bool outbox_has_changes(const struct outbox *o)
{
    bool any = false;
    for (size_t i = 0; i < o->n_changed && !any; i++) {
        any = outbox_changes(o, i);
    }
    return any;
}

size_t outbox_written(struct outbox *o, struct mono now)
{
    size_t n = 0;
    for (size_t i = 0; i < o->n_changed; i++) {
        struct member *m = o->changed[i];
        if (m->pending) {
            set_stored(o, m, &m->pending, m->pending_n, m->lasting);
            o->newest_ns = m->last_ns > o->newest_ns ? m->last_ns : o->newest_ns;
            n++;
        }
    }
    clear_list(o);
    if (o->report) {
        o->stored_tick_ms = (double)o->report->tick_ns / NS_PER_MS;
        held_written(&o->held, o->report, now);
        o->trimmed = o->trims ? now : o->trimmed;
    }
    empty_trash(o);
    outbox_drop_report(o);
    o->usurped = false;
    return n;
}
