/* SPDX-License-Identifier: MIT */
#include "cli.h"
#include "clock.h"
#include "live_setup.h"
#include "options.h"
#include "terminal.h"
#include "top.h"

#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static int run(int argc, char **argv, const char *argv0);

const struct command cmd_top = {
    .name = "top",
    .arguments = "[--once] [--rows N]",
    .summary = "what the engine is doing: rates, where its CPU time goes, detectors, tickers",
    .run = run,
};

enum { POLL_MS = 100, STATUS_MS = 3000, ROWS = 15, ROWS_MAX = 1000, SCREEN_BYTES_MAX = 1 << 20 };

static volatile sig_atomic_t stopped;

static void on_stop(int signal_number)
{
    (void)signal_number;
    stopped = 1;
}

struct top {
    struct redis *redis;
    struct keys keys;
    struct top_sample *before, *now; /* owned */
    size_t rows;
};

/* Waits for the engine's next status, so that there is something to compare. */
static bool next_sample(struct top *t, struct err *err)
{
    struct mono deadline = mono_after_ms(clock_mono(), STATUS_MS);
    struct top_sample *former = t->before;
    t->before = t->now;
    t->now = former;
    for (;;) {
        if (!top_read(t->now, t->redis, &t->keys, err)) {
            return false;
        }
        bool fresh = top_number(t->now, "updated_ms") != top_number(t->before, "updated_ms");
        if (fresh || !t->now->served || stopped || mono_ms_until(clock_mono(), deadline) <= 0) {
            return true;
        }
        (void)poll(NULL, 0, POLL_MS);
    }
}

static bool show(const struct top *t, bool once)
{
    struct terminal_size size = { 0 };
    struct buf text;
    bool draws = !once && terminal_at(STDOUT_FILENO, &size);
    struct top_screen screen = { .rows = t->rows, .lines = size.lines, .columns = size.columns };
    buf_init(&text, SCREEN_BYTES_MAX);
    buf_puts(&text, draws ? "\033[H\033[2J" : "");
    top_draw(t->before, t->now, &screen, &text);
    bool ok = !text.failed && print_out(text.data, text.len);
    buf_fini(&text);
    return ok;
}

static int watch(struct top *t, bool once)
{
    struct err err = { 0 };
    bool ok = top_read(t->now, t->redis, &t->keys, &err);
    do {
        ok = ok && next_sample(t, &err);
        if (!ok) {
            (void)fprintf(stderr, "orderflow top: %s\n", err.text);
            return 1;
        }
        if (!show(t, once)) {
            return 1;
        }
        if (!once && !t->now->served) {
            (void)poll(NULL, 0, STATUS_MS / 3);
        }
    } while (!once && !stopped);
    return once && !t->now->served ? 1 : 0;
}

static int top(const struct program *p, bool once, size_t rows)
{
    struct redis_config rc;
    struct err err = { 0 };
    struct top t = { .rows = rows };
    struct sigaction act = { .sa_handler = on_stop };
    if (!redis_config_from(&p->settings, &rc, &err)) {
        (void)fprintf(stderr, "orderflow top: %s\n", err.text);
        return 1;
    }
    keys_from(&p->settings, &t.keys);
    (void)sigaction(SIGINT, &act, NULL);
    (void)sigaction(SIGTERM, &act, NULL);
    t.redis = redis_create(&rc);
    t.before = calloc(1, sizeof *t.before);
    t.now = calloc(1, sizeof *t.now);
    int status = 1;
    if (t.redis != NULL && t.before != NULL && t.now != NULL) {
        status = watch(&t, once);
    } else {
        (void)fprintf(stderr, "orderflow top: out of memory\n");
    }
    free(t.before);
    free(t.now);
    redis_destroy(t.redis);
    return status;
}

static int run(int argc, char **argv, const char *argv0)
{
    struct common_options common = { 0 };
    bool once = false;
    const char *rows_text = NULL;
    const struct option_def defs[] = {
        { "once", NULL, "print one table and leave; exit status 1 if no engine serves", NULL,
          &once },
        { "rows", "N", "how many tickers are listed, the fastest first (15)", &rows_text, NULL },
    };
    int status = options_parse(&cmd_top, defs, 2, &argc, argv, &common);
    if (status != -1) {
        return status;
    }
    char *end = NULL;
    long rows = rows_text != NULL ? strtol(rows_text, &end, 10) : ROWS;
    if (argc > 0) {
        return usage_error("top", "takes no arguments");
    }
    if (rows < 1 || rows > ROWS_MAX || (end != NULL && *end != '\0')) {
        return usage_error("top", "--rows is a number from 1 to 1000");
    }
    struct program p;
    if (!program_init(&p, "orderflow", argv0, common.config)) {
        return 1;
    }
    status = top(&p, once, (size_t)rows);
    program_fini(&p);
    return status;
}
