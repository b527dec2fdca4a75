/* SPDX-License-Identifier: MIT */
#include "scan.h"

#include "capture.h"
#include "pool.h"

#include <poll.h>
#include <string.h>

enum {
    CPU_LIMIT_MS = 2000,
    WALL_LIMIT_MS = 6000,
    HANGING_MS = 1000,
    DYING_MS = 100,
    STARVED_CPU_MS = 500,
    MEMORY_MB = 256
};

static const char *base_name(const char *path)
{
    const char *slash = strrchr(path, '/');
    return slash != NULL ? slash + 1 : path;
}

bool scan_start(struct scan *s, const char *worker_path, const char *so_path, const struct build *b,
                uint32_t index, struct mono now, struct err *err)
{
    struct process_spec spec = { .worker_path = worker_path,
                                 .so_path = so_path,
                                 .image = &b->image,
                                 .index = index,
                                 .window_fd = -1,
                                 .memory_mb = MEMORY_MB };
    *s = (struct scan){ .so_path = so_path, .begun = now };
    return process_start(&s->process, &spec, err);
}

void scan_stop(struct scan *s)
{
    process_fini(&s->process);
}

static bool died(struct scan *s, struct err *err)
{
    int status;
    char how[CHILD_END_MAX];
    uint32_t phase = process_crumb(&s->process).phase;
    bool by_itself = child_ended(&s->process.child, &status);
    child_end(&s->process.child, &status);
    child_end_text(how, status);
    s->fault = by_itself && process_ended_by_others(how) ? SCAN_KILLED : SCAN_ITS_OWN;
    return err_set(err, ERR_INVALID, "%s in %s while it was described", how,
                   crumb_phase_text(phase));
}

static bool read_answer(const struct channel_frame *f, struct declaration *d, struct err *err)
{
    struct frame_text fail = { 0 };
    if (f->type == FRAME_READY) {
        return declaration_from_json((const char *)f->data, f->bytes, d, err);
    }
    if (f->type != FRAME_FAIL || f->bytes < FRAME_CUT(struct frame_text, text, 0) ||
        f->bytes >= sizeof fail) {
        return err_set(err, ERR_PROTOCOL, "its description is nonsense");
    }
    memcpy(&fail, f->data, f->bytes);
    enum err_code code = fail.code == ERR_NOT_FOUND ? ERR_NOT_FOUND : ERR_INVALID;
    return err_set(err, code, "%.*s", FRAME_TEXT_MAX - 1, fail.text);
}

static void log_printed(const struct scan *s, struct mono now)
{
    struct capture capture = { 0 };
    struct throttle throttle = { 0 };
    const char *name = base_name(s->so_path);
    (void)capture_read(&capture, s->process.child.out_fd, name, &throttle, now);
    capture_flush(&capture, name, &throttle, now);
}

/* Its channel is closed, and it is still on its way out. */
static bool is_dying(struct scan *s, struct mono now)
{
    int status;
    s->closed = s->closed.ns == 0 ? now : s->closed;
    return !child_ended(&s->process.child, &status) && mono_ms_until(s->closed, now) < DYING_MS;
}

static bool has_time(struct scan *s, struct mono now, struct err *err)
{
    int64_t cpu_ns = 0, waited_ms = mono_ms_until(s->begun, now);
    uint32_t phase = process_crumb(&s->process).phase;
    (void)child_cpu_ns(&s->process.child, &cpu_ns);
    if (s->amid.ns == 0 && phase != CRUMB_HOST) {
        s->amid = now;
    }
    if (cpu_ns < CPU_LIMIT_MS * NS_PER_MS && waited_ms < WALL_LIMIT_MS) {
        return true;
    }
    s->fault =
        phase == CRUMB_HOST && cpu_ns < STARVED_CPU_MS * NS_PER_MS ? SCAN_STARVED : SCAN_ITS_OWN;
    return err_set(err, ERR_TIMEOUT, "stopped in %s: no description after %lld ms",
                   crumb_phase_text(phase), (long long)waited_ms);
}

enum scan_state scan_look(struct scan *s, struct mono now, struct declaration *d, struct err *err)
{
    bool more;
    struct channel_frame frame;
    struct err why = { 0 };
    bool open = channel_fill(&s->process.channel, &more, &why);
    int got;
    do {
        got = channel_next(&s->process.channel, &frame, &why);
    } while (got > 0 && (frame.type == FRAME_FENCE || frame.type == FRAME_REFUSED));
    if (got == 0 && (open ? has_time(s, now, &why) : is_dying(s, now))) {
        return SCAN_BUSY;
    }
    bool ok = got > 0 && read_answer(&frame, d, &why);
    if (got == 0 && !open) {
        (void)died(s, &why);
    }
    log_printed(s, now);
    scan_stop(s);
    if (!ok) {
        (void)err_set(err, why.code, "%s", why.text);
        return SCAN_FAILED;
    }
    return SCAN_DONE;
}

bool scan_hangs(const struct scan *s, struct mono now)
{
    return s->amid.ns != 0 && mono_ms_until(s->amid, now) > HANGING_MS;
}

/* ---- one file, waited for ------------------------------------------------------------------- */

bool scan_describe(const char *worker_path, const char *so_path, uint32_t index,
                   struct declaration *d, struct err *err)
{
    struct scan s;
    enum scan_state state = SCAN_FAILED;
    *d = (struct declaration){ 0 };
    struct build *b = build_take(so_path, worker_path, err);
    if (b == NULL) {
        return false;
    }
    if (scan_start(&s, worker_path, so_path, b, index, clock_mono(), err)) {
        while ((state = scan_look(&s, clock_mono(), d, err)) == SCAN_BUSY) {
            struct pollfd p = { .fd = s.process.channel.fd, .events = POLLIN };
            (void)poll(&p, 1, SCAN_LOOK_MS);
        }
    }
    scan_stop(&s);
    build_drop(b);
    return state == SCAN_DONE;
}
