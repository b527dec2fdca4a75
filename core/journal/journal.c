/* SPDX-License-Identifier: MIT */
#include "journal.h"

#include "segment.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { BLOCK_MAX = 48 << 20, FLUSH_BYTES = 1 << 20, RETRY_MS = 5000, SEGMENT_PATH_MAX = 4400 };

struct journal {
    char *dir; /* owned */
    int64_t max_bytes;
    int fd; /* -1: no segment is open */
    int64_t session_ns, segment_bytes;
    int64_t standing_bytes; /* of it: what says where the tickers stood */
    uint32_t next_number;
    struct mono retry_at;
    bool failed;
    uint64_t written;
    struct record_base base;
    struct buf block;
    char state[300];
};

struct journal *journal_create(const struct journal_config *cfg)
{
    struct journal *j = calloc(1, sizeof *j);
    char *dir = strdup(cfg->dir);
    if (j == NULL || dir == NULL) {
        free(j);
        free(dir);
        return NULL;
    }
    j->dir = dir;
    j->fd = -1;
    j->max_bytes = cfg->max_bytes < JOURNAL_MAX_BYTES_MIN ? JOURNAL_MAX_BYTES_MIN : cfg->max_bytes;
    buf_init(&j->block, BLOCK_MAX);
    (void)snprintf(j->state, sizeof j->state, "ok");
    return j;
}

static void path_of(const struct journal *j, int64_t session_ns, uint32_t number,
                    char out[SEGMENT_PATH_MAX])
{
    (void)snprintf(out, SEGMENT_PATH_MAX, "%s/" SEGMENT_NAME, j->dir, (uint64_t)session_ns, number);
}

static void leave_segment(struct journal *j)
{
    if (j->fd >= 0) {
        (void)close(j->fd);
        j->fd = -1;
    }
    buf_clear(&j->block);
}

/* One that never came to more than its head says nothing. */
static void remove_empty(const struct journal *j)
{
    char path[SEGMENT_PATH_MAX];
    if (j->fd >= 0 && j->segment_bytes <= SEGMENT_HEAD_BYTES) {
        path_of(j, j->session_ns, j->next_number - 1, path);
        (void)unlink(path);
    }
}

static void fail(struct journal *j, struct now now, const char *what)
{
    (void)snprintf(j->state, sizeof j->state, "%s: %s: %s", j->dir, what, strerror(errno));
    remove_empty(j);
    leave_segment(j);
    j->failed = true;
    j->retry_at = mono_after_ms(now.mono, RETRY_MS);
}

void journal_close(struct journal *j)
{
    if (j == NULL) {
        return;
    }
    journal_flush(j, (struct now){ .wall_ns = 0 });
    leave_segment(j);
    buf_fini(&j->block);
    record_base_fini(&j->base);
    free(j->dir);
    free(j);
}

bool journal_wants_segment(const struct journal *j, struct now now)
{
    if (j->fd < 0) {
        return !j->failed || mono_ms_until(now.mono, j->retry_at) <= 0;
    }
    int64_t grown = j->segment_bytes - j->standing_bytes, most = j->max_bytes / JOURNAL_SEGMENTS;
    return grown >= (most > j->standing_bytes ? most : j->standing_bytes);
}

bool journal_begun(struct journal *j, struct now now)
{
    journal_flush(j, now);
    j->standing_bytes = j->segment_bytes;
    return j->standing_bytes <= j->max_bytes / 4;
}

/* ---- segments ------------------------------------------------------------------------------- */

static int64_t bytes_of(const char *dir, const char *name)
{
    char path[SEGMENT_PATH_MAX];
    struct stat st;
    (void)snprintf(path, sizeof path, "%s/%s", dir, name);
    return stat(path, &st) == 0 ? (int64_t)st.st_size : 0;
}

/* Room for one more segment. */
static void remove_oldest(const struct journal *j)
{
    struct journal_list list;
    if (!journal_list(j->dir, &list, NULL)) {
        journal_list_free(&list);
        return;
    }
    int64_t total = j->max_bytes / JOURNAL_SEGMENTS + 2 * j->standing_bytes;
    for (size_t i = 0; i < list.n; i++) {
        total += bytes_of(j->dir, list.items[i].name);
    }
    for (size_t i = 0; i < list.n && total > j->max_bytes; i++) {
        char path[SEGMENT_PATH_MAX];
        int64_t bytes = bytes_of(j->dir, list.items[i].name);
        (void)snprintf(path, sizeof path, "%s/%s", j->dir, list.items[i].name);
        total -= unlink(path) == 0 ? bytes : 0;
    }
    journal_list_free(&list);
}

static int create(const struct journal *j, int64_t session_ns, uint32_t number)
{
    char path[SEGMENT_PATH_MAX];
    path_of(j, session_ns, number, path);
    return open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
}

static bool write_all(int fd, const char *data, size_t n)
{
    while (n > 0) {
        ssize_t k = write(fd, data, n);
        if (k < 0 && errno == EINTR) {
            continue;
        }
        if (k <= 0) {
            errno = k == 0 ? EIO : errno;
            return false;
        }
        data += k;
        n -= (size_t)k;
    }
    return true;
}

bool journal_begin(struct journal *j, struct now now)
{
    bool anew = j->fd < 0;
    leave_segment(j);
    if (mkdir(j->dir, 0700) != 0 && errno != EEXIST) {
        fail(j, now, "cannot make the folder");
        return false;
    }
    remove_oldest(j);
    int64_t session_ns = anew ? now.wall_ns : j->session_ns;
    uint32_t number = anew ? 0 : j->next_number;
    int fd = create(j, session_ns, number);
    while (anew && fd < 0 && errno == EEXIST) {
        fd = create(j, ++session_ns, number);
    }
    char head[SEGMENT_HEAD_BYTES];
    segment_put_head(head, session_ns, number);
    if (fd < 0 || !write_all(fd, head, sizeof head)) {
        int why = errno;
        if (fd >= 0) {
            char path[SEGMENT_PATH_MAX];
            path_of(j, session_ns, number, path);
            (void)unlink(path);
            (void)close(fd);
        }
        errno = why;
        fail(j, now, fd < 0 ? "cannot make a segment" : "cannot write");
        return false;
    }
    j->fd = fd;
    j->session_ns = session_ns;
    j->next_number = number + 1;
    j->segment_bytes = SEGMENT_HEAD_BYTES;
    j->written += SEGMENT_HEAD_BYTES;
    j->failed = false;
    record_base_next_block(&j->base);
    (void)snprintf(j->state, sizeof j->state, "ok");
    return true;
}

/* ---- records -------------------------------------------------------------------------------- */

static void begin_block(struct journal *j)
{
    if (j->block.len == 0) {
        static const char room[BLOCK_HEAD_BYTES];
        buf_add(&j->block, room, sizeof room);
    }
}

void journal_put(struct journal *j, const struct record *r)
{
    if (j->fd < 0) {
        return;
    }
    begin_block(j);
    if (!record_put(&j->base, r, &j->block)) {
        errno = ENOMEM;
        fail(j, (struct now){ .wall_ns = 0 }, "cannot keep a record");
        return;
    }
    if (j->block.len >= FLUSH_BYTES) {
        journal_flush(j, (struct now){ .wall_ns = 0 });
    }
}

void journal_flush(struct journal *j, struct now now)
{
    if (j->fd < 0 || j->block.len == 0) {
        return;
    }
    segment_put_block_head(j->block.data, j->block.len);
    if (!write_all(j->fd, j->block.data, j->block.len)) {
        int why = errno;
        (void)(ftruncate(j->fd, (off_t)j->segment_bytes) == 0);
        errno = why;
        fail(j, now, "cannot write");
        return;
    }
    j->segment_bytes += (int64_t)j->block.len;
    j->written += j->block.len;
    buf_clear(&j->block);
    record_base_next_block(&j->base);
}

const char *journal_state(const struct journal *j)
{
    return j->state;
}

uint64_t journal_written_bytes(const struct journal *j)
{
    return j->written;
}
