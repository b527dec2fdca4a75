/* SPDX-License-Identifier: MIT */
#include "process.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum { OUT_MAX_BYTES = 256 << 20 };

static bool spawn(struct process *p, const struct process_spec *spec, int their_fd, struct err *err)
{
    char index[16], path[IMAGE_PATH_MAX];
    bool run = spec->window_fd >= 0;
    (void)snprintf(index, sizeof index, "%lu", (unsigned long)spec->index);
    image_path(spec->image, WORKER_FD_IMAGE, path);
    const char *argv[] = {
        spec->worker_path, run ? "--run" : "--describe", path, index, spec->so_path, NULL
    };
    int fds[] = { [WORKER_FD_CHANNEL - CHILD_FIRST_FD] = their_fd,
                  [WORKER_FD_DESK - CHILD_FIRST_FD] = p->note.fd,
                  [WORKER_FD_IMAGE - CHILD_FIRST_FD] = spec->image->fd,
                  [WORKER_FD_WINDOW - CHILD_FIRST_FD] = spec->window_fd };
    return child_start(&p->child, argv, fds, run ? 4 : 3, err);
}

static bool set_up(struct process *p, const struct process_spec *spec, struct err *err)
{
    struct frame_setup setup = { .version = FRAME_VERSION,
                                 .window_bytes = spec->window_bytes,
                                 .memory_mb = spec->memory_mb,
                                 .fence = spec->fence };
    return channel_put(&p->channel, FRAME_SETUP, &setup, sizeof setup, err) &&
           channel_flush(&p->channel, err);
}

bool process_start(struct process *p, const struct process_spec *spec, struct err *err)
{
    int fds[2];
    *p = (struct process){ .child = { .out_fd = -1 },
                           .channel = { .fd = -1 },
                           .note = { .fd = -1 } };
    if (!channel_pair(fds, err)) {
        return false;
    }
    channel_init(&p->channel, fds[0], FRAME_MAX_BYTES, OUT_MAX_BYTES);
    bool ok = shm_note_create(&p->note, sizeof(struct desk), err) && spawn(p, spec, fds[1], err) &&
              set_up(p, spec, err);
    if (ok && spec->window_fd >= 0) {
        struct desk *desk = p->note.base;
        channel_share(&p->channel, &desk->to_engine, &desk->to_worker);
    }
    (void)close(fds[1]);
    if (!ok) {
        process_fini(p);
    }
    return ok;
}

void process_fini(struct process *p)
{
    child_fini(&p->child);
    channel_fini(&p->channel);
    shm_note_destroy(&p->note);
}

struct crumb_copy process_crumb(const struct process *p)
{
    struct desk *desk = p->note.base;
    if (desk == NULL) {
        return (struct crumb_copy){ 0 };
    }
    const struct crumb *crumb = &desk->crumb;
    return (struct crumb_copy){ .phase = crumb->phase,
                                .ticker = crumb->ticker,
                                .job_id = crumb->job_id,
                                .now_ns = crumb->now_ns };
}

bool process_ended_by_others(const char *how)
{
    return strcmp(how, "SIGKILL") == 0 || strcmp(how, "SIGTERM") == 0 ||
           strcmp(how, "SIGINT") == 0 || strcmp(how, "SIGHUP") == 0 || strcmp(how, "SIGQUIT") == 0;
}
