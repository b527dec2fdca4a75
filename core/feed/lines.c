/* SPDX-License-Identifier: MIT */
#include "lines.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>

enum { BUFFER_BYTES = 64 << 10 };

struct lines {
    gzFile file;
    char *name;    /* owned */
    int64_t bytes; /* of the file as it lies there; 0: unknown */
    uint64_t number;
    bool ended; /* the buffer holds all that is left */
    bool skipping;
    size_t at, n; /* buffer[at..n) is unread */
    char buffer[BUFFER_BYTES];
};

static int open_input(const char *path, int64_t *bytes_out, struct err *err)
{
    bool standard = strcmp(path, "-") == 0;
    int fd = standard ? fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, 0) : open(path, O_RDONLY | O_CLOEXEC);
    struct stat st = { .st_size = 0 };
    if (fd < 0 || fstat(fd, &st) != 0) {
        (void)err_sys(err, "%s", path);
    } else if (S_ISDIR(st.st_mode)) {
        (void)err_set(err, ERR_INVALID, "%s: is a folder", path);
    } else {
        *bytes_out = S_ISREG(st.st_mode) && !standard ? (int64_t)st.st_size : 0;
        return fd;
    }
    if (fd >= 0) {
        (void)close(fd);
    }
    return -1;
}

struct lines *lines_open(const char *path, struct err *err)
{
    int64_t bytes = 0;
    int fd = open_input(path, &bytes, err);
    if (fd < 0) {
        return NULL;
    }
    struct lines *l = calloc(1, sizeof *l);
    if (l != NULL) {
        l->bytes = bytes;
        l->name = strdup(strcmp(path, "-") == 0 ? "standard input" : path);
        l->file = l->name != NULL ? gzdopen(fd, "rb") : NULL;
    }
    if (l == NULL || l->file == NULL) {
        (void)close(fd);
        lines_close(l);
        (void)err_set(err, ERR_MEMORY, "%s: no memory", path);
        return NULL;
    }
    return l;
}

void lines_close(struct lines *l)
{
    if (l == NULL) {
        return;
    }
    if (l->file != NULL) {
        (void)gzclose_r(l->file);
    }
    free(l->name);
    free(l);
}

/* Moves what is unread to the front and reads behind it. */
static bool fill(struct lines *l, struct err *err)
{
    memmove(l->buffer, l->buffer + l->at, l->n - l->at);
    l->n -= l->at;
    l->at = 0;
    int got = gzread(l->file, l->buffer + l->n, (unsigned)(BUFFER_BYTES - l->n));
    int code = Z_OK;
    const char *why = got <= 0 ? gzerror(l->file, &code) : "";
    if (got < 0 || code != Z_OK) {
        return err_set(err, ERR_SYSTEM, "%s:%" PRIu64 ": cannot be read further: %s", l->name,
                       l->number + 1, code == Z_ERRNO ? strerror(errno) : why);
    }
    l->n += (size_t)got;
    l->ended = got == 0;
    return true;
}

static struct text trimmed(const struct lines *l, struct text line)
{
    static const char mark[] = "\xEF\xBB\xBF";
    if (line.n > 0 && line.p[line.n - 1] == '\r') {
        line.n--;
    }
    if (l->number == 1 && line.n >= 3 && memcmp(line.p, mark, 3) == 0) {
        line.p += 3;
        line.n -= 3;
    }
    return line;
}

static bool too_long(struct lines *l, struct err *err)
{
    return err_set(err, ERR_INVALID, "%s:%" PRIu64 ": longer than %d bytes", l->name, l->number,
                   LINE_MAX_BYTES);
}

bool lines_next(struct lines *l, struct text *out, struct err *err)
{
    *err = (struct err){ .code = ERR_NONE };
    for (;;) {
        const char *start = l->buffer + l->at;
        const char *feed = memchr(start, '\n', l->n - l->at);
        size_t n = feed != NULL ? (size_t)(feed - start) : l->n - l->at;
        if (feed == NULL && !l->ended && n <= LINE_MAX_BYTES) {
            if (!fill(l, err)) {
                return false;
            }
            continue;
        }
        if (feed == NULL && l->ended && n == 0 && !l->skipping) {
            return false;
        }
        bool complete = feed != NULL || l->ended, rest = l->skipping;
        l->at += n + (feed != NULL ? 1 : 0);
        l->skipping = !complete;
        l->number += rest ? 0 : 1;
        if (complete && !rest && n <= LINE_MAX_BYTES) {
            *out = trimmed(l, (struct text){ .p = start, .n = n });
            return true;
        }
        if (complete) {
            return too_long(l, err);
        }
    }
}

uint64_t lines_number(const struct lines *l)
{
    return l->number;
}

const char *lines_name(const struct lines *l)
{
    return l->name;
}

double lines_progress(const struct lines *l)
{
    if (l->bytes <= 0) {
        return -1;
    }
    double part = (double)gzoffset(l->file) / (double)l->bytes;
    return part < 0 ? -1 : part > 1 ? 1 : part;
}
