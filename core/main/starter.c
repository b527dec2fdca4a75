/* SPDX-License-Identifier: MIT */
#include "starter.h"

#include "live_setup.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

enum { STOP_MS = 3000 };

bool starter_ensure(void *ctx, struct err *err)
{
    struct starter *s = ctx;
    if (launched_alive(&s->engine)) {
        return true;
    }
    const struct program *p = s->program;
    const char *argv[] = { p->paths.engine, NULL, NULL, NULL };
    if (p->settings.path[0] != '\0') {
        argv[1] = "--config";
        argv[2] = p->settings.path;
    }
    launched_stop(&s->engine, 0);
    return launch(&s->engine, argv, "--parent-fd", err) || err_wrap(err, "engine");
}

void starter_stop(struct starter *s)
{
    launched_stop(&s->engine, STOP_MS);
}

void starter_leave(struct starter *s)
{
    if (s->engine.life_fd >= 0) {
        (void)close(s->engine.life_fd);
        s->engine.life_fd = -1;
    }
}

/* A file that is wrong now, or gone, is no other configuration: the one that was read stays. */
static void own_hash(void *ctx, char out[20])
{
    const struct starter *s = ctx;
    struct settings *now = calloc(1, sizeof *now);
    struct settings_errors *errors = calloc(1, sizeof *errors);
    if (now != NULL && errors != NULL && settings_load(now, s->program->settings.path, errors)) {
        (void)snprintf(out, 20, "%016" PRIx64, now->hash);
        settings_fini(now);
    }
    free(errors);
    free(now);
}

bool query_config_from(struct starter *s, struct query_config *out, struct err *err)
{
    const struct settings *cfg = &s->program->settings;
    *out = (struct query_config){
        .warmup_ms = cfg->engine_warmup_ms,
        .ensure_engine = starter_ensure,
        .ensure_ctx = s,
        .own_hash = own_hash,
        .own_hash_ctx = s,
    };
    keys_from(cfg, &out->keys);
    (void)snprintf(out->own_config_hash, sizeof out->own_config_hash, "%016" PRIx64, cfg->hash);
    for (size_t i = 0; i < cfg->n_window_s && out->n_windows < REPORT_WINDOWS_MAX; i++) {
        (void)snprintf(out->windows[out->n_windows++], WINDOW_NAME_MAX, "%ds",
                       (int)cfg->window_s[i]);
    }
    return redis_config_from(cfg, &out->redis, err);
}
