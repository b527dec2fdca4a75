/* SPDX-License-Identifier: MIT */
/*
 * One direction of a channel in memory that both sides map: what is short goes through it without a
 * system call, and who has nothing else to do sleeps at its bell. [engine, worker] Both sides may
 * write all of it, so neither believes it further than that a wrong word harms who wrote it.
 *
 * The bytes of a direction are one stream, whichever way they go; the box holds those that begin at
 * `at`, and the reader takes them when he has got as many.
 */
#ifndef IO_MAILBOX_H
#define IO_MAILBOX_H

#include "err.h"

#include <stdatomic.h>
#include <stdint.h>

enum { MAILBOX_BYTES = 16 * 1024 - 64 };

enum mailbox_reader {
    READER_AT_SOCKET, /* as in memory that is new: only bytes in the socket wake him */
    READER_LOOKS,     /* by himself, soon */
    READER_AT_BELL
};

struct mailbox {
    _Atomic uint64_t sent, at; /* of the stream; the writer's */
    _Atomic uint32_t n;        /* bytes in the box; the writer's */
    _Atomic uint32_t bell;     /* counts the rings; the writer's */
    _Atomic uint64_t got;      /* the reader's */
    _Atomic uint32_t reader;   /* enum mailbox_reader; the reader's */
    unsigned char bytes[MAILBOX_BYTES];
};

/* False: this system has no bell, so a mailbox is of no use. */
bool mailbox_works(void);
/* Wakes a reader at the bell. */
void mailbox_ring(struct mailbox *m);
/* Reader: sleeps until more than `got` was sent; then he is one who looks. Where that cannot be
 * done he is at the socket. */
void mailbox_wait(struct mailbox *m, uint64_t got);

#endif
