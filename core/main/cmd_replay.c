/* SPDX-License-Identifier: MIT */
#include "cli.h"
#include "decimal.h"
#include "live_setup.h"
#include "options.h"
#include "quote.h"
#include "quote_files.h"
#include "replay.h"

#include <signal.h>
#include <stdio.h>
#include <string.h>

static int run(int argc, char **argv, const char *argv0);

const struct command cmd_replay = {
    .name = "replay",
    .arguments = "FILE... [--ticker T] [--to zset|firehose] [--speed X|max] [--loop] [--keep-ties]",
    .summary = "recorded quotes into Redis, as the broker writes them",
    .run = run,
};

static atomic_bool stopped;

static void on_signal(int number)
{
    (void)number;
    atomic_store(&stopped, true);
}

static void catch_signals(void)
{
    struct sigaction act = { .sa_handler = on_signal };
    (void)sigemptyset(&act.sa_mask);
    (void)sigaction(SIGTERM, &act, NULL);
    (void)sigaction(SIGINT, &act, NULL);
}

static int play(const struct program *p, struct replay_config *rc, const char *to, char **files,
                int n)
{
    struct err err = { 0 };
    struct redis_config redis_cfg;
    struct redis *redis = NULL;
    struct replay *replay = NULL;
    rc->ttl_s = p->settings.results_ttl_quotes_s;
    keys_from(&p->settings, &rc->keys);
    char firehose[KEY_MAX];
    key_firehose(&rc->keys, firehose, p->settings.feed_firehose);
    to = to != NULL ? to : p->settings.feed_source;
    rc->firehose = strcmp(to, "firehose") == 0 ? firehose : NULL;
    rc->firehose_entries = p->settings.feed_firehose_entries;
    bool ok = redis_config_from(&p->settings, &redis_cfg, &err);
    if (ok) {
        redis = redis_create(&redis_cfg);
        ok = redis != NULL || err_set(&err, ERR_MEMORY, "out of memory");
    }
    if (ok) {
        redis_set_cancel(redis, &stopped);
        replay = replay_create(rc, (const char *const *)files, (size_t)n, redis, &err);
        ok = replay != NULL && (replay_run(replay, &stopped, &err) || atomic_load(&stopped));
    }
    if (!ok) {
        (void)fprintf(stderr, "orderflow replay: %s\n", err.text);
    } else if (!rc->quiet) {
        struct replay_state state = replay_state(replay);
        (void)fprintf(stderr, "%s: %llu quotes written\n", state.tickers,
                      (unsigned long long)state.written);
    }
    replay_destroy(replay);
    redis_destroy(redis);
    rc->firehose = NULL;
    return ok ? 0 : 1;
}

static bool parse_speed(const char *text, double *out)
{
    if (strcmp(text, "max") == 0) {
        *out = 0;
        return true;
    }
    return decimal_parse_double(text, strlen(text), out, NULL) && *out > 0 && *out <= 1e6;
}

static int run(int argc, char **argv, const char *argv0)
{
    struct common_options common = { 0 };
    struct replay_config rc = { 0 };
    struct quote_files q = { .dry_run = false };
    struct err err = { 0 };
    const char *speed = "1", *to = NULL;
    const struct option_def defs[] = {
        { "ticker", "T",
          "this one's quotes, or this name for them (default: from the file or its name)",
          &q.from.ticker, NULL },
        { "to", "zset|firehose",
          "a sorted set per ticker, with PUBLISH, or the one stream (default: [feed] source)", &to,
          NULL },
        { "speed", "X|max", "times the recorded pace; max: all at once (default 1)", &speed, NULL },
        { "loop", NULL, "again and again; from the second pass on at most at pace 1", NULL,
          &rc.loop },
        QUOTE_FILES_OPTIONS(q),
        { "quiet", NULL, "no progress bar", NULL, &rc.quiet },
    };
    int status = options_parse(&cmd_replay, defs, sizeof defs / sizeof *defs, &argc, argv, &common);
    if (status != -1) {
        return status;
    }
    if (argc < 1) {
        return usage_error("replay", "say at least one FILE");
    }
    if (!parse_speed(speed, &rc.speed)) {
        return usage_error("replay", "--speed is a number above 0, or max");
    }
    if (to != NULL && strcmp(to, "zset") != 0 && strcmp(to, "firehose") != 0) {
        return usage_error("replay", "--to is zset or firehose");
    }
    if (q.from.ticker != NULL && (argc > 1 || !ticker_valid(q.from.ticker))) {
        return usage_error("replay", "--ticker is one ticker of 1 to 32 characters of A-Z a-z 0-9 "
                                     ". _ - / ^ =, for one file");
    }
    if (!quote_files_check(&q, &err)) {
        return usage_error("replay", err.text);
    }
    if (q.dry_run) {
        return quote_files_describe(&q, "replay", (const char *const *)argv, (size_t)argc);
    }
    rc.from = q.from;
    struct program p;
    if (!program_init(&p, "orderflow", argv0, common.config)) {
        return 1;
    }
    catch_signals();
    status = play(&p, &rc, to, argv, argc);
    program_fini(&p);
    return status;
}
