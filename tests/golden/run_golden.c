/* SPDX-License-Identifier: MIT */
/*
 * run_golden PLUGIN.so FILE... [--update] [--index N] [--in-process]
 *
 * Feeds every case of the golden files to a detector row by row and compares what it says with what
 * is expected; then in one call, in random batches and to instances that begin late, which must all
 * say the same. Each case runs in a process of its own; one that fails is shrunk to the fewest rows
 * that still fail. --update writes what it said into the files instead: read the diff before you
 * believe it. --index: the plugin's N-th detector (0). --in-process: for a debugger; nothing is
 * shrunk. Exit status 0: all as expected; 1: not; 2: wrong usage.
 */
#include "golden_print.h"
#include "golden_shrink.h"
#include "std_fds.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

enum { PATH_BYTES = 4096 };

struct asked {
    bool update, in_process;
    uint32_t index;
    const char *plugin;
    char **files;
    int n_files;
};

/* The file's lines, with what the detector said after the rows of each case. */
static bool write_update(FILE *out, struct harness *h, const struct golden_file *g)
{
    size_t next = 0;
    bool ok = true;
    for (size_t line = 0; line < g->n_lines; line++) {
        if (!golden_is_expect(g->lines[line])) {
            (void)fprintf(out, "%s\n", g->lines[line]);
        }
        for (; next < g->n_cases && g->cases[next].last_line == line; next++) {
            if (!golden_run(h, &g->cases[next])) {
                (void)printf("FAIL %s: %s: %s\n", g->path, g->cases[next].name, h->why);
                ok = false;
            }
            for (size_t i = 0; i < h->n_found; i++) {
                golden_print_found(out, "", h, &h->found[i]);
            }
        }
    }
    return ok;
}

/* Replaces the file only once all of it is written: a crash in between leaves it as it was. */
static bool update(struct harness *h, const struct golden_file *g)
{
    char path[PATH_BYTES];
    if (snprintf(path, sizeof path, "%s.new", g->path) >= (int)sizeof path) {
        (void)fprintf(stderr, "%s: path too long\n", g->path);
        return false;
    }
    FILE *out = fopen(path, "w");
    if (out == NULL) {
        perror(path);
        return false;
    }
    bool ok = write_update(out, h, g);
    ok = fclose(out) == 0 && ok;
    ok = ok && rename(path, g->path) == 0;
    if (!ok) {
        (void)remove(path);
        (void)printf("FAIL %s: left as it was\n", g->path);
    }
    return ok;
}

static bool check_case(const struct asked *a, struct harness *h, const struct golden_case *c,
                       const char *path)
{
    if (a->in_process) {
        return golden_judge(h, c, path, false) == GOLDEN_GOOD;
    }
    struct golden_outcome outcome = golden_apart(h, c, path);
    if (outcome.verdict != GOLDEN_GOOD) {
        golden_shrink(h, c, outcome);
    }
    return outcome.verdict == GOLDEN_GOOD;
}

static bool take_file(const struct asked *a, struct harness *h, const char *path)
{
    struct golden_file g;
    bool ok = golden_read(&g, path);
    if (ok && a->update) {
        ok = update(h, &g);
    } else if (ok) {
        size_t failed = 0;
        for (size_t i = 0; i < g.n_cases; i++) {
            failed += !check_case(a, h, &g.cases[i], path);
        }
        ok = failed == 0;
        (void)printf("%s %s: %zu cases, %zu failed\n", ok ? "ok  " : "FAIL", path, g.n_cases,
                     failed);
    }
    golden_fini(&g);
    return ok;
}

/* Options may stand anywhere before "--". False: not understood. */
static bool parse(int argc, char **argv, struct asked *a)
{
    bool only_words = false;
    int n = 0;
    for (int i = 1; i < argc; i++) {
        char *end = NULL;
        if (only_words) {
            argv[n++] = argv[i];
        } else if (strcmp(argv[i], "--") == 0) {
            only_words = true;
        } else if (strcmp(argv[i], "--update") == 0) {
            a->update = true;
        } else if (strcmp(argv[i], "--in-process") == 0) {
            a->in_process = true;
        } else if (strcmp(argv[i], "--index") == 0 && i + 1 < argc) {
            a->index = (uint32_t)strtoul(argv[++i], &end, 10);
        } else if (argv[i][0] == '-') {
            return false;
        } else {
            argv[n++] = argv[i];
        }
        if (end != NULL && (*end != '\0' || end == argv[i])) {
            return false;
        }
    }
    a->plugin = argv[0];
    a->files = argv + 1;
    a->n_files = n - 1;
    return n >= 2;
}

/* All that was printed has arrived. */
static bool print_end(void)
{
    errno = 0;
    if (fflush(stdout) == 0 && ferror(stdout) == 0) {
        return true;
    }
    if (errno != EPIPE) {
        (void)fprintf(stderr, "run_golden: cannot write the output%s%s\n", errno != 0 ? ": " : "",
                      errno != 0 ? strerror(errno) : "");
    }
    return false;
}

int main(int argc, char **argv)
{
    std_fds_hold();
    struct asked a = { .update = false };
    if (!parse(argc, argv, &a)) {
        (void)fputs("usage: run_golden PLUGIN.so FILE... [--update] [--index N] [--in-process]\n",
                    stderr);
        return 2;
    }
    struct harness h;
    bool opened = harness_open(&h, a.plugin, a.index), ok = opened;
    if (!opened) {
        (void)fprintf(stderr, "%s\n", h.why);
    }
    for (int i = 0; opened && i < a.n_files; i++) {
        ok = take_file(&a, &h, a.files[i]) && ok;
    }
    harness_close(&h);
    ok = print_end() && ok;
    return ok ? 0 : 1;
}
