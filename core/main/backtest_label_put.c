/* SPDX-License-Identifier: MIT */
#include "backtest_label.h"
#include "backtest_put.h"

#include <math.h>
#include <stdlib.h>

static void put_part(struct buf *out, double x)
{
    if (isnan(x)) {
        buf_puts(out, "      -");
    } else {
        buf_printf(out, "  %5.3f", x);
    }
}

void labels_text(const struct labels *l, struct buf *out)
{
    buf_printf(out,
               "planted: %zu, incidental %zu; an episode counts within %d ms and %d tick of it\n"
               " detector        type            side  planted found recall episodes precision"
               " incidental again wrong delay_s\n",
               l->planted, l->incidental, LABEL_TOLERANCE_MS, LABEL_TOLERANCE_TICKS);
    for (size_t i = 0; i < l->n; i++) {
        const struct label_row *r = &l->rows[i];
        const struct truth_score *s = &r->score;
        buf_printf(out, " %-15s %-15s %-5s %7zu %5zu", r->detector[0] != '\0' ? r->detector : "-",
                   r->kind, r->side, s->asked, s->found);
        put_part(out, truth_recall(s));
        buf_printf(out, " %8zu  ", s->episodes);
        put_part(out, truth_precision(s));
        buf_printf(out, " %10zu %5zu %5zu", s->incidental, s->again, s->wrong);
        if (isnan(r->delay_s)) {
            buf_puts(out, "       -\n");
        } else {
            buf_printf(out, " %7.2f\n", r->delay_s);
        }
    }
    buf_printf(out, " of types of which nothing was planted: %zu episodes\n\n", l->unplanted);
}

void labels_json(const struct labels *l, struct jput *in)
{
    struct jput o = jput_object(in, "truth");
    jput_int(&o, "planted", (int64_t)l->planted);
    jput_int(&o, "incidental", (int64_t)l->incidental);
    jput_int(&o, "unplanted_episodes", (int64_t)l->unplanted);
    jput_int(&o, "tolerance_ms", LABEL_TOLERANCE_MS);
    jput_int(&o, "tolerance_ticks", LABEL_TOLERANCE_TICKS);
    struct jput rows = jput_array(&o, "rows");
    for (size_t i = 0; i < l->n; i++) {
        const struct label_row *r = &l->rows[i];
        struct jput x = jput_object(&rows, NULL);
        jput_text(&x, "detector", r->detector);
        jput_text(&x, "kind", r->kind);
        jput_text(&x, "side", r->side);
        jput_int(&x, "planted", (int64_t)r->score.asked);
        jput_int(&x, "found", (int64_t)r->score.found);
        jput_int(&x, "episodes", (int64_t)r->score.episodes);
        jput_int(&x, "incidental", (int64_t)r->score.incidental);
        jput_int(&x, "again", (int64_t)r->score.again);
        jput_int(&x, "wrong", (int64_t)r->score.wrong);
        jput_real(&x, "recall", truth_recall(&r->score));
        jput_real(&x, "precision", truth_precision(&r->score));
        jput_real(&x, "delay_s", r->delay_s);
        jput_close(&x);
    }
    jput_close(&rows);
    jput_close(&o);
}

void labels_fini(struct labels *l)
{
    free(l->rows);
    truth_file_fini(&l->truth);
    *l = (struct labels){ .n = 0 };
}
