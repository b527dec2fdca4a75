/* SPDX-License-Identifier: MIT */
#include "plugins_list.h"

#include "bind.h"
#include "pool.h"
#include "quarantine.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { DETECTORS_PER_FILE = 64 };

static struct listed *append(struct listing *l, const char *path, struct err *err)
{
    struct listed *grown = realloc(l->items, (l->n + 1) * sizeof *grown);
    char *copy = strdup(path);
    l->items = grown != NULL ? grown : l->items;
    if (grown == NULL || copy == NULL) {
        free(copy);
        (void)err_set(err, ERR_MEMORY, "out of memory");
        return NULL;
    }
    struct listed *item = &l->items[l->n++];
    *item = (struct listed){ .path = copy };
    return item;
}

static bool declares(const struct listing *l, const char *path, const char *id)
{
    for (size_t i = 0; i < l->n; i++) {
        if (l->items[i].ok && strcmp(l->items[i].path, path) == 0 &&
            strcmp(l->items[i].decl.id, id) == 0) {
            return true;
        }
    }
    return false;
}

static bool describe_file(struct listing *l, const char *worker, const char *path, struct err *err)
{
    for (uint32_t index = 0; index < DETECTORS_PER_FILE; index++) {
        struct err why = { 0 };
        struct declaration decl = { 0 };
        bool ok = scan_describe(worker, path, index, &decl, &why);
        if (!ok && why.code == ERR_NOT_FOUND && index > 0) {
            return true;
        }
        if (ok && declares(l, path, decl.id)) {
            declaration_fini(&decl);
            ok = err_set(&why, ERR_INVALID, "%s", POOL_SAME_AGAIN);
        }
        struct listed *item = append(l, path, err);
        if (item == NULL) {
            declaration_fini(&decl);
            return false;
        }
        item->ok = ok;
        item->decl = decl;
        if (!ok) {
            (void)snprintf(item->reason, sizeof item->reason, "%s", why.text);
            return true;
        }
    }
    return true;
}

static bool hash_file(const char *path, char out[SHA256_HEX_MAX])
{
    unsigned char block[1 << 14], hash[SHA256_BYTES];
    struct sha256 sum;
    size_t n;
    FILE *f = fopen(path, "rb");
    if (f == NULL) {
        return false;
    }
    sha256_init(&sum);
    while ((n = fread(block, 1, sizeof block, f)) > 0) {
        sha256_add(&sum, block, n);
    }
    bool ok = ferror(f) == 0;
    (void)fclose(f);
    sha256_end(&sum, hash);
    for (int i = 0; i < SHA256_BYTES; i++) {
        (void)snprintf(out + 2 * i, 3, "%02x", hash[i]);
    }
    return ok;
}

/* As an engine that starts now will find it. */
static void look_up(struct listed *item, const char *dir)
{
    struct quarantined q;
    char sha256[SHA256_HEX_MAX];
    if (item->ok && dir[0] != '\0' && hash_file(item->path, sha256) &&
        quarantine_find(dir, item->decl.id, sha256, &q)) {
        item->held = true;
        (void)snprintf(item->reason, sizeof item->reason, "in quarantine since %.30s: %.200s",
                       q.since, q.reason);
    }
}

bool listing_make(struct listing *l, const struct program *p, struct err *err)
{
    char **paths = NULL;
    size_t n = 0;
    *l = (struct listing){ 0 };
    if (!scan_list(p->paths.plugins, p->settings.plugins_order, &paths, &n, err)) {
        return false;
    }
    bool ok = true;
    for (size_t i = 0; i < n; i++) {
        ok = ok && describe_file(l, p->paths.worker, paths[i], err);
        free(paths[i]);
    }
    free(paths);
    for (size_t i = 0; ok && i < l->n; i++) {
        look_up(&l->items[i], p->paths.quarantine);
    }
    if (!ok) {
        listing_fini(l);
    }
    return ok;
}

void listing_fini(struct listing *l)
{
    for (size_t i = 0; i < l->n; i++) {
        free(l->items[i].path);
        declaration_fini(&l->items[i].decl);
    }
    free(l->items);
    *l = (struct listing){ 0 };
}

bool listing_check(const struct listing *l, const struct settings *s)
{
    const struct declaration **decls = calloc(l->n + 1, sizeof *decls);
    struct settings_errors *errors = calloc(1, sizeof *errors);
    size_t n = 0;
    bool ok = decls != NULL && errors != NULL;
    for (size_t i = 0; ok && i < l->n; i++) {
        if (l->items[i].ok) {
            decls[n++] = &l->items[i].decl;
        }
    }
    ok = ok && bind_check_all(s, decls, n, false, errors);
    for (int i = 0; errors != NULL && i < errors->n; i++) {
        (void)fprintf(stderr, "%s\n", errors->text[i]);
    }
    free(decls);
    free(errors);
    return ok;
}
