/* SPDX-License-Identifier: MIT */
#include "detector_params.h"

#include "bind.h"
#include "decimal.h"
#include "orderflow/detector.h"

#include <string.h>

void detector_put_params(const struct settings *cfg, const struct declaration *d, struct buf *out)
{
    struct settings_errors ignored;
    ignored.n = 0;
    struct bound b;
    buf_puts(out, "\"params\":{");
    bool ok = bind_detector(cfg, d, "", &b, &ignored);
    for (uint32_t i = 0; ok && i < d->n_params; i++) {
        const struct declared *p = &d->params[i];
        char number[DECIMAL_MAX];
        buf_printf(out, "%s\"%s\":", i == 0 ? "" : ",", p->key);
        if (p->type == OFD_CHOICE) {
            const char *word = p->choices[(size_t)b.params[i]];
            buf_json(out, word, strlen(word));
        } else {
            size_t n = decimal_print_repr(number, b.params[i]);
            buf_add(out, number, p->type == OFD_INT && n > 2 ? n - 2 : n);
        }
    }
    buf_putc(out, '}');
}
