/* SPDX-License-Identifier: MIT */
#include "replay.h"

#include "clock.h"
#include "log.h"

#include <inttypes.h>
#include <stdio.h>
#include <time.h>
#include <unistd.h>

enum { NAP_MS = 50, BAR_MS = 100, BAR_CELLS = 30 };

/* Sleeps, but looks at *cancel every NAP_MS. */
static void doze(int64_t ms, const atomic_bool *cancel)
{
    struct mono until = mono_after_ms(clock_mono(), ms);
    for (;;) {
        int64_t left_ms = mono_ms_until(clock_mono(), until);
        if (left_ms <= 0 || atomic_load(cancel)) {
            return;
        }
        int64_t nap_ms = left_ms < NAP_MS ? left_ms : NAP_MS;
        struct timespec nap = { .tv_nsec = (long)(nap_ms * NS_PER_MS) };
        (void)nanosleep(&nap, NULL);
    }
}

static void draw(const struct replay *r)
{
    static const char full[] = "##############################",
                      empty[] = "..............................";
    struct replay_state s = replay_state(r);
    (void)fprintf(stderr, "\r%s ", s.tickers);
    if (s.part >= 0) {
        int cells = (int)(s.part * BAR_CELLS);
        (void)fprintf(stderr, "[%.*s%.*s] %3.0f%% ", cells, full, BAR_CELLS - cells, empty,
                      s.part * 100);
    }
    (void)fprintf(stderr, "%" PRIu64 " quotes", s.written);
    if (s.pass > 0) {
        (void)fprintf(stderr, ", pass %" PRIu64, s.pass + 1);
    }
    (void)fprintf(stderr, "%s\033[K", s.away ? ", Redis is away" : "");
    (void)fflush(stderr);
}

static void tell_changes(const struct replay *r, bool *away)
{
    struct replay_state s = replay_state(r);
    if (s.away && !*away) {
        log_warn("replay_waits", "written=%" PRIu64 " cause=\"%s\"", s.written, s.trouble);
    } else if (!s.away && *away) {
        log_info("replay_goes_on", "written=%" PRIu64, s.written);
    }
    *away = s.away;
}

bool replay_run(struct replay *r, const atomic_bool *cancel, struct err *err)
{
    bool bar = !replay_state(r).quiet && isatty(STDERR_FILENO) == 1;
    struct mono next_draw = clock_mono();
    bool away = false, ok = true;
    int64_t sleep_ms = 0;
    while (sleep_ms >= 0 && !atomic_load(cancel)) {
        ok = replay_step(r, clock_now().wall_ns, &sleep_ms, err);
        if (!ok) {
            break;
        }
        tell_changes(r, &away);
        if (bar && mono_ms_until(clock_mono(), next_draw) <= 0) {
            draw(r);
            next_draw = mono_after_ms(clock_mono(), BAR_MS);
        }
        doze(sleep_ms, cancel);
    }
    if (bar) {
        draw(r);
        (void)fputc('\n', stderr);
    }
    return ok;
}
