/* SPDX-License-Identifier: MIT */
#include "capture.h"
#include "pool.h"
#include "process.h"
#include "scan_elf.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

enum { SLICE_MS = 500, CPU_LIMIT_MS = 2000, WALL_LIMIT_MS = 6000, MEMORY_MB = 256 };

/* ---- one file --------------------------------------------------------------------------- */

static bool has_time(struct process *p, int waited_ms, struct err *err)
{
    int64_t cpu_ns = 0;
    (void)child_cpu_ns(&p->child, &cpu_ns);
    return (cpu_ns < CPU_LIMIT_MS * NS_PER_MS && waited_ms < WALL_LIMIT_MS) ||
           err_set(err, ERR_TIMEOUT, "stopped in %s: no description after %d ms",
                   crumb_phase_text(process_crumb(p).phase), waited_ms);
}

static bool died(struct process *p, struct err *err)
{
    int status;
    char how[CHILD_END_MAX];
    child_end(&p->child, &status);
    child_end_text(how, status);
    return err_set(err, ERR_INVALID, "%s in %s while it was described", how,
                   crumb_phase_text(process_crumb(p).phase));
}

static bool wait_answer(struct process *p, struct channel_frame *frame, struct err *err)
{
    for (int waited_ms = SLICE_MS;; waited_ms += SLICE_MS) {
        if (channel_wait(&p->channel, SLICE_MS, frame, err)) {
            return true;
        }
        if (err->code == ERR_CONNECTION) {
            return died(p, err);
        }
        if (err->code != ERR_TIMEOUT || !has_time(p, waited_ms, err)) {
            return false;
        }
    }
}

static bool read_answer(const struct channel_frame *f, struct declaration *d, struct err *err)
{
    struct frame_text fail = { 0 };
    if (f->type == FRAME_READY) {
        return declaration_from_json((const char *)f->data, f->bytes, d, err);
    }
    if (f->type != FRAME_FAIL || f->bytes < FRAME_CUT(struct frame_text, text, 0) ||
        f->bytes >= sizeof fail) {
        return err_set(err, ERR_PROTOCOL, "its description is nonsense");
    }
    memcpy(&fail, f->data, f->bytes);
    enum err_code code = fail.code == ERR_NOT_FOUND ? ERR_NOT_FOUND : ERR_INVALID;
    return err_set(err, code, "%.*s", FRAME_TEXT_MAX - 1, fail.text);
}

static const char *base_name(const char *path)
{
    const char *slash = strrchr(path, '/');
    return slash != NULL ? slash + 1 : path;
}

static void log_printed(const struct process *p, const char *so_path)
{
    struct capture capture = { 0 };
    struct throttle throttle = { 0 };
    struct mono any = { 0 };
    (void)capture_read(&capture, p->child.out_fd, base_name(so_path), &throttle, any);
    capture_flush(&capture, base_name(so_path), &throttle, any);
}

static bool describe_in_process(const struct process_spec *spec, struct declaration *d,
                                struct err *err)
{
    struct process p;
    struct channel_frame frame;
    if (!process_start(&p, spec, err)) {
        return false;
    }
    bool ok = wait_answer(&p, &frame, err);
    while (ok && (frame.type == FRAME_FENCE || frame.type == FRAME_REFUSED)) {
        ok = wait_answer(&p, &frame, err);
    }
    ok = ok && read_answer(&frame, d, err);
    log_printed(&p, spec->so_path);
    process_fini(&p);
    return ok;
}

bool scan_describe(const char *worker_path, const char *so_path, uint32_t index,
                   struct declaration *d, struct err *err)
{
    struct err why = { 0 };
    struct process_spec spec = { .worker_path = worker_path,
                                 .so_path = so_path,
                                 .index = index,
                                 .window_fd = -1,
                                 .memory_mb = MEMORY_MB };
    *d = (struct declaration){ 0 };
    if (scan_elf(so_path, worker_path, &why) && describe_in_process(&spec, d, &why)) {
        return true;
    }
    return err_set(err, why.code, "%s", why.text);
}

/* ---- one directory ------------------------------------------------------------------------ */

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
    const char *name = base_name(path);
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

static void put_in_order(struct list *l, const char *order)
{
    size_t placed = 0;
    const char *at = order + strspn(order, " ,\t");
    while (*at != '\0') {
        size_t n = strcspn(at, " ,\t");
        if (move_up(l, placed, at, n)) {
            placed++;
        } else {
            log_warn("plugin_order", "file=%.*s reason=\"not in the plugins directory\"", (int)n,
                     at);
        }
        at += n;
        at += strspn(at, " ,\t");
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
