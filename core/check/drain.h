/* SPDX-License-Identifier: MIT */
/* What a checked process prints. [orderflow] */
#ifndef CHECK_DRAIN_H
#define CHECK_DRAIN_H

#include "buf.h"

/* Reads what there is on a descriptor that does not block; of it and what `to` had, the last
 * RUN_OUTPUT_MAX bytes stay. True at the end of the stream. */
bool drain(int fd, struct buf *to);

#endif
