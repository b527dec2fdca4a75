/* SPDX-License-Identifier: MIT */
/* The files of the quarantine, read, listed and removed; written in quarantine_write.c. */
#include "quarantine.h"

#include "log.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { HEAD_BYTES = 16384 };

static const char MAGIC[] = "# orderflow quarantine 1\n";

/* ID.SHA256.txt, and nothing else. */
static bool split_name(const char *name, struct quarantined *out)
{
    const char *dot = strchr(name, '.');
    if (dot == NULL || dot == name || dot - name >= DETECTOR_ID_MAX) {
        return false;
    }
    size_t n = strspn(dot + 1, "0123456789abcdef");
    if (n != SHA256_HEX_MAX - 1 || strcmp(dot + 1 + n, ".txt") != 0) {
        return false;
    }
    memcpy(out->id, name, (size_t)(dot - name));
    out->id[dot - name] = '\0';
    memcpy(out->sha256, dot + 1, n);
    out->sha256[n] = '\0';
    return true;
}

/* The beginning of a regular file; what is no file of ours is not waited for. */
static bool read_head(const char *file, char head[HEAD_BYTES + 1])
{
    struct stat st;
    int fd = open(file, O_RDONLY | O_NONBLOCK | O_CLOEXEC | O_NOFOLLOW);
    size_t n = 0;
    bool ok = fd >= 0 && fstat(fd, &st) == 0 && S_ISREG(st.st_mode);
    while (ok && n < HEAD_BYTES) {
        ssize_t got = read(fd, head + n, HEAD_BYTES - n);
        if (got <= 0) {
            ok = got == 0 || errno == EINTR;
            if (got == 0 || !ok) {
                break;
            }
            continue;
        }
        n += (size_t)got;
    }
    if (fd >= 0) {
        (void)close(fd);
    }
    head[n] = '\0';
    return ok && strlen(head) == n;
}

/* The text behind "# KEY " of the first such line. */
static bool take_line(const char *head, const char *key, char *out, size_t n)
{
    char begin[32];
    (void)snprintf(begin, sizeof begin, "\n# %s ", key);
    const char *at = strstr(head, begin);
    if (at == NULL) {
        return false;
    }
    at += strlen(begin);
    size_t len = strcspn(at, "\n");
    (void)snprintf(out, n, "%.*s", (int)len, at);
    return at[len] == '\n';
}

static bool read_file(const char *dir, const char *name, struct quarantined *out)
{
    char head[HEAD_BYTES + 1];
    char id[DETECTOR_ID_MAX + 1], sha256[SHA256_HEX_MAX + 1];
    *out = (struct quarantined){ 0 };
    return split_name(name, out) &&
           (size_t)snprintf(out->file, sizeof out->file, "%s/%s", dir, name) < sizeof out->file &&
           read_head(out->file, head) && strncmp(head, MAGIC, sizeof MAGIC - 1) == 0 &&
           take_line(head, "detector", id, sizeof id) && strcmp(id, out->id) == 0 &&
           take_line(head, "sha256", sha256, sizeof sha256) && strcmp(sha256, out->sha256) == 0 &&
           take_line(head, "path", out->path, sizeof out->path) &&
           take_line(head, "since", out->since, sizeof out->since) &&
           take_line(head, "cause", out->reason, sizeof out->reason);
}

bool quarantine_find(const char *dir, const char *id, const char *sha256, struct quarantined *out)
{
    char name[DETECTOR_ID_MAX + SHA256_HEX_MAX + 8];
    struct stat st;
    (void)snprintf(name, sizeof name, "%s.%s.txt", id, sha256);
    if (read_file(dir, name, out)) {
        return true;
    }
    if (out->file[0] != '\0' && lstat(out->file, &st) == 0) {
        log_warn("quarantine_unreadable", "file=%s reason=\"not as it was written: ignored\"",
                 out->file);
    }
    return false;
}

static int by_file(const void *a, const void *b)
{
    const struct quarantined *left = a;
    const struct quarantined *right = b;
    return strcmp(left->file, right->file);
}

static bool add(struct quarantined **all, size_t *n, const struct quarantined *one, struct err *err)
{
    struct quarantined *grown = realloc(*all, (*n + 1) * sizeof *grown);
    if (grown == NULL) {
        return err_set(err, ERR_MEMORY, "no memory to list the quarantine");
    }
    *all = grown;
    grown[(*n)++] = *one;
    return true;
}

bool quarantine_list(const char *dir, struct quarantined **out, size_t *n_out, size_t *bad_out,
                     struct err *err)
{
    struct quarantined one;
    *out = NULL;
    *n_out = 0;
    *bad_out = 0;
    DIR *d = opendir(dir);
    if (d == NULL) {
        return errno == ENOENT || err_sys(err, "%s", dir);
    }
    bool ok = true;
    for (struct dirent *e = readdir(d); ok && e != NULL; e = readdir(d)) {
        if (e->d_name[0] == '.') {
            continue;
        }
        if (read_file(dir, e->d_name, &one)) {
            ok = add(out, n_out, &one, err);
        } else {
            (*bad_out)++;
        }
    }
    (void)closedir(d);
    if (*n_out > 0) {
        qsort(*out, *n_out, sizeof **out, by_file);
    }
    return ok;
}

bool quarantine_release(const char *dir, const char *id, size_t *n_out, struct err *err)
{
    struct quarantined one;
    char file[sizeof one.file];
    *n_out = 0;
    DIR *d = opendir(dir);
    if (d == NULL) {
        return errno == ENOENT || err_sys(err, "%s", dir);
    }
    bool ok = true;
    for (struct dirent *e = readdir(d); ok && e != NULL; e = readdir(d)) {
        one = (struct quarantined){ 0 };
        if (!split_name(e->d_name, &one) || strcmp(one.id, id) != 0) {
            continue;
        }
        (void)snprintf(file, sizeof file, "%s/%.255s", dir, e->d_name);
        ok = unlink(file) == 0 || err_sys(err, "%s", file);
        *n_out += ok;
    }
    (void)closedir(d);
    return ok;
}
