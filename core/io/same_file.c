/* SPDX-License-Identifier: MIT */
#include "same_file.h"

#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

static bool is_standard(const char *path)
{
    return strcmp(path, "-") == 0;
}

static bool look(const char *path, int fd, struct stat *out)
{
    return (is_standard(path) ? fstat(fd, out) : stat(path, out)) == 0;
}

static bool one_place(const struct stat *a, const struct stat *b)
{
    return a->st_dev == b->st_dev && a->st_ino == b->st_ino;
}

static const char *last_name(const char *path)
{
    const char *slash = strrchr(path, '/');
    return slash != NULL ? slash + 1 : path;
}

static bool look_at_folder(const char *path, struct stat *out)
{
    char folder[PATH_MAX];
    const char *name = last_name(path);
    int n = name == path ? snprintf(folder, sizeof folder, ".")
                         : snprintf(folder, sizeof folder, "%.*s", (int)(name - path), path);
    return n > 0 && (size_t)n < sizeof folder && stat(folder, out) == 0;
}

static bool same_name(const char *a, const char *b)
{
    struct stat x, y;
    if (strcmp(a, b) == 0) {
        return true;
    }
    return strcmp(last_name(a), last_name(b)) == 0 && look_at_folder(a, &x) &&
           look_at_folder(b, &y) && one_place(&x, &y);
}

bool same_file(const char *a, int a_fd, const char *b, int b_fd)
{
    struct stat x, y;
    if (is_standard(a) && is_standard(b) && a_fd == b_fd) {
        return true;
    }
    bool a_there = look(a, a_fd, &x), b_there = look(b, b_fd, &y);
    if (a_there && b_there) {
        return one_place(&x, &y) && (S_ISREG(x.st_mode) || S_ISFIFO(x.st_mode));
    }
    return !a_there && !b_there && same_name(a, b);
}
