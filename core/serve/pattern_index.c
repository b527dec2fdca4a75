/* SPDX-License-Identifier: MIT */
#include "pattern_index.h"

#include "orderflow/detector.h"

#include <stdlib.h>
#include <string.h>

enum { RANKS_MAX = 128 };

void index_fini(struct pattern_index *x)
{
    free(x->items);
    *x = (struct pattern_index){ 0 };
}

uint64_t index_id(const char *hex)
{
    uint64_t id = 0;
    for (int i = 0; i < EPISODE_ID_MAX - 1 && hex[i] != '\0'; i++) {
        id = id << 4 | (uint64_t)(hex[i] <= '9' ? hex[i] - '0' : hex[i] - 'a' + 10);
    }
    return id;
}

void index_print_id(char out[EPISODE_ID_MAX], uint64_t id)
{
    for (int i = EPISODE_ID_MAX - 2; i >= 0; i--) {
        out[i] = "0123456789abcdef"[id & 15];
        id >>= 4;
    }
    out[EPISODE_ID_MAX - 1] = '\0';
}

static int kind_of(struct pattern_index *x, const struct episode *e)
{
    int32_t dir = e->side == OFD_NO_SIDE ? e->dir : 0;
    int i = 0;
    while (i < x->n_kinds && (x->kinds[i].side != e->side || x->kinds[i].dir != dir ||
                              strcmp(x->kinds[i].kind, e->kind) != 0)) {
        i++;
    }
    if (i == INDEX_KINDS_MAX) {
        return -1;
    }
    if (i == x->n_kinds) {
        x->kinds[x->n_kinds++] = (struct index_kind){ .side = e->side, .dir = dir };
        memcpy(x->kinds[i].kind, e->kind, sizeof e->kind);
    }
    return i;
}

static bool grow(struct pattern_index *x, struct err *err)
{
    if (x->n == x->cap) {
        size_t cap = x->cap == 0 ? 64 : x->cap * 2;
        struct index_item *more = realloc(x->items, cap * sizeof *more);
        if (more == NULL) {
            return err_set(err, ERR_MEMORY, "out of memory");
        }
        x->items = more;
        x->cap = cap;
    }
    return true;
}

static bool is_before(const struct index_item *a, const struct index_item *b)
{
    return a->last_ns != b->last_ns ? a->last_ns < b->last_ns : a->id < b->id;
}

bool index_put(struct pattern_index *x, const struct episode *e, struct err *err)
{
    int kind = kind_of(x, e);
    if (kind < 0) {
        return err_set(err, ERR_MEMORY, "more than %d kinds of patterns", INDEX_KINDS_MAX);
    }
    if (!grow(x, err)) {
        return false;
    }
    struct index_item item = { .last_ns = e->last_ns,
                               .id = index_id(e->id),
                               .kind = (uint8_t)kind,
                               .active = e->state == EPISODE_ACTIVE };
    size_t at = x->n++;
    while (at > 0 && is_before(&item, &x->items[at - 1])) {
        x->items[at] = x->items[at - 1];
        at--;
    }
    x->items[at] = item;
    return true;
}

void index_take(struct pattern_index *x, uint64_t id)
{
    for (size_t i = x->n; i > 0; i--) { /* what changes is mostly among the newest */
        if (x->items[i - 1].id == id) {
            memmove(&x->items[i - 1], &x->items[i], (x->n - i) * sizeof *x->items);
            x->n--;
            return;
        }
    }
}

void index_drop(struct pattern_index *x, size_t n)
{
    n = n < x->n ? n : x->n;
    if (n > 0) {
        memmove(x->items, x->items + n, (x->n - n) * sizeof *x->items);
        x->n -= n;
    }
}

/* ---- choosing ---- */

static size_t first_from(const struct pattern_index *x, int64_t from_ns)
{
    size_t low = 0, high = x->n;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (x->items[middle].last_ns < from_ns) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return low;
}

/* Walks over items[first..n), the newest first and those of one moment in their order. */
struct walk {
    const struct pattern_index *x;
    size_t first, from, to, at; /* [from, to): the moment we are in */
    size_t newer[INDEX_KINDS_MAX];
};

static struct walk walk_from(const struct pattern_index *x, size_t first)
{
    return (struct walk){ .x = x, .first = first, .from = x->n, .to = x->n, .at = x->n };
}

/* rank: 0 while it is active, else how many newer ones of its kind there are. */
static bool walk_next(struct walk *w, size_t *index_out, size_t *rank_out)
{
    if (w->at == w->to) {
        w->to = w->from;
        while (w->from > w->first &&
               w->x->items[w->from - 1].last_ns == w->x->items[w->to - 1].last_ns) {
            w->from--;
        }
        w->at = w->from;
    }
    if (w->at == w->to) {
        return false;
    }
    const struct index_item *item = &w->x->items[w->at];
    size_t newer = w->newer[item->kind]++;
    *index_out = w->at++;
    *rank_out = item->active ? 0 : newer;
    return true;
}

static int ascending(const void *a, const void *b)
{
    const size_t *x = a, *y = b;
    return (*x > *y) - (*x < *y);
}

/* One whose rank is `max` or more has `max` before it. */
static size_t choose_by_rank(const struct pattern_index *x, size_t first, size_t max, size_t *out)
{
    size_t of_rank[RANKS_MAX] = { 0 }, cut = 0, sum = 0, n = 0, i, rank;
    for (struct walk w = walk_from(x, first); walk_next(&w, &i, &rank);) {
        if (rank < max) {
            of_rank[rank]++;
        }
    }
    while (cut < max && sum + of_rank[cut] <= max) {
        sum += of_rank[cut++];
    }
    size_t left = max - sum; /* of those of rank `cut`, the newest */
    for (struct walk w = walk_from(x, first); n < max && walk_next(&w, &i, &rank);) {
        if (rank < cut || (rank == cut && left > 0)) {
            left -= rank == cut;
            out[n++] = i;
        }
    }
    qsort(out, n, sizeof *out, ascending);
    return n;
}

size_t index_choose(const struct pattern_index *x, int64_t from_ns, size_t max, size_t *out,
                    size_t *total_out)
{
    size_t first = first_from(x, from_ns), total = x->n - first;
    *total_out = total;
    if (total > max) {
        return choose_by_rank(x, first, max < RANKS_MAX ? max : RANKS_MAX, out);
    }
    for (size_t i = 0; i < total; i++) {
        out[i] = first + i;
    }
    return total;
}
