/* SPDX-License-Identifier: MIT */
#include "demo_feed.h"

#include "clock.h"
#include "live_setup.h"
#include "replay.h"

#include <poll.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct demo_feed {
    struct private_redis server;
    struct redis *redis;
    struct replay *replay;
    pthread_t thread;
    bool running;
    atomic_bool cancel;
    atomic_bool ready, failed;
    struct err err; /* valid once failed */
};

static const char *const samples[] = { "btcusdt_20240808.csv.gz", "ethusd_20240808.csv.gz" };
enum { SAMPLES = sizeof samples / sizeof *samples };

static void *play(void *arg)
{
    struct demo_feed *d = arg;
    while (!atomic_load(&d->cancel)) {
        int64_t sleep_ms = 0;
        if (!replay_step(d->replay, clock_now().wall_ns, &sleep_ms, &d->err)) {
            atomic_store(&d->failed, !atomic_load(&d->cancel));
            break;
        }
        if (replay_state(d->replay).pass > 0) {
            atomic_store(&d->ready, true);
        }
        if (sleep_ms > 0) {
            (void)poll(NULL, 0, (int)(sleep_ms < 50 ? sleep_ms : 50));
        }
    }
    return NULL;
}

/* Of the server that the settings name nothing is left, for us and for the engine. */
static bool use_redis(struct program *p, const char *url, struct err *err)
{
    if (unsetenv("REDIS_PASSWORD") != 0 || setenv(REDIS_URL_ENV, url, 1) != 0) {
        return err_set(err, ERR_MEMORY, "out of memory");
    }
    return program_take_redis_url(&p->settings, err);
}

static bool open_tape(struct demo_feed *d, const struct program *p, struct err *err)
{
    char paths[SAMPLES][PATH_BYTES + 64];
    const char *files[SAMPLES];
    struct redis_config rc;
    struct replay_config cfg = {
        .speed = 0, .loop = true, .quiet = true, .ttl_s = p->settings.results_ttl_quotes_s
    };
    for (size_t i = 0; i < SAMPLES; i++) {
        (void)snprintf(paths[i], sizeof paths[i], "%s/samples/%s", p->paths.share, samples[i]);
        files[i] = paths[i];
    }
    keys_from(&p->settings, &cfg.keys);
    if (!redis_config_from(&p->settings, &rc, err)) {
        return false;
    }
    d->redis = redis_create(&rc);
    if (d->redis == NULL) {
        return err_set(err, ERR_MEMORY, "out of memory");
    }
    redis_set_cancel(d->redis, &d->cancel);
    d->replay = replay_create(&cfg, files, SAMPLES, d->redis, err);
    return d->replay != NULL;
}

struct demo_feed *demo_feed_start(struct program *p, struct err *err)
{
    struct demo_feed *d = calloc(1, sizeof *d);
    if (d == NULL) {
        (void)err_set(err, ERR_MEMORY, "out of memory");
        return NULL;
    }
    bool ok = private_redis_start(&d->server, err) && use_redis(p, d->server.url, err) &&
              open_tape(d, p, err);
    if (ok) {
        d->running = pthread_create(&d->thread, NULL, play, d) == 0;
        ok = d->running || err_set(err, ERR_SYSTEM, "cannot start a thread");
    }
    if (!ok) {
        demo_feed_stop(d);
        return NULL;
    }
    return d;
}

void demo_feed_stop(struct demo_feed *d)
{
    if (d == NULL) {
        return;
    }
    atomic_store(&d->cancel, true);
    if (d->running) {
        (void)pthread_join(d->thread, NULL);
    }
    replay_destroy(d->replay);
    redis_destroy(d->redis);
    private_redis_stop(&d->server);
    free(d);
}

bool demo_feed_ready(struct demo_feed *d, int64_t timeout_ms, struct err *err)
{
    struct mono until = mono_after_ms(clock_mono(), timeout_ms);
    while (!atomic_load(&d->ready)) {
        if (atomic_load(&d->failed)) {
            *err = d->err;
            return false;
        }
        if (mono_ms_until(clock_mono(), until) <= 0) {
            return err_set(err, ERR_TIMEOUT, "the sample quotes were not written in time");
        }
        (void)poll(NULL, 0, 10);
    }
    return true;
}
