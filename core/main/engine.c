/* SPDX-License-Identifier: MIT */
/* Setting up: memory, detectors, tickers. */
#include "engine.h"
#include "fence_setup.h"
#include "questions.h"

#include "clock.h"
#include "log.h"
#include "orderflow/detector.h"

#include <stdlib.h>
#include <string.h>

enum { DEFAULT_MEMORY_S = 600, LONGEST_STANDARD_S = 300 };

/* Run it unless the plain section and every ticker's own say no. */
static bool wanted(void *ctx, const struct declaration *d)
{
    const struct settings *cfg = ctx;
    struct bound b;
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
static bool check_sections(const struct engine *e, struct err *err)
{
    const struct declaration **decls = calloc(e->n_detectors + 1, sizeof *decls);
    struct settings_errors *errors = calloc(1, sizeof *errors);
    bool ok = decls != NULL && errors != NULL;
    if (!ok) {
        (void)err_set(err, ERR_MEMORY, "out of memory");
    } else {
        size_t n = 0;
        for (size_t i = 0; i < e->n_detectors; i++) {
            if (pool_get(e->pool, i)->decl.id[0] != '\0') {
                decls[n++] = &pool_get(e->pool, i)->decl;
            }
        }
        ok = bind_check_all(e->cfg, decls, n, true, errors);
        for (int i = 0; !ok && i < errors->n; i++) {
            log_error("config", "%s", errors->text[i]);
        }
        if (!ok) {
            (void)err_set(err, ERR_INVALID, "%s", errors->text[0]);
        }
    }
    free(decls);
    free(errors);
    return ok;
}

static void describe_pool(const struct engine *e)
{
    for (size_t i = 0; i < e->n_detectors; i++) {
        const struct detector *d = pool_get(e->pool, i);
        if (d->state == DETECTOR_REFUSED) {
            log_warn("detector_refused", "path=%s reason=\"%s\"", d->path, d->reason);
        } else {
            log_debug("detector_found", "id=%s version=%s path=%s", d->decl.id, d->decl.version,
                      d->path);
        }
    }
}

bool engine_init(struct engine *e, const struct settings *cfg, const struct paths *paths,
                 struct err *err)
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
    };
    if (!fence_from(cfg, &pc.fence, err)) {
        return false;
    }
    e->pool = pool_create(&pc, wanted, (void *)(uintptr_t)cfg, err);
    if (e->pool == NULL) {
        return err_wrap(err, "detectors");
    }
    e->n_detectors = pool_count(e->pool);
    describe_pool(e);
    if (!check_sections(e, err)) {
        return false;
    }
    e->said = calloc(e->n_detectors + 1, sizeof *e->said);
    e->env = (struct ticker_env){
        .cfg = cfg,
        .arena = &e->arena,
        .metrics = { .large_sz = 10000,
                     .jump_sz = 15000,
                     .gap_floor_ns = cfg->engine_stale_ms * NS_PER_MS },
        .longest_window_ns = longest_window_s(cfg, e->pool) * NS_PER_S,
        .n_detectors = e->n_detectors,
    };
    e->env.keep_ns = e->env.longest_window_ns + longest_memory_s(e->pool) * NS_PER_S;
    return e->said != NULL || err_set(err, ERR_MEMORY, "out of memory");
}

void engine_fini(struct engine *e)
{
    pool_destroy(e->pool);
    for (size_t i = 0; i < e->n_tickers; i++) {
        ticker_destroy(e->tickers[i]);
    }
    for (size_t i = 0; e->said != NULL && i < e->n_detectors; i++) {
        free(e->said[i].items);
    }
    free(e->said);
    free(e->batch);
    if (e->questions != NULL) {
        questions_fini(e->questions);
        free(e->questions);
    }
    free(e->tickers);
    free(e->by_name);
    arena_fini(&e->arena);
    shm_destroy(&e->shm);
    *e = (struct engine){ 0 };
}
