/* SPDX-License-Identifier: MIT */
/* The only place of the project that loads foreign code. [worker] */
#ifndef DETECT_LOADER_H
#define DETECT_LOADER_H

#include "crumb.h"
#include "err.h"
#include "orderflow/detector.h"

typedef const ofd_plugin *loader_entry_fn(uint32_t host_minor, uint32_t index);

/* Loads the file and finds its entry. Never unloaded: the process ends instead. NULL on failure. */
loader_entry_fn *loader_open(const char *path, struct crumb *crumb, struct err *err);
/* Its index-th detector; ERR_NOT_FOUND past the last. */
const ofd_plugin *loader_ask(loader_entry_fn *entry, uint32_t index, struct crumb *crumb,
                             struct err *err);

#endif
