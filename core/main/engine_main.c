/* SPDX-License-Identifier: MIT */
/* The program orderflow-engine: live on Redis, or --offline over a file with the report on stdout.
 */
#include "asof.h"
#include "cli.h"
#include "decimal.h"
#include "fence_setup.h"
#include "heap.h"
#include "live.h"
#include "log.h"
#include "offline.h"
#include "std_fds.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static struct live_signals signals;

static void on_signal(int number)
{
    if (number == SIGHUP) {
        signals.reload = 1;
    } else {
        signals.stop = 1;
    }
}

static void catch_signals(void)
{
    struct sigaction act = { .sa_handler = on_signal };
    (void)sigemptyset(&act.sa_mask);
    (void)sigaction(SIGTERM, &act, NULL);
    (void)sigaction(SIGINT, &act, NULL);
    if (isatty(STDERR_FILENO) == 0) { /* at a terminal it means that the terminal is gone */
        (void)sigaction(SIGHUP, &act, NULL);
    }
    act.sa_handler = SIG_IGN;
    (void)sigaction(SIGPIPE, &act, NULL);
}

struct engine_args {
    const char *config;
    int parent_fd;
    struct offline_args offline;
    struct asof_args asof;
};

static int64_t number(const char *text)
{
    int64_t n;
    return decimal_parse_i64(text, strlen(text), &n, NULL) ? n : -1;
}

/* files: room for argc. */
/* How the files are to be read. */
static bool import_word(const char *option, const char *value, struct import_options *from)
{
    if (strcmp(option, "--format") == 0) {
        from->format = value;
    } else if (strcmp(option, "--date") == 0) {
        from->date = value;
    } else if (strcmp(option, "--venue") == 0) {
        from->venue = value;
    } else if (strcmp(option, "--lot") == 0) {
        return decimal_parse_double(value, strlen(value), &from->lot, NULL);
    } else {
        return false;
    }
    return true;
}

static bool parse(int argc, char **argv, const char **files, struct engine_args *a)
{
    *a = (struct engine_args){ .parent_fd = -1, .offline.paths = files };
    for (int i = 1; i < argc; i++) {
        const char *value = i + 1 < argc ? argv[i + 1] : NULL;
        if (strcmp(argv[i], "--keep-ties") == 0) {
            a->offline.from.keep_ties = true;
            continue;
        }
        if (strcmp(argv[i], "--one-ticker") == 0) {
            a->offline.from.alone = true;
            continue;
        }
        if (strcmp(argv[i], "--stream") == 0) {
            a->offline.stream = true;
            continue;
        }
        if (value == NULL) {
            return false;
        }
        if (strcmp(argv[i], "--config") == 0) {
            a->config = value;
        } else if (strcmp(argv[i], "--parent-fd") == 0) {
            a->parent_fd = (int)number(value);
        } else if (strcmp(argv[i], "--offline") == 0) {
            a->offline.path = a->offline.n_paths == 0 ? value : a->offline.path;
            a->offline.paths[a->offline.n_paths++] = value;
        } else if (strcmp(argv[i], "--journal") == 0) {
            a->asof.dir = value;
        } else if (strcmp(argv[i], "--asof-ns") == 0) {
            a->asof.at_ns = number(value);
        } else if (strcmp(argv[i], "--ticker") == 0) {
            a->offline.ticker = value;
            a->offline.from.ticker = value;
        } else if (import_word(argv[i], value, &a->offline.from)) {
            ;
        } else if (strcmp(argv[i], "--history-s") == 0) {
            a->offline.history_s = number(value);
        } else {
            return false;
        }
        i++;
    }
    a->asof.ticker = a->offline.ticker;
    a->asof.history_s = a->offline.history_s;
    if (a->asof.dir != NULL) {
        return a->asof.at_ns > 0 && a->asof.ticker != NULL && a->offline.path == NULL;
    }
    return (a->offline.path == NULL) == (a->offline.ticker == NULL) &&
           (a->offline.stream || a->offline.n_paths <= 1);
}

static int work(struct program *p, const struct engine_args *a)
{
    if (a->asof.dir != NULL) {
        return asof_run(&p->paths, &a->asof);
    }
    if (a->offline.path == NULL) {
        heap_setup();
        return live_run(&p->settings, &p->paths, a->parent_fd, &signals);
    }
    return a->offline.stream ? offline_stream(&p->settings, &p->paths, &a->offline)
                             : offline_run(&p->settings, &p->paths, &a->offline);
}

int main(int argc, char **argv)
{
    struct engine_args args;
    struct program p;
    std_fds_hold();
    const char **files = calloc((size_t)argc + 1, sizeof *files);
    if (files == NULL || !parse(argc, argv, files, &args)) {
        (void)fprintf(
            stderr,
            "usage: orderflow-engine [--config FILE] [--parent-fd N]\n"
            "       orderflow-engine --offline FILE --ticker T [--config FILE] "
            "[--history-s N] [IMPORT]\n"
            "       orderflow-engine --stream --offline FILE [--offline FILE]... --ticker "
            "T [--config FILE] [IMPORT]\n"
            "       orderflow-engine --journal DIR --asof-ns NS --ticker T [--history-s N]\n"
            "IMPORT: --format NAME --date DAY --venue V --lot N --keep-ties --one-ticker\n"
            "Started by `orderflow engine`, `orderflow mcp`, `orderflow analyze` and "
            "`orderflow backtest`.\n");
        free((void *)files);
        return 2;
    }
    if (args.offline.path == NULL && args.asof.dir == NULL) {
        catch_signals();
    }
    fence_hide_self();
    if (!program_init(&p, "orderflow-engine", argv[0], args.config)) {
        free((void *)files);
        return 1;
    }
    int status = work(&p, &args);
    program_fini(&p);
    free((void *)files);
    return status;
}
