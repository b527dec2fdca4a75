/* SPDX-License-Identifier: MIT */
#include "golden_print.h"

#include <inttypes.h>
#include <string.h>

enum { MS_DIGITS = 6, PX_DIGITS = 9, CENTS = 2 };

/* value * 10^-digits, with at least `keep` decimals. */
static void print_fixed(FILE *out, int64_t value, int digits, int keep)
{
    char text[64];
    int n = snprintf(text, sizeof text, "%0*" PRId64, digits + 1, value < 0 ? -value : value);
    int drop = 0;
    while (drop < digits - keep && text[n - 1 - drop] == '0') {
        drop++;
    }
    (void)fprintf(out, "%s%.*s", value < 0 ? "-" : "", n - digits, text);
    if (drop < digits) {
        (void)fprintf(out, ".%.*s", digits - drop, text + n - digits);
    }
}

static void print_evidence(FILE *out, const ofd_field *f, const ofd_value *v)
{
    (void)fprintf(out, " %s=", f->key);
    switch (f->type) {
    case OFD_REAL:
        (void)fprintf(out, "%.12g", v->f);
        break;
    case OFD_PRICE:
        print_fixed(out, v->i, PX_DIGITS, CENTS);
        break;
    case OFD_CHOICE:
        (void)fprintf(out, "%s", f->choices[v->i]);
        break;
    default:
        (void)fprintf(out, "%" PRId64, v->i);
    }
}

static const char *side_name(int32_t side)
{
    return side == OFD_BID ? "bid" : side == OFD_ASK ? "ask" : "-";
}

static void print_head(FILE *out, int64_t ts_ns, const char *kind, int32_t side, int64_t price)
{
    (void)fprintf(out, "expect ");
    print_fixed(out, ts_ns, MS_DIGITS, 0);
    (void)fprintf(out, " %s %s ", kind, side_name(side));
    if (price == OFD_NO_PRICE) {
        (void)fprintf(out, "-");
    } else {
        print_fixed(out, price, PX_DIGITS, CENTS);
    }
}

void golden_print_found(FILE *out, const char *indent, const struct harness *h,
                        const struct harness_found *f)
{
    (void)fputs(indent, out);
    print_head(out, f->ts_ns, harness_kind(h, f->kind)->key, f->side, f->price);
    (void)fprintf(out, " %s%d value=%.12g", f->dir > 0 ? "+" : "", f->dir, f->value);
    for (uint32_t i = 0; i < f->n_ev; i++) {
        print_evidence(out, harness_field(h, f->ev[i].field), &f->ev[i]);
    }
    (void)fprintf(out, "\n");
}

void golden_print_expected(FILE *out, const char *indent, const struct golden_expect *e)
{
    (void)fputs(indent, out);
    print_head(out, e->ts_ns, e->kind, e->side, e->price);
    (void)fprintf(out, " %s%d", e->dir > 0 ? "+" : "", e->dir);
    for (size_t i = 0; i < e->n_checks; i++) {
        (void)fprintf(out, " %s=%s", e->checks[i].key, e->checks[i].text);
    }
    (void)fprintf(out, "\n");
}

static void print_side(FILE *out, int64_t px, double size)
{
    (void)fprintf(out, " ");
    print_fixed(out, px, PX_DIGITS, px == 0 ? 0 : CENTS);
    (void)fprintf(out, " %.17g", size);
}

void golden_print_row(FILE *out, const char *indent, const struct harness_row *row)
{
    (void)fputs(indent, out);
    print_fixed(out, row->ts_ns, MS_DIGITS, 0);
    print_side(out, row->bid_px, row->bid_sz);
    print_side(out, row->ask_px, row->ask_sz);
    (void)fprintf(out, "%s%s%s\n", (row->flags & OFD_ROW_GAP) != 0 ? " gap" : "",
                  (row->flags & OFD_ROW_WIDE) != 0 ? " wide" : "",
                  (row->flags & OFD_ROW_TIE) != 0 ? " tie" : "");
}

void golden_print_case(FILE *out, const char *indent, const struct golden_case *c, const char *name)
{
    (void)fprintf(out, "%scase %s\n", indent, name);
    for (size_t i = 0; i < c->n_sets; i++) {
        (void)fprintf(out, "%sset %s=%s\n", indent, c->sets[i].key, c->sets[i].text);
    }
    (void)fprintf(out, "%stick ", indent);
    print_fixed(out, c->px_tick, PX_DIGITS, 0);
    (void)fprintf(out, "\n");
    for (size_t i = 0; i < c->n_rows; i++) {
        golden_print_row(out, indent, &c->rows[i]);
    }
}
