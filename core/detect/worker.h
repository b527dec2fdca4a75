/* SPDX-License-Identifier: MIT */
/*
 * The worker's side: one plugin, its instances, one batch of jobs at a time. Talks on the
 * descriptors WORKER_FD_*, prints nothing, knows no Redis and no clock but its own CPU time.
 * [worker]
 */
#ifndef DETECT_WORKER_H
#define DETECT_WORKER_H

#include <stdbool.h>
#include <stdint.h>

/* Declares the file's index-th detector with FRAME_READY, or says in FRAME_FAIL why not. With
 * `run`, then does what the engine says until FRAME_STOP or until the engine is gone. Returns the
 * exit status; leave with _Exit(), for the plugin's own exit handlers are not wanted. */
int worker_main(const char *path, uint32_t index, bool run);

/* Fences itself in as for a plugin, tries what must fail then, and tells with FRAME_FENCE what
 * holds. Returns the exit status. */
int worker_probe(void);

#endif
