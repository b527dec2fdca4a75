/* SPDX-License-Identifier: MIT */
#include "shared.h"

#include <string.h>

bool shared_init(struct shared *s, struct err *err)
{
    *s = (struct shared){ 0 };
    for (int i = 0; i < SHARED_MAX; i++) {
        buf_init(&s->answers[i].question, SHARED_BYTES_MAX);
        buf_init(&s->answers[i].body, SHARED_BYTES_MAX);
    }
    return pthread_mutex_init(&s->lock, NULL) == 0 || err_set(err, ERR_SYSTEM, "no mutex");
}

void shared_fini(struct shared *s)
{
    for (int i = 0; i < SHARED_MAX; i++) {
        buf_fini(&s->answers[i].question);
        buf_fini(&s->answers[i].body);
    }
    (void)pthread_mutex_destroy(&s->lock);
}

static bool is(const struct shared_answer *a, const void *what, int variant, const char *question,
               size_t n)
{
    return a->what == what && a->variant == variant && a->question.len == n &&
           (n == 0 || memcmp(a->question.data, question, n) == 0);
}

bool shared_get(struct shared *s, const void *what, int variant, const char *question, size_t n,
                struct mono now, struct buf *out)
{
    bool found = false;
    (void)pthread_mutex_lock(&s->lock);
    for (int i = 0; i < SHARED_MAX && !found; i++) {
        const struct shared_answer *a = &s->answers[i];
        found = now.ns - a->since.ns < SHARED_MS * NS_PER_MS && is(a, what, variant, question, n);
        if (found) {
            buf_add(out, a->body.data, a->body.len);
        }
    }
    (void)pthread_mutex_unlock(&s->lock);
    return found;
}

/* The one for the same question, else the oldest. */
static struct shared_answer *place_for(struct shared *s, const void *what, int variant,
                                       const char *question, size_t n)
{
    struct shared_answer *oldest = &s->answers[0];
    for (int i = 0; i < SHARED_MAX; i++) {
        struct shared_answer *a = &s->answers[i];
        if (is(a, what, variant, question, n)) {
            return a;
        }
        oldest = a->since.ns < oldest->since.ns ? a : oldest;
    }
    return oldest;
}

void shared_put(struct shared *s, const void *what, int variant, const char *question, size_t n,
                struct mono since, const struct buf *body)
{
    if (n > SHARED_BYTES_MAX / 2 || body->len > SHARED_BYTES_MAX / 2 || body->failed) {
        return;
    }
    (void)pthread_mutex_lock(&s->lock);
    struct shared_answer *a = place_for(s, what, variant, question, n);
    if (!is(a, what, variant, question, n) || a->since.ns < since.ns) {
        buf_clear(&a->question);
        buf_clear(&a->body);
        buf_add(&a->question, question, n);
        buf_add(&a->body, body->data, body->len);
        bool kept = !a->question.failed && !a->body.failed;
        a->what = kept ? what : NULL;
        a->variant = variant;
        a->since = since;
    }
    (void)pthread_mutex_unlock(&s->lock);
}
