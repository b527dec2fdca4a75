/* SPDX-License-Identifier: MIT */
/* A worker process with its two lines to us: the channel, and the desk with the breadcrumb.
 * [engine] */
#ifndef DETECT_PROCESS_H
#define DETECT_PROCESS_H

#include "channel.h"
#include "child.h"
#include "desk.h"
#include "frame.h"
#include "image.h"
#include "shm.h"

struct process {
    struct child child;
    struct channel channel;
    struct shm_note note; /* a struct desk */
};

struct process_spec {
    const char *worker_path, *so_path; /* the latter is for people: `image` is loaded */
    const struct image *image;
    uint32_t index; /* which of the file's detectors */
    int window_fd;  /* -1: describe only */
    size_t window_bytes;
    int64_t memory_mb;
    struct fence_config fence;
};

/* Starts orderflow-worker and puts FRAME_SETUP on its way. */
MUST_CHECK bool process_start(struct process *p, const struct process_spec *spec, struct err *err);
/* After process_start(), whatever it said, and any number of times. */
void process_fini(struct process *p);

/* A copy of what the worker was last about to do. */
struct crumb_copy {
    uint32_t phase, ticker;
    uint64_t job_id;
    int64_t now_ns;
};
struct crumb_copy process_crumb(const struct process *p);

/* how, of child_end_text(), is a signal that a plugin cannot send, not even to itself: it was an
 * operator, or the kernel in want of memory. */
bool process_ended_by_others(const char *how);

#endif
