/* SPDX-License-Identifier: MIT */
#if defined(__linux__) && !defined(_GNU_SOURCE)
#define _GNU_SOURCE /* memfd_create, F_ADD_SEALS */
#endif
#include "image.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#if defined(__linux__)
#include <sys/mman.h>
#endif

static bool write_all(int fd, const unsigned char *bytes, size_t n, struct err *err)
{
    while (n > 0) {
        ssize_t put = write(fd, bytes, n);
        if (put < 0 && errno == EINTR) {
            continue;
        }
        if (put <= 0) {
            return err_sys(err, "copying a plugin");
        }
        bytes += put;
        n -= (size_t)put;
    }
    return true;
}

#if defined(__linux__)

static bool fill(struct image *im, int fd, const void *bytes, size_t n, struct err *err)
{
    char path[64];
    int seals = F_SEAL_WRITE | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL;
    if (!write_all(fd, bytes, n, err)) {
        return false;
    }
    if (fchmod(fd, 0555) != 0 || fcntl(fd, F_ADD_SEALS, seals) != 0) {
        return err_sys(err, "sealing the copy of a plugin");
    }
    (void)snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
    im->fd = open(path, O_RDONLY | O_CLOEXEC);
    return im->fd >= 0 || err_sys(err, "opening the copy of a plugin through %s", path);
}

bool image_create(struct image *im, const char *name, const void *bytes, size_t n, struct err *err)
{
    char label[64];
    *im = (struct image){ .fd = -1 };
    (void)snprintf(label, sizeof label, "%.60s", name);
    int fd = memfd_create(label, MFD_CLOEXEC | MFD_ALLOW_SEALING);
    if (fd < 0) {
        return err_sys(err, "memfd_create");
    }
    bool ok = fill(im, fd, bytes, n, err);
    (void)close(fd);
    return ok;
}

void image_destroy(struct image *im)
{
    if (im->fd >= 0) {
        (void)close(im->fd);
    }
    *im = (struct image){ .fd = -1 };
}

void image_path(const struct image *im, int fd, char out[IMAGE_PATH_MAX])
{
    (void)im;
    (void)snprintf(out, IMAGE_PATH_MAX, "/proc/self/fd/%d", fd);
}

#else

static void remove_file(const struct image *im)
{
    char dir[IMAGE_PATH_MAX];
    (void)unlink(im->path);
    memcpy(dir, im->path, sizeof dir);
    *strrchr(dir, '/') = '\0';
    (void)rmdir(dir);
}

bool image_create(struct image *im, const char *name, const void *bytes, size_t n, struct err *err)
{
    char dir[] = "/tmp/orderflow-plugin-XXXXXX";
    *im = (struct image){ .fd = -1 };
    if (mkdtemp(dir) == NULL) {
        return err_sys(err, "%s", dir);
    }
    (void)snprintf(im->path, sizeof im->path, "%s/%.60s", dir, name);
    int fd = open(im->path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0400);
    bool ok = fd >= 0 ? write_all(fd, bytes, n, err) : err_sys(err, "%s", im->path);
    if (fd >= 0) {
        ok = (close(fd) == 0 || err_sys(err, "%s", im->path)) && ok;
    }
    im->fd = ok ? open(im->path, O_RDONLY | O_CLOEXEC) : -1;
    if (im->fd < 0) {
        ok = ok && err_sys(err, "%s", im->path);
        image_destroy(im);
    }
    return ok;
}

void image_destroy(struct image *im)
{
    if (im->fd >= 0) {
        (void)close(im->fd);
    }
    if (im->path[0] != '\0') {
        remove_file(im);
    }
    *im = (struct image){ .fd = -1 };
}

void image_path(const struct image *im, int fd, char out[IMAGE_PATH_MAX])
{
    (void)fd;
    memcpy(out, im->path, IMAGE_PATH_MAX);
}

#endif
