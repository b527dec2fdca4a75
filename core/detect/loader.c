/* SPDX-License-Identifier: MIT */
#include "loader.h"

#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* NOW: a missing symbol is an error here and not a crash later. LOCAL: nobody else sees its names.
 */
static void *load(const char *path, struct err *err)
{
    void *handle = dlopen(path, RTLD_NOW | RTLD_LOCAL);
    if (handle == NULL) {
        const char *why = dlerror();
        size_t n = strlen(path);
        if (why != NULL && strncmp(why, path, n) == 0 && strncmp(why + n, ": ", 2) == 0) {
            why += n + 2; /* who asked knows it by another name */
        }
        (void)err_set(err, ERR_INVALID, "cannot be loaded: %s",
                      why != NULL ? why : "no reason given");
    }
    return handle;
}

/* A name without a slash would be looked up in the system's library path. */
static void *load_file(const char *path, struct err *err)
{
    if (strchr(path, '/') != NULL) {
        return load(path, err);
    }
    size_t n = strlen(path) + sizeof "./";
    char *here = malloc(n);
    if (here == NULL) {
        (void)err_set(err, ERR_MEMORY, "no memory for a path");
        return NULL;
    }
    (void)snprintf(here, n, "./%s", path);
    void *handle = load(here, err);
    free(here);
    return handle;
}

static loader_entry_fn *find_entry(void *handle, struct err *err)
{
    loader_entry_fn *entry = NULL;
    void *symbol = dlsym(handle, "ofd_entry_v1");
    if (symbol == NULL) {
        (void)err_set(err, ERR_INVALID, "not a plugin: it exports no ofd_entry_v1");
        return NULL;
    }
    _Static_assert(sizeof entry == sizeof symbol, "POSIX: a function fits into a void *");
    memcpy(&entry, &symbol, sizeof entry);
    return entry;
}

loader_entry_fn *loader_open(const char *path, struct crumb *crumb, struct err *err)
{
    crumb->phase = CRUMB_DLOPEN;
    void *handle = load_file(path, err);
    loader_entry_fn *entry = handle != NULL ? find_entry(handle, err) : NULL;
    crumb->phase = CRUMB_HOST;
    return entry;
}

const ofd_plugin *loader_ask(loader_entry_fn *entry, uint32_t index, struct crumb *crumb,
                             struct err *err)
{
    crumb->phase = CRUMB_ENTRY;
    const ofd_plugin *plugin = entry(OFD_MINOR, index);
    crumb->phase = CRUMB_HOST;
    if (plugin == NULL) {
        (void)err_set(err, ERR_NOT_FOUND, "it declares no detector number %lu",
                      (unsigned long)index);
    }
    return plugin;
}
