/* SPDX-License-Identifier: MIT */
/* The lease, and the guard that it puts around every write. */
#include "sink_internal.h"

#include <stdio.h>
#include <string.h>

static bool is_ours(const struct sink *s, const struct reply *value)
{
    return value->type == REPLY_STRING && strstr(value->str, s->cfg.engine_id) != NULL;
}

bool sink_stands(const struct sink *s)
{
    return s->watching && redis_connects(s->redis) == s->connects && redis_usable(s->redis);
}

bool sink_queue_look(struct sink *s, struct err *err)
{
    char key[KEY_MAX];
    key_engine(&s->cfg.keys, key);
    s->watching = false;
    return redis_queuef(s->redis, err, "UNWATCH") && redis_queuef(s->redis, err, "WATCH %s", key) &&
           redis_queuef(s->redis, err, "GET %s", key);
}

enum guard sink_guard(struct sink *s, const struct reply *replies, struct err *err)
{
    for (int i = 0; i < LOOK_REPLIES; i++) {
        if (replies[i].type == REPLY_ERROR) {
            err_set(err, ERR_REMOTE, "the lease: %s", replies[i].str);
            return GUARD_FAILED;
        }
    }
    const struct reply *value = &replies[LOOK_LEASE];
    if (value->type == REPLY_NIL) {
        return GUARD_FREE;
    }
    s->watching = is_ours(s, value);
    return s->watching ? GUARD_MINE : GUARD_OTHER;
}

/* Queues the next look right behind what ends this one. */
static bool queue_watch(struct sink *s, struct err *err)
{
    char key[KEY_MAX];
    key_engine(&s->cfg.keys, key);
    s->watching = false;
    return redis_queuef(s->redis, err, "WATCH %s", key) &&
           redis_queuef(s->redis, err, "GET %s", key);
}

/* Its two replies. */
static bool watch_stands(const struct sink *s, const struct reply *replies)
{
    return replies[0].type != REPLY_ERROR && is_ours(s, &replies[1]);
}

static bool begin_multi(struct sink *s, struct err *err)
{
    s->n_commands = 0;
    return redis_queuef(s->redis, err, "MULTI");
}

bool sink_queue_multi(struct sink *s, struct err *err)
{
    char key[KEY_MAX];
    key_engine(&s->cfg.keys, key);
    if (!begin_multi(s, err)) {
        return false;
    }
    sink_begin_command(s, "PEXPIRE", key);
    sink_word_int(s, s->cfg.lease_ms);
    return sink_end_command(s, EXPECT_ANY, err);
}

/* The first refusal among the replies to MULTI, the commands and EXEC. */
static void tell_refusal(const struct reply *replies, size_t n, struct err *err)
{
    for (size_t i = 0; i < n; i++) {
        if (replies[i].type == REPLY_ERROR) {
            err_set(err, ERR_REMOTE, "Redis refuses to write: %s", replies[i].str);
            return;
        }
    }
    err_set(err, ERR_PROTOCOL, "an impossible reply to EXEC");
}

bool sink_queue_commit(struct sink *s, struct err *err)
{
    return redis_queuef(s->redis, err, "EXEC") && queue_watch(s, err);
}

enum commit sink_read_commit(struct sink *s, const struct reply *replies, size_t n,
                             size_t n_commands, const struct reply **results_out, struct err *err)
{
    const struct reply *exec = &replies[n - 3];
    if (exec->type == REPLY_NIL) {
        return COMMIT_RACED;
    }
    if (exec->type != REPLY_ARRAY || exec->n != n_commands) {
        tell_refusal(replies, n, err);
        return COMMIT_FAILED;
    }
    s->watching = watch_stands(s, &replies[n - 2]);
    s->counts.transactions++;
    *results_out = exec->items;
    return COMMIT_DONE;
}

enum commit sink_commit(struct sink *s, const struct reply **results_out, struct err *err)
{
    const struct reply *replies;
    size_t n;
    if (!sink_queue_commit(s, err) || !redis_exec_same(s->redis, &replies, &n, err)) {
        return COMMIT_FAILED;
    }
    return sink_read_commit(s, replies, n, s->n_commands, results_out, err);
}

/* ---- holding it ---- */

static enum guard look(struct sink *s, char other_out[256], struct err *err)
{
    const struct reply *replies;
    size_t n;
    if (!sink_queue_look(s, err) || !redis_exec(s->redis, &replies, &n, err)) {
        return GUARD_FAILED;
    }
    sink_notice_connection(s);
    enum guard guard = sink_guard(s, replies, err);
    if (guard == GUARD_OTHER && other_out) {
        snprintf(other_out, 256, "%s", replies[LOOK_LEASE].str);
    }
    return guard;
}

/* A full Redis refuses whatever stands in a MULTI, but not a bare PEXPIRE: with an unchanged text
 * we live on. Should the lease have passed to another since the look, his is prolonged this once
 * and the GET tells. */
static enum commit renew(struct sink *s, struct err *err)
{
    char key[KEY_MAX];
    key_engine(&s->cfg.keys, key);
    const struct reply *replies;
    size_t n;
    if (!redis_queuef(s->redis, err, "PEXPIRE %s %lld", key, (long long)s->cfg.lease_ms) ||
        !redis_queuef(s->redis, err, "UNWATCH") || !queue_watch(s, err) ||
        !redis_exec_same(s->redis, &replies, &n, err)) {
        return COMMIT_FAILED;
    }
    if (replies[0].type == REPLY_ERROR) {
        err_set(err, ERR_REMOTE, "the lease: %s", replies[0].str);
        return COMMIT_FAILED;
    }
    s->watching = watch_stands(s, &replies[2]);
    return is_ours(s, &replies[3]) ? COMMIT_DONE : COMMIT_RACED;
}

static enum commit write_lease(struct sink *s, struct err *err)
{
    char key[KEY_MAX];
    key_engine(&s->cfg.keys, key);
    if (!begin_multi(s, err)) {
        return COMMIT_FAILED;
    }
    sink_begin_command(s, "SET", key);
    sink_word(s, s->cfg.lease_text);
    sink_word(s, "PX");
    sink_word_int(s, s->cfg.lease_ms);
    const struct reply *results;
    return sink_end_command(s, EXPECT_ANY, err) ? sink_commit(s, &results, err) : COMMIT_FAILED;
}

static enum lease hold_once(struct sink *s, char other_out[256], bool *raced_out, struct err *err)
{
    *raced_out = false;
    enum guard guard =
        sink_stands(s) && !s->lease_text_changed ? GUARD_MINE : look(s, other_out, err);
    if (guard == GUARD_FAILED || guard == GUARD_OTHER) {
        return guard == GUARD_OTHER ? LEASE_OTHER : LEASE_UNKNOWN;
    }
    bool same_text = guard == GUARD_MINE && !s->lease_text_changed;
    enum commit commit = same_text ? renew(s, err) : write_lease(s, err);
    *raced_out = commit == COMMIT_RACED;
    if (commit != COMMIT_DONE) {
        return LEASE_UNKNOWN;
    }
    s->lease_text_changed = false;
    if (guard == GUARD_FREE) {
        sink_mark_unsure(s);
    }
    return LEASE_MINE;
}

enum lease sink_hold(struct sink *s, char other_out[256], struct err *err)
{
    other_out[0] = '\0';
    (void)sink_settle(s, NULL);
    for (int i = 0; i < RACES_MAX; i++) {
        bool raced;
        enum lease lease = hold_once(s, other_out, &raced, err);
        if (!raced) {
            return lease;
        }
    }
    err_set(err, ERR_REMOTE, "the lease changes hands too fast");
    return LEASE_UNKNOWN;
}

void sink_release(struct sink *s)
{
    (void)sink_settle(s, NULL);
    if (look(s, NULL, NULL) != GUARD_MINE) {
        return;
    }
    char key[KEY_MAX];
    key_engine(&s->cfg.keys, key);
    const struct reply *results;
    if (!begin_multi(s, NULL)) {
        return;
    }
    sink_begin_command(s, "DEL", key);
    if (sink_end_command(s, EXPECT_ANY, NULL)) {
        (void)sink_commit(s, &results, NULL);
    }
}

void sink_set_ttls(struct sink *s, const struct sink_config *cfg)
{
    s->cfg.ttl_10s_s = cfg->ttl_10s_s;
    s->cfg.ttl_1min_s = cfg->ttl_1min_s;
    s->cfg.ttl_5min_s = cfg->ttl_5min_s;
    s->cfg.ttl_patterns_s = cfg->ttl_patterns_s;
    s->cfg.ttl_levels_s = cfg->ttl_levels_s;
    s->cfg.ttl_state_s = cfg->ttl_state_s;
}

void sink_set_lease_text(struct sink *s, const char *text)
{
    CHECK(strstr(text, s->cfg.engine_id) != NULL);
    snprintf(s->cfg.lease_text, sizeof s->cfg.lease_text, "%s", text);
    s->lease_text_changed = true;
}
