/* SPDX-License-Identifier: MIT */
#include "pen.h"

#include "clock.h"
#include "decimal.h"

#include <math.h>

enum { SIZE_DIGITS = 10 };
#define WHOLE_MAX 1e15 /* from here on printf() writes them */

static void begin_attr(const struct pen *p, const char *name)
{
    buf_putc(p->out, ' ');
    buf_puts(p->out, name);
    buf_puts(p->out, "=\"");
}

/* A text that needs no escapes. */
static void put_attr(const struct pen *p, const char *name, const char *text)
{
    begin_attr(p, name);
    buf_puts(p->out, text);
    buf_putc(p->out, '"');
}

static void put_child(const struct pen *p, const char *name, const char *text)
{
    buf_puts(p->out, "      <");
    buf_puts(p->out, name);
    buf_putc(p->out, '>');
    buf_puts(p->out, text);
    buf_puts(p->out, "</");
    buf_puts(p->out, name);
    buf_puts(p->out, ">\n");
}

void pen_attr(const struct pen *p, const char *name, const char *text)
{
    begin_attr(p, name);
    buf_xml(p->out, text);
    buf_putc(p->out, '"');
}

void pen_attr_px(const struct pen *p, const char *name, int64_t px)
{
    char text[DECIMAL_MAX];
    (void)decimal_print_px(text, px, p->decimals);
    put_attr(p, name, text);
}

void pen_attr_time(const struct pen *p, const char *name, int64_t ts_ns)
{
    char text[CLOCK_ISO_MAX];
    (void)clock_print_iso(text, ts_ns);
    put_attr(p, name, text);
}

void pen_attr_size(const struct pen *p, const char *name, double sz)
{
    char text[DECIMAL_MAX];
    (void)decimal_print_digits(text, sz, SIZE_DIGITS);
    put_attr(p, name, text);
}

void pen_attr_int(const struct pen *p, const char *name, int64_t x)
{
    char text[DECIMAL_MAX];
    (void)decimal_print_i64(text, x);
    put_attr(p, name, text);
}

void pen_real(const struct pen *p, double x)
{
    char text[DECIMAL_MAX];
    if (fabs(x) < 1000) {
        buf_add(p->out, text, decimal_print_digits(text, x, 4));
    } else if (fabs(x) < WHOLE_MAX) {
        buf_add(p->out, text, decimal_print_i64(text, llrint(x)));
    } else {
        buf_printf(p->out, "%.0f", x);
    }
}

void pen_attr_real(const struct pen *p, const char *name, double x)
{
    if (isfinite(x)) {
        begin_attr(p, name);
        pen_real(p, x);
        buf_putc(p->out, '"');
    }
}

void pen_child_px(const struct pen *p, const char *name, int64_t px)
{
    if (px != METRIC_PX_NONE) {
        char text[DECIMAL_MAX];
        (void)decimal_print_px(text, px, p->decimals);
        put_child(p, name, text);
    }
}

void pen_child_int(const struct pen *p, const char *name, int64_t x)
{
    char text[DECIMAL_MAX];
    (void)decimal_print_i64(text, x);
    put_child(p, name, text);
}

void pen_child_size(const struct pen *p, const char *name, double sz)
{
    if (isfinite(sz)) {
        char text[DECIMAL_MAX];
        (void)decimal_print_digits(text, sz, SIZE_DIGITS);
        put_child(p, name, text);
    }
}

void pen_child_label(const struct pen *p, const char *name, enum metric_label label)
{
    static const char *const texts[] = { "", "STABLE", "INCREASING", "DECREASING" };
    if (label != LABEL_NONE) {
        put_child(p, name, texts[label]);
    }
}
