/* SPDX-License-Identifier: MIT */
/* Our metrics and behaviours against the peer's over the same quotes. A value that differs must be
 * listed in differences.txt with the defect it cures, and what is listed must differ. */
#include "decimal.h"
#include "metrics.h"
#include "orderflow/detector.h"

#include <dirent.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define NS_PER_MS ((int64_t)1000000)

enum { LINE_BYTES = 256, NAME_BYTES = 48, WANTS_MAX = 40, LISTED_MAX = 400, ARENA_BYTES = 1 << 20 };

struct want {
    char field[NAME_BYTES], text[NAME_BYTES * 2];
};

struct listed {
    char window[NAME_BYTES], field[NAME_BYTES];
    bool differed;
};

/* One window of the peer, and all that we say about it. */
struct peer_window {
    char name[NAME_BYTES];
    struct arena arena;
    struct window rows;
    void *memory;
    struct want want[WANTS_MAX];
    size_t n_wants;
    struct metrics m;
    struct behaviors b;
};

struct comparison {
    struct listed listed[LISTED_MAX];
    size_t n_listed;
    size_t compared, unlisted;
};

static int64_t parse_px(const char *text)
{
    int64_t px = 0;
    assert_true(decimal_parse_px(text, strlen(text), &px, NULL));
    return px;
}

static void read_quote(struct peer_window *w, const char *line)
{
    char bid[NAME_BYTES], ask[NAME_BYTES];
    long long ts_ms;
    struct quote q = { 0 };
    assert_int_equal(
        sscanf(line, "quote %lld %47s %lf %47s %lf", &ts_ms, bid, &q.bid_sz, ask, &q.ask_sz), 5);
    q.ts_ns = ts_ms * NS_PER_MS;
    if (parse_px(bid) > 0 && q.bid_sz > 0) {
        q.bid_px = parse_px(bid);
    } else {
        q.bid_sz = 0;
    }
    if (parse_px(ask) > 0 && q.ask_sz > 0) {
        q.ask_px = parse_px(ask);
    } else {
        q.ask_sz = 0;
    }
    assert_true(window_push(&w->rows, &q, NULL));
}

static void read_window(struct peer_window *w, const char *file)
{
    char path[512], line[LINE_BYTES];
    *w = (struct peer_window){ .memory = calloc(1, ARENA_BYTES) };
    (void)snprintf(w->name, sizeof w->name, "%.3s", file);
    (void)snprintf(path, sizeof path, "%s/windows/%s", PEER_DIR, file);
    assert_true(arena_init(&w->arena, w->memory, ARENA_BYTES, NULL));
    assert_true(window_init(&w->rows, &w->arena, NULL));
    FILE *f = fopen(path, "r");
    assert_non_null(f);
    while (fgets(line, sizeof line, f) != NULL) {
        if (strncmp(line, "quote ", 6) == 0) {
            read_quote(w, line);
        } else if (strncmp(line, "want ", 5) == 0) {
            struct want *want = &w->want[w->n_wants++];
            assert_in_range(w->n_wants, 1, WANTS_MAX);
            assert_int_equal(sscanf(line, "want %47s %95s", want->field, want->text), 2);
        }
    }
    (void)fclose(f);
}

static void measure(struct peer_window *w)
{
    static const struct metrics_config cfg = {
        .large_sz = 10000,
        .jump_sz = 15000,
        .gap_floor_ns = 5000 * NS_PER_MS,
    };
    struct rows r = window_rows(&w->rows);
    int64_t before_ns = r.n == 0 ? 0 : r.ts_ns[0] - 1;
    int64_t span_ns = r.n == 0 ? 1 : r.ts_ns[r.n - 1] - before_ns;
    int64_t seconds = (span_ns + 1000 * NS_PER_MS - 1) / (1000 * NS_PER_MS);
    int64_t now_ns = before_ns + seconds * 1000 * NS_PER_MS;
    metrics_scan(&r, now_ns, seconds, PX_ONE / 100, &cfg, &w->m);
    behaviors_read(&r, now_ns, &w->m, &w->m, &w->m, false, NULL, &w->b);
}

static void close_window(struct peer_window *w)
{
    window_fini(&w->rows);
    arena_fini(&w->arena);
    free(w->memory);
}

/* ---- one value ------------------------------------------------------------------------------- */

static bool equal_number(const char *want, double ours)
{
    return fabs(strtod(want, NULL) - ours) <= 1e-9;
}

static bool equal_i(const char *want, int64_t ours)
{
    return want == NULL ? ours == 0 : equal_number(want, (double)ours);
}

static bool equal_d(const char *want, double ours)
{
    return want == NULL ? isnan(ours) : equal_number(want, ours);
}

static bool equal_p(const char *want, int64_t ours)
{
    if (want == NULL || ours == METRIC_PX_NONE) {
        return want == NULL && ours == METRIC_PX_NONE;
    }
    return equal_number(want, (double)ours / (double)PX_ONE);
}

static bool equal_l(const char *want, enum metric_label ours)
{
    if (want == NULL || ours == LABEL_NONE) {
        return want == NULL && ours == LABEL_NONE;
    }
    if (ours == LABEL_INCREASING) {
        return strcmp(want, "INCREASING") == 0 || strcmp(want, "WIDENING") == 0;
    }
    if (ours == LABEL_DECREASING) {
        return strcmp(want, "DECREASING") == 0 || strcmp(want, "TIGHTENING") == 0;
    }
    return strcmp(want, "STABLE") == 0;
}

static bool equal_behavior(const char *want, enum answer3 ours)
{
    static const char *const words[] = {
        [ANSWER_UNKNOWN] = "UNKNOWN",
        [ANSWER_NO] = "NO",
        [ANSWER_YES] = "YES",
    };
    return want == NULL || strcmp(want, words[ours]) == 0;
}

static bool equal_jump(const char *want, const struct size_jump *ours)
{
    char side[8], direction[8], price[NAME_BYTES];
    double size;
    long long ts_ms;
    if (strcmp(want, "none") == 0 || ours->ts_ns == 0) {
        return strcmp(want, "none") == 0 && ours->ts_ns == 0;
    }
    assert_int_equal(
        sscanf(want, "%7[^,],%7[^,],%47[^,],%lf,%lld", side, direction, price, &size, &ts_ms), 5);
    return ours->side == (strcmp(side, "bid") == 0 ? OFD_BID : OFD_ASK) &&
           (ours->direction > 0) == (strcmp(direction, "lift") == 0) && ours->direction != 0 &&
           ours->px == parse_px(price) && ours->size == size && ours->ts_ns == ts_ms * NS_PER_MS;
}

/* ---- all values ------------------------------------------------------------------------------ */

static const char *find_want(const struct peer_window *w, const char *field)
{
    for (size_t i = 0; i < w->n_wants; i++) {
        if (strcmp(w->want[i].field, field) == 0) {
            return w->want[i].text;
        }
    }
    return NULL;
}

static void note(struct comparison *c, const struct peer_window *w, const char *field, bool equal)
{
    c->compared++;
    if (equal) {
        return;
    }
    for (size_t i = 0; i < c->n_listed; i++) {
        if (strcmp(c->listed[i].window, w->name) == 0 && strcmp(c->listed[i].field, field) == 0) {
            c->listed[i].differed = true;
            return;
        }
    }
    const char *want = find_want(w, field);
    print_error("not listed: %s %s (the peer says %s)\n", w->name, field,
                want == NULL ? "nothing" : want);
    c->unlisted++;
}

/* The metrics before `quotes` are the peer's. */
static void compare(struct comparison *c, const struct peer_window *w)
{
    bool peers = true;
#define EQUAL_I equal_i
#define EQUAL_D equal_d
#define EQUAL_P equal_p
#define EQUAL_L equal_l
#define METRIC(kind, member, name, unit, help)                           \
    peers = peers && strcmp(name, "quotes") != 0;                        \
    if (peers) {                                                         \
        note(c, w, name, EQUAL_##kind(find_want(w, name), w->m.member)); \
    }
#include "metrics.def"
#undef METRIC
#define BEHAVIOR(member, name, dir) \
    note(c, w, name, equal_behavior(find_want(w, name), w->b.member.value));
#include "behaviors.def"
#undef BEHAVIOR
    note(c, w, "last_sweep", equal_jump(find_want(w, "last_sweep"), &w->m.jump));
}

static void read_listed(struct comparison *c)
{
    char line[LINE_BYTES];
    FILE *f = fopen(PEER_DIR "/differences.txt", "r");
    assert_non_null(f);
    while (fgets(line, sizeof line, f) != NULL) {
        struct listed *l = &c->listed[c->n_listed];
        char defect[8], reason[8];
        if (line[0] == '#' || line[0] == '\n') {
            continue;
        }
        assert_in_range(c->n_listed, 0, LISTED_MAX - 1);
        assert_int_equal(sscanf(line, "%47s %47s #%7s %7s", l->window, l->field, defect, reason),
                         4);
        c->n_listed++;
    }
    (void)fclose(f);
}

static size_t compare_all(struct comparison *c)
{
    size_t windows = 0;
    DIR *dir = opendir(PEER_DIR "/windows");
    assert_non_null(dir);
    for (const struct dirent *e = readdir(dir); e != NULL; e = readdir(dir)) {
        if (strstr(e->d_name, ".txt") != NULL) {
            struct peer_window w;
            read_window(&w, e->d_name);
            measure(&w);
            compare(c, &w);
            close_window(&w);
            windows++;
        }
    }
    (void)closedir(dir);
    return windows;
}

static void every_window_equals_the_peer_except_where_listed(void **state)
{
    (void)state;
    struct comparison c = { 0 };
    read_listed(&c);
    assert_int_equal(compare_all(&c), 40);
    assert_true(c.compared > 1000);
    assert_int_equal(c.unlisted, 0);
}

static void every_listed_difference_differs(void **state)
{
    (void)state;
    struct comparison c = { 0 };
    size_t idle = 0;
    read_listed(&c);
    (void)compare_all(&c);
    for (size_t i = 0; i < c.n_listed; i++) {
        if (!c.listed[i].differed) {
            print_error("does not differ: %s %s\n", c.listed[i].window, c.listed[i].field);
            idle++;
        }
    }
    assert_int_equal(idle, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_window_equals_the_peer_except_where_listed),
        cmocka_unit_test(every_listed_difference_differs),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
