/* SPDX-License-Identifier: MIT */
#include "run.h"

#include "child.h"
#include "clock.h"
#include "drain.h"

#include <fcntl.h>
#include <inttypes.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { JOBS_MAX = 16, POLL_MS = 20, GRACE_MS = 2000, REPORT_MAX = 16384 };

/* One check under way. */
struct job {
    struct child child; /* pid 0: none */
    int report_fd;      /* -1: its end was read */
    struct buf report;
    struct check_result *result;
    struct mono began;
    bool asked; /* to end, by SIGTERM */
    struct mono kill_at;
};

static bool alone(const struct check_info *info)
{
    return strcmp(info->name, "load-time") == 0 || strcmp(info->name, "conduct-time") == 0;
}

static bool job_start(struct job *j, const struct run_options *o, const char *path, uint32_t index,
                      struct check_result *result, struct err *err)
{
    char number[16], at[16], seed[24], scale[32], fd[8];
    int fds[2];
    (void)snprintf(number, sizeof number, "%u", result->info->number);
    (void)snprintf(at, sizeof at, "%" PRIu32, index);
    (void)snprintf(seed, sizeof seed, "%" PRIu64, o->seed);
    (void)snprintf(scale, sizeof scale, "%g", o->scale);
    (void)snprintf(fd, sizeof fd, "%d", CHILD_FIRST_FD);
    const char *argv[] = { o->program,
                           number,
                           path,
                           at,
                           seed,
                           scale,
                           fd,
                           o->window != NULL ? o->window : "",
                           o->set != NULL ? o->set : "",
                           NULL };
    if (pipe(fds) != 0) {
        return err_sys(err, "pipe");
    }
    (void)fcntl(fds[0], F_SETFD, FD_CLOEXEC);
    (void)fcntl(fds[1], F_SETFD, FD_CLOEXEC);
    (void)fcntl(fds[0], F_SETFL, O_NONBLOCK);
    *j = (struct job){ .report_fd = fds[0], .result = result, .began = clock_mono() };
    buf_init(&j->report, REPORT_MAX);
    bool ok = child_start(&j->child, argv, &fds[1], 1, err);
    (void)close(fds[1]);
    if (!ok) {
        (void)close(fds[0]);
        buf_fini(&j->report);
        j->child.pid = 0;
    }
    return ok;
}

static void take_line(struct check_result *r, const char *line, size_t n, bool *ended)
{
    enum check_status status = line[0] == CHECK_MARK_FAIL   ? CHECK_FAILED
                               : line[0] == CHECK_MARK_WARN ? CHECK_WARNED
                               : line[0] == CHECK_MARK_SKIP ? CHECK_SKIPPED
                                                            : CHECK_PASSED;
    *ended = *ended || line[0] == CHECK_MARK_END;
    r->status = status > r->status ? status : r->status;
    if (status != CHECK_PASSED && n > 2) {
        buf_add(&r->messages, line + 2, n - 2);
        buf_putc(&r->messages, '\n');
    }
}

static void job_finish(struct job *j, int status)
{
    struct check_result *r = j->result;
    bool ended = false;
    size_t at = 0;
    while (at < j->report.len) {
        size_t n = strcspn(j->report.data + at, "\n");
        take_line(r, j->report.data + at, n, &ended);
        at += n + 1;
    }
    if (!ended) {
        char how[CHILD_END_MAX];
        child_end_text(how, status);
        r->status = CHECK_FAILED;
        buf_printf(&r->messages, "%s%s\n",
                   j->asked ? "did not return in time: ended with "
                            : "the plugin ended the process: ",
                   how);
    }
    r->ran = true;
    r->ms = (clock_mono().ns - j->began.ns) / NS_PER_MS;
    (void)close(j->report_fd);
    buf_fini(&j->report);
    child_fini(&j->child);
    j->child.pid = 0;
}

static void look_at_time(struct job *j, const struct run_options *o)
{
    int64_t cpu_ns = 0;
    struct mono now = clock_mono();
    int64_t wall_ms = (now.ns - j->began.ns) / NS_PER_MS;
    (void)child_cpu_ns(&j->child, &cpu_ns);
    if (!j->asked && (cpu_ns > o->timeout_s * NS_PER_S || wall_ms > 3000 * (int64_t)o->timeout_s)) {
        j->asked = true;
        j->kill_at = mono_after_ms(now, GRACE_MS);
        (void)kill(j->child.pid, SIGTERM);
    } else if (j->asked && mono_ms_until(now, j->kill_at) <= 0) {
        int status;
        child_end(&j->child, &status);
        job_finish(j, status);
    }
}

/* Reads what there is; ends the job if its process has ended. */
static void job_step(struct job *j, const struct run_options *o)
{
    int status;
    bool ended = child_ended(&j->child, &status);
    (void)drain(j->report_fd, &j->report);
    (void)drain(j->child.out_fd, &j->result->output);
    if (ended) {
        child_end(&j->child, &status);
        job_finish(j, status);
    } else {
        look_at_time(j, o);
    }
}

static void wait_for_any(struct job jobs[], int n)
{
    struct pollfd fds[JOBS_MAX];
    nfds_t held = 0;
    for (int i = 0; i < n; i++) {
        if (jobs[i].child.pid != 0) {
            fds[held++] = (struct pollfd){ .fd = jobs[i].report_fd, .events = POLLIN };
        }
    }
    (void)poll(fds, held, POLL_MS);
    /* A closed report without an end is read as ready again and again: the process is about to
     * end. */
    (void)poll(NULL, 0, 1);
}

struct queue {
    const struct run_options *o;
    const char *path;
    uint32_t index;
    struct plugin_report *report;
    struct job jobs[JOBS_MAX];
    int running, limit;
    unsigned next;
    bool exclusive;
};

static bool skipped(const struct queue *q, const struct check_info *info)
{
    bool of_file = strcmp(info->group, "file") == 0;
    return !q->o->wanted[info->number - 1] || (of_file && q->index > 0);
}

/* Starts what may be started now. */
static bool fill(struct queue *q, struct err *err)
{
    while (q->next < CHECKS && q->running < q->limit && !q->exclusive) {
        struct check_result *r = &q->report->results[q->next];
        int slot = 0;
        if (skipped(q, r->info)) {
            q->next++;
            continue;
        }
        if (alone(r->info) && q->running > 0) {
            return true;
        }
        while (q->jobs[slot].child.pid != 0) {
            slot++;
        }
        if (!job_start(&q->jobs[slot], q->o, q->path, q->index, r, err)) {
            return false;
        }
        q->exclusive = alone(r->info);
        q->running++;
        q->next++;
    }
    return true;
}

static void step(struct queue *q)
{
    wait_for_any(q->jobs, q->limit);
    for (int i = 0; i < q->limit; i++) {
        if (q->jobs[i].child.pid != 0) {
            job_step(&q->jobs[i], q->o);
            if (q->jobs[i].child.pid == 0) {
                q->running--;
                q->exclusive = false;
            }
        }
    }
}

bool run_checks(const struct run_options *o, const char *path, uint32_t index,
                struct plugin_report *out, struct err *err)
{
    struct mono began = clock_mono();
    struct queue *q = calloc(1, sizeof *q);
    struct plugin_told told;
    *out = (struct plugin_report){ .path = path, .index = index };
    for (size_t i = 0; i < CHECKS; i++) {
        out->results[i].info = &check_table()[i];
        buf_init(&out->results[i].messages, REPORT_MAX);
        buf_init(&out->results[i].output, 3 * RUN_OUTPUT_MAX);
    }
    if (q == NULL) {
        return err_set(err, ERR_MEMORY, "out of memory");
    }
    *q = (struct queue){ .o = o, .path = path, .index = index, .report = out };
    q->limit = o->jobs < 1 ? 1 : o->jobs > JOBS_MAX ? JOBS_MAX : o->jobs;
    run_ask(o, path, index, &told);
    out->unread = told.detectors == 0;
    (void)snprintf(out->detector, sizeof out->detector, "%s", told.detector);
    bool ok = fill(q, err);
    while (q->running > 0) {
        step(q);
        ok = ok && fill(q, err);
    }
    free(q);
    for (size_t i = 0; i < CHECKS; i++) {
        if (out->results[i].ran) {
            out->counts[out->results[i].status]++;
        }
    }
    out->ms = (clock_mono().ns - began.ns) / NS_PER_MS;
    return ok;
}

void plugin_report_fini(struct plugin_report *r)
{
    for (size_t i = 0; i < CHECKS; i++) {
        buf_fini(&r->results[i].messages);
        buf_fini(&r->results[i].output);
    }
}
