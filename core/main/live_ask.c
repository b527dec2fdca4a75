/* SPDX-License-Identifier: MIT */
/* Questions out of Redis, answers into it. */
#include "clock.h"
#include "live.h"
#include "log.h"
#include "questions.h"
#include "redis_bell.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    ASK_MS = 50,
    SLOW_SHARE = 4, /* of a slow Redis asking takes no more than a fifth of the time */
    BELL_ANYWAY_MS = 5000,
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

static void on_ring(void *ctx, const char *channel, size_t n)
{
    struct live *l = ctx;
    (void)channel;
    (void)n;
    l->ask_at = (struct mono){ 0 };
}

bool live_ask_listen(struct live *l, struct now now)
{
    char channel[KEY_MAX];
    struct err err = { 0 };
    if (l->ask_bell == NULL) {
        key_questions(&l->keys, channel);
        l->ask_bell = bell_on_channel(&l->event.redis, channel);
    }
    bool rang = pool_woken_by(l->engine.pool, WAKE_QUESTIONS);
    if (l->ask_bell == NULL ||
        (l->ask_open && !rang && mono_ms_until(now.mono, l->ask_step_at) > 0)) {
        return false;
    }
    l->ask_step_at = mono_after_ms(now.mono, BELL_ANYWAY_MS);
    enum bell_news news = bell_step(l->ask_bell, now.mono, on_ring, l, &err);
    if (news == BELL_OPENED) {
        l->ask_at = (struct mono){ 0 }; /* what was asked while nobody listened */
    }
    l->ask_open = news != BELL_AWAY;
    return l->ask_open && l->ask_at.ns == 0;
}

void live_ask_wake(struct live *l, bool on)
{
    if (l->ask_bell != NULL && l->engine.pool != NULL) {
        pool_wake_on(l->engine.pool, WAKE_QUESTIONS, on ? bell_fd(l->ask_bell) : -1);
    }
}

void live_ask_end(struct live *l)
{
    bell_destroy(l->ask_bell);
    l->ask_bell = NULL;
    l->ask_open = false;
}

/* With the bell there is nothing to look for until it rings, but for what came while it was away.
 */
static struct mono next_look(const struct live *l, struct mono sent)
{
    struct mono now = clock_mono();
    if (l->ask_open) {
        return mono_after_ms(now, BELL_ANYWAY_MS);
    }
    return mono_after_ms(now, ASK_MS + SLOW_SHARE * mono_ms_until(sent, now));
}

bool live_ask(struct live *l, struct now now, struct err *err)
{
    if (mono_ms_until(now.mono, l->ask_at) > 0) {
        return true;
    }
    l->ask_at = mono_after_ms(now.mono, ASK_MS); /* should something fail */
    if (l->engine.questions == NULL) {
        l->engine.questions = calloc(1, sizeof *l->engine.questions);
        if (l->engine.questions == NULL) {
            return err_set(err, ERR_MEMORY, "out of memory for questions");
        }
    }
    struct questions *q = l->engine.questions;
    struct mono sent = clock_mono();
    if (!live_land(l, err) || !read_questions(l, q, now, err)) {
        return false;
    }
    l->ask_at = next_look(l, sent);
    struct mono deadline = mono_after_ms(now.mono, PATIENCE_MS);
    questions_submit(q, &l->engine);
    while (questions_pending(q) && mono_ms_until(clock_mono(), deadline) > 0) {
        engine_poll(&l->engine, clock_mono(), mono_ms_until(clock_mono(), deadline));
        questions_submit(q, &l->engine);
    }
    questions_prune(q, clock_mono());
    return write_replies(l, q, err);
}
