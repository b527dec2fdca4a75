/* SPDX-License-Identifier: MIT */
#include "clock.h"
#include "demo_feed.h"
#include "mcp.h"
#include "options.h"
#include "starter.h"

#include <stdio.h>
#include <unistd.h>

static int run(int argc, char **argv, const char *argv0);

enum { READY_MS = 60000 };

const struct command cmd_mcp = {
    .name = "mcp",
    .arguments = "[--demo]",
    .summary = "MCP server on standard input and output: what an agent's client runs",
    .run = run,
};

static int serve(struct program *p)
{
    struct starter starter = { .program = p, .engine = { .life_fd = -1 } };
    struct mcp_config cfg = {
        .history_max_s = p->settings.results_ttl_quotes_s,
        .in_fd = STDIN_FILENO,
        .out_fd = STDOUT_FILENO,
    };
    struct err err = { 0 };
    if (!query_config_from(&starter, &cfg.query, &err)) {
        (void)fprintf(stderr, "orderflow mcp: %s\n", err.text);
        return 1;
    }
    int status = mcp_run(&cfg);
    starter_leave(&starter);
    return status;
}

static int serve_demo(struct program *p)
{
    struct err err = { 0 };
    struct demo_feed *feed = demo_feed_start(p, &err);
    if (feed == NULL || !demo_feed_ready(feed, READY_MS, &err)) {
        (void)fprintf(stderr, "orderflow mcp --demo: %s\n", err.text);
        demo_feed_stop(feed);
        return 1;
    }
    p->settings.engine_warmup_ms = READY_MS; /* the first answer is to be a whole one */
    int status = serve(p);
    demo_feed_stop(feed);
    return status;
}

static int run(int argc, char **argv, const char *argv0)
{
    struct common_options common = { 0 };
    bool demo = false;
    const struct option_def defs[] = {
        { "demo", NULL, "with a private redis-server and recorded quotes of BTCUSDT and ETHUSD",
          NULL, &demo },
    };
    int status = options_parse(&cmd_mcp, defs, 1, &argc, argv, &common);
    if (status != -1) {
        return status;
    }
    if (argc > 0) {
        return usage_error("mcp", "takes no arguments");
    }
    struct program p;
    if (!program_init(&p, "orderflow", argv0,
                      demo && common.config == NULL ? NO_CONFIG : common.config)) {
        return 1;
    }
    status = demo ? serve_demo(&p) : serve(&p);
    program_fini(&p);
    return status;
}
