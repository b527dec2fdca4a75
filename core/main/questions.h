/* SPDX-License-Identifier: MIT */
/* Questions to detectors: why do you fire on this ticker, or why not? [engine]
 *
 * Asked through Redis (live_ask.c); a detector is asked once it has judged all that it was given,
 * and each question once: one that kills its worker is not asked again. */
#ifndef MAIN_QUESTIONS_H
#define MAIN_QUESTIONS_H

#include "engine.h"
#include "keys.h"

enum { QUESTIONS_MAX = 64 };

struct question {
    char nonce[NONCE_MAX], ticker[TICKER_MAX], detector[DETECTOR_ID_MAX];
    struct mono until;
    uint64_t job_id; /* 0: not with the detector yet */
    bool answered;
    struct buf reply; /* owned; one JSON object */
};

struct questions {
    struct question items[QUESTIONS_MAX];
    size_t n;
    uint64_t last_job_id;
};

void questions_fini(struct questions *q); /* {0} is fine */

/* False: there are too many. */
bool questions_add(struct questions *q, const char *nonce, const char *ticker, const char *detector,
                   struct mono until);
/* Puts those that can be asked now to their detectors, answers those that never can. */
void questions_submit(struct questions *q, struct engine *e);
/* Some are with their detector. */
bool questions_pending(const struct questions *q);
/* Takes one that is answered out; its reply is the caller's then. False: none. */
bool questions_take(struct questions *q, struct question *out);
/* Forgets those that nobody waits for any more. */
void questions_prune(struct questions *q, struct mono now);

/* Answered without its detector: {"ticker","detector","status","reason"}. */
void question_answer(struct question *q, const char *status, const char *reason);

/* What the pool says. */
void questions_explained(struct questions *q, struct engine *e, size_t detector,
                         const struct job *job, const struct job_done *done,
                         const struct condition *c, size_t n);
void questions_lost(struct questions *q, const struct job *jobs, size_t n, const char *reason);

#endif
