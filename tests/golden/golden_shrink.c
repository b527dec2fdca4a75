/* SPDX-License-Identifier: MIT */
#include "golden_shrink.h"

#include "golden_print.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { CASE_S = 30, SHRINK_S = 20, PROBE_S = 5, SAME = 64 };
static const int64_t SECOND_NS = 1000000000;

/* ---- a process of its own ----------------------------------------------------------------------
 */

/* Waits for the child: its exit status, or -1 and the signal that ended it. */
static int status_of(pid_t child, int *signal_out)
{
    int status = 0;
    while (waitpid(child, &status, 0) < 0 && errno == EINTR) {
    }
    *signal_out = WIFSIGNALED(status) ? WTERMSIG(status) : 0;
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

struct golden_outcome golden_apart(struct harness *h, const struct golden_case *c, const char *path)
{
    struct golden_outcome o = { 0 };
    (void)fflush(NULL);
    pid_t child = fork();
    if (child < 0) {
        o.verdict = golden_judge(h, c, path, false);
        return o;
    }
    if (child == 0) {
        (void)alarm(CASE_S);
        enum golden_verdict verdict = golden_judge(h, c, path, false);
        (void)fflush(NULL);
        _exit(SAME + (int)verdict);
    }
    int status = status_of(child, &o.signal);
    if (status >= SAME && status <= SAME + GOLDEN_UNSTABLE) {
        o.verdict = (enum golden_verdict)(status - SAME);
    } else if (o.signal == SIGALRM) {
        o.verdict = GOLDEN_HUNG;
        (void)printf("FAIL %s: %s: did not come back within %d s\n", path, c->name, CASE_S);
    } else {
        o.verdict = GOLDEN_CRASHED;
        (void)printf("FAIL %s: %s: crashed (%s %d)\n", path, c->name,
                     o.signal != 0 ? "signal" : "exit status", o.signal != 0 ? o.signal : status);
    }
    return o;
}

/* ---- the same failure --------------------------------------------------------------------------
 */

/* What a smaller window must still show. */
struct failure {
    struct golden_outcome outcome;
    char why[HARNESS_WHY_MAX];         /* GOLDEN_REFUSED: numbers in it may differ */
    const struct harness_found *found; /* GOLDEN_DIFFERS: what was said and not expected */
};

static bool same_words(const char *a, const char *b)
{
    static const char digits[] = "0123456789.-";
    for (;;) {
        a += strspn(a, digits);
        b += strspn(b, digits);
        if (*a != *b) {
            return false;
        }
        if (*a == '\0') {
            return true;
        }
        a++;
        b++;
    }
}

static bool says(const struct harness *h, const struct harness_found *wanted)
{
    for (size_t i = 0; i < h->n_found; i++) {
        if (golden_same(&h->found[i], wanted)) {
            return true;
        }
    }
    return false;
}

static bool shows(struct harness *h, const struct golden_case *c, const struct failure *f)
{
    bool ran = golden_run(h, c);
    switch (f->outcome.verdict) {
    case GOLDEN_REFUSED:
        return !ran && same_words(h->why, f->why);
    case GOLDEN_DIFFERS:
        return ran && says(h, f->found);
    case GOLDEN_UNSTABLE:
        return ran && !golden_stable(h, c);
    default:
        (void)(ran && golden_stable(h, c)); /* and crashes, or does not */
        return false;
    }
}

/* Whether the case shows the failure; in a child, which is quiet. */
static bool probe(struct harness *h, const struct golden_case *c, const struct failure *f)
{
    (void)fflush(NULL);
    pid_t child = fork();
    if (child < 0) {
        return false;
    }
    if (child == 0) {
        int null = open("/dev/null", O_WRONLY);
        (void)dup2(null, STDOUT_FILENO);
        (void)dup2(null, STDERR_FILENO);
        (void)alarm(PROBE_S);
        _exit(shows(h, c, f) ? SAME + 1 : SAME);
    }
    int signal = 0;
    int status = status_of(child, &signal);
    if (f->outcome.verdict == GOLDEN_CRASHED) {
        return status < SAME && signal == f->outcome.signal && signal != SIGALRM;
    }
    return status == SAME + 1;
}

/* ---- fewer rows --------------------------------------------------------------------------------
 */

static void row_flags_anew(struct golden_case *c)
{
    const uint32_t of_host = OFD_ROW_GAP | OFD_ROW_WIDE | OFD_ROW_TIE;
    for (size_t i = 0; i < c->n_rows; i++) {
        struct harness_row *row = &c->rows[i];
        row->flags = (row->flags & of_host) | golden_row_flags(row, i > 0 ? row - 1 : NULL);
    }
}

/* *to without its rows [from, from + n); its rows have room. */
static void leave_out(struct golden_case *to, const struct golden_case *c, size_t from, size_t n)
{
    size_t end = from + n < c->n_rows ? from + n : c->n_rows;
    struct harness_row *rows = to->rows;
    *to = *c;
    to->rows = rows;
    memcpy(rows, c->rows, from * sizeof *rows);
    memcpy(rows + from, c->rows + end, (c->n_rows - end) * sizeof *rows);
    to->n_rows = c->n_rows - (end - from);
    row_flags_anew(to);
}

static int64_t now_s(void)
{
    struct timespec t;
    return clock_gettime(CLOCK_MONOTONIC, &t) == 0 ? (int64_t)t.tv_sec : INT64_MAX;
}

/* Leaves out halves, quarters, ... single rows, again and again, until nothing can go. */
static void shrink_rows(struct harness *h, struct golden_case *c, struct golden_case *spare,
                        const struct failure *f)
{
    int64_t end_s = now_s() + SHRINK_S;
    for (size_t n = (c->n_rows + 1) / 2; n >= 1 && now_s() < end_s;) {
        bool smaller = false;
        for (size_t from = 0; from < c->n_rows && now_s() < end_s;) {
            leave_out(spare, c, from, n);
            if (probe(h, spare, f)) {
                struct golden_case kept = *spare;
                *spare = *c;
                *c = kept;
                smaller = true;
            } else {
                from += n;
            }
        }
        n = n > 1 ? (n + 1) / 2 : smaller ? 1 : 0;
    }
}

/* The rows that can matter to an expectation: those at or before it, as far back as a view goes. */
static void cut_to(struct golden_case *c, const struct harness *h, const struct golden_expect *e)
{
    const ofd_plugin *p = h->plugin;
    int64_t reach_s = p->memory_s == 0 ? 600 : p->memory_s;
    uint32_t longest_s = 0;
    for (uint32_t i = 0; i < p->n_windows; i++) {
        longest_s = p->window_s[i] > longest_s ? p->window_s[i] : longest_s;
    }
    int64_t from_ns = e->ts_ns - (reach_s + longest_s) * SECOND_NS;
    size_t n = 0;
    for (size_t i = 0; i < c->n_rows; i++) {
        if (c->rows[i].ts_ns > from_ns && c->rows[i].ts_ns <= e->ts_ns) {
            c->rows[n++] = c->rows[i];
        }
    }
    c->n_rows = n;
    row_flags_anew(c);
}

/* ---- what is left ------------------------------------------------------------------------------
 */

static void print_left(const struct harness *h, const struct golden_case *c, size_t n_before,
                       const struct failure *f, const struct golden_expect *missing)
{
    char name[GOLDEN_TEXT_MAX + 16];
    (void)snprintf(name, sizeof name, "%s_smallest", c->name);
    (void)printf("  %s, %zu of %zu rows:\n",
                 missing != NULL ? "the rows that can matter to the first one that is missing"
                                 : "the smallest window found that still does it",
                 c->n_rows, n_before);
    golden_print_case(stdout, "    ", c, name);
    if (f->found != NULL) {
        golden_print_found(stdout, "    # says: ", h, f->found);
    }
    if (missing != NULL) {
        golden_print_expected(stdout, "    ", missing);
    }
}

/* The first expectation that nothing said answers. */
static const struct golden_expect *first_missing(const struct harness *h,
                                                 const struct golden_case *c)
{
    size_t i = 0;
    while (i < c->n_expects && i < h->n_found) {
        struct golden_case one = *c;
        one.expects = &c->expects[i];
        one.n_expects = 1;
        struct harness said = *h;
        said.found = &h->found[i];
        said.n_found = 1;
        if (golden_surplus(&said, &one) != NULL) {
            break;
        }
        i++;
    }
    return i < c->n_expects ? &c->expects[i] : NULL;
}

void golden_shrink(struct harness *h, const struct golden_case *c, struct golden_outcome outcome)
{
    struct failure f = { .outcome = outcome };
    const struct golden_expect *missing = NULL;
    struct harness_found found;
    struct golden_case small = *c, spare = *c;
    small.rows = malloc((c->n_rows + 1) * sizeof *c->rows);
    spare.rows = malloc((c->n_rows + 1) * sizeof *c->rows);
    if (small.rows != NULL && spare.rows != NULL && outcome.verdict != GOLDEN_HUNG) {
        memcpy(small.rows, c->rows, c->n_rows * sizeof *c->rows);
        if (outcome.verdict == GOLDEN_REFUSED || outcome.verdict == GOLDEN_DIFFERS) {
            (void)golden_run(h, c); /* the child came back from it */
            memcpy(f.why, h->why, sizeof f.why);
            const struct harness_found *surplus = golden_surplus(h, c);
            if (outcome.verdict == GOLDEN_DIFFERS && surplus != NULL) {
                found = *surplus;
                f.found = &found;
            }
        }
        if (outcome.verdict == GOLDEN_DIFFERS && f.found == NULL) {
            missing = first_missing(h, c);
            cut_to(&small, h, missing != NULL ? missing : &c->expects[0]);
        } else {
            shrink_rows(h, &small, &spare, &f);
        }
        if (small.n_rows < c->n_rows) {
            print_left(h, &small, c->n_rows, &f, missing);
        }
    }
    free(small.rows);
    free(spare.rows);
}
