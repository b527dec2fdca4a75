/* SPDX-License-Identifier: MIT */
#include "journal.h"
#include "segment.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { SEGMENT_MAX = 1 << 30 };

/* ---- what there is -------------------------------------------------------------------------- */

/* SESSION-NNNNNN.journal, as journal.c names them and no other way. */
static bool read_name(const char *name, struct journal_segment *out)
{
    char again[40], *end;
    if (strlen(name) >= sizeof out->name) {
        return false;
    }
    uint64_t session = strtoull(name, &end, 16);
    uint32_t number = *end == '-' ? (uint32_t)strtoul(end + 1, &end, 10) : 0;
    (void)snprintf(again, sizeof again, SEGMENT_NAME, session, number);
    if (strcmp(again, name) != 0) {
        return false;
    }
    *out = (struct journal_segment){ .session_ns = (int64_t)session, .number = number };
    memcpy(out->name, name, strlen(name) + 1);
    return true;
}

static int by_age(const void *x, const void *y)
{
    return strcmp(((const struct journal_segment *)x)->name,
                  ((const struct journal_segment *)y)->name);
}

static bool add(struct journal_list *l, const struct journal_segment *s)
{
    if (l->n == 0 || (l->n >= 16 && (l->n & (l->n - 1)) == 0)) {
        size_t cap = l->n == 0 ? 16 : l->n * 2;
        struct journal_segment *grown = realloc(l->items, cap * sizeof *grown);
        if (grown == NULL) {
            return false;
        }
        l->items = grown;
    }
    l->items[l->n++] = *s;
    return true;
}

bool journal_list(const char *dir, struct journal_list *out, struct err *err)
{
    *out = (struct journal_list){ .n = 0 };
    DIR *d = opendir(dir);
    if (d == NULL) {
        return err_set(err, ERR_SYSTEM, "%s: %s", dir, strerror(errno));
    }
    struct dirent *e;
    bool ok = true;
    while (ok && (e = readdir(d)) != NULL) {
        struct journal_segment s;
        ok = !read_name(e->d_name, &s) || add(out, &s);
    }
    (void)closedir(d);
    if (!ok) {
        return err_set(err, ERR_MEMORY, "out of memory");
    }
    if (out->n > 0) {
        qsort(out->items, out->n, sizeof *out->items, by_age);
    }
    return true;
}

void journal_list_free(struct journal_list *l)
{
    free(l->items);
    *l = (struct journal_list){ .n = 0 };
}

const char *journal_segment_trouble(const char *dir, const struct journal_segment *s)
{
    char path[4400], head[SEGMENT_HEAD_BYTES];
    (void)snprintf(path, sizeof path, "%s/%s", dir, s->name);
    FILE *f = fopen(path, "rb");
    if (f == NULL) {
        return "cannot be opened";
    }
    size_t n = fread(head, 1, sizeof head, f);
    (void)fclose(f);
    return segment_check_head(head, n, s->session_ns, s->number);
}

/* ---- one of them ---------------------------------------------------------------------------- */

struct journal_reader {
    char name[32];
    char *data; /* owned */
    size_t n, at, block_end;
    struct record_base base;
    char damage[160];
    bool cut;
};

static bool slurp(struct journal_reader *r, const char *path, struct err *err)
{
    FILE *f = fopen(path, "rb");
    if (f == NULL) {
        return err_set(err, ERR_SYSTEM, "%s: %s", path, strerror(errno));
    }
    bool ok = fseek(f, 0, SEEK_END) == 0;
    long size = ok ? ftell(f) : -1;
    ok = ok && size >= 0 && size <= SEGMENT_MAX && fseek(f, 0, SEEK_SET) == 0;
    r->data = ok ? malloc((size_t)size + 1) : NULL;
    if (r->data != NULL) {
        r->n = fread(r->data, 1, (size_t)size, f);
        ok = ferror(f) == 0;
    }
    (void)fclose(f);
    return (ok && r->data != NULL) || err_set(err, ERR_SYSTEM, "%s: cannot be read", path);
}

static bool damaged(struct journal_reader *r, const char *why)
{
    (void)snprintf(r->damage, sizeof r->damage, "%s: damaged at byte %zu: %s", r->name, r->at, why);
    r->n = r->at;
    r->block_end = r->at;
    return false;
}

struct journal_reader *journal_reader_open(const char *dir, const struct journal_segment *s,
                                           struct err *err)
{
    char path[4400];
    struct journal_reader *r = calloc(1, sizeof *r);
    if (r == NULL) {
        (void)err_set(err, ERR_MEMORY, "out of memory");
        return NULL;
    }
    memcpy(r->name, s->name, sizeof r->name);
    (void)snprintf(path, sizeof path, "%s/%s", dir, s->name);
    if (!slurp(r, path, err)) {
        journal_reader_close(r);
        return NULL;
    }
    const char *why = segment_check_head(r->data, r->n, s->session_ns, s->number);
    if (*why != '\0') {
        r->cut = r->n < SEGMENT_HEAD_BYTES;
        (void)damaged(r, why);
        return r;
    }
    r->at = SEGMENT_HEAD_BYTES;
    r->block_end = r->at;
    return r;
}

void journal_reader_close(struct journal_reader *r)
{
    if (r != NULL) {
        record_base_fini(&r->base);
        free(r->data);
        free(r);
    }
}

bool journal_next(struct journal_reader *r, struct record *out)
{
    if (r->at == r->block_end) {
        const char *why;
        size_t bytes = segment_block(r->data + r->at, r->n - r->at, &why);
        if (bytes == 0) {
            r->cut = r->cut || strcmp(why, SEGMENT_CUT) == 0;
            return *why == '\0' ? false : damaged(r, why);
        }
        r->at += BLOCK_HEAD_BYTES;
        r->block_end = r->at + bytes;
        record_base_next_block(&r->base);
    }
    size_t n = record_get(&r->base, r->data + r->at, r->block_end - r->at, out);
    if (n == 0) {
        return damaged(r, "a record that is none");
    }
    r->at += n;
    return true;
}

const char *journal_reader_damage(const struct journal_reader *r)
{
    return r->damage;
}

bool journal_reader_cut(const struct journal_reader *r)
{
    return r->cut;
}
