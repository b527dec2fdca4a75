/* SPDX-License-Identifier: MIT */
/* Any bytes as the input of the MCP server: line reader, JSON, dispatcher, worker threads (Redis is
 * away), subscriptions, batches. What it says must be JSON-RPC, one message on a line, and the next
 * good request must be answered. */
#include "json.h"
#include "line.h"
#include "session.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

int LLVMFuzzerInitialize(int *argc, char ***argv);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define PING "\n{\"jsonrpc\":\"2.0\",\"id\":\"fuzz-end\",\"method\":\"ping\"}\n"
#define PONG "{\"jsonrpc\":\"2.0\",\"id\":\"fuzz-end\",\"result\":{}}"
#define FORGET                                                                               \
    "{\"jsonrpc\":\"2.0\",\"method\":\"notifications/cancelled\",\"params\":{\"requestId\":" \
    "\"fuzz-end\"}}\n"

enum { PATIENCE_MS = 20000, SAID_MAX = 1 << 28 };

static struct mcp_config cfg;
static struct outbox out;
static struct shared shared;
static struct calls *calls;
static struct subs *subs;
static FILE *input, *said; /* files, so that nothing ever blocks */
static int never[2];

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
    (void)argc;
    (void)argv;
    (void)snprintf(cfg.query.redis.unix_path, sizeof cfg.query.redis.unix_path, "/nonexistent");
    cfg.query.redis.timeout_ms = 100;
    cfg.history_max_s = 3600;
    input = tmpfile();
    said = tmpfile();
    if (input == NULL || said == NULL || pipe(never) != 0 ||
        !outbox_init(&out, fileno(said), never[1], NULL) || !shared_init(&shared, NULL)) {
        abort();
    }
    calls = calls_create(&cfg, &out);
    subs = calls != NULL ? subs_create(calls_query_config(calls), &out) : NULL;
    if (subs == NULL) {
        abort();
    }
    return 0;
}

static void put_input(const uint8_t *data, size_t size)
{
    int fd = fileno(input);
    if (ftruncate(fd, 0) != 0 || lseek(fd, 0, SEEK_SET) != 0 ||
        write(fd, FORGET, strlen(FORGET)) != (ssize_t)strlen(FORGET) ||
        write(fd, data, size) != (ssize_t)size ||
        write(fd, PING, strlen(PING)) != (ssize_t)strlen(PING) || lseek(fd, 0, SEEK_SET) != 0) {
        abort();
    }
}

static void serve(void)
{
    struct session s;
    session_init(&s, &out, calls, subs, &shared);
    struct line_reader lines;
    line_init(&lines, fileno(input), never[0]);
    for (enum line got = LINE_OK; got == LINE_OK || got == LINE_TOO_LONG;) {
        const char *text;
        size_t n;
        got = line_next(&lines, &text, &n);
        if (got == LINE_OK) {
            session_line(&s, text, n);
        } else if (got == LINE_TOO_LONG) {
            session_line_too_long(&s);
        }
    }
    line_fini(&lines);
    if (!calls_wait(calls, PATIENCE_MS) || !outbox_wait(&out, 0, PATIENCE_MS)) {
        (void)fprintf(stderr, "a call does not end\n");
        abort();
    }
    session_fini(&s);
}

static void check_line(const char *line, size_t n, int *pongs)
{
    struct json j = { 0 };
    if (json_parse(&j, line, n) != JSON_FINE) {
        (void)fprintf(stderr, "not JSON: %.*s\n", (int)n, line);
        abort();
    }
    const struct json_value *v = j.v->type == JSON_ARRAY ? json_first(j.v) : j.v;
    for (uint32_t i = 0, count = j.v->type == JSON_ARRAY ? j.v->n : 1; i < count; i++) {
        if (!json_equals(&j, json_get(&j, v, "jsonrpc"), "2.0")) {
            (void)fprintf(stderr, "not JSON-RPC: %.*s\n", (int)n, line);
            abort();
        }
        v = json_next(v);
    }
    json_fini(&j);
    *pongs += n == strlen(PONG) && memcmp(line, PONG, n) == 0;
}

static void check_said(void)
{
    int fd = fileno(said), pongs = 0;
    off_t end = lseek(fd, 0, SEEK_END);
    char *text = malloc((size_t)end + 1);
    if (text == NULL || end > SAID_MAX || pread(fd, text, (size_t)end, 0) != end) {
        abort();
    }
    for (char *line = text, *lf; line < text + end; line = lf + 1) {
        lf = memchr(line, '\n', (size_t)(text + end - line));
        if (lf == NULL) {
            abort();
        }
        check_line(line, (size_t)(lf - line), &pongs);
    }
    if (pongs < 1) {
        (void)fprintf(stderr, "the last request was not answered: %.*s\n", (int)end, text);
        abort();
    }
    free(text);
    if (ftruncate(fd, 0) != 0 || lseek(fd, 0, SEEK_SET) != 0) {
        abort();
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    put_input(data, size);
    serve();
    subs_close(subs);
    subs_forget_legacy(subs);
    check_said();
    return 0;
}
