/* SPDX-License-Identifier: MIT */
#include "held.h"

#include "hash64.h"

#include <stdlib.h>
#include <string.h>

/* ---- hashes ---- */

void held_hash_fini(struct held_hash *h)
{
    free(h->now.items);
    free(h->next.items);
    *h = (struct held_hash){ 0 };
}

void held_hash_begin(struct held_hash *h)
{
    h->next.n = 0;
    h->next_refreshes = false;
}

/* Fields come in the same order every time, but for those that come and go. */
static const struct held_field *find(const struct held_fields *f, uint64_t name, size_t near)
{
    for (size_t k = 0; k < f->n; k++) {
        const struct held_field *it = &f->items[(near + k) % f->n];
        if (it->name == name) {
            return it;
        }
    }
    return NULL;
}

bool held_hash_add(struct held_hash *h, const char *name, const char *text, size_t n)
{
    struct held_fields *f = &h->next;
    if (f->n == f->cap) {
        size_t cap = f->cap > 0 ? f->cap * 2 : 64;
        struct held_field *grown = realloc(f->items, cap * sizeof *grown);
        if (grown == NULL) {
            return false;
        }
        f->items = grown;
        f->cap = cap;
    }
    uint64_t name_hash = hash64(name, strlen(name));
    const struct held_field *former = text == NULL ? find(&h->now, name_hash, f->n) : NULL;
    f->items[f->n++] = (struct held_field){
        .name = name_hash,
        .text = former != NULL ? former->text : hash64(text, text != NULL ? n : 0),
    };
    return true;
}

size_t held_hash_vanished(const struct held_hash *h)
{
    size_t vanished = 0;
    for (size_t i = 0; i < h->now.n; i++) {
        vanished += find(&h->next, h->now.items[i].name, i) == NULL;
    }
    return vanished;
}

enum held held_hash_compare(const struct held_hash *h, size_t i)
{
    const struct held_field *f = &h->next.items[i];
    const struct held_field *old = find(&h->now, f->name, i);
    return old == NULL ? HELD_NEW : old->text == f->text ? HELD_SAME : HELD_CHANGED;
}

void held_hash_written(struct held_hash *h, struct mono now)
{
    struct held_fields former = h->now;
    h->now = h->next;
    h->next = former;
    h->known = true;
    h->refreshed = h->next_refreshes ? now : h->refreshed;
}

void held_hash_forget(struct held_hash *h)
{
    h->known = false;
    h->now.n = 0;
}

/* ---- sorted sets ---- */

void held_set_fini(struct held_set *h)
{
    free(h->now.text);
    free(h->next.text);
    *h = (struct held_set){ 0 };
}

void held_set_begin(struct held_set *h)
{
    h->next.n = 0;
    h->next.bytes = 0;
    h->next_refreshes = false;
}

bool held_set_add(struct held_set *h, const char *text, size_t n, int former)
{
    struct held_members *m = &h->next;
    CHECK(m->n < HELD_MEMBERS_MAX);
    if (m->cap_bytes - m->bytes < n + 1) {
        size_t cap = m->cap_bytes * 2 > m->bytes + n + 1 ? m->cap_bytes * 2 : m->bytes + n + 512;
        char *grown = realloc(m->text, cap);
        if (grown == NULL) {
            return false;
        }
        m->text = grown;
        m->cap_bytes = cap;
    }
    h->former[m->n] = former;
    m->at[m->n++] = m->bytes;
    memcpy(m->text + m->bytes, text, n);
    m->text[m->bytes + n] = '\0';
    m->bytes += n + 1;
    return true;
}

const char *held_member(const struct held_members *m, int i)
{
    return m->text + m->at[i];
}

bool held_set_stays(const struct held_set *h, int i)
{
    for (int k = 0; k < h->next.n; k++) {
        if (h->former[k] == i) {
            return true;
        }
    }
    return false;
}

void held_set_written(struct held_set *h, struct mono now)
{
    struct held_members former = h->now;
    h->now = h->next;
    h->next = former;
    h->known = true;
    h->refreshed = h->next_refreshes ? now : h->refreshed;
}

void held_set_forget(struct held_set *h)
{
    h->known = false;
    h->now.n = 0;
}
