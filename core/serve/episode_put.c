/* SPDX-License-Identifier: MIT */
#include "clock.h"
#include "decimal.h"
#include "episodes.h"
#include "jput.h"
#include "orderflow/detector.h"
#include "view.h"

#include <string.h>

static void put_field(struct jput *o, const struct stored_field *f)
{
    double x;
    if (!f->number || !decimal_parse_double(f->text, strlen(f->text), &x, NULL)) {
        jput_text(o, f->name, f->text);
    } else if (strlen(f->text) <= 10) {
        jput_raw(o, f->name, f->text, strlen(f->text));
    } else {
        jput_real(o, f->name, x);
    }
}

void episode_put(struct jput *o, const struct found_episode *f, int decimals, bool unknown,
                 const char *hist)
{
    const struct episode *e = &f->p.e;
    char causes[VIEW_CAUSES_MAX];
    bool ended = e->state == EPISODE_ENDED;
    jput_text(o, "ticker", f->ticker);
    jput_text(o, "id", e->id);
    jput_text(o, "type", e->kind);
    if (e->side != OFD_NO_SIDE) {
        jput_text(o, "side", e->side == OFD_BID ? "bid" : "ask");
    }
    jput_int(o, "dir", e->dir);
    jput_text(o, "state", ended ? "ended" : unknown ? "unknown" : "active");
    if (e->price != OFD_NO_PRICE) {
        jput_px(o, "price", e->price, decimals);
    }
    jput_int(o, "onset_ms", e->onset_ns / NS_PER_MS);
    jput_int(o, "last_ms", e->last_ns / NS_PER_MS);
    if (ended) {
        jput_int(o, "end_ms", e->end_ns / NS_PER_MS);
        jput_text(o, "end", end_reason_name(e->end_reason));
    }
    view_causes(e->quality, causes);
    if (causes[0] != '\0') {
        jput_text(o, "quality", causes);
    }
    if (hist != NULL) {
        jput_text(o, "hist", hist);
    }
    struct jput ev = jput_object(o, "evidence");
    for (int i = 0; i < f->p.n_fields; i++) {
        put_field(&ev, &f->p.fields[i]);
    }
    jput_close(&ev);
}
