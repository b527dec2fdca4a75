/* SPDX-License-Identifier: MIT */
/* Checks 7 and 8: what loading does. */
#include "checks.h"
#include "clock.h"
#include "loader.h"
#include "trap.h"

#include <inttypes.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

enum { LOADS = 5, LOAD_MS = 100 };

/* In a process of its own: the second load of a file costs nothing. False: not loaded. */
static bool timed_load(struct probe *p, int64_t *ns_out)
{
    int fds[2], status = 0;
    if (pipe(fds) != 0) {
        return false;
    }
    pid_t pid = fork();
    if (pid == 0) {
        struct err err = { 0 };
        struct mono before = clock_mono();
        loader_entry_fn *entry = loader_open(p->path, &p->crumb, &err);
        bool ok = entry != NULL && entry(OFD_MINOR, p->index) != NULL;
        int64_t ns = clock_mono().ns - before.ns;
        ok = ok && write(fds[1], &ns, sizeof ns) == (ssize_t)sizeof ns;
        _exit(ok ? 0 : 1);
    }
    (void)close(fds[1]);
    bool ok = pid > 0 && read(fds[0], ns_out, sizeof *ns_out) == (ssize_t)sizeof *ns_out;
    (void)close(fds[0]);
    (void)waitpid(pid, &status, 0);
    return ok;
}

void check_load_time(struct probe *p)
{
    int64_t best_ns = INT64_MAX, ns = 0;
    for (int i = 0; i < LOADS && best_ns >= LOAD_MS * NS_PER_MS; i++) {
        if (!timed_load(p, &ns)) {
            probe_skip(p, "it cannot be loaded; see elf-needed and entry-index");
            return;
        }
        best_ns = ns < best_ns ? ns : best_ns;
    }
    if (best_ns >= LOAD_MS * NS_PER_MS) {
        probe_fail(p, "loading takes %" PRId64 " ms, the best of %d", best_ns / NS_PER_MS, LOADS);
    }
}

static void load(void *context)
{
    struct probe *p = context;
    struct err err = { 0 };
    (void)loader_open(p->path, &p->crumb, &err);
}

void check_load_syscalls(struct probe *p)
{
    struct trap_result r;
    struct err err = { 0 };
    if (check_sanitized(p)) {
        return;
    }
    if (!trap_run(p, TRAP_LOADING, NULL, load, p, &r, &err)) {
        probe_skip(p, "%s", err.text);
        return;
    }
    for (unsigned i = 0; i < r.n && i < TRAP_CALLS_MAX; i++) {
        char name[48];
        trap_call_name(r.calls[i], name, sizeof name);
        probe_fail(p, "a constructor calls %s%s%s", name, r.path[0] != '\0' ? " of " : "", r.path);
    }
    if (!r.done && r.n == 0) {
        probe_fail(p, "a constructor ended the process");
    }
    p->phase = "loading";
    if (p->failed == 0 && loader_open(p->path, &p->crumb, &err) == NULL) {
        probe_skip(p, "%s; see elf-needed", err.text);
    }
    p->phase = NULL;
}
