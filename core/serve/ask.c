/* SPDX-License-Identifier: MIT */
#include "ask.h"

#include "clock.h"
#include "query_internal.h"

#include <inttypes.h>
#include <stdio.h>
#include <time.h>
#include <unistd.h>

enum { POLL_MS = 20, QUESTION_LIFE_S = 10 };

/* The engine looks now and then in any case; who may publish need not wait for that. */
static bool put_question(struct query *q, const char *nonce, const char *ticker,
                         const char *detector, struct err *err)
{
    const struct reply *r;
    size_t n_replies;
    char key[KEY_MAX], text[256];
    int n = snprintf(text, sizeof text, "%s %s %s", nonce, ticker, detector);
    key_questions(&q->cfg->keys, key);
    return redis_queuef(q->redis, err, "RPUSH %s %b", key, text, (size_t)n) &&
           redis_queuef(q->redis, err, "EXPIRE %s %d", key, QUESTION_LIFE_S) &&
           redis_queuef(q->redis, err, "PUBLISH %s %s", key, nonce) &&
           redis_exec(q->redis, &r, &n_replies, err) &&
           (r[0].type != REPLY_ERROR || err_set(err, ERR_REMOTE, "%s", r[0].str));
}

bool query_ask(struct query *q, const char *ticker, const char *detector, struct buf *reply,
               struct err *err)
{
    struct mono now = clock_mono(), deadline = mono_after_ms(now, ASK_WAIT_MS);
    char nonce[NONCE_MAX], key[KEY_MAX];
    (void)snprintf(nonce, sizeof nonce, "%x.%" PRIx64 ".%" PRIxPTR, (unsigned)getpid(),
                   (uint64_t)now.ns, (uintptr_t)q & 0xffffff);
    key_reply(&q->cfg->keys, key, nonce);
    if (!put_question(q, nonce, ticker, detector, err)) {
        return query_name_url(q, err);
    }
    while (mono_ms_until(clock_mono(), deadline) > 0) {
        const struct reply *r;
        if (!redis_call(q->redis, &r, err, "GET %s", key)) {
            return query_name_url(q, err);
        }
        if (r->type == REPLY_STRING) {
            buf_add(reply, r->str, r->len);
            return redis_call(q->redis, &r, err, "DEL %s", key) || query_name_url(q, err);
        }
        (void)nanosleep(&(struct timespec){ .tv_nsec = POLL_MS * NS_PER_MS }, NULL);
    }
    return err_set(err, ERR_TIMEOUT,
                   "no engine has answered within %d s: it may be starting or busy; ask again",
                   ASK_WAIT_MS / 1000);
}
