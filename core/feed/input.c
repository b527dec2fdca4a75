/* SPDX-License-Identifier: MIT */
#include "input.h"

#include "unpack.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { RAW_BYTES = 64 << 10, HEAD_BYTES = 4 };

struct input {
    int fd; /* -1: the bytes are in memory */
    char *name;
    const char *bytes; /* borrowed; in memory only */
    size_t n_bytes;
    int64_t size;  /* of the file as it lies there; 0: unknown */
    int64_t read;  /* bytes of it */
    bool raw_ends; /* no more to be read */
    struct unpack *unpack;
    size_t raw_at, raw_n; /* raw[raw_at..raw_n) is packed and not yet unpacked */
    uint64_t taken;
    bool ended;
    size_t at, n; /* seen[at..n) is not yet taken */
    char raw[RAW_BYTES];
    char seen[INPUT_SEEN_MAX];
};

static int open_file(const char *path, int64_t *size_out, struct err *err)
{
    bool standard = strcmp(path, "-") == 0;
    int fd = standard ? fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, 0) : open(path, O_RDONLY | O_CLOEXEC);
    struct stat st = { .st_size = 0 };
    if (fd < 0 || fstat(fd, &st) != 0) {
        (void)err_sys(err, "%s", path);
    } else if (S_ISDIR(st.st_mode)) {
        (void)err_set(err, ERR_INVALID, "%s: is a folder", path);
    } else {
        *size_out = S_ISREG(st.st_mode) && !standard ? (int64_t)st.st_size : 0;
        return fd;
    }
    if (fd >= 0) {
        (void)close(fd);
    }
    return -1;
}

/* Reads behind raw_n. */
static bool read_raw(struct input *in, struct err *err)
{
    size_t room = RAW_BYTES - in->raw_n;
    ssize_t got;
    if (in->fd < 0) {
        size_t left = in->n_bytes - (size_t)in->read;
        got = (ssize_t)(left < room ? left : room);
        memcpy(in->raw + in->raw_n, in->bytes + in->read, (size_t)got);
    } else {
        do {
            got = read(in->fd, in->raw + in->raw_n, room);
        } while (got < 0 && errno == EINTR);
    }
    if (got < 0) {
        return err_sys(err, "%s: cannot be read further", in->name);
    }
    in->raw_n += (size_t)got;
    in->read += got;
    in->raw_ends = got == 0;
    return true;
}

static bool fill_raw(struct input *in, struct err *err)
{
    if (in->raw_at < in->raw_n || in->raw_ends) {
        return true;
    }
    in->raw_at = 0;
    in->raw_n = 0;
    return read_raw(in, err);
}

/* A pipe may give its bytes one by one; what is packed takes four to tell. */
static bool read_head(struct input *in, struct err *err)
{
    while (in->raw_n < HEAD_BYTES && !in->raw_ends) {
        if (!read_raw(in, err)) {
            return false;
        }
    }
    return true;
}

static struct input *begin(struct input *in, const char *name, struct err *err)
{
    in->name = strdup(name);
    if (in->name == NULL) {
        (void)err_set(err, ERR_MEMORY, "%s: no memory", name);
    } else if (read_head(in, err)) {
        in->unpack = unpack_create(in->raw, in->raw_n);
        if (in->unpack != NULL) {
            return in;
        }
        (void)err_set(err, ERR_MEMORY, "%s: no memory", name);
    }
    input_close(in);
    return NULL;
}

struct input *input_open(const char *path, struct err *err)
{
    int64_t size = 0;
    int fd = open_file(path, &size, err);
    if (fd < 0) {
        return NULL;
    }
    struct input *in = calloc(1, sizeof *in);
    if (in == NULL) {
        (void)close(fd);
        (void)err_set(err, ERR_MEMORY, "%s: no memory", path);
        return NULL;
    }
    in->fd = fd;
    in->size = size;
    return begin(in, strcmp(path, "-") == 0 ? "standard input" : path, err);
}

struct input *input_open_bytes(const void *bytes, size_t n, const char *name, struct err *err)
{
    struct input *in = calloc(1, sizeof *in);
    if (in == NULL) {
        (void)err_set(err, ERR_MEMORY, "%s: no memory", name);
        return NULL;
    }
    in->fd = -1;
    in->bytes = n > 0 ? bytes : "";
    in->n_bytes = n;
    in->size = (int64_t)n;
    return begin(in, name, err);
}

void input_close(struct input *in)
{
    if (in == NULL) {
        return;
    }
    if (in->fd >= 0) {
        (void)close(in->fd);
    }
    unpack_destroy(in->unpack);
    free(in->name);
    free(in);
}

struct text input_seen(const struct input *in)
{
    return (struct text){ .p = in->seen + in->at, .n = in->n - in->at };
}

bool input_ended(const struct input *in)
{
    return in->ended;
}

bool input_more(struct input *in, struct err *err)
{
    size_t n = in->n - in->at, before = n;
    CHECK(n < INPUT_SEEN_MAX);
    memmove(in->seen, in->seen + in->at, n);
    in->at = 0;
    while (n == before && !in->ended) {
        if (!fill_raw(in, err)) {
            return false;
        }
        struct unpacked u = unpack_some(in->unpack, in->raw + in->raw_at, in->raw_n - in->raw_at,
                                        in->seen + n, INPUT_SEEN_MAX - n);
        if (u.trouble == NULL && in->raw_ends && u.given == 0 && !u.between) {
            u.trouble = "it is cut short";
        }
        if (u.trouble != NULL) {
            in->n = n;
            return err_set(err, ERR_SYSTEM, "%s: cannot be read further: %s (%s)", in->name,
                           u.trouble, unpack_name(in->unpack));
        }
        in->raw_at += u.taken;
        n += u.given;
        in->ended = in->raw_ends && u.given == 0;
    }
    in->n = n;
    return true;
}

bool input_want(struct input *in, size_t n, struct err *err)
{
    while (in->n - in->at < n && !in->ended) {
        if (!input_more(in, err)) {
            return false;
        }
    }
    return true;
}

void input_take(struct input *in, size_t n)
{
    CHECK(n <= in->n - in->at);
    in->at += n;
    in->taken += n;
}

uint64_t input_taken(const struct input *in)
{
    return in->taken;
}

const char *input_name(const struct input *in)
{
    return in->name;
}

const char *input_packing(const struct input *in)
{
    return unpack_name(in->unpack);
}

double input_progress(const struct input *in)
{
    if (in->size <= 0) {
        return -1;
    }
    double part = (double)(in->read - (int64_t)(in->raw_n - in->raw_at)) / (double)in->size;
    return part > 1 ? 1 : part;
}
