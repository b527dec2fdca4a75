/* SPDX-License-Identifier: MIT */
/* A redis-server, a sink or two on it, and a hand to look at what they wrote. */
#ifndef TESTS_RESULT_SINK_FIXTURE_H
#define TESTS_RESULT_SINK_FIXTURE_H

#include "clock.h"
#include "decimal.h"
#include "orderflow/detector.h"
#include "redis_server.h"
#include "sink.h"

#include <poll.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define T0_NS (INT64_C(1767225600) * NS_PER_S) /* 2026-01-01 */

struct fixture {
    struct redis_server server;
    struct redis *redis[2], *hand; /* those of the sinks, and the test's own */
    struct sink *sink[2];
    struct declaration decl;
};

/* (Re)makes sink i with this identity, on this Redis. */
static inline void fixture_sink(struct fixture *f, int i, const char *id, const char *url)
{
    struct redis_config rc = { .timeout_ms = 2000 };
    struct sink_config sc = { .keys = { .prefix = "orderflow" },
                              .lease_ms = 60000,
                              .ttl_10s_s = 60,
                              .ttl_1min_s = 300,
                              .ttl_5min_s = 600,
                              .ttl_patterns_s = 3600,
                              .ttl_levels_s = 3500,
                              .ttl_state_s = 3400 };
    assert_true(redis_parse_url(url, &rc, NULL));
    snprintf(sc.engine_id, sizeof sc.engine_id, "%s", id);
    snprintf(sc.lease_text, sizeof sc.lease_text, "{\"id\": \"%s\"}", id);
    sink_destroy(f->sink[i]);
    redis_destroy(f->redis[i]);
    f->redis[i] = redis_create(&rc);
    f->sink[i] = sink_create(&sc, f->redis[i]);
}

static inline int fixture_setup(void **state)
{
    struct fixture *f = calloc(1, sizeof *f);
    struct err err = { 0 };
    *state = f;
    if (!f || !redis_server_start(&f->server, NULL, &err)) {
        print_error("%s\n", err.text);
        return -1;
    }
    struct redis_config rc = { .timeout_ms = 2000 };
    assert_true(redis_parse_url(f->server.url, &rc, NULL));
    f->hand = redis_create(&rc);
    f->decl = (struct declaration){ .id = "absorption" };
    fixture_sink(f, 0, "engine-one", f->server.url);
    fixture_sink(f, 1, "engine-two", f->server.url);
    return 0;
}

static inline int fixture_teardown(void **state)
{
    struct fixture *f = *state;
    for (int i = 0; i < 2; i++) {
        sink_destroy(f->sink[i]);
        redis_destroy(f->redis[i]);
    }
    redis_destroy(f->hand);
    redis_server_stop(&f->server);
    free(f);
    return 0;
}

/* One command to the server, split at spaces; its reply. */
static inline const struct reply *ask(struct fixture *f, const char *command)
{
    const struct reply *reply = NULL;
    struct err err = { 0 };
    if (!redis_call(f->hand, &reply, &err, command)) {
        fail_msg("%s: %s", command, err.text);
    }
    return reply;
}

static inline int64_t ask_int(struct fixture *f, const char *command)
{
    return ask(f, command)->integer;
}

static inline void hold(struct fixture *f, int i)
{
    char other[256];
    struct err err = { 0 };
    if (sink_hold(f->sink[i], other, &err) != LEASE_MINE) {
        fail_msg("lease: %s %s", other, err.text);
    }
}

static inline struct report report_at(const char *ticker, int64_t tick_ns)
{
    struct report r = { .tick_ns = tick_ns, .px_tick = PX_ONE / 100, .n_windows = 3 };
    static const char names[3][WINDOW_NAME_MAX] = { "10s", "1min", "5min" };
    snprintf(r.ticker, sizeof r.ticker, "%s", ticker);
    for (int i = 0; i < 3; i++) {
        memcpy(r.windows[i].name, names[i], sizeof names[i]);
        r.windows[i].m.bid_lifts = 7 + i;
    }
    return r;
}

static inline struct episode episode_at(const char *id, int64_t last_ns)
{
    struct episode e = { .detector = "absorption",
                         .kind = "absorption",
                         .side = OFD_BID,
                         .dir = 1,
                         .price = 450 * PX_ONE,
                         .state = EPISODE_ACTIVE,
                         .onset_ns = T0_NS - 10 * NS_PER_S,
                         .confirmed_ns = T0_NS - 10 * NS_PER_S,
                         .peak_ns = T0_NS - 5 * NS_PER_S,
                         .last_ns = last_ns };
    snprintf(e.id, sizeof e.id, "%s", id);
    return e;
}

static inline void add_report(struct fixture *f, int i, const struct report *r)
{
    assert_true(sink_add(f->sink[i], r, NULL, 0, NULL));
}

static inline void add_episode(struct fixture *f, int i, const struct report *r,
                               const struct episode *e)
{
    struct sink_pattern p = { .e = e, .decl = &f->decl };
    assert_true(sink_add(f->sink[i], r, &p, 1, NULL));
}

static inline void flush(struct fixture *f, int i)
{
    struct err err = { 0 };
    if (sink_flush(f->sink[i], &err) != FLUSH_OK) {
        fail_msg("flush: %s", err.text);
    }
}

/* Flushes until it succeeds; fails after 10 s. */
static inline void flush_soon(struct fixture *f, int i)
{
    struct mono deadline = mono_after_ms(clock_mono(), 10000);
    while (mono_ms_until(clock_mono(), deadline) > 0) {
        char other[256];
        if (sink_hold(f->sink[i], other, NULL) == LEASE_MINE &&
            sink_flush(f->sink[i], NULL) == FLUSH_OK) {
            return;
        }
        (void)poll(NULL, 0, 5);
    }
    fail_msg("no flush succeeded");
}

#endif
