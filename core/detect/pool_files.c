/* SPDX-License-Identifier: MIT */
/* The plugins directory, looked at again and again: which files are new, changed, whole, gone. */
#include "log.h"
#include "pool_internal.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { SETTLE_MS = 100, RETRY_MS = 10000, RETRY_MAX_MS = 600000, TRIES_MAX = 4 };

/* ---- what a file declares ------------------------------------------------------------------- */

static void list_clear(struct declared_list *l)
{
    for (uint32_t i = 0; i < l->n; i++) {
        declaration_fini(l->items[i]);
        free(l->items[i]);
    }
    l->n = 0;
}

static bool list_has(const struct declared_list *l, const char *id)
{
    for (uint32_t i = 0; i < l->n; i++) {
        if (strcmp(l->items[i]->id, id) == 0) {
            return true;
        }
    }
    return false;
}

/* ---- one file ------------------------------------------------------------------------------- */

static void drop_next(struct file *f)
{
    if (f->state == FILE_SCANNED) {
        scan_stop(&f->scan);
    }
    build_drop(f->next);
    f->next = NULL;
    list_clear(&f->next_decls);
}

static void file_destroy(struct file *f)
{
    drop_next(f);
    build_drop(f->build);
    list_clear(&f->decls);
    free(f->path);
    free(f);
}

static void settle(struct pool *p, struct file *f)
{
    f->state = FILE_SETTLED;
    p->changed = true;
}

static void refuse(struct pool *p, struct file *f, const char *why)
{
    (void)snprintf(f->refusal, sizeof f->refusal, "%s", why);
    log_warn("detector_refused", "file=%s reason=\"%s\"", f->path, why);
    settle(p, f);
}

/* All that could be described has been. A build that is described in part only replaces none. */
static void commit(struct pool *p, struct file *f, const char *why)
{
    bool partly = why != NULL && f->next_decls.n > 0;
    if (why != NULL && (!partly || f->build != NULL)) {
        drop_next(f);
        refuse(p, f, why);
        return;
    }
    build_drop(f->build);
    list_clear(&f->decls);
    f->build = f->next;
    f->decls = f->next_decls;
    f->next = NULL;
    f->next_decls = (struct declared_list){ 0 };
    f->refusal[0] = '\0';
    if (partly) {
        refuse(p, f, why);
    }
    settle(p, f);
}

static void take_contents(struct pool *p, struct file *f)
{
    struct err why = { 0 };
    f->next = build_take(f->path, p->cfg.worker_path, &why);
    if (f->next == NULL) {
        refuse(p, f, why.text);
    } else if (f->build != NULL && strcmp(f->next->sha256, f->build->sha256) == 0) {
        drop_next(f);
        f->refusal[0] = '\0';
        settle(p, f);
    } else {
        f->state = FILE_WAITING;
        f->tries = 0;
    }
}

/* It is not its fault: it is tried again, ever more rarely, and nobody waits for it. */
static void postpone(struct pool *p, struct file *f, const char *why, struct mono now)
{
    drop_next(f);
    refuse(p, f, why);
    f->wait_ms = f->wait_ms == 0 ? RETRY_MS : 2 * f->wait_ms;
    f->wait_ms = f->wait_ms > RETRY_MAX_MS ? RETRY_MAX_MS : f->wait_ms;
    f->state = FILE_POSTPONED;
    f->since = mono_after_ms(now, f->wait_ms);
}

static void scan_next(struct pool *p, struct file *f, struct mono now)
{
    struct err why = { 0 };
    f->state = FILE_SCANNED;
    if (!scan_start(&f->scan, p->cfg.worker_path, f->path, f->next, f->next_decls.n, now, &why)) {
        postpone(p, f, why.text, now);
    }
}

static void take_failure(struct pool *p, struct file *f, const struct err *why, struct mono now)
{
    if (f->scan.fault == SCAN_KILLED && ++f->tries < TRIES_MAX) {
        log_warn("detector_again", "file=%s reason=\"%s\"", f->path, why->text);
        scan_next(p, f, now);
    } else if (f->scan.fault != SCAN_ITS_OWN) {
        postpone(p, f, why->text, now);
    } else {
        commit(p, f, why->code == ERR_NOT_FOUND && f->next_decls.n > 0 ? NULL : why->text);
    }
}

static void keep_declaration(struct pool *p, struct file *f, struct declaration *d, struct mono now)
{
    struct declared_list *l = &f->next_decls;
    struct declaration *kept = list_has(l, d->id) ? NULL : malloc(sizeof *kept);
    if (kept == NULL) {
        commit(p, f, list_has(l, d->id) ? POOL_SAME_AGAIN : "no memory for its declaration");
        declaration_fini(d);
        return;
    }
    *kept = *d;
    l->items[l->n++] = kept;
    if (l->n == PER_FILE_MAX) {
        commit(p, f, NULL);
    } else {
        scan_next(p, f, now);
    }
}

static bool look_at_scan(struct pool *p, struct file *f, struct mono now)
{
    struct declaration d = { 0 };
    struct err why = { 0 };
    switch (scan_look(&f->scan, now, &d, &why)) {
    case SCAN_BUSY:
        return false;
    case SCAN_DONE:
        keep_declaration(p, f, &d, now);
        return true;
    case SCAN_FAILED:
        take_failure(p, f, &why, now);
        return true;
    }
    return false;
}

/* ---- all files ------------------------------------------------------------------------------ */

static size_t scans(const struct pool *p)
{
    size_t n = 0;
    for (size_t i = 0; i < p->n_files; i++) {
        n += p->files[i]->state == FILE_SCANNED;
    }
    return n;
}

static int64_t until(struct mono now, struct mono at)
{
    int64_t ms = mono_ms_until(now, at);
    return ms > 0 ? ms : 0;
}

/* An engine at work; a pass over a file takes what is there at its start. */
static bool looks_on(const struct pool *p)
{
    return p->begun && p->cfg.look_ms > 0;
}

/* Until its contents are to be read; INT64_MAX: they are not. */
static int64_t contents_wait_ms(const struct pool *p, const struct file *f, struct mono now)
{
    bool changing = f->state == FILE_CHANGING, postponed = f->state == FILE_POSTPONED;
    if (f->away || !(changing || (postponed && looks_on(p)))) {
        return INT64_MAX;
    }
    return until(now, changing ? mono_after_ms(f->since, SETTLE_MS) : f->since);
}

bool files_work(struct pool *p, struct mono now)
{
    bool any = false;
    size_t busy = scans(p);
    for (size_t i = 0; i < p->n_files; i++) {
        struct file *f = p->files[i];
        if (contents_wait_ms(p, f, now) == 0) {
            take_contents(p, f);
            any = true;
        }
        if (f->state == FILE_SCANNED) {
            any = look_at_scan(p, f, now) || any;
        } else if (f->state == FILE_WAITING && busy < SCANS_MAX) {
            scan_next(p, f, now);
            busy++;
        }
    }
    return any;
}

static bool is_settled(const struct file *f)
{
    return f->state == FILE_SETTLED || f->state == FILE_POSTPONED;
}

bool files_arriving(const struct pool *p)
{
    for (size_t i = 0; i < p->n_files; i++) {
        if (!is_settled(p->files[i]) && !p->files[i]->away) {
            return true;
        }
    }
    return false;
}

bool pool_described(const struct pool *p)
{
    for (size_t i = 0; i < p->n_files; i++) {
        if (!is_settled(p->files[i])) {
            return false;
        }
    }
    return true;
}

bool pool_hangs(const struct pool *p, struct mono now)
{
    for (size_t i = 0; i < p->n_files; i++) {
        const struct file *f = p->files[i];
        if (!is_settled(f) && !(f->state == FILE_SCANNED && scan_hangs(&f->scan, now))) {
            return false;
        }
    }
    return true;
}

int64_t files_wait_ms(const struct pool *p, struct mono now)
{
    bool looks = looks_on(p) && !p->looks_anyway;
    int64_t least = looks ? until(now, p->look_at) : INT64_MAX;
    for (size_t i = 0; i < p->n_files; i++) {
        const struct file *f = p->files[i];
        bool described = f->state == FILE_WAITING || f->state == FILE_SCANNED;
        int64_t ms = described ? SCAN_LOOK_MS : contents_wait_ms(p, f, now);
        least = ms < least ? ms : least;
    }
    return least;
}

/* ---- a look --------------------------------------------------------------------------------- */

static struct file *find_file(const struct pool *p, const char *path)
{
    for (size_t i = 0; i < p->n_files; i++) {
        if (strcmp(p->files[i]->path, path) == 0) {
            return p->files[i];
        }
    }
    return NULL;
}

/* Takes path. */
static struct file *add_file(struct pool *p, char *path)
{
    if (p->n_files == p->cap_files) {
        size_t cap = p->cap_files != 0 ? 2 * p->cap_files : 8;
        struct file **files = realloc(p->files, cap * sizeof(struct file *));
        if (files == NULL) {
            free(path);
            return NULL;
        }
        p->files = files;
        p->cap_files = cap;
    }
    struct file *f = calloc(1, sizeof *f);
    if (f == NULL) {
        free(path);
        return NULL;
    }
    f->path = path;
    p->files[p->n_files++] = f;
    return f;
}

static void see(struct pool *p, struct file *f, size_t rank, bool first, struct mono now)
{
    struct stamp stamp;
    f->seen = stamp_read(f->path, &stamp);
    p->changed = p->changed || f->rank != rank;
    f->rank = rank;
    if (f->seen && (f->away || !stamp_equal(&stamp, &f->stamp))) {
        drop_next(f);
        f->stamp = stamp;
        f->away = false;
        f->wait_ms = 0;
        f->state = FILE_CHANGING;
        f->since = first ? mono_after_ms(now, -SETTLE_MS) : now;
    }
}

/* `install` and its like take a file away for a moment: gone is what is not there at two looks. */
static void miss(struct pool *p, struct mono now)
{
    size_t kept = 0;
    for (size_t i = 0; i < p->n_files; i++) {
        struct file *f = p->files[i];
        bool gone = !f->seen && f->away && mono_ms_until(f->since, now) >= SETTLE_MS;
        if (gone) {
            p->changed = true;
            for (size_t k = 0; k < p->n; k++) {
                if (p->slots[k] != NULL && p->slots[k]->claim == f) {
                    p->slots[k]->claim = NULL;
                }
            }
            file_destroy(f);
            continue;
        }
        if (!f->seen && !f->away) {
            drop_next(f);
            f->state = FILE_CHANGING;
            f->away = true;
            f->since = now;
        }
        p->files[kept++] = f;
    }
    p->n_files = kept;
}

static int by_rank(const void *a, const void *b)
{
    const struct file *const *left = a;
    const struct file *const *right = b;
    return ((*left)->rank > (*right)->rank) - ((*left)->rank < (*right)->rank);
}

bool files_look(struct pool *p, bool first, struct mono now, struct err *err)
{
    char **paths;
    size_t n;
    (void)dir_watch_set(&p->dir, p->cfg.plugin_dir);
    if (!scan_list(p->cfg.plugin_dir, p->cfg.order, &paths, &n, err)) {
        return false;
    }
    if (first) {
        scan_check_order(p->cfg.order, paths, n);
    }
    for (size_t i = 0; i < p->n_files; i++) {
        p->files[i]->seen = false;
    }
    for (size_t i = 0; i < n; i++) {
        struct file *f = find_file(p, paths[i]);
        if (f == NULL) {
            f = add_file(p, paths[i]);
        } else {
            free(paths[i]);
        }
        if (f != NULL) {
            see(p, f, i, first, now);
        }
    }
    free(paths);
    miss(p, now);
    if (p->n_files > 1) {
        qsort(p->files, p->n_files, sizeof(struct file *), by_rank);
    }
    return true;
}

void files_fini(struct pool *p)
{
    for (size_t i = 0; i < p->n_files; i++) {
        file_destroy(p->files[i]);
    }
    free(p->files);
}
