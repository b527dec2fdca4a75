/* SPDX-License-Identifier: MIT */
#include "mcp.h"

#include "line.h"
#include "log.h"
#include "session.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <unistd.h>

enum {
    UNREAD_BYTES_MAX = 16 * 1024 * 1024, /* so much unread output: no further line is taken */
    SLICE_MS = 50,
    FINISH_MS = 1500,
    FLUSH_MS = 300,
    STOP_MS = 200
};

static const int stop_signals[] = { SIGTERM, SIGINT, SIGHUP };
enum { STOP_SIGNALS = 3 };

static volatile sig_atomic_t stop_fd = -1;

static void on_stop(int signal_number)
{
    int saved = errno;
    (void)signal_number;
    (void)!write(stop_fd, "!", 1);
    errno = saved;
}

struct server {
    int wake[2]; /* [1] gets a byte when it is time to go */
    struct sigaction former[STOP_SIGNALS];
    struct outbox out;
    struct session session;
    struct shared shared;
    struct line_reader lines;
};

static bool open_wake(struct server *s, struct err *err)
{
    if (pipe(s->wake) != 0) {
        return err_sys(err, "pipe");
    }
    for (int i = 0; i < 2; i++) {
        if (fcntl(s->wake[i], F_SETFD, FD_CLOEXEC) != 0) {
            return err_sys(err, "pipe");
        }
    }
    return true;
}

static void take_signals(struct server *s)
{
    struct sigaction stop = { .sa_handler = on_stop }, ignore = { .sa_handler = SIG_IGN };
    stop_fd = s->wake[1];
    (void)sigaction(SIGPIPE, &ignore, NULL);
    for (int i = 0; i < STOP_SIGNALS; i++) {
        (void)sigaction(stop_signals[i], &stop, &s->former[i]);
    }
}

static void give_signals_back(struct server *s)
{
    for (int i = 0; i < STOP_SIGNALS; i++) {
        (void)sigaction(stop_signals[i], &s->former[i], NULL);
    }
    stop_fd = -1;
}

static bool woken(const struct server *s)
{
    struct pollfd p = { .fd = s->wake[0], .events = POLLIN };
    return poll(&p, 1, 0) == 1;
}

/* True: the input ended; false: it is time to go at once. */
static bool serve_lines(struct server *s)
{
    while (!woken(s)) {
        const char *text;
        size_t n;
        switch (line_next(&s->lines, &text, &n)) {
        case LINE_OK:
            session_line(&s->session, text, n);
            break;
        case LINE_TOO_LONG:
            session_line_too_long(&s->session);
            break;
        case LINE_END:
            return true;
        case LINE_WOKEN:
            return false;
        }
        while (!outbox_wait(&s->out, UNREAD_BYTES_MAX, SLICE_MS) && !woken(s)) {
        }
    }
    return false;
}

static void finish_calls(struct server *s)
{
    for (int waited_ms = 0; waited_ms < FINISH_MS && !woken(s); waited_ms += SLICE_MS) {
        if (calls_wait(s->session.calls, SLICE_MS)) {
            return;
        }
    }
}

static bool start(struct server *s, const struct mcp_config *cfg, struct err *err)
{
    if (!open_wake(s, err) || !outbox_init(&s->out, cfg->out_fd, s->wake[1], err)) {
        return false;
    }
    if (!shared_init(&s->shared, err)) {
        return false;
    }
    struct calls *calls = calls_create(cfg, &s->out);
    struct subs *subs = calls != NULL ? subs_create(calls_query_config(calls), &s->out) : NULL;
    if (subs == NULL) {
        return err_set(err, ERR_MEMORY, "out of memory");
    }
    session_init(&s->session, &s->out, calls, subs, &s->shared);
    line_init(&s->lines, cfg->in_fd, s->wake[0]);
    return true;
}

/* Frees all, unless a thread did not come back: then it may still use what it has. */
static void stop(struct server *s)
{
    give_signals_back(s);
    line_fini(&s->lines);
    session_fini(&s->session);
    if (!subs_destroy(s->session.subs, STOP_MS) || !calls_destroy(s->session.calls, STOP_MS) ||
        !outbox_fini(&s->out)) {
        return;
    }
    shared_fini(&s->shared);
    (void)close(s->wake[0]);
    (void)close(s->wake[1]);
    free(s);
}

int mcp_run(const struct mcp_config *cfg)
{
    struct err err = { 0 };
    struct server *s = calloc(1, sizeof *s);
    if (s == NULL || !start(s, cfg, &err)) {
        log_error("mcp_start", "error=\"%s\"", s == NULL ? "out of memory" : err.text);
        free(s);
        return 1;
    }
    take_signals(s);
    if (serve_lines(s)) {
        finish_calls(s);
        subs_close(s->session.subs);
        (void)outbox_wait(&s->out, 0, FLUSH_MS);
    }
    stop(s);
    return 0;
}
