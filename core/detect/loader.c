/* SPDX-License-Identifier: MIT */
#include "loader.h"

#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef const ofd_plugin *entry_fn(uint32_t host_minor, uint32_t index);

/* NOW: a missing symbol is an error here and not a crash later. LOCAL: nobody else sees its names.
 */
static void *load(const char *path, struct err *err)
{
    void *handle = dlopen(path, RTLD_NOW | RTLD_LOCAL);
    if (handle == NULL) {
        const char *why = dlerror();
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

static entry_fn *find_entry(void *handle, struct err *err)
{
    entry_fn *entry = NULL;
    void *symbol = dlsym(handle, "ofd_entry_v1");
    if (symbol == NULL) {
        (void)err_set(err, ERR_INVALID, "not a plugin: it exports no ofd_entry_v1");
        return NULL;
    }
    _Static_assert(sizeof entry == sizeof symbol, "POSIX: a function fits into a void *");
    memcpy(&entry, &symbol, sizeof entry);
    return entry;
}

const ofd_plugin *loader_open(const char *path, uint32_t index, struct crumb *crumb,
                              struct err *err)
{
    const ofd_plugin *plugin = NULL;
    crumb->phase = CRUMB_DLOPEN;
    void *handle = load_file(path, err);
    crumb->phase = CRUMB_ENTRY;
    entry_fn *entry = handle != NULL ? find_entry(handle, err) : NULL;
    if (entry != NULL) {
        plugin = entry(OFD_MINOR, index);
        if (plugin == NULL) {
            (void)err_set(err, ERR_NOT_FOUND, "it declares no detector number %lu",
                          (unsigned long)index);
        }
    }
    crumb->phase = CRUMB_HOST;
    return plugin;
}
