/* SPDX-License-Identifier: MIT */
/* From the settings to what keeps plugins in. [engine, orderflow] */
#ifndef MAIN_FENCE_SETUP_H
#define MAIN_FENCE_SETUP_H

#include "fence.h"
#include "settings.h"

/* An unknown [plugins] user is an error, for root alone: others stay who they are. */
MUST_CHECK bool fence_from(const struct settings *s, struct fence_config *out, struct err *err);

/* Closes our memory to plugins that run under our own uid; as a side effect there are no core
 * files, and debuggers of this process need root. Nothing where the system has no such thing. */
void fence_hide_self(void);

#endif
