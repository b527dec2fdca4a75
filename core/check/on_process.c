/* SPDX-License-Identifier: MIT */
/* Checks 44 to 46: the process around a detector. */
#if defined(__linux__) && !defined(_GNU_SOURCE)
#define _GNU_SOURCE /* environ */
#endif
#include "checks.h"
#include "clock.h"
#include "digest.h"
#include "rig.h"
#include "usage.h"

#include <errno.h>
#include <fenv.h>
#include <inttypes.h>
#include <locale.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

extern char **environ;

enum { ROWS = 600, SIGNALS = 32, TEXT_BYTES = 512 };

/* ---- 44 -------------------------------------------------------------------------------------- */

struct state {
    uintptr_t handlers[SIGNALS];
    bool blocked[SIGNALS];
    int rounding;
    unsigned float_control;
    char locale[TEXT_BYTES], folder[TEXT_BYTES];
    uint64_t environment;
    unsigned mask;
    bool timer;
    size_t descriptors, threads;
};

static unsigned float_control(void)
{
#if defined(__x86_64__)
    return __builtin_ia32_stmxcsr() & 0xffc0U; /* without the sticky flags */
#elif defined(__aarch64__)
    return __builtin_aarch64_get_fpcr();
#else
    return 0;
#endif
}

static uint64_t hash_environment(void)
{
    uint64_t h = 0;
    for (char **e = environ; e != NULL && *e != NULL; e++) {
        for (const char *c = *e; *c != '\0'; c++) {
            h = (h ^ (unsigned char)*c) * UINT64_C(0x100000001b3);
        }
    }
    return h;
}

static void state_take(struct state *s)
{
    sigset_t blocked;
    struct itimerval timer = { 0 };
    struct usage u = usage_now();
    *s = (struct state){ .rounding = fegetround(),
                         .float_control = float_control(),
                         .environment = hash_environment(),
                         .descriptors = u.descriptors,
                         .threads = u.threads };
    (void)sigemptyset(&blocked);
    (void)sigprocmask(SIG_BLOCK, NULL, &blocked);
    for (int i = 1; i < SIGNALS; i++) {
        struct sigaction a = { 0 };
        (void)sigaction(i, NULL, &a);
        s->handlers[i] = (uintptr_t)a.sa_handler;
        s->blocked[i] = sigismember(&blocked, i) == 1;
    }
    const char *locale = setlocale(LC_ALL, NULL);
    (void)snprintf(s->locale, sizeof s->locale, "%s", locale != NULL ? locale : "");
    if (getcwd(s->folder, sizeof s->folder) == NULL) {
        s->folder[0] = '\0';
    }
    s->mask = (unsigned)umask(022);
    (void)umask((mode_t)s->mask);
    s->timer = getitimer(ITIMER_REAL, &timer) == 0 &&
               (timer.it_value.tv_sec != 0 || timer.it_value.tv_usec != 0);
}

static void state_compare(struct probe *p, const struct state *a, const struct state *b)
{
    for (int i = 1; i < SIGNALS; i++) {
        if (a->handlers[i] != b->handlers[i]) {
            probe_fail(p, "the handler of signal %d has changed", i);
        }
        if (a->blocked[i] != b->blocked[i]) {
            probe_fail(p, "signal %d is %s now", i, b->blocked[i] ? "blocked" : "unblocked");
        }
    }
    if (a->rounding != b->rounding) {
        probe_fail(p, "the rounding mode has changed (fesetround)");
    } else if (a->float_control != b->float_control) {
        probe_fail(p, "the floating point control register has changed, from 0x%x to 0x%x",
                   a->float_control, b->float_control);
    }
    if (strcmp(a->locale, b->locale) != 0) {
        probe_fail(p, "the locale is %.100s, was %.100s (setlocale)", b->locale, a->locale);
    }
    if (strcmp(a->folder, b->folder) != 0) {
        probe_fail(p, "the working directory is %.200s now (chdir)", b->folder);
    }
    if (a->environment != b->environment) {
        probe_fail(p, "the environment has changed (setenv, putenv)");
    }
    if (a->mask != b->mask) {
        probe_fail(p, "the umask is %03o, was %03o", b->mask, a->mask);
    }
    if (a->timer != b->timer) {
        probe_fail(p, "a timer is set (alarm, setitimer)");
    }
    if (b->descriptors > a->descriptors) {
        probe_fail(p, "%zu more descriptors are open", b->descriptors - a->descriptors);
    }
    if (b->threads > a->threads) {
        probe_fail(p, "%zu more threads are running", b->threads - a->threads);
    }
    if (waitpid(-1, NULL, WNOHANG) >= 0 || errno != ECHILD) {
        probe_fail(p, "it has started a process");
    }
}

/* What is printed goes into a file meanwhile. */
static FILE *redirect(int kept[2])
{
    FILE *f = tmpfile();
    for (int i = 0; f != NULL && i < 2; i++) {
        kept[i] = dup(i + 1);
        (void)dup2(fileno(f), i + 1);
    }
    return f;
}

static void judge_printed(struct probe *p, FILE *f, const int kept[2])
{
    char line[200] = "";
    if (f == NULL) {
        return;
    }
    (void)fflush(NULL);
    for (int i = 0; i < 2; i++) {
        (void)dup2(kept[i], i + 1);
        (void)close(kept[i]);
    }
    rewind(f);
    if (fgets(line, sizeof line, f) != NULL) {
        probe_warn(p, "it prints: %s", line);
    }
    (void)fclose(f);
}

static void judge_log(struct probe *p, const struct rig *r, size_t calls)
{
    if (r->bad_lines > 0) {
        probe_warn(p, "%u of %u log lines are NULL, no UTF-8, of no level or more than one line",
                   r->bad_lines, r->log_lines);
    }
    if (r->log_lines > calls / 4) {
        probe_warn(p, "it logs %u lines in %zu calls on good quotes", r->log_lines, calls);
    }
}

void check_conduct_process(struct probe *p)
{
    struct plug g;
    struct rig r;
    struct reel t;
    struct err err = { 0 };
    struct state before, after;
    int kept[2];
    CHECK(reel_lively(&t, ROWS, p->seed, 1, &err));
    (void)usage_now();
    FILE *printed = redirect(kept);
    state_take(&before);
    if (plug_load(&g, p, p->path, false)) {
        rig_init(&r, &g);
        r.forget = true;
        if (rig_need(&r)) {
            size_t calls = rig_run(&r, &t, 0, t.n, NS_PER_S);
            state_take(&after);
            state_compare(p, &before, &after);
            judge_log(p, &r, calls);
        }
        rig_fini(&r);
        state_take(&after);
        if (p->failed == 0) {
            state_compare(p, &before, &after);
        }
    }
    judge_printed(p, printed, kept);
    reel_fini(&t);
}

/* ---- 45 -------------------------------------------------------------------------------------- */

static bool copy_bytes(FILE *in, int out)
{
    char block[16384];
    size_t n;
    while ((n = fread(block, 1, sizeof block, in)) > 0) {
        if (write(out, block, n) != (ssize_t)n) {
            return false;
        }
    }
    return ferror(in) == 0;
}

/* The twin's path; it is to be unlinked. */
static bool copy_file(const char *from, char to[64], struct err *err)
{
    (void)snprintf(to, 64, "/tmp/orderflow-check-XXXXXX");
    FILE *in = fopen(from, "rbe");
    int out = in != NULL ? mkstemp(to) : -1;
    bool ok = out >= 0 && copy_bytes(in, out);
    if (in != NULL) {
        (void)fclose(in);
    }
    if (out >= 0) {
        (void)close(out);
    }
    return ok || err_sys(err, "cannot copy the file to /tmp");
}

static bool both(struct rig *a, struct rig *b, const struct reel *t)
{
    enum { BATCH = 10 };
    if (!rig_need(a) || !rig_need(b)) {
        return false;
    }
    for (size_t at = 0; at < t->n; at += BATCH) {
        size_t n = at + BATCH < t->n ? at + BATCH : t->n;
        probe_note(a->probe, "two builds in turn, rows %zu to %zu", at, n);
        (void)rig_tick(a, t, n, at, t->ts_ns[n - 1], 0);
        (void)rig_tick(b, t, n, at, t->ts_ns[n - 1], 0);
    }
    rig_destroy(a);
    rig_destroy(b);
    return true;
}

static void judge_twins(struct probe *p, struct plug *g, struct plug *twin, const struct reel *t,
                        const double *params)
{
    struct rig alone, a, b;
    char why[700];
    rig_init(&alone, g);
    rig_init(&a, g);
    rig_init(&b, twin);
    memcpy(alone.params, params, g->plugin->n_params * sizeof *params);
    memcpy(a.params, params, g->plugin->n_params * sizeof *params);
    memcpy(b.params, params, g->plugin->n_params * sizeof *params);
    enum { BATCH = 10 };
    bool ok = rig_need(&alone);
    for (size_t at = 0; ok && at < t->n; at += BATCH) {
        size_t n = at + BATCH < t->n ? at + BATCH : t->n;
        (void)rig_tick(&alone, t, n, at, t->ts_ns[n - 1], 0);
    }
    rig_destroy(&alone);
    if (ok && both(&a, &b, t)) {
        if (!said_equal(g, &alone.said, &a.said, why, sizeof why)) {
            probe_fail(p, "beside another build: %s", why);
        }
        if (!said_equal(g, &alone.said, &b.said, why, sizeof why)) {
            probe_fail(p, "the other build: %s", why);
        }
    }
    rig_fini(&alone);
    rig_fini(&a);
    rig_fini(&b);
}

void check_conduct_twins(struct probe *p)
{
    struct plug g, twin;
    struct reel t;
    struct err err = { 0 };
    char path[64];
    double params[RIG_PARAMS_MAX];
    if (!plug_load(&g, p, p->path, false) || !rig_provoke(&g, &t, ROWS, params, p)) {
        return;
    }
    if (!copy_file(p->path, path, &err)) {
        probe_skip(p, "%s", err.text);
    } else if (plug_load(&twin, p, path, false)) {
        if (twin.plugin == g.plugin) {
            probe_skip(p, "the copy was not loaded a second time");
        } else {
            judge_twins(p, &g, &twin, &t, params);
        }
    }
    (void)unlink(path);
    reel_fini(&t);
}

/* ---- 46 -------------------------------------------------------------------------------------- */

static const char *find_valgrind(void)
{
    static const char *const places[] = { "/usr/bin/valgrind", "/usr/local/bin/valgrind",
                                          "/bin/valgrind", "/opt/homebrew/bin/valgrind" };
    for (size_t i = 0; i < sizeof places / sizeof *places; i++) {
        if (access(places[i], X_OK) == 0) {
            return places[i];
        }
    }
    return NULL;
}

/* The first line of the output that a tool began, without its prefix. */
static bool first_line(const char *output, const char *mark, char *out, size_t n)
{
    const char *at = strstr(output, mark);
    if (at == NULL) {
        return false;
    }
    at += strlen(mark);
    (void)snprintf(out, n, "%.*s", (int)strcspn(at, "\n"), at);
    return true;
}

void check_conduct_memcheck(struct probe *p)
{
    enum { ERRORS_STATUS = 99 };
    struct digest d;
    struct err err = { 0 };
    char what[300];
    const char *valgrind = find_valgrind();
    const char *const wrapper[] = { valgrind,          "--quiet",         "--error-exitcode=99",
                                    "--leak-check=no", "--num-callers=8", NULL };
    if (digest_run(p, 0, NULL, &d, &err) &&
        first_line(d.output, "runtime error: ", what, sizeof what)) {
        probe_fail(p, "UBSan: %s", what);
        return;
    }
    if (check_sanitized(p)) {
        return;
    }
    if (valgrind == NULL) {
        probe_skip(p, "valgrind is not installed (Debian: apt install valgrind)");
        return;
    }
    bool ok = digest_run(p, 0, wrapper, &d, &err);
    (void)printf("%s\n", d.output);
    if (d.exit_status == ERRORS_STATUS) {
        if (!first_line(d.output, "== ", what, sizeof what)) {
            (void)snprintf(what, sizeof what, "errors");
        }
        probe_fail(p, "valgrind: %s (the output has the rest)", what);
    } else if (!ok) {
        probe_skip(p, "under valgrind %s", err.text);
    }
}
