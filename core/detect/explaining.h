/* SPDX-License-Identifier: MIT */
/* A detector is asked why it fires, or why not. [worker] */
#ifndef DETECT_EXPLAINING_H
#define DETECT_EXPLAINING_H

#include "emit.h"

/* Calls the plugin's explain() and sends what it says as FRAME_CONDITION. Returns its answer, or
 * JOB_NO_EXPLAIN when it has none. *refused_out: conditions that were none. */
int32_t explaining(const ofd_plugin *plugin, void *self, const ofd_tick *tick, struct emit *e,
                   uint64_t job_id, uint32_t *refused_out);

#endif
