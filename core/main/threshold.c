/* SPDX-License-Identifier: MIT */
#include "threshold.h"

#include "bind.h"
#include "detector_params.h"
#include "hash64.h"

#include <inttypes.h>
#include <stdio.h>

enum { TEXT_MAX_BYTES = 1 << 16 };

void threshold_id(const struct settings *cfg, const struct detector *d, const char *ticker,
                  char out[THRESHOLD_MAX])
{
    struct bound b;
    struct buf text;
    struct settings_errors ignored;
    ignored.n = 0;
    out[0] = '\0';
    if (!d->named || !bind_detector(cfg, &d->decl, ticker, &b, &ignored)) {
        return;
    }
    buf_init(&text, TEXT_MAX_BYTES);
    buf_printf(&text, "%s %s %" PRId64 " %" PRId64 " %" PRId64 " %" PRId64 " %" PRId64 " ",
               d->decl.id, d->sha256, b.rules.min_hold_ns, b.rules.exit_hold_ns, b.rules.merge_ns,
               b.rules.cooldown_ns, b.rules.merge_ticks);
    detector_put_params_of(cfg, &d->decl, ticker, &text);
    if (!text.failed) {
        (void)snprintf(out, THRESHOLD_MAX, "%016" PRIx64, hash64(text.data, text.len));
    }
    buf_fini(&text);
}
