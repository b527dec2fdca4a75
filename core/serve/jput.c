/* SPDX-License-Identifier: MIT */
#include "jput.h"

#include "decimal.h"

#include <inttypes.h>
#include <math.h>
#include <string.h>

static void begin(struct jput *p, const char *key)
{
    buf_puts(p->out, p->n++ > 0 ? "," : "");
    if (key != NULL) {
        buf_json(p->out, key, strlen(key));
        buf_putc(p->out, ':');
    }
}

static struct jput opened(struct jput *in, const char *key, char first, char close)
{
    begin(in, key);
    buf_putc(in->out, first);
    return (struct jput){ .out = in->out, .close = close };
}

struct jput jput_object(struct jput *in, const char *key)
{
    return opened(in, key, '{', '}');
}

struct jput jput_array(struct jput *in, const char *key)
{
    return opened(in, key, '[', ']');
}

void jput_close(struct jput *p)
{
    buf_putc(p->out, p->close);
}

void jput_text(struct jput *p, const char *key, const char *text)
{
    begin(p, key);
    buf_json(p->out, text, strlen(text));
}

void jput_int(struct jput *p, const char *key, int64_t x)
{
    begin(p, key);
    buf_printf(p->out, "%" PRId64, x);
}

void jput_bool(struct jput *p, const char *key, bool x)
{
    begin(p, key);
    buf_puts(p->out, x ? "true" : "false");
}

void jput_null(struct jput *p, const char *key)
{
    begin(p, key);
    buf_puts(p->out, "null");
}

void jput_real(struct jput *p, const char *key, double x)
{
    if (!isfinite(x)) {
        jput_null(p, key);
        return;
    }
    char text[DECIMAL_MAX];
    bool large = fabs(x) >= 1000 && fabs(x) < 1e15;
    begin(p, key);
    buf_add(p->out, text,
            large ? decimal_print_i64(text, llrint(x)) : decimal_print_digits(text, x, 4));
}

void jput_px(struct jput *p, const char *key, int64_t px, int decimals)
{
    char text[DECIMAL_MAX];
    (void)decimal_print_px(text, px, decimals);
    begin(p, key);
    buf_puts(p->out, text);
}

void jput_raw(struct jput *p, const char *key, const char *json, size_t n)
{
    begin(p, key);
    buf_add(p->out, json, n);
}
