/* SPDX-License-Identifier: MIT */
#include "replay.h"

#include "clock.h"

#define MINUTE_NS (60 * NS_PER_S)

static int64_t floor_minutes(int64_t ns)
{
    int64_t minutes = ns / MINUTE_NS;
    return (ns < minutes * MINUTE_NS ? minutes - 1 : minutes) * MINUTE_NS;
}

/* How much longer than its playing the tape is. */
static int64_t gained_ns(int64_t span_ns, double speed)
{
    if (speed <= 0) {
        return span_ns;
    }
    return speed > 1 ? span_ns - (int64_t)((double)span_ns / speed) : 0;
}

struct replay_plan replay_plan_make(int64_t first_ns, int64_t last_ns, int64_t wall_ns,
                                    double speed)
{
    int64_t span_ns = last_ns - first_ns, gained = gained_ns(span_ns, speed);
    int64_t shift_ns = floor_minutes(wall_ns - gained - first_ns);
    return (struct replay_plan){
        .first_ns = first_ns,
        .shift_ns = shift_ns,
        .start_ns = speed == 1 ? first_ns + shift_ns : wall_ns,
        .period_ns = (span_ns / NS_PER_S + 1) * NS_PER_S,
        .speed = speed,
    };
}

int64_t replay_plan_ts_ns(const struct replay_plan *p, uint64_t pass, int64_t ts_ns)
{
    return ts_ns + p->shift_ns + (int64_t)pass * p->period_ns;
}

int64_t replay_plan_due_ns(const struct replay_plan *p, uint64_t pass, int64_t ts_ns)
{
    int64_t shifted_ns = replay_plan_ts_ns(p, pass, ts_ns);
    int64_t behind_ns = shifted_ns - p->shift_ns - p->first_ns;
    int64_t due_ns = p->start_ns + (p->speed > 0 ? (int64_t)((double)behind_ns / p->speed) : 0);
    return due_ns > shifted_ns ? due_ns : shifted_ns;
}
