/* SPDX-License-Identifier: MIT */
/* 100,000 mutated messages through a server in a process of its own: whatever it says stays
 * JSON-RPC about ids that were sent, and every good request between them gets its answer. */
#include "check.h"
#include "client.h"
#include "clock.h"
#include "json.h"
#include "line.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum {
    MESSAGES = 100000,
    GOOD_EVERY = 50,
    PATIENCE_MS = 60000,
    DEEP = 10000,
    HUGE_LINE = 64 << 20
};

#define CALLED(id, name, arguments)                                                      \
    "{\"jsonrpc\":\"2.0\",\"id\":" id ",\"method\":\"tools/call\",\"params\":{\"name\":" \
    "\"" name "\",\"arguments\":" arguments "}}"
#define ASKED(id, method, params) \
    "{\"jsonrpc\":\"2.0\",\"id\":" id ",\"method\":\"" method "\",\"params\":{" params "}}"

static const char *const good[] = {
    SPEAK("2025-11-25"),
    SPEAK("2025-03-26"),
    PING("1"),
    PING("\"a\\u00e9\""),
    CALLED("2", "analyze_order_flow", "{\"ticker\":\"SPY\",\"history\":\"5mins\"}"),
    CALLED("3", "no_such", "{}"),
    ASKED("4", "tools/list", META),
    ASKED("5", "server/discover", META),
    ASKED("6", "resources/read", "\"uri\":\"orderflow://SPY/patterns\""),
    ASKED("7", "resources/subscribe", "\"uri\":\"orderflow://status\""),
    ASKED("8", "prompts/get",
          "\"name\":\"entry_check\",\"arguments\":{\"ticker\":\"SPY\",\"direction\":\"long\"}"),
    ASKED("9", "completion/complete",
          "\"ref\":{\"type\":\"ref/prompt\",\"name\":\"scan_open\"},\"argument\":{\"name\":"
          "\"tickers\",\"value\":\"S\"}"),
    ASKED("\"L\"", "subscriptions/listen",
          META ",\"notifications\":{\"resourceSubscriptions\":[\"orderflow://SPY/analysis\"]}"),
    "{\"jsonrpc\":\"2.0\",\"method\":\"notifications/cancelled\",\"params\":{\"requestId\":\"L\"}}",
    "[" PING("10") "," PING("11") "]",
};
enum { GOOD = sizeof good / sizeof good[0] };

/* ---- mutation ---- */

static uint64_t random_state = 42;

static uint32_t draw(uint32_t below)
{
    random_state = random_state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return (uint32_t)(random_state >> 33) % below;
}

static void replace(struct buf *m, size_t at, size_t n, const char *with, size_t with_n)
{
    struct buf out;
    buf_init(&out, 1 << 24);
    buf_add(&out, m->data, at);
    buf_add(&out, with, with_n);
    buf_add(&out, m->data + at + n, m->len - at - n);
    buf_fini(m);
    *m = out;
}

static void put_deep(struct buf *m)
{
    buf_clear(m);
    buf_puts(m, "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"ping\",\"params\":");
    for (int i = 0; i < DEEP; i++) {
        buf_puts(m, i % 2 == 0 ? "[" : "{\"a\":");
    }
    for (int i = DEEP - 1; i >= 0 && draw(4) != 0; i--) {
        buf_putc(m, i % 2 == 0 ? ']' : '}');
    }
}

static void put_huge_id(struct buf *m)
{
    bool string = draw(2) == 0;
    buf_clear(m);
    buf_puts(m, string ? "{\"jsonrpc\":\"2.0\",\"id\":\"" : "{\"jsonrpc\":\"2.0\",\"id\":");
    for (uint32_t n = 1 + draw(3000); n > 0; n--) {
        buf_putc(m, (char)('1' + draw(9)));
    }
    buf_puts(m, string ? "\",\"method\":\"ping\"}" : ",\"method\":\"ping\"}");
}

/* Another value in place of one after a colon. */
static void change_type(struct buf *m)
{
    static const char *const values[] = { "null", "-1",   "1e999",       "true", "[]",
                                          "{}",   "\"\"", "\"\\ud800\"", "1.5",  "[[{}]]" };
    size_t at = draw((uint32_t)m->len);
    while (at < m->len && m->data[at] != ':') {
        at++;
    }
    if (at + 1 < m->len) {
        size_t end = at + 1;
        while (end < m->len && m->data[end] != ',' && m->data[end] != '}') {
            end++;
        }
        const char *value = values[draw(sizeof values / sizeof values[0])];
        replace(m, at + 1, end - at - 1, value, strlen(value));
    }
}

static void mutate_once(struct buf *m)
{
    static const char *const extra[] = { "\"id\":99,", "\"method\":\"tools/list\",",
                                         "\"jsonrpc\":\"1\"," };
    char bytes[4];
    size_t at = m->len > 0 ? draw((uint32_t)m->len) : 0;
    switch (m->len > 0 ? draw(10) : 9) {
    case 0: /* truncated */
        m->len = at;
        break;
    case 1: /* flipped bytes, often invalid UTF-8 */
        m->data[at] = (char)draw(256);
        break;
    case 2: /* duplicate key */
        if (m->data[0] == '{') {
            const char *text = extra[draw(3)];
            replace(m, 1, 0, text, strlen(text));
        }
        break;
    case 3:
        change_type(m);
        break;
    case 4: /* embedded NUL */
        replace(m, at, 0, "\0", 1);
        break;
    case 5: /* invalid UTF-8 in a string */
        replace(m, at, 0, draw(2) == 0 ? "\xff" : "\xc3", 1);
        break;
    case 6: /* a piece twice */
        replace(m, at, 0, m->data + at, draw((uint32_t)(m->len - at) + 1));
        break;
    case 7: /* a piece less */
        replace(m, at, draw((uint32_t)(m->len - at) + 1), "", 0);
        break;
    case 8: /* control character; a newline makes two lines of it */
        bytes[0] = (char)draw(32);
        replace(m, at, 0, bytes, 1);
        break;
    default:
        if (draw(40) == 0) {
            put_deep(m);
        } else {
            put_huge_id(m);
        }
        break;
    }
}

static void make(struct buf *m)
{
    const char *text = good[draw(GOOD)];
    buf_clear(m);
    buf_puts(m, text);
    for (uint32_t n = 1 + draw(3); n > 0; n--) {
        mutate_once(m);
    }
    if (draw(20) != 0) { /* else this one and the next are one line */
        buf_putc(m, '\n');
    }
}

/* ---- the other end ---- */

struct run {
    struct client c;
    struct line_reader lines;
    int next_good; /* the answer that is awaited next */
    int heard;
};

static bool is_answer(const struct json *j, const struct json_value *v)
{
    const struct json_value *method = json_get(j, v, "method");
    bool result = json_get(j, v, "result") != NULL, error = json_get(j, v, "error") != NULL;
    int64_t code;
    return v->type == JSON_OBJECT && json_equals(j, json_get(j, v, "jsonrpc"), "2.0") &&
           (method != NULL ? !result && !error && json_get(j, v, "id") == NULL : result != error) &&
           (!result || json_get(j, v, "id") != NULL) &&
           (!error || json_i64(j, json_get(j, json_get(j, v, "error"), "code"), &code));
}

static void take(struct run *r, const char *line, size_t n)
{
    struct json j = { 0 };
    char want[64];
    bool fine = json_parse(&j, line, n) == JSON_FINE;
    const struct json_value *v = fine && j.v->type == JSON_ARRAY ? json_first(j.v) : j.v;
    uint32_t count = fine && j.v->type == JSON_ARRAY ? j.v->n : 1;
    for (uint32_t i = 0; fine && i < count; i++, v = json_next(v)) {
        fine = is_answer(&j, v);
    }
    if (!fine) {
        fail_msg("no answer: %.*s", (int)(n < 500 ? n : 500), line);
    }
    json_fini(&j);
    r->heard++;
    (void)snprintf(want, sizeof want, PONG("\"good-%d\""), r->next_good);
    if (n == strlen(want) && memcmp(line, want, n) == 0) {
        r->next_good++;
    }
}

/* Writes all, and takes what comes meanwhile. */
static void write_all(struct run *r, const char *bytes, size_t n)
{
    struct mono deadline = mono_after_ms(clock_mono(), PATIENCE_MS);
    while (n > 0) {
        struct pollfd fds[] = { { .fd = r->c.in, .events = POLLOUT },
                                { .fd = r->c.out, .events = POLLIN } };
        assert_true(mono_ms_until(clock_mono(), deadline) > 0);
        assert_true(poll(fds, 2, 1000) >= 0);
        if (fds[0].revents != 0) {
            ssize_t wrote = write(r->c.in, bytes, n < 65536 ? n : 65536);
            assert_true(wrote > 0 || errno == EAGAIN);
            bytes += wrote > 0 ? wrote : 0;
            n -= wrote > 0 ? (size_t)wrote : 0;
        }
        if (fds[1].revents != 0) {
            const char *line;
            size_t len;
            assert_int_equal(line_next(&r->lines, &line, &len), LINE_OK);
            take(r, line, len);
        }
    }
}

static void good_one(struct run *r, int number)
{
    char line[128];
    int n = snprintf(line, sizeof line, "\n" PING("\"good-%d\"") "\n", number);
    write_all(r, line, (size_t)n);
}

static void wait_for_good(struct run *r, int number)
{
    while (r->next_good <= number) {
        const char *line;
        size_t n;
        struct pollfd p = { .fd = r->c.out, .events = POLLIN };
        if (r->lines.scanned == r->lines.bytes.len) {
            assert_int_equal(poll(&p, 1, PATIENCE_MS), 1);
        }
        assert_int_equal(line_next(&r->lines, &line, &n), LINE_OK);
        take(r, line, n);
    }
}

static void start(struct run *r)
{
    struct mcp_config cfg = { .history_max_s = 3600 };
    static int never[2];
    (void)snprintf(cfg.query.redis.unix_path, sizeof cfg.query.redis.unix_path, "/nonexistent");
    cfg.query.redis.timeout_ms = 1000;
    *r = (struct run){ 0 };
    assert_int_equal(pipe(never), 0);
    client_start(&r->c, &cfg);
    assert_int_equal(fcntl(r->c.in, F_SETFL, O_NONBLOCK), 0);
    line_init(&r->lines, r->c.out, never[0]);
}

static void stop(struct run *r)
{
    client_end_input(&r->c);
    for (enum line got = LINE_OK; got == LINE_OK;) {
        const char *line;
        size_t n;
        got = line_next(&r->lines, &line, &n);
        if (got == LINE_OK) {
            take(r, line, n);
        }
    }
    assert_int_equal(client_exit_status(&r->c, PATIENCE_MS), 0);
    line_fini(&r->lines);
    client_stop(&r->c);
}

static void junk_is_survived_and_good_requests_are_answered(void **state)
{
    (void)state;
    struct run r;
    struct buf m;
    int number = 0;
    start(&r);
    buf_init(&m, 1 << 24);
    for (int i = 0; i < MESSAGES; i++) {
        make(&m);
        write_all(&r, m.data != NULL ? m.data : "", m.len);
        if (i % GOOD_EVERY == GOOD_EVERY - 1) {
            good_one(&r, number++);
        }
    }
    wait_for_good(&r, number - 1);
    assert_int_equal(r.next_good, MESSAGES / GOOD_EVERY);
    assert_true(r.heard > MESSAGES / 2);
    buf_fini(&m);
    stop(&r);
}

static void a_line_of_64_mib_is_refused_and_the_next_request_served(void **state)
{
    (void)state;
    struct run r;
    static char piece[1 << 20];
    start(&r);
    memset(piece, '[', sizeof piece);
    for (int i = 0; i < HUGE_LINE / (int)sizeof piece; i++) {
        write_all(&r, piece, sizeof piece);
    }
    good_one(&r, 0);
    wait_for_good(&r, 0);
    assert_int_equal(r.heard, 2); /* the refusal, and the answer */
    stop(&r);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(junk_is_survived_and_good_requests_are_answered),
        cmocka_unit_test(a_line_of_64_mib_is_refused_and_the_next_request_served),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
