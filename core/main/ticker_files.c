/* SPDX-License-Identifier: MIT */
#include "ticker_files.h"

#include <stdlib.h>
#include <string.h>

/* The group of that name, made if there is none; NULL: out of memory. */
static struct ticker_files *group_of(struct file_groups *g, const char *name)
{
    for (size_t i = 0; i < g->n; i++) {
        if (strcmp(g->tickers[i].name, name) == 0) {
            return &g->tickers[i];
        }
    }
    struct ticker_files *grown = realloc(g->tickers, (g->n + 1) * sizeof *grown);
    if (grown == NULL) {
        return NULL;
    }
    g->tickers = grown;
    struct ticker_files *t = &g->tickers[g->n++];
    *t = (struct ticker_files){ .n = 0 };
    memcpy(t->name, name, strlen(name) + 1);
    return t;
}

bool file_groups_make(struct file_groups *g, const struct import_options *from,
                      const char *const *paths, size_t n, struct err *err)
{
    *g = (struct file_groups){ .n = 0 };
    for (size_t i = 0; i < n; i++) {
        char name[TICKER_MAX];
        if (!import_file_ticker(paths[i], from, name, err)) {
            return false;
        }
        struct ticker_files *t = group_of(g, name);
        const char **grown =
            t != NULL ? realloc((void *)t->paths, (t->n + 1) * sizeof *grown) : NULL;
        if (grown == NULL) {
            return err_set(err, ERR_MEMORY, "out of memory");
        }
        t->paths = grown;
        t->paths[t->n++] = paths[i];
    }
    return true;
}

void file_groups_fini(struct file_groups *g)
{
    for (size_t i = 0; i < g->n; i++) {
        free((void *)g->tickers[i].paths);
    }
    free(g->tickers);
    *g = (struct file_groups){ .n = 0 };
}
