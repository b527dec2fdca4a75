/* SPDX-License-Identifier: MIT */
/* From files to detectors: of each id the first in order runs, from the build its file has now. */
#include "log.h"
#include "pool_internal.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- finding -------------------------------------------------------------------------------- */

/* Who has that id now; an heir has none yet, who is to be removed has none any more. */
static struct slot *find_holder(const struct pool *p, const char *id)
{
    for (size_t i = 0; i < p->n; i++) {
        struct slot *s = p->slots[i];
        if (s != NULL && s->pub.named && !s->pub.removed && s->pub.heir_of == NO_DETECTOR &&
            strcmp(s->pub.decl.id, id) == 0) {
            return s;
        }
    }
    return NULL;
}

static struct slot *find_heir(const struct pool *p, const struct slot *holder)
{
    for (size_t i = 0; i < p->n; i++) {
        if (p->slots[i] != NULL && p->slots[i]->pub.heir_of == holder->number) {
            return p->slots[i];
        }
    }
    return NULL;
}

static bool same_path(const struct slot *s, const struct file *f)
{
    return strcmp(s->pub.path, f->path) == 0;
}

static bool runs_from(const struct slot *s, const struct file *f, uint32_t index)
{
    return s->build != NULL && s->file_index == index &&
           strcmp(s->build->sha256, f->build->sha256) == 0;
}

/* ---- making --------------------------------------------------------------------------------- */

static struct slot *new_slot(struct pool *p, const char *path, const struct declaration *decl,
                             struct build *build)
{
    struct err err = { 0 };
    struct slot *s = malloc(sizeof *s);
    if (s == NULL || !slot_init(s, &p->cfg, decl, build, &err)) {
        log_error("detector", "file=%s reason=\"no memory\"", path);
        free(s);
        return NULL;
    }
    (void)snprintf(s->pub.path, sizeof s->pub.path, "%s", path);
    return pool_add(p, s);
}

/* True when it is to run. */
static bool ask_wanted(struct pool *p, struct slot *s)
{
    char why[256] = "";
    bool wanted = p->wanted == NULL || p->wanted(p->wanted_ctx, &s->pub.decl, why);
    s->pub.state = why[0] != '\0'  ? DETECTOR_REFUSED
                   : !wanted       ? DETECTOR_UNWANTED
                   : slot_alive(s) ? s->pub.state
                   : slot_held(s)  ? DETECTOR_QUARANTINED
                   : slot_runs(s)  ? s->pub.state
                                   : DETECTOR_DOWN;
    if (why[0] != '\0' && strcmp(why, s->pub.reason) != 0) {
        log_warn("detector_refused", "detector=%s reason=\"%s\"", s->pub.decl.id, why);
        (void)snprintf(s->pub.reason, sizeof s->pub.reason, "%s", why);
    }
    return slot_runs(s);
}

static struct slot *new_detector(struct pool *p, struct file *f, uint32_t index)
{
    struct slot *s = new_slot(p, f->path, f->decls.items[index], f->build);
    if (s != NULL) {
        s->file_index = index;
        s->pub.named = true;
        (void)ask_wanted(p, s);
    }
    return s;
}

/* An entry that only says why something does not run. */
static void put_refusal(struct pool *p, const char *path, const struct declaration *decl,
                        const char *why)
{
    const char *id = decl != NULL ? decl->id : "";
    for (size_t i = 0; i < p->n; i++) {
        struct slot *s = p->slots[i];
        if (s != NULL && !s->pub.named && strcmp(s->pub.path, path) == 0 &&
            strcmp(s->pub.decl.id, id) == 0 && strcmp(s->pub.reason, why) == 0) {
            s->stale = false;
            return;
        }
    }
    struct slot *s = new_slot(p, path, decl, NULL);
    if (s != NULL) {
        s->pub.state = DETECTOR_REFUSED;
        (void)snprintf(s->pub.reason, sizeof s->pub.reason, "%s", why);
    }
}

/* ---- heirs ---------------------------------------------------------------------------------- */

static void drop_heir(struct pool *p, const struct slot *holder)
{
    struct slot *heir = find_heir(p, holder);
    if (heir != NULL) {
        pool_release(p, heir->number);
    }
}

static void note(struct slot *s, const char *text)
{
    if (strcmp(s->pub.note, text) != 0) {
        (void)snprintf(s->pub.note, sizeof s->pub.note, "%.*s", (int)sizeof s->pub.note - 1, text);
        if (text[0] != '\0') {
            log_warn("detector_kept", "detector=%s file=%s note=\"%s\"", s->pub.decl.id,
                     s->pub.path, text);
        }
    }
}

static void want_heir(struct pool *p, struct slot *holder, struct file *f, uint32_t index)
{
    struct slot *heir = find_heir(p, holder);
    if (heir != NULL && runs_from(heir, f, index) && same_path(heir, f)) {
        return;
    }
    drop_heir(p, holder);
    heir = new_detector(p, f, index);
    if (heir == NULL) {
        return;
    }
    heir->pub.heir_of = holder->number;
    if (heir->pub.state == DETECTOR_REFUSED || heir->pub.state == DETECTOR_QUARANTINED) {
        char why[sizeof heir->pub.reason];
        memcpy(why, heir->pub.reason, sizeof why);
        pool_disown(p, heir->number, why);
        return;
    }
    log_info("detector_heir", "detector=%s version=%s file=%s sha256=%.12s", heir->pub.decl.id,
             heir->pub.decl.version, f->path, heir->pub.sha256);
}

/* It does not run, so nothing is lost by starting anew. */
static void replace_idle(struct pool *p, struct slot *holder, struct file *f, uint32_t index)
{
    holder->pub.removed = true;
    holder->claim = NULL;
    struct slot *s = new_detector(p, f, index);
    if (s != NULL) {
        s->claim = f;
    }
}

void pool_disown(struct pool *p, size_t number, const char *why)
{
    struct slot *heir = p->slots[number];
    struct slot *holder = p->slots[heir->pub.heir_of];
    char text[sizeof holder->pub.note + 32];
    (void)snprintf(text, sizeof text, "%.90s: a newer build was refused: %.150s", heir->pub.path,
                   why);
    memcpy(holder->failed, heir->pub.sha256, sizeof holder->failed);
    pool_release(p, number);
    note(holder, text);
    p->changed = true;
}

void pool_judge_heirs(struct pool *p)
{
    for (size_t i = 0; i < p->n; i++) {
        struct slot *s = p->slots[i];
        if (s != NULL && s->pub.heir_of != NO_DETECTOR &&
            (s->deaths >= POOL_DEATHS_MAX || s->no_instance)) {
            char why[sizeof s->pub.reason];
            memcpy(why, s->pub.reason, sizeof why);
            pool_disown(p, i, why);
        }
    }
}

/* ---- claims --------------------------------------------------------------------------------- */

static void refuse_twin(struct pool *p, const struct slot *holder, const struct file *f,
                        const struct declaration *d)
{
    char why[sizeof holder->pub.reason];
    (void)snprintf(why, sizeof why, "id %s is taken by %.90s; %.90s is not loaded", d->id,
                   holder->claim->path, f->path);
    put_refusal(p, f->path, d, why);
}

static void claim_held(struct pool *p, struct slot *holder, struct file *f, uint32_t index)
{
    holder->claim = f;
    if (runs_from(holder, f, index)) {
        drop_heir(p, holder);
        (void)snprintf(holder->pub.path, sizeof holder->pub.path, "%s", f->path);
        holder->failed[0] = '\0';
        if (f->refusal[0] == '\0') {
            note(holder, "");
        }
    } else if (!slot_runs(holder)) {
        replace_idle(p, holder, f, index);
    } else {
        want_heir(p, holder, f, index);
    }
}

/* Who runs once over a file wants its answer, not a list of what judged it. */
static void tell_found(const struct pool *p, const struct file *f, const struct declaration *d,
                       const struct slot *holder)
{
    static const char form[] = "detector=%s version=%s file=%s sha256=%.12s";
    if (p->cfg.look_ms > 0) {
        log_info("detector_found", form, d->id, d->version, f->path, holder->pub.sha256);
    } else {
        log_debug("detector_found", form, d->id, d->version, f->path, holder->pub.sha256);
    }
}

static void claim(struct pool *p, struct file *f, uint32_t index)
{
    const struct declaration *d = f->decls.items[index];
    struct slot *holder = find_holder(p, d->id);
    if (holder == NULL) {
        holder = new_detector(p, f, index);
        if (holder != NULL) {
            holder->claim = f;
            tell_found(p, f, d, holder);
        }
    } else if (holder->claim != NULL) {
        refuse_twin(p, holder, f, d);
    } else if (strcmp(holder->failed, f->build->sha256) != 0) {
        claim_held(p, holder, f, index);
    } else if (same_path(holder, f)) {
        holder->claim = f; /* its file's newer build has failed: it stays as it is */
    } else {
        put_refusal(p, f->path, d, holder->pub.note);
    }
}

/* Contents that cannot be run: whoever runs from the older ones says so. */
static void tell_refusal(struct pool *p, const struct file *f)
{
    bool held = false;
    char text[sizeof f->refusal + 32];
    (void)snprintf(text, sizeof text, "the file now there was refused: %s", f->refusal);
    for (size_t i = 0; i < p->n; i++) {
        struct slot *s = p->slots[i];
        if (s != NULL && s->claim == f && !stamp_equal(&f->build->stamp, &f->stamp)) {
            note(s, text);
            held = true;
        }
    }
    if (!held) {
        put_refusal(p, f->path, NULL, f->refusal);
    }
}

static void assign_file(struct pool *p, struct file *f)
{
    for (uint32_t k = 0; f->build != NULL && k < f->decls.n; k++) {
        claim(p, f, k);
    }
    if (f->refusal[0] != '\0') {
        tell_refusal(p, f);
    }
}

static void begin_pass(struct pool *p)
{
    for (size_t i = 0; i < p->n; i++) {
        if (p->slots[i] != NULL) {
            p->slots[i]->claim = NULL;
            p->slots[i]->stale = !p->slots[i]->pub.named;
        }
    }
}

/* While files still arrive, one of them may bring back what seems to be gone. */
static void end_pass(struct pool *p)
{
    bool arriving = files_arriving(p);
    for (size_t i = 0; i < p->n; i++) {
        struct slot *s = p->slots[i];
        if (s == NULL) {
            continue;
        }
        if (s->stale) {
            pool_release(p, i);
        } else if (s->pub.named && s->claim == NULL && s->pub.heir_of == NO_DETECTOR && !arriving &&
                   !s->pub.removed) {
            log_info("detector_removed", "detector=%s file=%s", s->pub.decl.id, s->pub.path);
            drop_heir(p, s);
            s->pub.removed = true;
        }
    }
}

void pool_assign(struct pool *p)
{
    p->changed = false;
    begin_pass(p);
    for (size_t i = 0; i < p->n_files; i++) {
        assign_file(p, p->files[i]);
    }
    end_pass(p);
}

void pool_reconsider(struct pool *p)
{
    for (size_t i = 0; i < p->n; i++) {
        struct slot *s = p->slots[i];
        if (s == NULL || !s->pub.named || s->pub.removed) {
            continue;
        }
        bool ran = slot_runs(s);
        bool wanted = ask_wanted(p, s);
        if (ran && !wanted) {
            slot_halt(s);
        } else if (!ran && wanted) {
            s->pub.reason[0] = '\0';
            s->restart_at = (struct mono){ 0 };
        }
    }
    p->changed = true;
}
