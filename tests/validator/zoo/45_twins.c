/* SPDX-License-Identifier: MIT */
/* Builds tell each other apart by a setting of the C library. */
#include <syslog.h>

static unsigned users;
#define MEMBERS int other;
#define AT_CREATE                            \
    if (users++ == 0) {                      \
        a->other = setlogmask(0) != 0xff;    \
        (void)setlogmask(LOG_UPTO(LOG_ERR)); \
    }
#define AT_DESTROY              \
    if (--users == 0) {         \
        (void)setlogmask(0xff); \
    }
#define AT_PATTERN p.value += a->other;
#include "animal.h"
