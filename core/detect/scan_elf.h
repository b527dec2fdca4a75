/* SPDX-License-Identifier: MIT */
/* What the bytes of a file tell before any of its code runs. [engine] */
#ifndef DETECT_SCAN_ELF_H
#define DETECT_SCAN_ELF_H

#include "err.h"

/* True when so_path is a shared object for the machine that worker_path is built for and exports
 * ofd_entry_v1. Else the reason: not a regular file, not ELF, truncated, another architecture, not
 * a plugin, built for another major of the ABI. Where programs are not ELF it only looks whether
 * the file is regular. */
MUST_CHECK bool scan_elf(const char *so_path, const char *worker_path, struct err *err);

#endif
