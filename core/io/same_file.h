/* SPDX-License-Identifier: MIT */
/* Do two names mean one file? [any] Before something is written over what is still to be read. */
#ifndef IO_SAME_FILE_H
#define IO_SAME_FILE_H

#include <stdbool.h>

/* "-" stands for the descriptor beside it. Links are followed, so two names of one file are the
 * same; what is not there yet is known by its folder and name. A terminal or device such as
 * /dev/null is nobody's file: only "-" twice with one descriptor is the same there. */
bool same_file(const char *a, int a_fd, const char *b, int b_fd);

#endif
