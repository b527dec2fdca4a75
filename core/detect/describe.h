/* SPDX-License-Identifier: MIT */
/* A plugin's static tables -> our own declaration, checked. Reads memory that the plugin vouches
 * for: the caller sets the breadcrumb first. [worker] */
#ifndef DETECT_DESCRIBE_H
#define DETECT_DESCRIBE_H

#include "orderflow/detector.h"
#include "pattern.h"

/* OFD_COL_* that this host delivers. */
enum { HOST_COLUMNS = 0 };

/* Refuses sizes, strides and tables that are not of ABI 1, columns that this host does not have,
 * and all that declaration_from_json() refuses. *json_out: malloc'ed, its canonical JSON. */
MUST_CHECK bool describe(const ofd_plugin *plugin, struct declaration *out, char **json_out,
                         struct err *err);

#endif
