/* SPDX-License-Identifier: MIT */
#include "paths.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static bool join(char out[PATH_BYTES], const char *dir, const char *name, struct err *err)
{
    if (snprintf(out, PATH_BYTES, "%s/%s", dir, name) >= PATH_BYTES) {
        return err_set(err, ERR_INVALID, "path too long: %s/%s", dir, name);
    }
    return true;
}

/* The program that a bare argv[0] named, as the shell found it. */
static bool search_path(const char *name, char out[PATH_BYTES])
{
    const char *dirs = getenv("PATH");
    while (dirs != NULL && *dirs != '\0') {
        size_t n = strcspn(dirs, ":");
        if (snprintf(out, PATH_BYTES, "%.*s/%s", (int)n, dirs, name) < PATH_BYTES &&
            access(out, X_OK) == 0) {
            return true;
        }
        dirs += n + (dirs[n] == ':');
    }
    return false;
}

static bool own_path(const char *argv0, char out[PATH_BYTES])
{
    ssize_t n = readlink("/proc/self/exe", out, PATH_BYTES - 1);
    if (n > 0) {
        out[n] = '\0';
        return true;
    }
    char found[PATH_BYTES];
    const char *path = argv0;
    if (strchr(argv0, '/') == NULL) {
        path = search_path(argv0, found) ? found : argv0;
    }
    char *real = realpath(path, NULL);
    bool fits = real != NULL && strlen(real) < PATH_BYTES;
    if (fits) {
        memcpy(out, real, strlen(real) + 1);
    }
    free(real);
    return fits;
}

static void cut_last(char *path)
{
    char *slash = strrchr(path, '/');
    if (slash != NULL) {
        *slash = '\0';
    }
}

bool paths_find(struct paths *p, const char *argv0, struct err *err)
{
    *p = (struct paths){ 0 };
    if (!own_path(argv0, p->prefix)) {
        return err_set(err, ERR_SYSTEM, "cannot find where %s is installed", argv0);
    }
    cut_last(p->prefix); /* the program's name */
    size_t n = strlen(p->prefix);
    cut_last(p->prefix); /* bin, or orderflow of libexec/orderflow */
    if (n >= 10 && strcmp(p->prefix + strlen(p->prefix) - 8, "/libexec") == 0) {
        cut_last(p->prefix);
    }
    return join(p->engine, p->prefix, "libexec/orderflow/orderflow-engine", err) &&
           join(p->worker, p->prefix, "libexec/orderflow/orderflow-worker", err) &&
           join(p->plugins, p->prefix, "lib/orderflow/plugins", err) &&
           join(p->share, p->prefix, "share/orderflow", err);
}

bool paths_plugins(struct paths *p, const struct settings *s, struct err *err)
{
    if (s->plugins_dir[0] == '\0') {
        return true;
    }
    if (s->plugins_dir[0] == '/' || s->dir[0] == '\0') {
        (void)snprintf(p->plugins, sizeof p->plugins, "%s", s->plugins_dir);
        return true;
    }
    return join(p->plugins, s->dir, s->plugins_dir, err);
}

static bool is_folder(const char *path)
{
    struct stat st;
    return stat(path, &st) == 0 && S_ISDIR(st.st_mode);
}

static bool default_state(struct paths *p, struct err *err)
{
    const char *state = getenv("XDG_STATE_HOME");
    const char *home = getenv("HOME");
    if (state != NULL && state[0] == '/') {
        return join(p->state, state, "orderflow", err);
    }
    /* A home that is not there is not made: service users have such. */
    return home == NULL || home[0] != '/' || !is_folder(home) ||
           join(p->state, home, ".local/state/orderflow", err);
}

bool paths_state(struct paths *p, const struct settings *s, struct err *err)
{
    const char *set = s->engine_state_dir;
    p->state[0] = '\0';
    p->quarantine[0] = '\0';
    bool ok = set[0] == '\0' ? default_state(p, err)
                             : settings_resolve(s, set, p->state, sizeof p->state, err);
    return ok && (p->state[0] == '\0' || join(p->quarantine, p->state, "quarantine", err));
}

bool paths_make(const char *dir, struct err *err)
{
    char path[PATH_BYTES];
    if (snprintf(path, sizeof path, "%s", dir) >= PATH_BYTES) {
        return err_set(err, ERR_INVALID, "path too long: %s", dir);
    }
    for (char *at = path + 1; *at != '\0'; at++) {
        if (*at == '/') {
            *at = '\0';
            (void)mkdir(path, 0755);
            *at = '/';
        }
    }
    return mkdir(path, 0700) == 0 || (errno == EEXIST && is_folder(path)) ||
           err_sys(err, "cannot be made");
}
