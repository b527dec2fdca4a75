/* SPDX-License-Identifier: MIT */
#include "options.h"
#include "outputs.h"
#include "reel.h"
#include "tape_options.h"
#include "tape_write.h"
#include "whole_file.h"

#include <stdio.h>
#include <string.h>

static int run(int argc, char **argv, const char *argv0);

const struct command cmd_tape = {
    .name = "tape",
    .arguments = "[--seconds N] [--plant KIND=N,...] [--noise] [-o FILE.csv] [--truth FILE.json]",
    .summary = "made quotes with planted patterns of which all is known",
    .run = run,
};

static int usage(struct err *err)
{
    return usage_error("tape", err->text);
}

static int failed(const struct err *err)
{
    (void)fprintf(stderr, "orderflow tape: %s\n", err->text);
    return 1;
}

static int make(const struct synth_config *c, const char *out, const char *truth)
{
    struct err err = { 0 };
    struct synth *s = whole_file_check(truth, &err) ? synth_create(c, &err) : NULL;
    if (s == NULL) {
        return failed(&err);
    }
    bool ok =
        tape_write_synth(s, c, out, &err) && (truth == NULL || tape_write_truth(s, c, truth, &err));
    synth_destroy(s);
    return ok ? 0 : failed(&err);
}

/* The tape that says nothing: no queues, no memory. */
static int make_lognormal(const struct synth_config *c, const char *out)
{
    struct err err = { 0 };
    struct reel t = { 0 };
    size_t n = (size_t)(c->seconds * c->rate);
    bool ok = reel_noise(&t, n, c->seed, (double)c->mean_sz, (unsigned)c->rate, c->px, c->px_tick,
                         &err) &&
              tape_write_reel(&t, c->start_ms, out, &err);
    reel_fini(&t);
    return ok ? 0 : failed(&err);
}

static int run(int argc, char **argv, const char *argv0)
{
    static char long_out[] = "--out";
    struct common_options common = { 0 };
    bool noise = false, lognormal = false;
    const char *out = "-", *truth = NULL;
    struct tape_texts t = { .seconds = "3600",
                            .days = "1",
                            .rate = "10",
                            .seed = "1",
                            .tick = "0.01",
                            .price = "450",
                            .size = "3000",
                            .lot = "100",
                            .start = "2026-01-05T14:30:00Z" };
    const struct option_def defs[] = {
        { "out", "FILE", "-o: the quotes, as CSV (default: standard output)", &out, NULL },
        { "truth", "FILE", "what was planted, as JSON", &truth, NULL },
        { "plant", "LIST", "KIND=N an hour, ... (default: some of each; see README)", &t.plant,
          NULL },
        { "noise", NULL, "plant nothing", NULL, &noise },
        { "lognormal", NULL, "independent sizes, a random walk, and nothing planted", NULL,
          &lognormal },
        { "drift-effect", "LIST", "ticks=N,seconds=N,p=P: what absorption and stacking foretell",
          &t.effect, NULL },
        { "seconds", "N", "of a session (default 3600)", &t.seconds, NULL },
        { "days", "N", "sessions, a day apart (default 1)", &t.days, NULL },
        { "rate", "N", "orders a second, about (default 10)", &t.rate, NULL },
        { "seed", "N", "another seed, another tape (default 1)", &t.seed, NULL },
        { "tick", "PRICE", "price step (default 0.01)", &t.tick, NULL },
        { "price", "PRICE", "the first bid (default 450)", &t.price, NULL },
        { "size", "N", "a usual queue, shares (default 3000)", &t.size, NULL },
        { "lot", "N", "sizes are multiples of it (default 100)", &t.lot, NULL },
        { "start", "TIME", "ms since 1970, or UTC (default 2026-01-05T14:30:00Z)", &t.start, NULL },
    };
    (void)argv0;
    for (int i = 0; i < argc; i++) {
        argv[i] = strcmp(argv[i], "-o") == 0 ? long_out : argv[i];
    }
    int status = options_parse(&cmd_tape, defs, sizeof defs / sizeof *defs, &argc, argv, &common);
    if (status != -1) {
        return status;
    }
    struct err err = { 0 };
    struct synth_config c;
    if (argc != 0) {
        return usage_error("tape", "takes options alone");
    }
    if (!tape_options(&t, noise || lognormal, &c, &err)) {
        return usage(&err);
    }
    if ((noise || lognormal) && (t.plant != NULL || t.effect != NULL || truth != NULL)) {
        return usage_error("tape", "--noise and --lognormal plant nothing: no --plant, --truth or "
                                   "--drift-effect with them");
    }
    if (lognormal && c.days != 1) {
        return usage_error("tape", "--lognormal makes one session: no --days with it");
    }
    const struct file_use written[] = { { "--out", out }, { "--truth", truth } };
    if (!outputs_check(written, sizeof written / sizeof *written, NULL, 0, &err)) {
        return usage(&err);
    }
    return lognormal ? make_lognormal(&c, out) : make(&c, out, truth);
}
