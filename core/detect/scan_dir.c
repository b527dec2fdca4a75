/* SPDX-License-Identifier: MIT */
/* The plugins of a directory, in the order in which they are taken. */
#include "pool.h"

#include "log.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct list {
    char **paths;
    size_t n, cap;
};

static void list_free(struct list *l)
{
    for (size_t i = 0; i < l->n; i++) {
        free(l->paths[i]);
    }
    free(l->paths);
}

static bool list_add(struct list *l, const char *dir, const char *name)
{
    if (l->n == l->cap) {
        size_t cap = l->cap != 0 ? 2 * l->cap : 16;
        char **paths = realloc(l->paths, cap * sizeof *paths);
        if (paths == NULL) {
            return false;
        }
        l->paths = paths;
        l->cap = cap;
    }
    size_t bytes = strlen(dir) + strlen(name) + 2;
    char *path = malloc(bytes);
    if (path == NULL) {
        return false;
    }
    (void)snprintf(path, bytes, "%s/%s", dir, name);
    l->paths[l->n++] = path;
    return true;
}

static bool is_plugin_name(const char *name)
{
    size_t n = strlen(name);
    return name[0] != '.' && n > 3 && strcmp(name + n - 3, ".so") == 0;
}

static bool list_dir(struct list *l, const char *dir, struct err *err)
{
    DIR *d = opendir(dir);
    if (d == NULL) {
        return err_sys(err, "plugins directory %s", dir);
    }
    bool ok = true;
    for (struct dirent *e = readdir(d); ok && e != NULL; e = readdir(d)) {
        ok = !is_plugin_name(e->d_name) || list_add(l, dir, e->d_name);
    }
    (void)closedir(d);
    return ok || err_set(err, ERR_MEMORY, "no memory to list %s", dir);
}

static int by_name(const void *a, const void *b)
{
    const char *const *left = a;
    const char *const *right = b;
    return strcmp(*left, *right);
}

static bool is_named(const char *path, const char *word, size_t n)
{
    const char *slash = strrchr(path, '/');
    const char *name = slash != NULL ? slash + 1 : path;
    size_t len = strlen(name);
    return strncmp(name, word, n) == 0 && (len == n || len == n + 3);
}

/* Moves the file of that name to place `to`; those between move up by one. */
static bool move_up(struct list *l, size_t to, const char *word, size_t n)
{
    for (size_t i = to; i < l->n; i++) {
        if (is_named(l->paths[i], word, n)) {
            char *path = l->paths[i];
            memmove(l->paths + to + 1, l->paths + to, (i - to) * sizeof l->paths[0]);
            l->paths[to] = path;
            return true;
        }
    }
    return false;
}

/* The next of the names, separated by spaces and commas; NULL: no more. */
static const char *next_word(const char **at, size_t *n_out)
{
    const char *word = *at + strspn(*at, " ,\t");
    *n_out = strcspn(word, " ,\t");
    *at = word + *n_out;
    return *n_out > 0 ? word : NULL;
}

static void put_in_order(struct list *l, const char *order)
{
    size_t placed = 0, n;
    const char *word;
    while ((word = next_word(&order, &n)) != NULL) {
        placed += move_up(l, placed, word, n);
    }
}

void scan_check_order(const char *order, char *const *paths, size_t n)
{
    size_t len;
    const char *word;
    while ((word = next_word(&order, &len)) != NULL) {
        bool there = false;
        for (size_t i = 0; i < n && !there; i++) {
            there = is_named(paths[i], word, len);
        }
        if (!there) {
            log_warn("plugin_order", "file=%.*s reason=\"not in the plugins directory\"", (int)len,
                     word);
        }
    }
}

bool scan_list(const char *dir, const char *order, char ***paths_out, size_t *n_out,
               struct err *err)
{
    struct list l = { 0 };
    if (!list_dir(&l, dir, err)) {
        list_free(&l);
        return false;
    }
    if (l.n > 0) {
        qsort(l.paths, l.n, sizeof l.paths[0], by_name);
    }
    put_in_order(&l, order != NULL ? order : "");
    *paths_out = l.paths;
    *n_out = l.n;
    return true;
}
