/* SPDX-License-Identifier: MIT */
#if defined(__linux__) && !defined(_GNU_SOURCE)
#define _GNU_SOURCE /* O_TMPFILE */
#endif
#include "whole_file.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#if defined(O_TMPFILE)

/* A file without a name in the folder of path; NULL: not to be had here. */
static FILE *open_nameless(const char *path)
{
    char folder[4400] = ".";
    const char *slash = strrchr(path, '/');
    size_t n = slash == NULL ? 1 : slash == path ? 1 : (size_t)(slash - path);
    if (n >= sizeof folder || access("/proc/self/fd", X_OK) != 0) {
        return NULL;
    }
    if (slash != NULL) {
        memcpy(folder, path, n);
        folder[n] = '\0';
    }
    int fd = open(folder, O_TMPFILE | O_WRONLY | O_CLOEXEC, 0666);
    FILE *out = fd >= 0 ? fdopen(fd, "w") : NULL;
    if (fd >= 0 && out == NULL) {
        (void)close(fd);
    }
    return out;
}

static bool give_name(FILE *out, const char *name)
{
    char self[64];
    (void)snprintf(self, sizeof self, "/proc/self/fd/%d", fileno(out));
    return linkat(AT_FDCWD, self, AT_FDCWD, name, AT_SYMLINK_FOLLOW) == 0;
}

#else

static FILE *open_nameless(const char *path)
{
    (void)path;
    return NULL;
}

static bool give_name(FILE *out, const char *name)
{
    (void)out;
    (void)name;
    return false;
}

#endif

/* Fills w; what a run that was killed left goes. */
static bool prepare(struct whole_file *w, const char *path, struct err *err)
{
    struct stat st;
    *w = (struct whole_file){ .path = path };
    w->in_place = strcmp(path, "-") == 0 || (lstat(path, &st) == 0 && !S_ISREG(st.st_mode));
    int n = snprintf(w->beside, sizeof w->beside, "%s%s", path, w->in_place ? "" : WHOLE_FILE_PART);
    if (n < 0 || (size_t)n >= sizeof w->beside) {
        return err_set(err, ERR_INVALID, "%.60s...: too long for a path", path);
    }
    return w->in_place || unlink(w->beside) == 0 || errno == ENOENT ||
           err_sys(err, "%s", w->beside);
}

bool whole_file_open(struct whole_file *w, const char *path, struct err *err)
{
    if (!prepare(w, path, err)) {
        return false;
    }
    if (strcmp(path, "-") == 0) {
        w->out = stdout;
        return true;
    }
    w->out = w->in_place ? NULL : open_nameless(path);
    w->nameless = w->out != NULL;
    if (w->out == NULL) {
        w->out = fopen(w->beside, "w");
    }
    return w->out != NULL || err_sys(err, "%s", path);
}

/* Everything is on its way to the disk, or errno says why not. */
static bool flush(struct whole_file *w)
{
    int why = errno; /* if a write has failed before, and its reason is not forgotten */
    if (ferror(w->out) == 0) {
        return fflush(w->out) == 0;
    }
    errno = why == ENOSPC || why == EDQUOT || why == EFBIG || why == EPIPE ? why : EIO;
    return false;
}

bool whole_file_close(struct whole_file *w, bool ok, struct err *err)
{
    ok = ok && (flush(w) || err_sys(err, "%s", w->path));
    if (ok && w->nameless) {
        ok = give_name(w->out, w->beside) || err_sys(err, "%s", w->path);
    }
    if (w->out != stdout) {
        ok = (fclose(w->out) == 0 || (ok && err_sys(err, "%s", w->path))) && ok;
    }
    w->out = NULL;
    if (!w->in_place) {
        ok = ok && (rename(w->beside, w->path) == 0 || err_sys(err, "%s", w->path));
        if (!ok) {
            (void)unlink(w->beside);
        }
    }
    return ok;
}

bool whole_file_check(const char *path, struct err *err)
{
    struct whole_file w;
    struct stat st;
    if (path == NULL || strcmp(path, "-") == 0) {
        return true;
    }
    if (!prepare(&w, path, err)) {
        return false;
    }
    if (w.in_place) {
        bool folder = stat(path, &st) == 0 && S_ISDIR(st.st_mode);
        errno = EISDIR;
        return (!folder && (access(path, W_OK) == 0 || errno == ENOENT)) ||
               err_sys(err, "%s", path); /* ENOENT: a link to what is not there yet */
    }
    return whole_file_open(&w, path, err) && !whole_file_close(&w, false, NULL);
}
