/* SPDX-License-Identifier: MIT */
/* CPU time: what a process has used, not what has passed. [engine, worker] */
#ifndef IO_CPU_H
#define IO_CPU_H

#include <stdbool.h>
#include <stdint.h>
#include <time.h>

/* False when the clock is gone, as its process is. */
bool cpu_clock_ns(clockid_t id, int64_t *ns_out);
/* Of this process so far, all threads. */
int64_t cpu_own_ns(void);

#endif
