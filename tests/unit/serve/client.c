/* SPDX-License-Identifier: MIT */
#include "client.h"

#include "check.h"
#include "clock.h"

#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { PATIENCE_MS = 60000 };

void client_start(struct client *c, const struct mcp_config *cfg)
{
    int in[2], out[2];
    *c = (struct client){ 0 };
    buf_init(&c->heard, 1 << 26);
    if (pipe(in) != 0 || pipe(out) != 0) {
        abort();
    }
    c->pid = fork();
    if (c->pid == 0) {
        struct mcp_config mine = *cfg;
        mine.in_fd = in[0];
        mine.out_fd = out[1];
        (void)close(in[1]);
        (void)close(out[0]);
        _exit(mcp_run(&mine));
    }
    (void)close(in[0]);
    (void)close(out[1]);
    c->in = in[1];
    c->out = out[0];
    (void)signal(SIGPIPE, SIG_IGN);
}

void client_end_input(struct client *c)
{
    if (c->in >= 0) {
        (void)close(c->in);
        c->in = -1;
    }
}

void client_stop(struct client *c)
{
    client_end_input(c);
    if (c->pid > 0) {
        (void)kill(c->pid, SIGKILL);
        (void)waitpid(c->pid, NULL, 0);
    }
    (void)close(c->out);
    buf_fini(&c->heard);
}

void client_say_bytes(struct client *c, const char *bytes, size_t n)
{
    for (size_t done = 0; done < n;) {
        ssize_t wrote = write(c->in, bytes + done, n - done);
        if (wrote <= 0) {
            fail_msg("the server does not read");
        }
        done += (size_t)wrote;
    }
}

void client_say(struct client *c, const char *line)
{
    client_say_bytes(c, line, strlen(line));
    client_say_bytes(c, "\n", 1);
}

const char *client_hear(struct client *c, int limit_ms)
{
    struct mono deadline = mono_after_ms(clock_mono(), limit_ms);
    buf_drop(&c->heard, c->start);
    c->start = 0;
    for (;;) {
        char *lf = c->heard.len > 0 ? memchr(c->heard.data, '\n', c->heard.len) : NULL;
        if (lf != NULL) {
            *lf = '\0';
            c->start = (size_t)(lf - c->heard.data) + 1;
            return c->heard.data;
        }
        int64_t left_ms = mono_ms_until(clock_mono(), deadline);
        struct pollfd p = { .fd = c->out, .events = POLLIN };
        if (left_ms <= 0 || poll(&p, 1, (int)left_ms) != 1) {
            return NULL;
        }
        char *room = buf_room(&c->heard, 65536);
        ssize_t n = room != NULL ? read(c->out, room, 65536) : 0;
        if (n <= 0) {
            return NULL;
        }
        c->heard.len += (size_t)n;
    }
}

int client_exit_status(struct client *c, int limit_ms)
{
    struct mono deadline = mono_after_ms(clock_mono(), limit_ms);
    int status;
    while (waitpid(c->pid, &status, WNOHANG) == 0) {
        if (mono_ms_until(clock_mono(), deadline) <= 0) {
            return -1;
        }
        (void)nanosleep(&(struct timespec){ .tv_nsec = NS_PER_MS }, NULL);
    }
    c->pid = 0;
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

void client_expect(struct client *c, const char *say, const char *want)
{
    client_say(c, say);
    const char *heard = client_hear(c, PATIENCE_MS);
    if (heard == NULL || strcmp(heard, want) != 0) {
        fail_msg("said %s\nheard %s\nnot %s", say, heard != NULL ? heard : "nothing", want);
    }
}

void client_expect_in(struct client *c, const char *say, const char *part)
{
    client_say(c, say);
    const char *heard = client_hear(c, PATIENCE_MS);
    if (heard == NULL || strstr(heard, part) == NULL) {
        fail_msg("said %s\nheard %s\nwithout %s", say, heard != NULL ? heard : "nothing", part);
    }
}

void client_expect_silence(struct client *c, const char *say)
{
    client_say(c, say);
    client_expect(c, PING("\"silence\""), PONG("\"silence\""));
}
