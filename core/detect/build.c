/* SPDX-License-Identifier: MIT */
#include "build.h"

#include "scan_elf.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define NS INT64_C(1000000000)

static struct stamp stamp_of(const struct stat *st)
{
    return (struct stamp){ .dev = (uint64_t)st->st_dev,
                           .ino = (uint64_t)st->st_ino,
                           .bytes = (int64_t)st->st_size,
                           .mtime_ns = (int64_t)st->st_mtim.tv_sec * NS + st->st_mtim.tv_nsec,
                           .ctime_ns = (int64_t)st->st_ctim.tv_sec * NS + st->st_ctim.tv_nsec };
}

bool stamp_equal(const struct stamp *a, const struct stamp *b)
{
    return a->dev == b->dev && a->ino == b->ino && a->bytes == b->bytes &&
           a->mtime_ns == b->mtime_ns && a->ctime_ns == b->ctime_ns;
}

bool stamp_read(const char *path, struct stamp *out)
{
    struct stat st;
    if (lstat(path, &st) != 0) {
        return false;
    }
    *out = stamp_of(&st);
    return true;
}

/* ---- trust ---------------------------------------------------------------------------------- */

/* Who else could change it could run code as us. */
static bool only_ours(const struct stat *st, const char *what, struct err *err)
{
    if (st->st_uid != 0 && st->st_uid != geteuid()) {
        return err_set(err, ERR_INVALID, "%s belongs to uid %lu; it must belong to root or uid %lu",
                       what, (unsigned long)st->st_uid, (unsigned long)geteuid());
    }
    if ((st->st_mode & (S_IWGRP | S_IWOTH)) != 0) {
        return err_set(err, ERR_INVALID, "%s can be written by others (mode %03o): chmod go-w",
                       what, (unsigned)(st->st_mode & 07777));
    }
    return true;
}

/* A folder above the file's own: who may write there may put another in its place. */
static bool parent_trusted(const char *dir, struct err *err)
{
    struct stat st;
    if (stat(dir, &st) != 0) {
        return err_sys(err, "its folder");
    }
    return (st.st_mode & S_IWOTH) == 0 || (st.st_mode & S_ISVTX) != 0 ||
           err_set(err, ERR_INVALID, "the folder %s above it can be written by everybody", dir);
}

static bool folders_trusted(const char *path, struct err *err)
{
    struct stat st;
    char *dir = realpath(path, NULL);
    char *slash = dir != NULL ? strrchr(dir, '/') : NULL;
    if (slash == NULL) {
        free(dir);
        return err_sys(err, "cannot be opened");
    }
    slash[slash == dir] = '\0';
    bool ok = stat(dir, &st) == 0 ? only_ours(&st, "its folder", err) : err_sys(err, "its folder");
    while (ok && strcmp(dir, "/") != 0) {
        slash = strrchr(dir, '/');
        slash[slash == dir] = '\0';
        ok = parent_trusted(dir, err);
    }
    free(dir);
    return ok;
}

/* Opened so that a FIFO cannot make us wait. */
static int open_plugin(const char *path, struct stat *st, struct err *err)
{
    int fd = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC | O_NOCTTY | O_NOFOLLOW);
    if (fd < 0 || fstat(fd, st) != 0) {
        (void)(errno == ELOOP ? err_set(err, ERR_INVALID,
                                        "a symbolic link: put the file itself into the folder")
                              : err_sys(err, "cannot be opened"));
    } else if (!S_ISREG(st->st_mode)) {
        (void)err_set(err, ERR_INVALID, "not a regular file");
    } else if (only_ours(st, "the file", err) && folders_trusted(path, err)) {
        return fd;
    }
    if (fd >= 0) {
        (void)close(fd);
    }
    return -1;
}

/* ---- contents ------------------------------------------------------------------------------- */

static const char *name_of(const char *path)
{
    const char *slash = strrchr(path, '/');
    return slash != NULL ? slash + 1 : path;
}

static bool unchanged(int fd, const struct stamp *before, struct err *err)
{
    struct stat st;
    if (fstat(fd, &st) != 0) {
        return err_sys(err, "reading it");
    }
    struct stamp now = stamp_of(&st);
    return stamp_equal(before, &now) || err_set(err, ERR_INVALID, "it changed while it was read");
}

static bool take(struct build *b, int fd, const char *path, const char *worker_path,
                 struct err *err)
{
    struct scan_bytes bytes = { 0 };
    bool ok = scan_read(fd, SCAN_FILE_MAX_BYTES, &bytes, err) && unchanged(fd, &b->stamp, err) &&
              scan_elf_bytes(&bytes, worker_path, err) &&
              image_create(&b->image, name_of(path), bytes.data, bytes.n, err);
    if (ok) {
        sha256_hex(bytes.data, bytes.n, b->sha256);
    }
    free(bytes.data);
    return ok;
}

struct build *build_take(const char *path, const char *worker_path, struct err *err)
{
    struct stat st;
    int fd = open_plugin(path, &st, err);
    if (fd < 0) {
        return NULL;
    }
    struct build *b = malloc(sizeof *b);
    if (b == NULL) {
        (void)err_set(err, ERR_MEMORY, "no memory for it");
    } else {
        *b = (struct build){ .users = 1, .stamp = stamp_of(&st), .image = { .fd = -1 } };
        if (!take(b, fd, path, worker_path, err)) {
            build_drop(b);
            b = NULL;
        }
    }
    (void)close(fd);
    return b;
}

struct build *build_hold(struct build *b)
{
    b->users++;
    return b;
}

void build_drop(struct build *b)
{
    if (b != NULL && --b->users == 0) {
        image_destroy(&b->image);
        free(b);
    }
}
