/* SPDX-License-Identifier: MIT */
/* A detector's settings: the INI's text checked against the declaration. [any] Pure. */
#ifndef MARKET_BIND_H
#define MARKET_BIND_H

#include "episode.h"
#include "pattern.h"
#include "settings.h"

struct bound {
    bool enabled;
    struct episode_rules rules;
    double params[PARAMS_MAX];
    bool calibrated; /* thresholds of settings.thr are among them */
};

/* Values for one ticker ("" = the plain section): defaults of the declaration, then [detector:ID],
 * then what was calibrated for the ticker, then [detector:ID@TICKER]. A section of thresholds says
 * for which `mode` it was made and from how many `sessions`. It counts if the settings say that
 * mode, or hybrid and it is of quantile mode, from two sessions at least. */
MUST_CHECK bool bind_detector(const struct settings *s, const struct declaration *d,
                              const char *ticker, struct bound *out,
                              struct settings_errors *errors);

/* Every [detector:...] section of the file against all declarations: unknown ids and keys (with the
 * nearest), bad values, ranges. absent_ok: an id that is near no known one is that of a plugin
 * which is not there, and no error. False if anything is wrong. */
MUST_CHECK bool bind_check_all(const struct settings *s, const struct declaration *const *decls,
                               size_t n, bool absent_ok, struct settings_errors *errors);

/* The sections of this detector alone: what must be right for it to run. */
MUST_CHECK bool bind_check_own(const struct settings *s, const struct declaration *d,
                               struct settings_errors *errors);

/* The commented [detector:ID] section with every key at its default. */
void bind_print_defaults(const struct declaration *d, struct buf *out);

#endif
