/* SPDX-License-Identifier: MIT */
/* Runs of the offline engine under thresholds that are being tried. */
#include "calibrate.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { TEXT_MAX_BYTES = 1 << 22 };

static bool is_tuned(const struct calibrate *c, const char *detector)
{
    for (int i = 0; i < TUNED; i++) {
        if (strcmp(c->tuned[i].detector, detector) == 0) {
            return true;
        }
    }
    return false;
}

/* What the user says for a tuned detector, but for what is tried; other detectors are off. */
static void put_detectors(const struct calibrate *c, struct buf *out)
{
    const struct settings *s = &c->program->settings;
    for (size_t i = 0; i < c->listing.n; i++) {
        const struct listed *l = &c->listing.items[i];
        if (l->ok && !is_tuned(c, l->decl.id)) {
            buf_printf(out, "[detector:%s]\nenabled = false\n", l->decl.id);
        }
    }
    for (int i = 0; i < TUNED; i++) {
        const struct tuned *d = &c->tuned[i];
        buf_printf(out, "[detector:%s]\nenabled = true\nmode = %s\n", d->detector,
                   c->o.flow ? "flow" : "quantile");
        for (size_t k = 0; k < s->n_detector_items; k++) {
            const struct setting *item = &s->detector_items[k];
            bool own = strcmp(item->section_id, d->detector) == 0 && item->ticker[0] == '\0';
            if (own && strcmp(item->key, "mode") != 0 && strcmp(item->key, "enabled") != 0) {
                buf_printf(out, "%s = %s\n", item->key, item->value);
            }
        }
    }
}

static void put_tickers(const struct settings *s, struct buf *out)
{
    for (size_t i = 0; i < s->n_ticker_items; i++) {
        const struct setting *item = &s->ticker_items[i];
        if (i == 0 || strcmp(item[-1].ticker, item->ticker) != 0) {
            buf_printf(out, "[ticker%s%s]\n", item->ticker[0] != '\0' ? ":" : "", item->ticker);
        }
        buf_printf(out, "%s = %s\n", item->key, item->value);
    }
}

static bool write_text(const char *path, const struct buf *text, struct err *err)
{
    FILE *out = !text->failed ? fopen(path, "w") : NULL;
    bool ok = out != NULL && fwrite(text->data, 1, text->len, out) == text->len;
    ok = (out == NULL || fclose(out) == 0) && ok;
    return ok || err_sys(err, "%s", path);
}

/* Writes settings and thresholds of a try into c->dir. */
static bool write_try(const struct calibrate *c, const struct calibrate_ticker *t,
                      const double *value, char config[PATH_BYTES], struct err *err)
{
    char thresholds[PATH_BYTES];
    struct buf text;
    const struct written w = { .ticker = t->name, .value = value, .sessions = 1 };
    (void)snprintf(config, PATH_BYTES, "%s/orderflow.ini", c->dir.path);
    (void)snprintf(thresholds, sizeof thresholds, "%s/thresholds.ini", c->dir.path);
    buf_init(&text, TEXT_MAX_BYTES);
    calibrate_write(c, &w, 1, &text);
    bool ok = write_text(thresholds, &text, err);
    buf_clear(&text);
    buf_printf(&text, "[plugins]\ndir = %s\nthresholds = %s\n[log]\nlevel = error\n",
               c->program->paths.plugins, thresholds);
    put_tickers(&c->program->settings, &text);
    put_detectors(c, &text);
    ok = ok && write_text(config, &text, err);
    buf_fini(&text);
    return ok;
}

static bool start(struct calibrate *c, const struct calibrate_ticker *t, const double *value,
                  struct program *p, struct backtest *b, struct told_ticker *out, struct err *err)
{
    *p = *c->program; /* borrows its texts */
    *b = (struct backtest){ .program = p, .o = c->o.run };
    b->o.quiet = true;
    *out = (struct told_ticker){ .name = t->name, .files = t->files, .n_files = t->n_files };
    return value == NULL || write_try(c, t, value, p->settings.path, err);
}

bool calibrate_run(struct calibrate *c, const struct calibrate_ticker *t, const double *value,
                   struct told_ticker *out, struct err *err)
{
    struct program *p = malloc(sizeof *p);
    struct backtest b;
    bool ok = p != NULL ? start(c, t, value, p, &b, out, err) && backtest_take(&b, out, false, err)
                        : err_set(err, ERR_MEMORY, "out of memory");
    free(p);
    return ok;
}

bool calibrate_null(struct calibrate *c, const struct calibrate_ticker *t, const double *value,
                    struct told_ticker *out, struct err *err)
{
    struct program *p = malloc(sizeof *p);
    struct backtest b;
    bool ok = p != NULL ? start(c, t, value, p, &b, out, err) && backtest_take(&b, out, false, err)
                        : err_set(err, ERR_MEMORY, "out of memory");
    if (ok && t->first_day > 0) {
        out->files = &t->files[t->n_files - 1]; /* the first is in another unit */
        out->n_files = 1;
    }
    ok = ok && (c->o.run.no_null || backtest_null(&b, out, err));
    free(p);
    return ok;
}
