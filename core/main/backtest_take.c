/* SPDX-License-Identifier: MIT */
#include "backtest.h"
#include "backtest_frame.h"
#include "launch.h"
#include "orderflow/detector.h"
#include "report.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { BAR_CELLS = 30 };

void told_ticker_fini(struct told_ticker *t)
{
    for (size_t i = 0; i < t->n_episodes; i++) {
        free(t->episodes[i].json);
    }
    for (size_t i = 0; i < t->n_groups; i++) {
        struct group *g = &t->groups[i];
        free(g->events);
        free(g->trials);
        free(g->q);
        free(g->verdict);
        free((void *)g->curves);
        free((void *)g->bins);
    }
    free(t->episodes);
    free(t->groups);
    cJSON_Delete(t->end);
    bench_fini(&t->bench);
    match_fini(&t->match);
    course_fini(&t->course);
    *t = (struct told_ticker){ .n_files = 0 };
}

static bool add_episode(struct told_ticker *t, const struct frame_episode *head, const char *json,
                        size_t n, struct err *err)
{
    struct stored_pattern p;
    if (t->n_episodes == t->cap_episodes) {
        size_t cap = t->cap_episodes == 0 ? 256 : t->cap_episodes * 2;
        struct told_episode *grown = realloc(t->episodes, cap * sizeof *grown);
        if (grown == NULL) {
            return err_set(err, ERR_MEMORY, "out of memory for episodes");
        }
        t->episodes = grown;
        t->cap_episodes = cap;
    }
    if (!report_get_pattern(&p, json, n, err)) {
        return false;
    }
    char *copy = malloc(n + 1);
    if (copy == NULL) {
        return err_set(err, ERR_MEMORY, "out of memory for episodes");
    }
    memcpy(copy, json, n);
    copy[n] = '\0';
    struct told_episode *e = &t->episodes[t->n_episodes++];
    *e = (struct told_episode){ .json = copy,
                                .side = p.e.side,
                                .dir = p.e.dir,
                                .price = p.e.price,
                                .onset_ns = p.e.onset_ns,
                                .confirmed_ns = p.e.confirmed_ns,
                                .last_ns = p.e.last_ns,
                                .end_ns = p.e.end_ns,
                                .known_value = head->known_value,
                                .known_dir = head->known_dir };
    memcpy(e->detector, p.e.detector, sizeof e->detector);
    memcpy(e->kind, p.e.kind, sizeof e->kind);
    return true;
}

static bool add_rows(struct told_ticker *t, const char *data, size_t n, struct err *err)
{
    struct quote q;
    for (size_t i = 0; i + sizeof q <= n; i += sizeof q) {
        memcpy(&q, data + i, sizeof q);
        if (!course_push(&t->course, &q, err)) {
            return false;
        }
    }
    return true;
}

static void draw(const struct told_ticker *t, double part)
{
    static const char full[] = "##############################",
                      empty[] = "..............................";
    int cells = (int)(part * BAR_CELLS);
    (void)fprintf(stderr, "\r%s [%.*s%.*s] %3.0f%% %zu episodes\033[K", t->name, cells, full,
                  BAR_CELLS - cells, empty, part * 100, t->n_episodes);
    (void)fflush(stderr);
}

static bool take_frame(struct told_ticker *t, uint32_t type, const char *data, size_t n, bool bar,
                       struct err *err)
{
    struct frame_episode head;
    double part;
    switch (type) {
    case FRAME_ROWS:
        return add_rows(t, data, n, err);
    case FRAME_EPISODE:
        memcpy(&head, data, sizeof head);
        return add_episode(t, &head, data + sizeof head, n - sizeof head, err);
    case FRAME_PART:
        memcpy(&part, data, sizeof part);
        if (bar) {
            draw(t, part);
        }
        return true;
    case FRAME_END:
        t->end = cJSON_ParseWithLength(data, n);
        return t->end != NULL || err_set(err, ERR_PROTOCOL, "the engine's end is not understood");
    default:
        return err_set(err, ERR_PROTOCOL, "the engine said something unknown");
    }
}

static bool take_frames(struct told_ticker *t, FILE *in, bool bar, struct err *err)
{
    struct frame_head head;
    struct buf room;
    bool ok = true;
    buf_init(&room, FRAME_BYTES_MAX + 16);
    while (ok && fread(&head, sizeof head, 1, in) == 1) {
        buf_clear(&room);
        char *data = head.bytes <= FRAME_BYTES_MAX ? buf_room(&room, head.bytes) : NULL;
        bool whole = data != NULL && fread(data, 1, head.bytes, in) == head.bytes;
        ok = (whole && head.bytes >= (head.type == FRAME_EPISODE ? sizeof(struct frame_episode)
                                      : head.type == FRAME_PART  ? sizeof(double)
                                                                 : 0)) ||
             err_set(err, ERR_PROTOCOL, "the engine broke off");
        ok = ok && take_frame(t, head.type, data, head.bytes, bar, err);
    }
    buf_fini(&room);
    return ok;
}

static bool run_engine(const struct backtest *b, const char *const *argv, struct told_ticker *t,
                       bool bar, struct err *err)
{
    struct launched l;
    int fd;
    (void)b;
    if (!launch_pipe(&l.pid, &fd, argv, err)) {
        return false;
    }
    FILE *in = fdopen(fd, "rb");
    bool ok = in != NULL ? take_frames(t, in, bar, err) : err_sys(err, "reading");
    if (in != NULL) {
        (void)fclose(in); /* an engine that still writes ends by that */
    } else {
        (void)close(fd);
    }
    int status = launch_wait(l.pid, argv[0], ok ? err : NULL);
    if (ok && status > 0) {
        return err_set(err, ERR_SYSTEM, "%s: the engine could not go on", t->name);
    }
    return ok && status == 0;
}

bool backtest_take(const struct backtest *b, struct told_ticker *t, bool bar, struct err *err)
{
    const char **argv = malloc((2 * t->n_files + 8 + QUOTE_FILES_WORDS) * sizeof *argv);
    size_t n = 0;
    if (argv == NULL) {
        return err_set(err, ERR_MEMORY, "out of memory");
    }
    argv[n++] = b->program->paths.engine;
    argv[n++] = "--stream";
    for (size_t i = 0; i < t->n_files; i++) {
        argv[n++] = "--offline";
        argv[n++] = t->files[i];
    }
    argv[n++] = "--ticker";
    argv[n++] = t->name;
    if (b->program->settings.path[0] != '\0') {
        argv[n++] = "--config";
        argv[n++] = b->program->settings.path;
    }
    n += quote_files_argv(&b->o.files, argv + n);
    argv[n] = NULL;
    t->course.day_start_ns = b->o.day_start_ns;
    bool ok = run_engine(b, argv, t, bar, err);
    free((void *)argv);
    if (bar) {
        (void)fputc('\n', stderr);
    }
    const cJSON *px = cJSON_GetObjectItemCaseSensitive(t->end, "px_tick");
    t->px_tick = cJSON_IsNumber(px) ? (int64_t)px->valuedouble : 0;
    return ok && (t->px_tick > 0 || err_set(err, ERR_PROTOCOL, "%s: no price step", t->name)) &&
           course_end(&t->course, err) && backtest_group(t, err);
}
