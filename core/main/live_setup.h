/* SPDX-License-Identifier: MIT */
/* From the settings to a connection and key names. [engine, orderflow] */
#ifndef MAIN_LIVE_SETUP_H
#define MAIN_LIVE_SETUP_H

#include "keys.h"
#include "redis.h"
#include "settings.h"

/* [redis]: the parts, and the url over them. */
MUST_CHECK bool redis_config_from(const struct settings *s, struct redis_config *out,
                                  struct err *err);
void keys_from(const struct settings *s, struct keys *out);

#endif
