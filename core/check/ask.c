/* SPDX-License-Identifier: MIT */
/* What a file says of itself before any check. */
#include "run.h"

#include "child.h"
#include "clock.h"
#include "drain.h"
#include "reel_file.h"

#include <inttypes.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { ASK_POLL_MS = 20, ASK_OUTPUT_MAX = 2 * RUN_OUTPUT_MAX };

/* The text behind the last line that begins with this word, "" none. */
static void find_line(const struct buf *b, const char *head, char *out, size_t n)
{
    const char *at = b->data, *found = NULL;
    while (at != NULL && (at = strstr(at, head)) != NULL) {
        at += strlen(head);
        found = at;
    }
    (void)snprintf(out, n, "%.*s", found != NULL ? (int)strcspn(found, "\n") : 0,
                   found != NULL ? found : "");
}

static void take(const struct buf *said, struct plugin_told *out)
{
    char line[160], *rest = NULL;
    find_line(said, "\n" CHECK_TELL_COUNT " ", line, sizeof line);
    out->detectors = (uint32_t)strtoul(line, &rest, 10);
    rest += *rest == ' ';
    (void)snprintf(out->detector, sizeof out->detector, "%s", rest);
    find_line(said, "\n" CHECK_TELL_REFUSE " ", out->refused, sizeof out->refused);
}

void run_ask(const struct run_options *o, const char *path, uint32_t index, struct plugin_told *out)
{
    char at[16];
    struct child c;
    struct buf said;
    int status;
    *out = (struct plugin_told){ 0 };
    (void)snprintf(at, sizeof at, "%" PRIu32, index);
    const char *argv[] = { o->program,
                           "--count",
                           path,
                           at,
                           o->window != NULL ? o->window : "",
                           o->set != NULL ? o->set : "",
                           NULL };
    if (!child_start(&c, argv, NULL, 0, NULL)) {
        return;
    }
    buf_init(&said, ASK_OUTPUT_MAX);
    struct mono until = mono_after_ms(clock_mono(), 3000 * (int64_t)o->timeout_s);
    while (!child_ended(&c, &status) && mono_ms_until(clock_mono(), until) > 0) {
        struct pollfd fd = { .fd = c.out_fd, .events = POLLIN };
        (void)poll(&fd, 1, ASK_POLL_MS);
        (void)drain(c.out_fd, &said);
    }
    (void)drain(c.out_fd, &said);
    child_fini(&c);
    take(&said, out);
    buf_fini(&said);
}

bool run_window_ok(const char *path, struct err *err)
{
    struct stat st;
    struct reel t;
    struct reel_sets sets;
    if (stat(path, &st) != 0) {
        return err_sys(err, "%s", path);
    }
    if (!S_ISREG(st.st_mode)) {
        return err_set(err, ERR_INVALID, "%s: %s", path,
                       S_ISDIR(st.st_mode) ? "is a folder" : "is no regular file");
    }
    if (!reel_read(&t, path, &sets, err)) {
        return false;
    }
    reel_fini(&t);
    return true;
}
