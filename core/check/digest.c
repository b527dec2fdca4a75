/* SPDX-License-Identifier: MIT */
#include "digest.h"

#include "child.h"
#include "clock.h"
#include "rig.h"

#include <errno.h>
#include <inttypes.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#if defined(__GLIBC__)
#include <malloc.h>
#endif

enum { ROWS = 500, ARGS_MAX = 24, HEAD = DIGEST_OUTPUT_MAX / 2, TAIL = DIGEST_OUTPUT_MAX / 4 };

static const struct {
    const char *tz, *lang, *folder;
    int perturb;
    size_t hole_bytes;
} surroundings[DIGEST_VARIATIONS] = { { "UTC", "C", ".", 0, 0 },
                                      { "Pacific/Auckland", "tr_TR.UTF-8", "/", 0x5a, 12345 },
                                      { "America/New_York", "de_DE.UTF-8", "/tmp", 0xc3, 999999 } };

const char *digest_variation(unsigned k)
{
    static const char *const texts[DIGEST_VARIATIONS] = {
        "UTC, C", "Pacific/Auckland, tr_TR, in /, memory filled with 0x5a",
        "America/New_York, de_DE, in /tmp, memory filled with 0xc3"
    };
    return texts[k];
}

static void surround(unsigned k)
{
    (void)setenv("TZ", surroundings[k].tz, 1);
    (void)setenv("LANG", surroundings[k].lang, 1);
    (void)setenv("LC_ALL", surroundings[k].lang, 1);
    int moved = chdir(surroundings[k].folder);
    (void)moved;
#if defined(__GLIBC__)
    (void)mallopt(M_PERTURB, surroundings[k].perturb);
#endif
}

int probe_digest(struct probe *p)
{
    struct plug g;
    struct rig r;
    struct reel t;
    double params[RIG_PARAMS_MAX];
    char *path = realpath(p->path, NULL);
    p->path = path != NULL ? path : p->path;
    surround(p->variation);
    void *hole = malloc(surroundings[p->variation].hole_bytes + 1);
    if (plug_load(&g, p, p->path, false) && rig_provoke(&g, &t, ROWS, params, p)) {
        rig_init(&r, &g);
        memcpy(r.params, params, sizeof params);
        if (rig_play(&r, &t, NS_PER_S)) {
            (void)printf("\ndigest %zu %016" PRIx64 "\n", r.said.n, said_hash(&r.said));
        }
        rig_fini(&r);
        reel_fini(&t);
    } else {
        (void)printf("\ndigest 0 0\n");
    }
    free(hole);
    free(path);
    return fflush(stdout) == 0 ? 0 : 1;
}

/* Everything it prints until it ends; of much the first half and the last quarter are kept. */
static void read_output(int fd, char out[DIGEST_OUTPUT_MAX])
{
    size_t n = 0;
    for (;;) {
        struct pollfd poll_fd = { .fd = fd, .events = POLLIN };
        if (n > HEAD + 2 * TAIL - TAIL / 4) {
            memmove(out + HEAD, out + n - TAIL, TAIL);
            n = HEAD + TAIL;
        }
        if (poll(&poll_fd, 1, -1) < 0 && errno != EINTR) {
            break;
        }
        ssize_t got = read(fd, out + n, DIGEST_OUTPUT_MAX - 1 - n);
        if (got == 0 || (got < 0 && errno != EAGAIN && errno != EINTR)) {
            break;
        }
        n += got > 0 ? (size_t)got : 0;
    }
    out[n] = '\0';
}

static bool find_digest(struct digest *d)
{
    static const char head[] = "\ndigest ";
    const char *line = strstr(d->output, head);
    char *end = NULL, *last = NULL;
    if (line == NULL) {
        return false;
    }
    line += sizeof head - 1;
    d->n = strtoul(line, &end, 10);
    d->hash = strtoull(end, &last, 16);
    return end != line && last != end;
}

bool digest_run(struct probe *p, unsigned k, const char *const *wrapper, struct digest *out,
                struct err *err)
{
    const char *argv[ARGS_MAX] = { NULL };
    char index[16], seed[24], variation[16], end[CHILD_END_MAX];
    size_t n = 0;
    struct child c;
    int status = 0;
    *out = (struct digest){ .exit_status = -1 };
    (void)snprintf(index, sizeof index, "%" PRIu32, p->index);
    (void)snprintf(seed, sizeof seed, "%" PRIu64, p->seed);
    (void)snprintf(variation, sizeof variation, "%u", k);
    while (wrapper != NULL && wrapper[n] != NULL) {
        argv[n] = wrapper[n];
        n++;
    }
    const char *const own[] = { p->self, "--digest", variation, p->path, index, seed, p->set };
    for (size_t i = 0; i < sizeof own / sizeof *own; i++) {
        argv[n++] = own[i];
    }
    if (!child_start(&c, argv, NULL, 0, err)) {
        return false;
    }
    read_output(c.out_fd, out->output);
    while (!child_ended(&c, &status)) {
        (void)poll(NULL, 0, 1); /* it has closed its output: it is about to end */
    }
    child_end(&c, &status);
    child_end_text(end, status);
    child_fini(&c);
    out->exit_status = (status & 0x7f) == 0 ? status >> 8 : -1;
    return find_digest(out) ||
           err_set(err, ERR_INVALID, "the run ended with %s and said nothing", end);
}
