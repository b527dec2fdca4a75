/* SPDX-License-Identifier: MIT */
#include "cpu.h"

bool cpu_clock_ns(clockid_t id, int64_t *ns_out)
{
    struct timespec t;
    if (clock_gettime(id, &t) != 0) {
        return false;
    }
    *ns_out = (int64_t)t.tv_sec * INT64_C(1000000000) + t.tv_nsec;
    return true;
}

int64_t cpu_own_ns(void)
{
    int64_t ns = 0;
    (void)cpu_clock_ns(CLOCK_PROCESS_CPUTIME_ID, &ns);
    return ns;
}
