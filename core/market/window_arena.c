/* SPDX-License-Identifier: MIT */
#include "window_internal.h"

#include <stdlib.h>
#include <string.h>

/* A buddy allocator over pages. Its books live on the heap, so the arena holds columns only. */

#define NO_PAGE UINT32_MAX

struct page {
    uint32_t next, prev; /* while it heads a free block */
    uint32_t free_order; /* order + 1 of the free block it heads; 0: none */
};

struct arena_free {
    uint32_t pages;
    uint32_t heads[ARENA_ORDERS];
    struct page page[];
};

static void list_add(struct arena_free *f, uint32_t at, unsigned order)
{
    f->page[at] =
        (struct page){ .next = f->heads[order], .prev = NO_PAGE, .free_order = order + 1 };
    if (f->heads[order] != NO_PAGE) {
        f->page[f->heads[order]].prev = at;
    }
    f->heads[order] = at;
}

static void list_remove(struct arena_free *f, uint32_t at, unsigned order)
{
    struct page *p = &f->page[at];
    if (p->prev != NO_PAGE) {
        f->page[p->prev].next = p->next;
    } else {
        f->heads[order] = p->next;
    }
    if (p->next != NO_PAGE) {
        f->page[p->next].prev = p->prev;
    }
    p->free_order = 0;
}

/* Covers all pages with the largest aligned blocks that fit, lowest address last on each list. */
static void list_fill(struct arena_free *f)
{
    uint32_t at = 0;
    while (at < f->pages) {
        unsigned order = 0;
        while (order + 1 < ARENA_ORDERS && (at & ((2U << order) - 1)) == 0 &&
               (2U << order) <= f->pages - at) {
            order++;
        }
        list_add(f, at, order);
        at += 1U << order;
    }
}

bool arena_init(struct arena *a, void *base, size_t bytes, struct err *err)
{
    *a = (struct arena){ 0 };
    size_t pages = bytes / ARENA_PAGE_BYTES;
    if (base == NULL || pages == 0 || pages > (size_t)1 << (ARENA_ORDERS - 1)) {
        return err_set(err, ERR_INVALID, "arena: %zu bytes cannot be divided into pages", bytes);
    }
    struct arena_free *f = calloc(1, sizeof *f + pages * sizeof f->page[0]);
    if (f == NULL) {
        return err_set(err, ERR_MEMORY, "arena: out of memory");
    }
    f->pages = (uint32_t)pages;
    for (unsigned i = 0; i < ARENA_ORDERS; i++) {
        f->heads[i] = NO_PAGE;
    }
    list_fill(f);
    *a = (struct arena){ .base = base, .bytes = pages * ARENA_PAGE_BYTES, .free_lists = f };
    return true;
}

void arena_fini(struct arena *a)
{
    free(a->free_lists);
    *a = (struct arena){ 0 };
}

bool arena_take(struct arena *a, unsigned order, uint64_t *off_out)
{
    struct arena_free *f = a->free_lists;
    unsigned found = order;
    while (found < ARENA_ORDERS && f->heads[found] == NO_PAGE) {
        found++;
    }
    if (found >= ARENA_ORDERS) {
        return false;
    }
    uint32_t at = f->heads[found];
    list_remove(f, at, found);
    while (found > order) {
        found--;
        list_add(f, at + (1U << found), found);
    }
    a->used_bytes += arena_slab_bytes(order);
    *off_out = (uint64_t)at * ARENA_PAGE_BYTES;
    return true;
}

bool arena_extend(struct arena *a, uint64_t off, unsigned order)
{
    struct arena_free *f = a->free_lists;
    uint32_t at = (uint32_t)(off / ARENA_PAGE_BYTES), buddy = at + (1U << order);
    bool is_first = (at & (1U << order)) == 0;
    if (order + 1 >= ARENA_ORDERS || !is_first || buddy >= f->pages ||
        f->page[buddy].free_order != order + 1) {
        return false;
    }
    list_remove(f, buddy, order);
    a->used_bytes += arena_slab_bytes(order);
    return true;
}

void arena_give(struct arena *a, uint64_t off, unsigned order)
{
    struct arena_free *f = a->free_lists;
    uint32_t at = (uint32_t)(off / ARENA_PAGE_BYTES);
    a->used_bytes -= arena_slab_bytes(order);
    while (order + 1 < ARENA_ORDERS) {
        uint32_t buddy = at ^ (1U << order);
        if (buddy >= f->pages || f->page[buddy].free_order != order + 1) {
            break;
        }
        list_remove(f, buddy, order);
        at &= ~(1U << order);
        order++;
    }
    list_add(f, at, order);
}
