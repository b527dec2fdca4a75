/* SPDX-License-Identifier: MIT */
#include "slack.h"

void slack_learn(struct slack *s, const struct slack_rule *r, bool in_time, int64_t most_ms)
{
    int64_t more_ms = s->ms < r->soon_ms ? s->ms : s->ms / r->more;
    int64_t ms = s->ms + (in_time ? -((s->ms + r->back / 2) / r->back) : more_ms);
    ms = ms < r->min_ms ? r->min_ms : ms;
    s->ms = ms > most_ms ? most_ms : ms;
}
