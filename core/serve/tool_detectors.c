/* SPDX-License-Identifier: MIT */
/* list_detectors */
#include "jput.h"
#include "query_internal.h"
#include "tickers.h"
#include "tools.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "clock.h"

enum { STEP_MS = 50 };

static void copy_member(struct jput *o, const struct json *j, const char *key)
{
    const struct json_value *v = json_get(j, j->v, key);
    if (v != NULL && !(v->type == JSON_STRING && v->len == 2)) {
        jput_raw(o, key, json_raw(j, v), v->len);
    }
}

static void put_detector(struct jput *list, const struct reply *name)
{
    static const char *const members[] = { "state",   "reason",   "note",   "version",
                                           "strikes", "restarts", "behind", "skipped",
                                           "late",    "params",   "fence",  "description" };
    const struct reply *text = name + 1;
    struct json j = { .max_values = 4096 };
    struct jput o = jput_object(list, NULL);
    jput_text(&o, "id", name->str);
    if (json_parse(&j, text->str, text->len) == JSON_FINE && json_is(j.v, JSON_OBJECT)) {
        for (size_t i = 0; i < sizeof members / sizeof members[0]; i++) {
            copy_member(&o, &j, members[i]);
        }
    } else {
        jput_text(&o, "state", text->str);
    }
    jput_close(&o);
    json_fini(&j);
}

static bool put_detectors(struct jput *root, const struct reply *r, struct err *err)
{
    size_t n;
    const struct reply **names = query_sorted(r, &n, err);
    if (names == NULL) {
        return false;
    }
    struct jput list = jput_array(root, "detectors");
    for (size_t i = 0; i < n; i++) {
        put_detector(&list, names[i]);
    }
    jput_close(&list);
    free(names);
    return true;
}

/* What the engine says of its settings: the file, and what it refused of a changed one. */
static void put_settings(struct jput *root, const struct reply *r)
{
    struct jput o = jput_object(root, "settings");
    for (size_t i = 0; r->type == REPLY_ARRAY && i + 1 < r->n; i += 2) {
        if (strncmp(r->items[i].str, "config", 6) == 0 && r->items[i + 1].len > 0) {
            jput_text(&o, r->items[i].str, r->items[i + 1].str);
        }
    }
    jput_close(&o);
}

static bool read_all(struct query *q, const struct reply **r_out, struct err *err)
{
    char lease[KEY_MAX], detectors[KEY_MAX], status[KEY_MAX];
    key_engine(&q->cfg->keys, lease);
    key_detectors(&q->cfg->keys, detectors);
    key_status(&q->cfg->keys, status);
    return (redis_queuef(q->redis, err, "GET %s", lease) &&
            redis_queuef(q->redis, err, "HGETALL %s", detectors) &&
            redis_queuef(q->redis, err, "HGETALL %s", status) && query_exec(q, 3, r_out, err)) ||
           query_name_url(q, err);
}

/* An engine that has just been started says what it runs within a second or two. */
static bool read_patiently(const struct tool_env *env, bool started, const struct reply **r_out,
                           struct err *err)
{
    struct mono deadline = mono_after_ms(clock_mono(), query_warmup_ms(env->query));
    while (read_all(env->query, r_out, err) && *r_out != NULL) {
        bool there = (*r_out)[0].type == REPLY_STRING && (*r_out)[1].n > 0;
        if (there || !started || mono_ms_until(clock_mono(), deadline) <= 0 ||
            tool_cancelled(env)) {
            return true;
        }
        (void)nanosleep(&(struct timespec){ .tv_nsec = STEP_MS * NS_PER_MS }, NULL);
    }
    return false;
}

bool tool_detectors(const struct tool_env *env, const struct tool_args *args, struct buf *text,
                    struct buf *structured, struct err *err)
{
    const struct reply *r = NULL;
    enum engine_view engine;
    char note[200];
    bool started;
    (void)args;
    (void)text;
    if (!tickers_engine(env->query, &engine, &started, note, err) ||
        !read_patiently(env, started, &r, err)) {
        return false;
    }
    struct jput doc = { .out = structured };
    struct jput root = jput_object(&doc, NULL);
    bool serving = r[0].type == REPLY_STRING;
    jput_bool(&root, "serving", serving);
    if (!serving) {
        jput_text(&root, "note", note[0] != '\0' ? note : "no engine serves: nothing is detected");
    }
    bool ok = put_detectors(&root, &r[1], err);
    put_settings(&root, &r[2]);
    jput_close(&root);
    return ok;
}
