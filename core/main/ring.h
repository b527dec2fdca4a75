/* SPDX-License-Identifier: MIT */
/* Numbers of tickers that wait for their turn, first in, first out. Pure but for ring_reserve().
 * [engine] */
#ifndef MAIN_RING_H
#define MAIN_RING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct ring {      /* { 0 } is empty, without room */
    uint32_t *ids; /* owned */
    size_t cap, first, n;
};

/* Room for so many; those that wait keep their order. False when out of memory: as before. */
bool ring_reserve(struct ring *r, size_t cap);
void ring_fini(struct ring *r);
void ring_clear(struct ring *r);
void ring_push(struct ring *r, uint32_t id);       /* there is room */
uint32_t ring_pop(struct ring *r);                 /* there is one */
uint32_t ring_get(const struct ring *r, size_t k); /* the k-th to come, k < n */

#endif
