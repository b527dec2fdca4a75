/* SPDX-License-Identifier: MIT */
/* How long after a time something is likely to be there: learned from looks that came too early and
 * from those that did not. Pure. [engine] */
#ifndef MAIN_SLACK_H
#define MAIN_SLACK_H

#include <stdbool.h>
#include <stdint.h>

/* What a look too early costs decides how rare it is to be. */
struct slack_rule {
    int64_t min_ms;
    int64_t soon_ms; /* below it a look too early doubles the slack, so that it is soon learned; */
    int64_t more;    /* from there on 1 / more of it is added */
    int64_t back;    /* a look in time gives 1 / back of it back, rounded */
};

struct slack { /* { 0 }: nothing is known yet */
    int64_t ms;
};

/* Afterwards min_ms <= s->ms <= most_ms; min_ms <= most_ms, or it is most_ms. */
void slack_learn(struct slack *s, const struct slack_rule *r, bool in_time, int64_t most_ms);

#endif
