/* SPDX-License-Identifier: MIT */
#include "calls_internal.h"

enum { TEXT_BYTES_MAX = 8 * 1024 * 1024 };

static void put_answer(const struct call *call, bool ok, const struct buf *text, struct buf *out)
{
    result_open(out, call_id(call), call->rev);
    buf_puts(out, "\"content\":[{\"type\":\"text\",\"text\":");
    buf_json(out, text->data != NULL ? text->data : "", text->len);
    buf_puts(out, ok ? "}]" : "}],\"isError\":true");
    result_close(out, call->rev, CACHE_NONE);
}

/* Writes the tool's text. False: it is an error. */
static bool run(struct call *call, const struct tool_env *env, struct buf *text)
{
    struct json j = { 0 };
    struct tool_args args = { .j = &j };
    struct err err = { 0 };
    if (env->query == NULL) {
        buf_puts(text, "out of memory");
        return false;
    }
    if (call->arguments_n > 0 && json_parse(&j, call->arguments, call->arguments_n) == JSON_FINE) {
        args.obj = j.v;
    }
    bool ok = tool_check(call->tool, &args, &err);
    if (ok) {
        query_set_cancel(env->query, &call->cancelled);
        ok = call->tool->run(env, &args, text, &err);
        query_set_cancel(env->query, NULL);
    } else {
        buf_puts(text, err.text);
    }
    json_fini(&j);
    return ok;
}

static void answer(struct call *call, const struct tool_env *env, struct buf *out)
{
    struct buf text;
    buf_init(&text, TEXT_BYTES_MAX);
    bool ok = run(call, env, &text);
    put_answer(call, ok, &text, out);
    if (text.failed || out->failed) {
        buf_clear(out);
        rpc_put_error(out, call_id(call), RPC_INTERNAL_ERROR, "the answer is too large", NULL);
    }
    buf_fini(&text);
}

/* Under the lock: the oldest call that nobody works on. */
static struct call *take(struct calls *c)
{
    for (struct call *call = c->first; call != NULL; call = call->next) {
        if (call->state == CALL_WAITING) {
            call->state = CALL_RUNNING;
            return call;
        }
    }
    return NULL;
}

static void work_on(struct calls *c, struct call *call, const struct tool_env *env)
{
    struct buf out;
    buf_init(&out, 2 * TEXT_BYTES_MAX + call->id_n);
    if (!atomic_load(&call->cancelled)) {
        answer(call, env, &out);
    }
    (void)pthread_mutex_lock(&c->lock);
    if (!atomic_load(&call->cancelled)) {
        outbox_put(c->out, call->batch, &out);
    }
    calls_unlink(c, call);
    (void)pthread_mutex_unlock(&c->lock);
    batch_release(c->out, call->batch);
    buf_fini(&out);
    call_free(call);
}

static void *work(void *ctx)
{
    struct calls *c = ctx;
    struct tool_env env = { .query = query_create(&c->query),
                            .history_max_s = c->cfg->history_max_s };
    (void)pthread_mutex_lock(&c->lock);
    while (!c->closing) {
        struct call *call = take(c);
        if (call == NULL) {
            (void)pthread_cond_wait(&c->changed, &c->lock);
            continue;
        }
        (void)pthread_mutex_unlock(&c->lock);
        work_on(c, call, &env);
        (void)pthread_mutex_lock(&c->lock);
    }
    c->n_living--;
    (void)pthread_cond_broadcast(&c->changed);
    (void)pthread_mutex_unlock(&c->lock);
    query_destroy(env.query);
    return NULL;
}

bool calls_start_threads(struct calls *c)
{
    while (c->n_threads < CALL_THREADS &&
           pthread_create(&c->threads[c->n_threads], NULL, work, c) == 0) {
        c->n_threads++;
        c->n_living++;
    }
    return c->n_threads > 0;
}
