/* SPDX-License-Identifier: MIT */
/* The settings of a journal, in force again. [engine] */
#ifndef MAIN_ASOF_SETTINGS_H
#define MAIN_ASOF_SETTINGS_H

#include "journal.h"
#include "settings.h"

/* settings_fini() *out unless false. */
MUST_CHECK bool asof_settings(const struct record_config *c, struct settings *out, struct err *err);

#endif
