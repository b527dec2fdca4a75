/* SPDX-License-Identifier: MIT */
/*
 * Memory that ends, for a detector whose state has no natural bound: a visit of a level, a run, a
 * regime may last for hours, but a verdict may rest only on rows within memory_s (OFD_ROWS). So a
 * fresh state is born at the first row of every slice of data time (at whole multiples of the
 * slice's length since 1970), every live state takes every row, and the oldest of OFD_SLICES of
 * them judges: it knows the rows of the last OFD_SLICES - 1 to OFD_SLICES slices. Which states
 * there are depends on the rows alone, never on when an engine was started, so a restart finds the
 * same patterns; and no sum has to be taken apart again.
 *
 *   struct mine { ofd_slices slices; struct state states[OFD_SLICES]; ... };    ofd_slices_init()
 * in create()
 *
 *   static void advance(struct mine *m, const ofd_window *w, uint64_t i)        row i comes
 *   {
 *       int born = ofd_slices_row(&m->slices, w, i);
 *       if (born >= 0) { m->states[born] = (struct state){ 0 }; }
 *       for (int k = 0; k < OFD_SLICES; k++) {
 *           if (ofd_slices_live(&m->slices, k)) { take(&m->states[k], w, i); }
 *       }
 *   }
 *   static int32_t detect(void *self, const ofd_tick *tick)
 *   {
 *       ...
 *       if (!ofd_slices_at(&m->slices, w, w->first_new)) {                      a first call, a
 * gap, a restart ofd_slices_forget(&m->slices); for (uint64_t i = 0; i < w->first_new; i++) {
 * advance(m, w, i); }
 *       }
 *       ... advance(m, w, i), then judge by m->states[m->slices.oldest], for each new row
 *
 * memory_s is at least OFD_SLICES slices, and whatever a state looks back for at its birth. It is
 * code of the plugin, compiled into it, and no part of the ABI. Pure; C11 and C++11 and later.
 */
#ifndef ORDERFLOW_SLICES_H
#define ORDERFLOW_SLICES_H

#include <orderflow/detector.h>

enum { OFD_SLICES = 3 };

typedef struct ofd_slices {
    int64_t length_ns;
    int64_t newest;         /* the slice of the newest row, in slices since 1970 */
    int64_t at[OFD_SLICES]; /* the slice at which the state of this index was born */
    uint64_t next;          /* rows before it are in; numbered as ofd_window.first_seq */
    int oldest;             /* index of the state that judges; -1: no row yet */
} ofd_slices;

/* No row is in. */
static inline void ofd_slices_forget(ofd_slices *s)
{
    s->oldest = -1;
    for (int k = 0; k < OFD_SLICES; k++) {
        s->at[k] = INT64_MIN;
    }
}

/* length_s: of a slice, at least 1. */
static inline void ofd_slices_init(ofd_slices *s, int64_t length_s)
{
    s->length_ns = length_s * 1000000000;
    s->newest = 0;
    s->next = 0;
    ofd_slices_forget(s);
}

/* True when exactly the rows before row i of the window are in, so that row i may come next. */
static inline int ofd_slices_at(const ofd_slices *s, const ofd_window *w, uint64_t i)
{
    return s->oldest >= 0 && s->next == w->first_seq + i;
}

/* True when the state of index k takes rows. */
static inline int ofd_slices_live(const ofd_slices *s, int k)
{
    return s->at[k] > s->newest - OFD_SLICES && s->at[k] <= s->newest;
}

/* Row i of the window comes, in order. Returns the index of the state that is born with it, which
 * the caller makes as new, or -1: none is. */
static inline int ofd_slices_row(ofd_slices *s, const ofd_window *w, uint64_t i)
{
    int64_t slice = w->ts_ns[i] / s->length_ns;
    s->next = w->first_seq + i + 1;
    if (s->oldest >= 0 && s->newest == slice) {
        return -1;
    }
    int born = (int)((uint64_t)slice % OFD_SLICES);
    s->at[born] = slice;
    s->newest = slice;
    s->oldest = born;
    for (int k = 0; k < OFD_SLICES; k++) {
        s->oldest = ofd_slices_live(s, k) && s->at[k] < s->at[s->oldest] ? k : s->oldest;
    }
    return born;
}

#endif
