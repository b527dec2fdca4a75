/* SPDX-License-Identifier: MIT */
/* The only place of the project that loads foreign code. [worker] */
#ifndef DETECT_LOADER_H
#define DETECT_LOADER_H

#include "crumb.h"
#include "err.h"
#include "orderflow/detector.h"

/* Loads the file and returns its index-th detector; ERR_NOT_FOUND past the last. Never unloaded:
 * the process ends instead. */
const ofd_plugin *loader_open(const char *path, uint32_t index, struct crumb *crumb,
                              struct err *err);

#endif
