/* SPDX-License-Identifier: MIT */
/* mcp_client ERA CALLS SPAWNS DEPTH TOOL ARGS... -- COMMAND...: times any MCP server on stdio with
 * the same raw lines, and prints one JSON object. ERA is legacy or modern. Given several ARGS,
 * calls take them in turn. */
#include <fcntl.h>
#include <inttypes.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { WARM = 500, BUFFER = 8 << 20, REQUEST_MAX = 2048, REPEATS = 5 };

#define META                                                                         \
    "\"_meta\":{\"io.modelcontextprotocol/protocolVersion\":\"2026-07-28\","         \
    "\"io.modelcontextprotocol/clientInfo\":{\"name\":\"bench\",\"version\":\"1\"}," \
    "\"io.modelcontextprotocol/clientCapabilities\":{}}"

struct bench {
    bool modern;
    int calls, spawns, depth, n_args;
    const char *tool;
    char **args, **command;
    pid_t pid;
    int in, out;
    char *heard; /* BUFFER bytes: [start, end) not yet read */
    size_t start, end;
    long id;
    size_t bytes; /* of the last answer */
};

static void fail(const char *what)
{
    (void)fprintf(stderr, "mcp_client: %s\n", what);
    exit(1);
}

static double now_us(void)
{
    struct timespec t;
    (void)clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec * 1e6 + (double)t.tv_nsec / 1e3;
}

static void start(struct bench *b)
{
    int in[2], out[2];
    if (pipe(in) != 0 || pipe(out) != 0) {
        fail("no pipe");
    }
    (void)fcntl(in[1], F_SETFD, FD_CLOEXEC);
    (void)fcntl(out[0], F_SETFD, FD_CLOEXEC);
    b->pid = fork();
    if (b->pid == 0) {
        int nothing = open("/dev/null", O_WRONLY);
        if (dup2(in[0], 0) < 0 || dup2(out[1], 1) < 0 || dup2(nothing, 2) < 0) {
            _exit(126);
        }
        (void)close(in[0]);
        (void)close(out[1]);
        (void)execvp(b->command[0], b->command);
        _exit(127);
    }
    (void)close(in[0]);
    (void)close(out[1]);
    b->in = in[1];
    b->out = out[0];
    b->start = b->end = 0;
}

static void stop(struct bench *b)
{
    (void)close(b->in);
    (void)close(b->out);
    for (int i = 0; i < 300; i++) {
        if (waitpid(b->pid, NULL, WNOHANG) == b->pid) {
            return;
        }
        (void)poll(NULL, 0, 10);
    }
    (void)kill(b->pid, SIGKILL);
    (void)waitpid(b->pid, NULL, 0);
}

static void say(struct bench *b, const char *text, size_t n)
{
    while (n > 0) {
        ssize_t wrote = write(b->in, text, n);
        if (wrote <= 0) {
            fail("the server does not read");
        }
        text += wrote;
        n -= (size_t)wrote;
    }
}

/* The next line; borrowed until the next call. */
static const char *hear(struct bench *b, size_t *n_out)
{
    size_t scanned = b->start;
    for (;;) {
        char *lf = scanned < b->end ? memchr(b->heard + scanned, '\n', b->end - scanned) : NULL;
        if (lf != NULL) {
            const char *line = b->heard + b->start;
            *n_out = (size_t)(lf - line);
            b->start = (size_t)(lf - b->heard) + 1;
            return line;
        }
        memmove(b->heard, b->heard + b->start, b->end - b->start);
        b->end -= b->start;
        b->start = 0;
        scanned = b->end;
        ssize_t got = read(b->out, b->heard + b->end, BUFFER - b->end);
        if (got <= 0) {
            fail("the server has gone");
        }
        b->end += (size_t)got;
    }
}

static bool contains(const char *line, size_t n, const char *part)
{
    size_t k = strlen(part);
    for (const char *at = line; n >= k; n--, at++) {
        if (memcmp(at, part, k) == 0) {
            return true;
        }
    }
    return false;
}

/* Progress and the like are passed over. */
static const char *hear_answer(struct bench *b, size_t *n_out)
{
    const char *line;
    do {
        line = hear(b, n_out);
    } while (contains(line, *n_out < 64 ? *n_out : 64, "\"method\":"));
    return line;
}

/* Microseconds from `from` to the first answer. */
static double shake_hands(struct bench *b, double from)
{
    static const char legacy[] =
        "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"initialize\",\"params\":{\"protocolVersion\":"
        "\"2025-06-18\",\"capabilities\":{},\"clientInfo\":{\"name\":\"bench\",\"version\":\"1\"}}}"
        "\n";
    static const char modern[] =
        "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"server/discover\",\"params\":{" META "}}\n";
    static const char done[] = "{\"jsonrpc\":\"2.0\",\"method\":\"notifications/initialized\"}\n";
    size_t n;
    say(b, b->modern ? modern : legacy, (b->modern ? sizeof modern : sizeof legacy) - 1);
    const char *line = hear_answer(b, &n);
    double took = now_us() - from;
    if (!contains(line, n, "\"result\":")) {
        fail("the handshake failed");
    }
    if (!b->modern) {
        say(b, done, sizeof done - 1);
    }
    return took;
}

static size_t put_call(struct bench *b, char out[REQUEST_MAX])
{
    b->id++;
    int n = snprintf(out, REQUEST_MAX,
                     "{\"jsonrpc\":\"2.0\",\"id\":%ld,\"method\":\"tools/call\",\"params\":{%s"
                     "\"name\":\"%s\",\"arguments\":%s}}\n",
                     b->id, b->modern ? META "," : "", b->tool, b->args[b->id % b->n_args]);
    return (size_t)n;
}

static void call_once(struct bench *b)
{
    char request[REQUEST_MAX];
    say(b, request, put_call(b, request));
    const char *line = hear_answer(b, &b->bytes);
    if (contains(line, b->bytes, "\"isError\":true") ||
        contains(line, b->bytes < 200 ? b->bytes : 200, "\"error\":{")) {
        (void)fprintf(stderr, "%.*s\n", (int)(b->bytes < 400 ? b->bytes : 400), line);
        fail("an answer is an error");
    }
}

static int ascending(const void *x, const void *y)
{
    const double *a = x, *b = y;
    return *a < *b ? -1 : *a > *b;
}

/* Keeps depth calls in flight; calls a second. */
static double flood(struct bench *b)
{
    char *requests = malloc((size_t)b->depth * REQUEST_MAX);
    int sent = 0, got = 0;
    size_t n;
    double from = now_us();
    while (got < b->calls) {
        size_t len = 0;
        while (sent < b->calls && sent - got < b->depth) {
            len += put_call(b, requests + len);
            sent++;
        }
        say(b, requests, len);
        (void)hear_answer(b, &n);
        got++;
        while (got < sent && memchr(b->heard + b->start, '\n', b->end - b->start) != NULL) {
            (void)hear_answer(b, &n);
            got++;
        }
    }
    free(requests);
    return b->calls / ((now_us() - from) / 1e6);
}

static long memory_kb(pid_t pid, const char *file, const char *name)
{
    char path[64], line[256];
    long kb = -1;
    (void)snprintf(path, sizeof path, "/proc/%d/%s", (int)pid, file);
    FILE *f = fopen(path, "r");
    while (f != NULL && fgets(line, sizeof line, f) != NULL) {
        if (strncmp(line, name, strlen(name)) == 0) {
            kb = strtol(line + strlen(name), NULL, 10);
        }
    }
    if (f != NULL) {
        (void)fclose(f);
    }
    return kb;
}

static void run(struct bench *b, double *spawn_us, double *call_us)
{
    double per_s[REPEATS];
    for (int i = 0; i < b->spawns; i++) {
        double from = now_us();
        start(b);
        spawn_us[i] = shake_hands(b, from);
        stop(b);
    }
    start(b);
    (void)shake_hands(b, now_us());
    for (int i = 0; i < WARM; i++) {
        call_once(b);
    }
    for (int i = 0; i < b->calls; i++) {
        double from = now_us();
        call_once(b);
        call_us[i] = now_us() - from;
    }
    for (int i = 0; i < REPEATS; i++) {
        per_s[i] = flood(b);
    }
    long rss = memory_kb(b->pid, "status", "VmRSS:"),
         pss = memory_kb(b->pid, "smaps_rollup", "Pss:");
    long peak = memory_kb(b->pid, "status", "VmHWM:");
    stop(b);
    qsort(spawn_us, (size_t)b->spawns, sizeof *spawn_us, ascending);
    qsort(call_us, (size_t)b->calls, sizeof *call_us, ascending);
    qsort(per_s, REPEATS, sizeof *per_s, ascending);
    (void)printf("{\"first_ms\":%.3f,\"p50_us\":%.1f,\"p99_us\":%.1f,\"max_us\":%.1f,"
                 "\"calls_s\":%.0f,\"rss_kb\":%ld,\"pss_kb\":%ld,\"peak_kb\":%ld,\"bytes\":%zu}\n",
                 spawn_us[b->spawns / 2] / 1e3, call_us[b->calls / 2], call_us[b->calls * 99 / 100],
                 call_us[b->calls - 1], per_s[REPEATS / 2], rss, pss, peak, b->bytes);
}

int main(int argc, char **argv)
{
    int end = 6;
    while (end < argc && strcmp(argv[end], "--") != 0) {
        end++;
    }
    if (end < 7 || end + 1 >= argc) {
        fail("usage: mcp_client ERA CALLS SPAWNS DEPTH TOOL ARGS... -- COMMAND...");
    }
    struct bench b = { .modern = strcmp(argv[1], "modern") == 0,
                       .calls = (int)strtol(argv[2], NULL, 10),
                       .spawns = (int)strtol(argv[3], NULL, 10),
                       .depth = (int)strtol(argv[4], NULL, 10),
                       .tool = argv[5],
                       .args = argv + 6,
                       .n_args = end - 6,
                       .command = argv + end + 1,
                       .heard = malloc(BUFFER),
                       .id = 100 };
    double *spawn_us = calloc((size_t)b.spawns + 1, sizeof *spawn_us);
    double *call_us = calloc((size_t)b.calls + 1, sizeof *call_us);
    if (b.heard == NULL || spawn_us == NULL || call_us == NULL || b.calls < 1 || b.depth < 1) {
        fail("out of memory, or nothing to do");
    }
    (void)signal(SIGPIPE, SIG_IGN);
    run(&b, spawn_us, call_us);
    free(b.heard);
    free(spawn_us);
    free(call_us);
    return 0;
}
