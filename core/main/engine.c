/* SPDX-License-Identifier: MIT */
/* Setting up: memory, detectors, tickers. */
#include "engine.h"
#include "fence_setup.h"
#include "questions.h"

#include "clock.h"
#include "log.h"
#include "orderflow/detector.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { DEFAULT_MEMORY_S = 600, LONGEST_STANDARD_S = 300 };

/* Every section of its own; the first thing that is wrong is the reason. */
static bool sections_right(const struct settings *cfg, const struct declaration *d,
                           char reason[256])
{
    struct settings_errors errors;
    errors.n = 0;
    if (bind_check_own(cfg, d, &errors)) {
        return true;
    }
    (void)snprintf(reason, 256, "%.255s", errors.text[0]);
    return false;
}

/* Run it unless the plain section and every ticker's own say no. */
static bool wanted(void *ctx, const struct declaration *d, char reason[256])
{
    const struct engine *e = ctx;
    const struct settings *cfg = e->cfg;
    struct bound b;
    if (e->begun && !sections_right(cfg, d, reason)) {
        return false;
    }
    if (!bind_detector(cfg, d, "", &b, NULL) || b.enabled) {
        return true;
    }
    for (size_t i = 0; i < cfg->n_detector_items; i++) {
        const struct setting *s = &cfg->detector_items[i];
        if (strcmp(s->section_id, d->id) == 0 && s->ticker[0] != '\0' &&
            strcmp(s->key, "enabled") == 0) {
            return true;
        }
    }
    return false;
}

static int64_t longest_window_s(const struct settings *cfg, const struct pool *pool)
{
    int64_t longest = LONGEST_STANDARD_S;
    for (size_t i = 0; i < cfg->n_window_s; i++) {
        longest = cfg->window_s[i] > longest ? cfg->window_s[i] : longest;
    }
    for (size_t i = 0; i < pool_count(pool); i++) {
        const struct declaration *d = &pool_get(pool, i)->decl;
        for (uint32_t k = 0; k < d->n_windows; k++) {
            longest = d->window_s[k] > longest ? d->window_s[k] : longest;
        }
    }
    return longest;
}

static int64_t longest_memory_s(const struct pool *pool)
{
    int64_t longest = DEFAULT_MEMORY_S;
    for (size_t i = 0; i < pool_count(pool); i++) {
        int64_t s = pool_get(pool, i)->decl.memory_s;
        longest = s > longest ? s : longest;
    }
    return longest;
}

/* Sections that no plugin answers to, wrong keys, values out of range: nothing starts half
 * configured. */
bool engine_check_sections(const struct engine *e, const struct settings *cfg,
                           struct settings_errors *errors_out, struct err *err)
{
    size_t n = 0, count = pool_count(e->pool);
    const struct declaration **decls = calloc(count + 1, sizeof *decls);
    struct settings_errors *errors = errors_out != NULL ? errors_out : calloc(1, sizeof *errors);
    bool ok = decls != NULL && errors != NULL;
    if (!ok) {
        (void)err_set(err, ERR_MEMORY, "out of memory");
    } else {
        for (size_t i = 0; i < count; i++) {
            if (pool_get(e->pool, i)->decl.id[0] != '\0') {
                decls[n++] = &pool_get(e->pool, i)->decl;
            }
        }
        ok = bind_check_all(cfg, decls, n, true, errors);
        for (int i = 0; !ok && i < errors->n; i++) {
            log_error("config", "%s", errors->text[i]);
        }
        if (!ok) {
            (void)err_set(err, ERR_INVALID, "%s", errors->text[0]);
        }
    }
    free(decls);
    if (errors != errors_out) {
        free(errors);
    }
    return ok;
}

bool engine_init(struct engine *e, const struct settings *cfg, const struct paths *paths,
                 int64_t look_ms, struct err *err)
{
    *e = (struct engine){ .cfg = cfg };
    size_t bytes = (size_t)cfg->windows_memory_mb << 20;
    if (!shm_create(&e->shm, bytes, err) || !arena_init(&e->arena, e->shm.base, bytes, err)) {
        return err_wrap(err, "memory for quotes");
    }
    struct pool_config pc = {
        .worker_path = paths->worker,
        .plugin_dir = paths->plugins,
        .order = cfg->plugins_order,
        .window_fd = e->shm.fd_ro,
        .window_bytes = bytes,
        .budget_ms = cfg->plugins_budget_ms,
        .deadline_ms = cfg->plugins_deadline_ms,
        .memory_mb = cfg->plugins_memory_mb,
        .look_ms = look_ms,
        .strikes_max = look_ms > 0 ? (size_t)cfg->plugins_strikes : 0, /* live alone */
        .strikes_within_ms = cfg->plugins_strikes_within_s * 1000,
        .quarantine_dir = paths->quarantine,
    };
    if (!fence_from(cfg, &pc.fence, err)) {
        return false;
    }
    e->pool = pool_create(&pc, wanted, e, err);
    return e->pool != NULL || err_wrap(err, "detectors");
}

void engine_measure(struct engine *e)
{
    e->env.longest_window_ns = longest_window_s(e->cfg, e->pool) * NS_PER_S;
    e->env.keep_ns = e->env.longest_window_ns + longest_memory_s(e->pool) * NS_PER_S;
}

bool engine_begin(struct engine *e, struct err *err)
{
    pool_begin(e->pool);
    if (!engine_check_sections(e, e->cfg, NULL, err)) {
        return false;
    }
    e->begun = true;
    e->env = (struct ticker_env){
        .cfg = e->cfg,
        .arena = &e->arena,
        .news = &e->news,
        .metrics = { .large_sz = 10000,
                     .jump_sz = 15000,
                     .gap_floor_ns = e->cfg->engine_stale_ms * NS_PER_MS },
    };
    engine_measure(e);
    engine_load_scores(e);
    return engine_refresh(e, err);
}

void engine_fini(struct engine *e)
{
    pool_destroy(e->pool);
    for (size_t i = 0; i < e->n_tickers; i++) {
        ticker_destroy(e->tickers[i]);
    }
    for (size_t i = 0; e->open != NULL && i < e->n_detectors; i++) {
        ring_fini(&e->open[i]);
    }
    free(e->open);
    ring_fini(&e->news);
    free(e->said);
    free(e->bound);
    free(e->batch);
    if (e->questions != NULL) {
        questions_fini(e->questions);
        free(e->questions);
    }
    free(e->tickers);
    free(e->by_name);
    score_file_fini(&e->scores);
    arena_fini(&e->arena);
    shm_destroy(&e->shm);
    *e = (struct engine){ 0 };
}
