/* SPDX-License-Identifier: MIT */
#include "fence_probe.h"

#include "process.h"

#include <string.h>
#include <unistd.h>

enum { WINDOW_BYTES = 1 << 16, MEMORY_MB = 64, WAIT_MS = 10000, OUT_MAX_BYTES = 1 << 16 };

static bool spawn(struct process *p, const struct shm *windows, const char *worker_path,
                  int their_fd, struct err *err)
{
    enum { FDS = WORKER_FD_WINDOW - CHILD_FIRST_FD + 1 };
    const char *argv[] = { worker_path, "--probe", NULL };
    int fds[FDS];
    for (int i = 0; i < FDS; i++) {
        fds[i] = windows->fd_ro;
    }
    fds[WORKER_FD_CHANNEL - CHILD_FIRST_FD] = their_fd;
    fds[WORKER_FD_DESK - CHILD_FIRST_FD] = p->note.fd;
    return child_start(&p->child, argv, fds, FDS, err);
}

static bool ask(struct process *p, const struct fence_config *c, uint32_t *bits_out,
                struct err *err)
{
    struct frame_setup setup = {
        .version = FRAME_VERSION, .window_bytes = WINDOW_BYTES, .memory_mb = MEMORY_MB, .fence = *c
    };
    struct frame_text text = { 0 };
    struct channel_frame f;
    if (!channel_put(&p->channel, FRAME_SETUP, &setup, sizeof setup, err) ||
        !channel_flush(&p->channel, err) || !channel_wait(&p->channel, WAIT_MS, &f, err)) {
        return false;
    }
    if (f.type == FRAME_FENCE && f.bytes == sizeof *bits_out) {
        memcpy(bits_out, f.data, sizeof *bits_out);
        return true;
    }
    if (f.type == FRAME_FAIL && f.bytes < sizeof text) {
        memcpy(&text, f.data, f.bytes);
        return err_set(err, ERR_SYSTEM, "%.*s", FRAME_TEXT_MAX - 1, text.text);
    }
    return err_set(err, ERR_PROTOCOL, "the worker speaks another language");
}

bool fence_probe(const char *worker_path, const struct fence_config *c, uint32_t *bits_out,
                 struct err *err)
{
    int fds[2] = { -1, -1 };
    struct shm windows;
    struct process p = { .child = { .out_fd = -1 }, .channel = { .fd = -1 }, .note = { .fd = -1 } };
    bool ok = shm_create(&windows, WINDOW_BYTES, err);
    if (ok && channel_pair(fds, err)) {
        channel_init(&p.channel, fds[0], FRAME_MAX_BYTES, OUT_MAX_BYTES);
        ok = shm_note_create(&p.note, sizeof(struct desk), err) &&
             spawn(&p, &windows, worker_path, fds[1], err);
        (void)close(fds[1]);
        ok = ok && ask(&p, c, bits_out, err);
    } else {
        ok = false;
    }
    process_fini(&p);
    shm_destroy(&windows);
    return ok;
}
