/* SPDX-License-Identifier: MIT */
/* Questions out of Redis, answers into it. */
#include "clock.h"
#include "live.h"
#include "log.h"
#include "questions.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    ASK_MS = 50,
    SLOW_SHARE = 4, /* of a slow Redis asking takes no more than a fifth of the time */
    QUESTION_LIFE_MS = 5000,
    REPLY_LIFE_MS = 10000,
    PATIENCE_MS = 60
};

static bool take_word(const char **at, char *out, size_t cap)
{
    size_t n = strcspn(*at, " ");
    if (n == 0 || n >= cap) {
        return false;
    }
    memcpy(out, *at, n);
    out[n] = '\0';
    *at += n + ((*at)[n] == ' ');
    return true;
}

/* "NONCE TICKER DETECTOR". What is none is dropped: nobody could be answered. */
static void take(struct questions *q, const char *text, struct now now)
{
    char nonce[NONCE_MAX], ticker[TICKER_MAX], detector[DETECTOR_ID_MAX];
    if (take_word(&text, nonce, sizeof nonce) && take_word(&text, ticker, sizeof ticker) &&
        take_word(&text, detector, sizeof detector) && *text == '\0' &&
        !questions_add(q, nonce, ticker, detector, mono_after_ms(now.mono, QUESTION_LIFE_MS))) {
        log_warn("question_dropped", "ticker=%s detector=%s reason=\"too many at once\"", ticker,
                 detector);
    }
}

/* One round trip that finds nothing, as long as nobody asks. */
static bool read_questions(struct live *l, struct questions *q, struct now now, struct err *err)
{
    char key[KEY_MAX];
    key_questions(&l->keys, key);
    while (q->n < QUESTIONS_MAX) {
        const struct reply *r;
        if (!redis_call(l->redis, &r, err, "LPOP %s", key)) {
            return err->code == ERR_REMOTE; /* somebody else's key: nobody can ask */
        }
        if (r->type != REPLY_STRING) {
            return true;
        }
        take(q, r->str, now);
    }
    return true;
}

static bool write_replies(struct live *l, struct questions *q, struct err *err)
{
    struct question one;
    size_t n = 0;
    bool ok = true;
    while (questions_take(q, &one)) {
        char key[KEY_MAX];
        key_reply(&l->keys, key, one.nonce);
        ok = ok && !one.reply.failed &&
             redis_queuef(l->redis, err, "SET %s %b PX %d", key, one.reply.data, one.reply.len,
                          REPLY_LIFE_MS);
        buf_fini(&one.reply);
        n++;
    }
    const struct reply *replies;
    return n == 0 || (ok && redis_exec(l->redis, &replies, &n, err));
}

bool live_ask(struct live *l, struct now now, struct err *err)
{
    if (mono_ms_until(now.mono, l->ask_at) > 0) {
        return true;
    }
    l->ask_at = mono_after_ms(now.mono, ASK_MS);
    if (l->engine.questions == NULL) {
        l->engine.questions = calloc(1, sizeof *l->engine.questions);
        if (l->engine.questions == NULL) {
            return err_set(err, ERR_MEMORY, "out of memory for questions");
        }
    }
    struct questions *q = l->engine.questions;
    struct mono sent = clock_mono();
    if (!read_questions(l, q, now, err)) {
        return false;
    }
    l->ask_at = mono_after_ms(l->ask_at, SLOW_SHARE * mono_ms_until(sent, clock_mono()));
    struct mono deadline = mono_after_ms(now.mono, PATIENCE_MS);
    questions_submit(q, &l->engine);
    while (questions_pending(q) && mono_ms_until(clock_mono(), deadline) > 0) {
        engine_poll(&l->engine, clock_mono(), mono_ms_until(clock_mono(), deadline));
        questions_submit(q, &l->engine);
    }
    questions_prune(q, clock_mono());
    return write_replies(l, q, err);
}
