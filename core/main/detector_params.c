/* SPDX-License-Identifier: MIT */
#include "detector_params.h"

#include "bind.h"
#include "decimal.h"
#include "orderflow/detector.h"

#include <string.h>

static void put_number(const struct declared *p, double x, struct buf *out)
{
    char number[DECIMAL_MAX];
    size_t n = decimal_print_repr(number, x);
    buf_add(out, number, p->type == OFD_INT && n > 2 ? n - 2 : n);
}

static bool values(const struct settings *cfg, const struct declaration *d, const char *ticker,
                   struct bound *out)
{
    struct settings_errors ignored;
    ignored.n = 0;
    return bind_detector(cfg, d, ticker, out, &ignored);
}

void detector_put_params(const struct settings *cfg, const struct declaration *d, struct buf *out)
{
    detector_put_params_of(cfg, d, "", out);
}

void detector_put_params_of(const struct settings *cfg, const struct declaration *d,
                            const char *ticker, struct buf *out)
{
    struct bound b;
    bool ok = values(cfg, d, ticker, &b);
    buf_puts(out, "\"params\":{");
    for (uint32_t i = 0; ok && i < d->n_params; i++) {
        const struct declared *p = &d->params[i];
        buf_printf(out, "%s\"%s\":", i == 0 ? "" : ",", p->key);
        if (p->type == OFD_CHOICE) {
            const char *word = p->choices[(size_t)b.params[i]];
            buf_json(out, word, strlen(word));
        } else {
            put_number(p, b.params[i], out);
        }
    }
    buf_putc(out, '}');
}

void detector_print_params(const struct settings *cfg, const struct declaration *d, struct buf *out)
{
    struct bound b;
    if (!values(cfg, d, "", &b)) {
        return;
    }
    if (!b.enabled) {
        buf_puts(out, "    enabled = false\n");
    }
    for (uint32_t i = 0; i < d->n_params; i++) {
        const struct declared *p = &d->params[i];
        buf_printf(out, "    %s = ", p->key);
        if (p->type == OFD_CHOICE) {
            buf_puts(out, p->choices[(size_t)b.params[i]]);
        } else {
            put_number(p, b.params[i], out);
        }
        buf_putc(out, '\n');
    }
}
