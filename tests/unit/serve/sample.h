/* SPDX-License-Identifier: MIT */
/* Answers made by hand, with the content of the peer's recorded ones. */
#ifndef TESTS_SERVE_SAMPLE_H
#define TESTS_SERVE_SAMPLE_H

#include "answer.h"

/* 1760000300.123 */
#define SAMPLE_NOW_NS INT64_C(1760000300123000000)

/* SPY at 449.66 x 449.67 with all windows, a size jump, levels and one absorption. */
struct answer sample_answer(void);
struct answer sample_answer_at(int64_t now_ns);
/* Appends a pattern last true ago_s seconds before now. */
struct stored_pattern *sample_pattern(struct answer *a, const char *kind, int ago_s);
/* The stored text of an absorption last true 9 s before a's now. */
void sample_episode(const struct answer *a, struct buf *out);
void sample_field(struct stored_pattern *p, const char *name, const char *text, bool number);
/* Appends a level to the bid (0) or ask (1) list. */
struct level *sample_level(struct answer *a, int side, int64_t px, double strength);
/* What an evaluation found: 388 episodes, interval -2.1 to +6.8 pp, NO EDGE. */
void sample_score(struct answer *a, const char *kind, const char *side, double lift);
void sample_detector(struct answer *a, const char *id, const char *state, const char *reason);

/* Cents to 1e-9 units. */
#define CENTS(c) (INT64_C(10000000) * (c))

#endif
