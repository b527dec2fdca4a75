/* SPDX-License-Identifier: MIT */
/* One function per check, as checks.def names them. [orderflow-check] */
#ifndef CHECK_CHECKS_H
#define CHECK_CHECKS_H

#include "probe.h"

#define ITEM(number, function, name, group, title, doc, cure) check_fn check_##function;
#include "checks.def"
#undef ITEM

/* The check's code. */
check_fn *check_function(const struct check_info *info);

/* Runs the check `info` and reports; or prints a digest of what the plugin says. The exit status.
 */
int check_run(struct probe *p);

/* Prints how many detectors the file has, what the index-th is called, and why parameters or window
 * do not fit it (CHECK_TELL_*). The exit status. */
int check_count(struct probe *p);

/* True, and a skip was reported, where a sanitizer of ours is in the way of a measurement. */
bool check_sanitized(struct probe *p);

#endif
