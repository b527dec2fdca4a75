/* SPDX-License-Identifier: MIT */
/* Both ends of a channel in one process, and boxes for it that nothing uses until a test shares
 * them. */
#ifndef TESTS_SUPPORT_CHANNEL_ENDS_H
#define TESTS_SUPPORT_CHANNEL_ENDS_H

#include "channel.h"
#include "shm.h"

enum { ENDS_FRAME_MOST = 1 << 20, ENDS_OUT_MOST = 4 << 20 }; /* bytes, of either end */

struct channel_ends {
    struct channel a, b;
    struct mailbox *to_a, *to_b; /* in memory, which a test may destroy itself */
    struct shm_note memory;
};

/* For cmocka_unit_test_setup_teardown(): *state is a struct channel_ends. A test may have ended a
 * side by channel_fini(). */
int channel_ends_setup(void **state);
int channel_ends_teardown(void **state);

#define WITH_ENDS(test) \
    cmocka_unit_test_setup_teardown(test, channel_ends_setup, channel_ends_teardown)

#endif
