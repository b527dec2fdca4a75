/* SPDX-License-Identifier: MIT */
/* The log of tests: one line each, "KEY\tP". Every threshold somebody tries is one more chance to
 * be fooled, so what other runs tried counts as well; the same test again takes the place of its
 * line. It is replaced whole, so it is never half written. */
#include "backtest.h"

#include "decimal.h"
#include "whole_file.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { KEY_MAX = 224, LINE_MAX_BYTES = 512 };

struct entry {
    char key[KEY_MAX];
    double p;
    size_t place; /* among those of this run; SIZE_MAX: of another */
};

struct entries {
    struct entry *items;
    size_t n, cap;
};

static bool add(struct entries *e, const char *key, double p, size_t place, struct err *err)
{
    if (e->n == e->cap) {
        size_t cap = e->cap == 0 ? 256 : e->cap * 2;
        struct entry *grown = realloc(e->items, cap * sizeof *grown);
        if (grown == NULL) {
            return err_set(err, ERR_MEMORY, "out of memory for the log of tests");
        }
        e->items = grown;
        e->cap = cap;
    }
    struct entry *x = &e->items[e->n++];
    *x = (struct entry){ .p = p, .place = place };
    (void)snprintf(x->key, sizeof x->key, "%s", key);
    return true;
}

static bool add_own(const struct backtest *b, struct entries *e, struct err *err)
{
    size_t n = b->o.n_latencies * b->o.n_horizons;
    for (size_t k = 0; k < b->n_tickers; k++) {
        const struct told_ticker *t = &b->tickers[k];
        for (size_t i = 0; i < t->n_groups; i++) {
            const struct group *g = &t->groups[i];
            for (size_t j = 0; j < n; j++) {
                const struct trial *x = &g->trials[j];
                char key[KEY_MAX];
                (void)snprintf(key, sizeof key, "%s %s %s %s %s %" PRId64 " %" PRId64, t->name,
                               g->detector, g->kind, g->side, g->thr, x->latency_ms, x->horizon_ms);
                if (!isnan(x->p) && !add(e, key, x->p, e->n, err)) {
                    return false;
                }
            }
        }
    }
    return true;
}

static bool read_log(const char *path, struct entries *e, struct err *err)
{
    char line[LINE_MAX_BYTES];
    struct stat st;
    if (stat(path, &st) == 0 && !S_ISREG(st.st_mode)) {
        return err_set(err, ERR_INVALID, "--trials %s: is no ordinary file; none keeps no log",
                       path);
    }
    FILE *in = fopen(path, "r");
    if (in == NULL) {
        return errno == ENOENT || err_sys(err, "%s", path);
    }
    bool ok = true;
    for (int number = 1; ok && fgets(line, sizeof line, in) != NULL; number++) {
        char *tab = strchr(line, '\t');
        double p = NAN;
        line[strcspn(line, "\n")] = '\0';
        ok = tab != NULL && tab - line < KEY_MAX &&
             decimal_parse_double(tab + 1, strlen(tab + 1), &p, NULL) && p >= 0 && p <= 1;
        if (!ok) {
            (void)err_set(err, ERR_INVALID, "%s:%d: is not `KEY, tab, P` with P of 0 to 1", path,
                          number);
            break;
        }
        *tab = '\0';
        ok = add(e, line, p, SIZE_MAX, err);
    }
    (void)fclose(in);
    return ok;
}

static int by_key(const void *a, const void *b)
{
    const struct entry *x = a, *y = b;
    int c = strcmp(x->key, y->key);
    return c != 0 ? c : (x->place > y->place) - (x->place < y->place);
}

static int by_place(const void *a, const void *b)
{
    const struct entry *x = a, *y = b;
    return x->place != y->place ? (x->place > y->place) - (x->place < y->place)
                                : strcmp(x->key, y->key);
}

/* Of equal keys the first stays: that of this run. */
static void drop_repeats(struct entries *e)
{
    size_t kept = 0;
    for (size_t i = 0; i < e->n; i++) {
        if (kept == 0 || strcmp(e->items[kept - 1].key, e->items[i].key) != 0) {
            e->items[kept++] = e->items[i];
        }
    }
    e->n = kept;
}

static bool write_log(const char *path, const struct entries *e, struct err *err)
{
    struct whole_file w;
    if (!whole_file_open(&w, path, err)) {
        return false;
    }
    for (size_t i = 0; i < e->n && ferror(w.out) == 0; i++) {
        (void)fprintf(w.out, "%s\t%.10g\n", e->items[i].key, e->items[i].p);
    }
    return whole_file_close(&w, true, err);
}

static bool merge(const char *path, struct entries *e, struct err *err)
{
    if (!read_log(path, e, err)) {
        return false;
    }
    if (e->n > 0) {
        qsort(e->items, e->n, sizeof *e->items, by_key);
    }
    drop_repeats(e);
    return write_log(path, e, err);
}

/* Two runs at a time do not lose each other's tests: who merges holds PATH.lock. */
static bool join(struct backtest *b, struct entries *e, struct err *err)
{
    char path[PATH_BYTES + 8];
    if (b->family.log[0] == '\0') {
        return true;
    }
    (void)snprintf(path, sizeof path, "%s.lock", b->family.log);
    int lock = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (lock < 0 || lockf(lock, F_LOCK, 0) != 0) {
        (void)err_sys(err, "%s", path);
        if (lock >= 0) {
            (void)close(lock);
        }
        return false;
    }
    bool ok = merge(b->family.log, e, err);
    (void)close(lock);
    return ok;
}

bool backtest_family_check(const struct backtest *b, struct err *err)
{
    struct entries e = { .items = NULL };
    bool none = b->family.log[0] == '\0';
    bool ok = none || (read_log(b->family.log, &e, err) && whole_file_check(b->family.log, err));
    free(e.items);
    return ok;
}

bool backtest_family(struct backtest *b, double **p_out, struct err *err)
{
    struct entries e = { .items = NULL };
    bool ok = add_own(b, &e, err);
    b->family.here = e.n;
    ok = ok && join(b, &e, err);
    *p_out = ok ? malloc((e.n + 1) * sizeof **p_out) : NULL;
    if (ok && *p_out == NULL) {
        ok = err_set(err, ERR_MEMORY, "out of memory");
    }
    if (ok && e.n > 0) {
        qsort(e.items, e.n, sizeof *e.items, by_place);
    }
    for (size_t i = 0; ok && i < e.n; i++) {
        (*p_out)[i] = e.items[i].p;
    }
    b->family.size = e.n;
    free(e.items);
    return ok;
}
