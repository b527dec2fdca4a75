/* SPDX-License-Identifier: MIT */
#if defined(__linux__) && !defined(_GNU_SOURCE)
#define _GNU_SOURCE /* syscall */
#endif
#include "mailbox.h"

#if defined(__linux__)

#include <errno.h>
#include <linux/futex.h>
#include <sys/syscall.h>
#include <unistd.h>

bool mailbox_works(void)
{
    return true;
}

void mailbox_ring(struct mailbox *m)
{
    (void)atomic_fetch_add(&m->bell, 1);
    (void)syscall(SYS_futex, &m->bell, FUTEX_WAKE, 1, NULL, NULL, 0);
}

/* Whoever sends looks at `reader` after he has said so in `sent`, and we look at `sent` after we
 * have said where we are: one of the two sees the other. */
void mailbox_wait(struct mailbox *m, uint64_t got)
{
    bool ok = true;
    while (ok && atomic_load(&m->sent) == got) {
        uint32_t bell = atomic_load(&m->bell);
        atomic_store(&m->reader, READER_AT_BELL);
        if (atomic_load(&m->sent) == got) {
            ok = syscall(SYS_futex, &m->bell, FUTEX_WAIT, bell, NULL, NULL, 0) == 0 ||
                 errno == EAGAIN || errno == EINTR;
        }
    }
    atomic_store(&m->reader, ok ? READER_LOOKS : READER_AT_SOCKET);
}

#else

bool mailbox_works(void)
{
    return false;
}

void mailbox_ring(struct mailbox *m)
{
    (void)m;
}

void mailbox_wait(struct mailbox *m, uint64_t got)
{
    (void)m;
    (void)got;
}

#endif
