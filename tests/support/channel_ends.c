/* SPDX-License-Identifier: MIT */
#include "channel_ends.h"

#include <stdlib.h>

int channel_ends_setup(void **state)
{
    struct channel_ends *e = malloc(sizeof *e);
    int fds[2];
    if (e == NULL || !shm_note_create(&e->memory, 2 * sizeof(struct mailbox), NULL) ||
        !channel_pair(fds, NULL)) {
        return -1;
    }
    e->to_a = e->memory.base;
    e->to_b = e->to_a + 1;
    channel_init(&e->a, fds[0], ENDS_FRAME_MOST, ENDS_OUT_MOST);
    channel_init(&e->b, fds[1], ENDS_FRAME_MOST, ENDS_OUT_MOST);
    *state = e;
    return 0;
}

int channel_ends_teardown(void **state)
{
    struct channel_ends *e = *state;
    channel_fini(&e->a);
    channel_fini(&e->b);
    shm_note_destroy(&e->memory);
    free(e);
    return 0;
}
