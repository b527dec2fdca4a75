/* SPDX-License-Identifier: MIT */
#include "pen.h"

#include "clock.h"
#include "decimal.h"

#include <inttypes.h>
#include <math.h>

void pen_attr(const struct pen *p, const char *name, const char *text)
{
    buf_printf(p->out, " %s=\"", name);
    buf_xml(p->out, text);
    buf_putc(p->out, '"');
}

void pen_attr_px(const struct pen *p, const char *name, int64_t px)
{
    char text[DECIMAL_MAX];
    (void)decimal_print_px(text, px, p->decimals);
    buf_printf(p->out, " %s=\"%s\"", name, text);
}

void pen_attr_time(const struct pen *p, const char *name, int64_t ts_ns)
{
    char text[CLOCK_ISO_MAX];
    (void)clock_print_iso(text, ts_ns);
    buf_printf(p->out, " %s=\"%s\"", name, text);
}

void pen_real(const struct pen *p, double x)
{
    buf_printf(p->out, fabs(x) >= 1000 ? "%.0f" : "%.4g", x);
}

void pen_attr_real(const struct pen *p, const char *name, double x)
{
    if (isfinite(x)) {
        buf_printf(p->out, " %s=\"", name);
        pen_real(p, x);
        buf_putc(p->out, '"');
    }
}

void pen_child_px(const struct pen *p, const char *name, int64_t px)
{
    if (px != METRIC_PX_NONE) {
        char text[DECIMAL_MAX];
        (void)decimal_print_px(text, px, p->decimals);
        buf_printf(p->out, "      <%s>%s</%s>\n", name, text, name);
    }
}

void pen_child_int(const struct pen *p, const char *name, int64_t x)
{
    buf_printf(p->out, "      <%s>%" PRId64 "</%s>\n", name, x, name);
}

void pen_child_size(const struct pen *p, const char *name, double sz)
{
    if (isfinite(sz)) {
        buf_printf(p->out, "      <%s>%.10g</%s>\n", name, sz, name);
    }
}

void pen_child_label(const struct pen *p, const char *name, enum metric_label label)
{
    static const char *const texts[] = { "", "STABLE", "INCREASING", "DECREASING" };
    if (label != LABEL_NONE) {
        buf_printf(p->out, "      <%s>%s</%s>\n", name, texts[label], name);
    }
}
