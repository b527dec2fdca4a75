/* SPDX-License-Identifier: MIT */
#include "clock.h"
#include "demo_feed.h"
#include "options.h"
#include "starter.h"

#include <stdio.h>
#include <string.h>

static int run(int argc, char **argv, const char *argv0);

const struct command cmd_demo = {
    .name = "demo",
    .arguments = "[TICKER]",
    .summary = "a private redis-server, recorded quotes, the engine, and the answer on screen",
    .run = run,
};

enum { READY_MS = 60000, WARMUP_MS = 60000, TEXT_MAX_BYTES = 64 << 20 };

static bool answer_once(const struct program *p, struct starter *starter, const char *ticker,
                        struct err *err)
{
    struct query_config qc;
    struct answer answer = { 0 };
    struct buf out;
    if (!query_config_from(starter, &qc, err)) {
        return false;
    }
    (void)p;
    qc.warmup_ms = WARMUP_MS;
    struct query *q = query_create(&qc);
    bool ok = q != NULL || err_set(err, ERR_MEMORY, "out of memory");
    ok = ok && query_answer(q, ticker, 300 * NS_PER_S, ANSWER_PATTERNS_MAX, &answer, err);
    buf_init(&out, TEXT_MAX_BYTES);
    if (ok && answer.found) {
        answer_xml(&answer, &out);
        ok = !out.failed && print_out(out.data, out.len);
    } else if (ok) {
        ok = err_set(err, ERR_NOT_FOUND, "no quotes of %s; the samples are BTCUSDT and ETHUSD",
                     ticker);
    }
    buf_fini(&out);
    answer_fini(&answer);
    query_destroy(q);
    return ok;
}

static bool demo(struct program *p, const char *ticker, struct err *err)
{
    struct starter starter = { .program = p, .engine = { .life_fd = -1 } };
    (void)fprintf(stderr, "demo: a private redis-server, recorded quotes of BTCUSDT and ETHUSD, "
                          "the engine and its detectors\n");
    struct demo_feed *feed = demo_feed_start(p, err);
    bool ok = feed != NULL && demo_feed_ready(feed, READY_MS, err) &&
              answer_once(p, &starter, ticker, err);
    starter_stop(&starter);
    demo_feed_stop(feed);
    return ok;
}

static int run(int argc, char **argv, const char *argv0)
{
    struct common_options common = { 0 };
    struct program p;
    struct err err = { 0 };
    int status = options_parse(&cmd_demo, NULL, 0, &argc, argv, &common);
    if (status != -1) {
        return status;
    }
    if (argc > 1) {
        return usage_error("demo", "takes one ticker at most");
    }
    if (!program_init(&p, "orderflow", argv0, common.config != NULL ? common.config : NO_CONFIG)) {
        return 1;
    }
    bool ok = demo(&p, argc == 1 ? argv[0] : DEMO_TICKER, &err);
    if (!ok) {
        (void)fprintf(stderr, "orderflow demo: %s\n", err.text);
    } else {
        (void)fprintf(stderr, "demo: the same for your agent: %s/bin/orderflow mcp --demo\n",
                      p.paths.prefix);
    }
    program_fini(&p);
    return ok ? 0 : 1;
}
