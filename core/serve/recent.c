/* SPDX-License-Identifier: MIT */
#include "recent.h"

#include "clock.h"
#include "decimal.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

enum { ENTRIES = 8, TEXT_MAX = 2048, US_PER_S = 1000000 };

struct text {
    uint64_t id;
    char *text; /* owned; n bytes */
    size_t n;
};

struct entry {
    char ticker[TICKER_MAX]; /* "": unused */
    uint64_t used;
    int64_t sequence, from_ns;
    struct pattern_index index;
    struct text *texts; /* owned */
    size_t n_texts;
};

struct recent {
    pthread_mutex_t lock;
    uint64_t uses;
    struct entry entries[ENTRIES];
};

struct recent *recent_create(void)
{
    struct recent *r = calloc(1, sizeof *r);
    if (r != NULL && pthread_mutex_init(&r->lock, NULL) != 0) {
        free(r);
        return NULL;
    }
    return r;
}

static void drop_texts(struct entry *e)
{
    for (size_t i = 0; i < e->n_texts; i++) {
        free(e->texts[i].text);
    }
    free(e->texts);
    e->texts = NULL;
    e->n_texts = 0;
}

static void forget(struct entry *e)
{
    index_fini(&e->index);
    drop_texts(e);
    e->ticker[0] = '\0';
}

void recent_destroy(struct recent *r)
{
    if (r != NULL) {
        for (int i = 0; i < ENTRIES; i++) {
            forget(&r->entries[i]);
        }
        (void)pthread_mutex_destroy(&r->lock);
        free(r);
    }
}

static struct entry *find(struct recent *r, const char *ticker)
{
    for (int i = 0; i < ENTRIES; i++) {
        if (strcmp(r->entries[i].ticker, ticker) == 0) {
            return &r->entries[i];
        }
    }
    return NULL;
}

bool recent_mark(struct recent *r, const char *ticker, int64_t from_ns, struct recent_mark *out)
{
    (void)pthread_mutex_lock(&r->lock);
    const struct entry *e = find(r, ticker);
    bool known = e != NULL && e->from_ns <= from_ns;
    if (known) {
        *out = (struct recent_mark){ .sequence = e->sequence, .from_ns = e->from_ns };
    }
    (void)pthread_mutex_unlock(&r->lock);
    return known;
}

/* ---- members ---- */

/* The engine writes the id first. */
static const char member_head[] = "{\"id\": \"";
enum { HEAD_N = sizeof member_head - 1, ID_N = EPISODE_ID_MAX - 1 };

static bool has_id(const struct reply *member)
{
    return member->type == REPLY_STRING && member->len > HEAD_N + ID_N &&
           memcmp(member->str, member_head, HEAD_N) == 0;
}

static bool member_id(const struct reply *member, uint64_t *out)
{
    if (!has_id(member)) {
        return false;
    }
    *out = index_id(member->str + HEAD_N);
    return true;
}

static const struct reply *find_member(const struct reply *members, uint64_t id)
{
    char hex[ID_N + 1];
    index_print_id(hex, id);
    for (size_t i = 0; members->type == REPLY_ARRAY && i < members->n; i++) {
        const struct reply *member = &members->items[i];
        if (has_id(member) && memcmp(member->str + HEAD_N, hex, ID_N) == 0) {
            return member;
        }
    }
    return NULL;
}

static bool read_sequence(const struct reply *r, int64_t *out)
{
    *out = 0;
    return r->type == REPLY_NIL ||
           (r->type == REPLY_STRING && decimal_parse_i64(r->str, r->len, out, NULL));
}

/* ---- bringing up to date ---- */

static bool replace(struct entry *e, const struct reply *id_text, const struct reply *newest)
{
    struct stored_pattern p;
    if (id_text->type != REPLY_STRING || id_text->len != EPISODE_ID_MAX - 1) {
        return false;
    }
    uint64_t id = index_id(id_text->str);
    const struct reply *member = find_member(newest, id);
    if (member == NULL || !report_get_pattern(&p, member->str, member->len, NULL)) {
        return false;
    }
    index_take(&e->index, id);
    for (size_t i = 0; i < e->n_texts; i++) {
        if (e->texts[i].id == id) {
            free(e->texts[i].text);
            e->texts[i] = e->texts[--e->n_texts];
            break;
        }
    }
    return p.e.last_ns < e->from_ns || index_put(&e->index, &p.e, NULL);
}

/* The index is what Redis holds. */
static bool agrees(struct entry *e, const struct recent_look *look)
{
    uint64_t oldest;
    if (look->count->type != REPLY_INT || look->oldest->type != REPLY_ARRAY ||
        (int64_t)e->index.n < look->count->integer) {
        return false;
    }
    index_drop(&e->index, e->index.n - (size_t)look->count->integer); /* the engine trims by age */
    return e->index.n == 0 ||
           (look->oldest->n == 1 && member_id(&look->oldest->items[0], &oldest) &&
            oldest == e->index.items[0].id);
}

static bool follow(struct entry *e, const struct recent_look *look)
{
    int64_t sequence;
    if (!read_sequence(look->sequence, &sequence) || sequence < e->sequence ||
        sequence - e->sequence > (int64_t)RECENT_MAX_S * US_PER_S ||
        look->changed->type != REPLY_ARRAY || look->changed->n > RECENT_NEWEST) {
        return false;
    }
    for (size_t i = 0; i < look->changed->n; i++) {
        if (!replace(e, &look->changed->items[i], look->newest)) {
            return false;
        }
    }
    e->sequence = sequence;
    return agrees(e, look);
}

/* ---- what is shown ---- */

static size_t bytes_of(const struct entry *e)
{
    size_t bytes = e->index.cap * sizeof *e->index.items + e->n_texts * sizeof *e->texts;
    for (size_t i = 0; i < e->n_texts; i++) {
        bytes += e->texts[i].n;
    }
    return bytes;
}

/* Over the limit those go that were not used for longest. */
static void keep_small(struct recent *r)
{
    for (;;) {
        size_t bytes = 0;
        struct entry *oldest = NULL;
        for (int i = 0; i < ENTRIES; i++) {
            struct entry *e = &r->entries[i];
            bytes += bytes_of(e);
            oldest =
                e->ticker[0] != '\0' && (oldest == NULL || e->used < oldest->used) ? e : oldest;
        }
        if (bytes <= RECENT_BYTES || oldest == NULL) {
            return;
        }
        forget(oldest);
    }
}

static bool make_room(struct answer *a, size_t n, size_t total)
{
    free(a->patterns);
    a->patterns = malloc((n + 1) * sizeof *a->patterns);
    a->n_patterns = a->patterns == NULL ? 0 : n;
    a->patterns_more = total - n;
    return a->patterns != NULL;
}

static const struct text *find_text(const struct entry *e, uint64_t id)
{
    for (size_t i = 0; i < e->n_texts; i++) {
        if (e->texts[i].id == id) {
            return &e->texts[i];
        }
    }
    return NULL;
}

/* Where texts come from: the members, else what is kept. */
struct sources {
    const struct reply *members;
    struct parsed_patterns *parsed;
};

static bool read_shown(struct entry *e, uint64_t id, const struct sources *from,
                       struct stored_pattern *out)
{
    const struct reply *member = find_member(from->members, id);
    if (member != NULL) {
        return parsed_patterns_get(from->parsed, id, member->str, member->len, out);
    }
    const struct text *text = find_text(e, id);
    return text != NULL && parsed_patterns_get(from->parsed, id, text->text, text->n, out);
}

static bool show(struct entry *e, const struct sources *from, int64_t from_ns, size_t max,
                 struct answer *a, struct recent_want *wants, size_t *wants_out)
{
    size_t *chosen = malloc((max + 1) * sizeof *chosen);
    size_t total = 0, n = 0;
    if (chosen != NULL && e->index.items != NULL) {
        n = index_choose(&e->index, from_ns, max, chosen, &total);
    }
    bool ok = chosen != NULL && make_room(a, n, total);
    *wants_out = 0;
    for (size_t i = 0; ok && i < n; i++) {
        const struct index_item *item = &e->index.items[chosen[i]];
        if (!read_shown(e, item->id, from, &a->patterns[i])) {
            wants[(*wants_out)++] =
                (struct recent_want){ .at = i, .id = item->id, .last_ns = item->last_ns };
        }
    }
    free(chosen);
    return ok;
}

bool recent_patterns(struct recent *r, const struct recent_mark *mark,
                     const struct recent_look *look, size_t max, struct answer *a,
                     struct recent_want *wants, size_t *wants_out)
{
    (void)pthread_mutex_lock(&r->lock);
    struct entry *e = find(r, a->ticker);
    /* another call may have looked in between */
    bool ok = e != NULL && e->sequence == mark->sequence && e->from_ns == mark->from_ns;
    bool fits = ok && follow(e, look);
    if (ok && !fits) {
        forget(e);
    }
    if (fits) {
        e->used = ++r->uses;
        struct sources from = { .members = look->newest, .parsed = look->parsed };
        fits = show(e, &from, a->now_ns - a->history_ns, max, a, wants, wants_out);
        keep_small(r);
    }
    (void)pthread_mutex_unlock(&r->lock);
    return fits;
}

static void keep_text(struct entry *e, uint64_t id, const struct reply *member)
{
    struct text *more = member->len > TEXT_MAX || find_text(e, id) != NULL
                            ? NULL
                            : realloc(e->texts, (e->n_texts + 1) * sizeof *more);
    if (more == NULL) {
        return;
    }
    e->texts = more;
    struct text *t = &more[e->n_texts];
    *t = (struct text){ .id = id, .text = malloc(member->len + 1), .n = member->len };
    if (t->text != NULL) {
        memcpy(t->text, member->str, member->len);
        e->n_texts++;
    }
}

bool recent_give(struct recent *r, const struct recent_want *want, const struct reply *members,
                 struct answer *a)
{
    const struct reply *member = find_member(members, want->id);
    struct stored_pattern *p = &a->patterns[want->at];
    if (member == NULL || !report_get_pattern(p, member->str, member->len, NULL) ||
        p->e.last_ns != want->last_ns) {
        return false;
    }
    (void)pthread_mutex_lock(&r->lock);
    struct entry *e = find(r, a->ticker);
    if (e != NULL) {
        /* many of them are of other spans, no longer asked for */
        if (e->n_texts >= 2 * RECENT_NEWEST) {
            drop_texts(e);
        }
        keep_text(e, want->id, member);
        keep_small(r);
    }
    (void)pthread_mutex_unlock(&r->lock);
    return true;
}

/* ---- all of them ---- */

static bool index_all(struct pattern_index *x, const struct reply *members, bool *all_read,
                      struct err *err)
{
    struct stored_pattern p;
    *all_read = members->type == REPLY_ARRAY;
    for (size_t i = 0; members->type == REPLY_ARRAY && i < members->n; i++) {
        uint64_t id;
        const struct reply *m = &members->items[i];
        if (!member_id(m, &id) || !report_get_pattern(&p, m->str, m->len, NULL)) {
            *all_read = false;
        } else if (!index_put(x, &p.e, err)) {
            return false;
        }
    }
    return true;
}

/* The members that are not among the newest: those are read every time. */
static void keep_shown(struct entry *e, const struct reply *members, const struct answer *a)
{
    for (size_t i = 0; i < a->n_patterns; i++) {
        uint64_t id = index_id(a->patterns[i].e.id);
        const struct reply *member = find_member(members, id);
        if (member != NULL && member + RECENT_NEWEST < members->items + members->n) {
            keep_text(e, id, member);
        }
    }
}

static void remember(struct recent *r, const struct entry *fresh, const struct answer *a)
{
    (void)pthread_mutex_lock(&r->lock);
    struct entry *place = find(r, a->ticker);
    for (int i = 0; place == NULL && i < ENTRIES; i++) {
        place = r->entries[i].ticker[0] == '\0' ? &r->entries[i] : NULL;
    }
    if (place == NULL) {
        place = &r->entries[0];
        for (int i = 1; i < ENTRIES; i++) {
            place = r->entries[i].used < place->used ? &r->entries[i] : place;
        }
    }
    forget(place);
    *place = *fresh;
    memcpy(place->ticker, a->ticker, sizeof place->ticker);
    place->used = ++r->uses;
    keep_small(r);
    (void)pthread_mutex_unlock(&r->lock);
}

bool recent_learn(struct recent *r, const struct reply *sequence, const struct reply *members,
                  int64_t from_ns, size_t max, struct answer *a, struct err *err)
{
    struct entry fresh = { .from_ns = from_ns };
    struct recent_want *wants = calloc(max + 1, sizeof *wants);
    size_t n_wants;
    bool all_read;
    struct sources from = { .members = members };
    bool numbered = read_sequence(sequence, &fresh.sequence) && fresh.sequence > 0;
    bool ok = (wants != NULL || err_set(err, ERR_MEMORY, "out of memory")) &&
              index_all(&fresh.index, members, &all_read, err) &&
              show(&fresh, &from, a->now_ns - a->history_ns, max, a, wants, &n_wants);
    free(wants);
    if (ok && r != NULL && all_read && numbered) {
        keep_shown(&fresh, members, a);
        remember(r, &fresh, a);
    } else {
        forget(&fresh);
    }
    return ok;
}
