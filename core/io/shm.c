/* SPDX-License-Identifier: MIT */
#if defined(__linux__) && !defined(_GNU_SOURCE)
#define _GNU_SOURCE /* memfd_create, F_ADD_SEALS */
#endif
#include "shm.h"

#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/mman.h>
#include <unistd.h>

static bool map(int fd, size_t bytes, int protection, void **base_out, struct err *err)
{
    void *base = mmap(NULL, bytes, protection, MAP_SHARED, fd, 0);
    if (base == MAP_FAILED) {
        return err_sys(err, "mapping %zu bytes of shared memory", bytes);
    }
    *base_out = base;
    return true;
}

static bool set_size(int fd, size_t bytes, struct err *err)
{
    if (bytes == 0 || bytes > (size_t)PTRDIFF_MAX) {
        return err_set(err, ERR_INVALID, "shared memory of %zu bytes", bytes);
    }
    if (ftruncate(fd, (off_t)bytes) != 0) {
        return err_sys(err, "reserving %zu bytes of shared memory", bytes);
    }
    return true;
}

#if defined(__linux__)

/* A second descriptor, because the one that wrote cannot be made read-only. */
static bool open_object(int *rw_out, int *ro_out, struct err *err)
{
    char path[64];
    *rw_out = memfd_create("orderflow", MFD_CLOEXEC | MFD_ALLOW_SEALING);
    if (*rw_out < 0) {
        return err_sys(err, "memfd_create");
    }
    (void)snprintf(path, sizeof path, "/proc/self/fd/%d", *rw_out);
    *ro_out = open(path, O_RDONLY | O_CLOEXEC);
    return *ro_out >= 0 || err_sys(err, "opening shared memory read-only through %s", path);
}

static bool seal(int fd, bool read_only, struct err *err)
{
    int seals = F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL | (read_only ? F_SEAL_FUTURE_WRITE : 0);
    return fcntl(fd, F_ADD_SEALS, seals) == 0 || err_sys(err, "sealing shared memory");
}

static void keep_out_of_cores(void *base, size_t bytes)
{
    (void)madvise(base, bytes, MADV_DONTDUMP);
}

#else

enum { NAME_TRIES = 100 };

static int open_new(char name[32])
{
    for (int i = 0; i < NAME_TRIES; i++) {
        (void)snprintf(name, 32, "/orderflow-%ld-%d", (long)getpid(), i);
        int fd = shm_open(name, O_RDWR | O_CREAT | O_EXCL, 0600);
        if (fd >= 0 || errno != EEXIST) {
            return fd;
        }
    }
    return -1;
}

static bool open_object(int *rw_out, int *ro_out, struct err *err)
{
    char name[32];
    *rw_out = open_new(name);
    if (*rw_out < 0) {
        return err_sys(err, "shm_open");
    }
    *ro_out = shm_open(name, O_RDONLY, 0);
    (void)shm_unlink(name);
    (void)fcntl(*rw_out, F_SETFD, FD_CLOEXEC);
    return (*ro_out >= 0 && fcntl(*ro_out, F_SETFD, FD_CLOEXEC) == 0) ||
           err_sys(err, "opening shared memory read-only");
}

static bool seal(int fd, bool read_only, struct err *err)
{
    (void)fd;
    (void)read_only;
    (void)err;
    return true;
}

static void keep_out_of_cores(void *base, size_t bytes)
{
    (void)base;
    (void)bytes;
}

#endif

/* Order matters: the owner's writable mapping comes before the seal that forbids another. */
static bool create(int fd, size_t bytes, bool read_only, void **base_out, struct err *err)
{
    return set_size(fd, bytes, err) && map(fd, bytes, PROT_READ | PROT_WRITE, base_out, err) &&
           seal(fd, read_only, err);
}

static void close_fd(int *fd)
{
    if (*fd >= 0) {
        (void)close(*fd);
        *fd = -1;
    }
}

static void unmap(void **base, size_t bytes)
{
    if (*base != NULL) {
        (void)munmap(*base, bytes);
        *base = NULL;
    }
}

bool shm_create(struct shm *s, size_t bytes, struct err *err)
{
    int rw = -1;
    *s = (struct shm){ .fd_ro = -1, .bytes = bytes };
    bool ok = open_object(&rw, &s->fd_ro, err) && create(rw, bytes, true, &s->base, err);
    close_fd(&rw);
    if (!ok) {
        shm_destroy(s);
        return false;
    }
    keep_out_of_cores(s->base, bytes);
    return true;
}

void shm_destroy(struct shm *s)
{
    unmap(&s->base, s->bytes);
    close_fd(&s->fd_ro);
}

bool shm_map_ro(int fd, size_t bytes, const void **base_out, struct err *err)
{
    void *base = NULL;
    if (!map(fd, bytes, PROT_READ, &base, err)) {
        return false;
    }
    keep_out_of_cores(base, bytes);
    *base_out = base;
    return true;
}

void shm_unmap_ro(const void *base, size_t bytes)
{
    if (base != NULL) {
        (void)munmap((void *)(uintptr_t)base, bytes);
    }
}

bool shm_note_create(struct shm_note *s, size_t bytes, struct err *err)
{
    int ro = -1;
    *s = (struct shm_note){ .fd = -1, .bytes = bytes };
    bool ok = open_object(&s->fd, &ro, err) && create(s->fd, bytes, false, &s->base, err);
    close_fd(&ro);
    if (!ok) {
        shm_note_destroy(s);
    }
    return ok;
}

void shm_note_destroy(struct shm_note *s)
{
    unmap(&s->base, s->bytes);
    close_fd(&s->fd);
}

bool shm_note_map(int fd, size_t bytes, void **base_out, struct err *err)
{
    return map(fd, bytes, PROT_READ | PROT_WRITE, base_out, err);
}
