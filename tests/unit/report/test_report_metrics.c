/* SPDX-License-Identifier: MIT */
/* Metrics, behaviours, state and levels: the peer's texts exactly, and back again. */
#include "hash.h"
#include "orderflow/detector.h"

static struct report report, back;
static struct hash hash;

static int start(void **state)
{
    (void)state;
    hash.n = 0;
    report_init(&report);
    report_init(&back);
    report_window_init(&report.windows[0], "10s", 10);
    report_window_init(&report.windows[1], "1min", 60);
    report.n_windows = 2;
    return 0;
}

static struct metrics *m0(void)
{
    return &report.windows[0].m;
}

static void put(void)
{
    report_put_metrics(&report, 0, hash_put, &hash);
}

static void assert_field(const char *name, const char *text)
{
    assert_non_null(hash_get(&hash, name));
    assert_string_equal(hash_get(&hash, name), text);
}

/* ---- texts ---- */

static void price_movements_are_exact_python_floats(void **state)
{
    (void)state;
    m0()->bid_move_px = 200000000;
    m0()->ask_move_px = 0;
    m0()->avg_spread_px = -340000000;
    put();
    assert_field("bid_price_movement", "0.2");
    assert_field("ask_price_movement", "0.0");
    assert_field("avg_spread", "-0.34");
}

static void counts_and_whole_sizes_have_no_point(void **state)
{
    (void)state;
    m0()->bid_lifts = 85;
    m0()->net_bid_sz = -5177;
    m0()->net_ask_sz = 0.25;
    put();
    assert_field("bid_lift_count", "85");
    assert_field("net_bid_size_change", "-5177");
    assert_field("net_ask_size_change", "0.25");
}

static void average_sizes_are_cut_to_whole_numbers(void **state)
{
    (void)state;
    m0()->avg_bid_sz = 2137.99;
    m0()->avg_ask_sz = 0.9;
    put();
    assert_field("avg_bid_size", "2137");
    assert_field("avg_ask_size", "0");
}

static void labels_are_the_peers_words(void **state)
{
    (void)state;
    m0()->bid_accel = LABEL_INCREASING;
    m0()->ask_accel = LABEL_STABLE;
    m0()->spread_trend = LABEL_DECREASING;
    put();
    assert_field("bid_size_acceleration", "INCREASING");
    assert_field("ask_size_acceleration", "STABLE");
    assert_field("spread_trend", "TIGHTENING");
}

static void undefined_metrics_are_left_out(void **state)
{
    (void)state;
    put();
    assert_null(hash_get(&hash, "bid_price_movement"));
    assert_null(hash_get(&hash, "avg_bid_size"));
    assert_null(hash_get(&hash, "bid_size_acceleration"));
    assert_null(hash_get(&hash, "last_sweep"));
    assert_null(hash_get(&hash, "net_ticks"));
    assert_non_null(hash_get(&hash, "bid_lift_count"));
    m0()->velocity = 0;
    put();
    assert_field("net_ticks", "0");
}

/* Notes how net_ticks stand among ours; "-": they do not. */
static void note_net_ticks(void *ctx, const char *name, const char *text, size_t n)
{
    const char *at = strcmp(name, REPORT_MORE) == 0 ? strstr(text, "\"net_ticks\": ") : NULL;
    assert_int_equal(strlen(text), n);
    if (strcmp(name, REPORT_MORE) == 0) {
        (void)snprintf(ctx, 16, "%s", at != NULL ? at + 13 : "-");
    }
}

static void net_ticks_first_known_are_put(void **state)
{
    (void)state;
    struct metrics former = *m0();
    char noted[16] = "";
    struct buf json;
    buf_init(&json, REPORT_SCRATCH_MAX);
    (void)report_put_metrics_since(&report, &former, NULL, 0, &json, note_net_ticks, noted);
    assert_string_equal(noted, "");
    m0()->quotes++;
    (void)report_put_metrics_since(&report, &former, NULL, 0, &json, note_net_ticks, noted);
    assert_string_equal(noted, "-");
    m0()->velocity = 0;
    (void)report_put_metrics_since(&report, &former, NULL, 0, &json, note_net_ticks, noted);
    assert_memory_equal(noted, "0, ", 3);
    former = *m0();
    noted[0] = '\0';
    (void)report_put_metrics_since(&report, &former, NULL, 0, &json, note_net_ticks, noted);
    assert_string_equal(noted, "");
    buf_fini(&json);
}

static void last_sweep_is_the_peers_json(void **state)
{
    (void)state;
    m0()->jump = (struct size_jump){ .ts_ns = INT64_C(1760000299455000000),
                                     .px = INT64_C(449650000000),
                                     .size = 25215,
                                     .side = OFD_ASK,
                                     .direction = 1 };
    put();
    assert_field("last_sweep",
                 "{\"type\": \"sweep\", \"side\": \"ask\", \"price\": 449.65, \"size\": 25215, "
                 "\"direction\": \"lift\", \"timestamp\": 1760000299455}");
}

static void last_sweep_at_a_whole_price_keeps_its_point(void **state)
{
    (void)state;
    m0()->jump = (struct size_jump){ .ts_ns = INT64_C(1760000001039000000),
                                     .px = INT64_C(450000000000),
                                     .size = 15051,
                                     .side = OFD_BID,
                                     .direction = -1 };
    put();
    assert_field("last_sweep",
                 "{\"type\": \"sweep\", \"side\": \"bid\", \"price\": 450.0, \"size\": 15051, "
                 "\"direction\": \"hit\", \"timestamp\": 1760000001039}");
}

static void behaviors_begin_with_the_peers_six(void **state)
{
    (void)state;
    report.behaviors.bid_stacking.value = ANSWER_YES;
    report.behaviors.aggressive_selling.value = ANSWER_NO;
    put();
    assert_field("behaviors",
                 "{\"bid_stacking\": \"YES\", \"ask_pulling\": \"UNKNOWN\", "
                 "\"spread_tightening\": \"UNKNOWN\", \"momentum_building\": \"UNKNOWN\", "
                 "\"aggressive_buying\": \"UNKNOWN\", \"aggressive_selling\": \"NO\", "
                 "\"ask_stacking\": \"UNKNOWN\", \"bid_pulling\": \"UNKNOWN\", "
                 "\"spread_widening\": \"UNKNOWN\"}");
}

static void behaviors_are_in_the_10s_window_only(void **state)
{
    (void)state;
    report_put_metrics(&report, 1, hash_put, &hash);
    assert_null(hash_get(&hash, "behaviors"));
    assert_null(hash_get(&hash, "behaviors_since"));
}

static void level_begins_as_the_peers_json(void **state)
{
    (void)state;
    struct level l = { .px = INT64_C(449680000000),
                       .touches = 8,
                       .total_sz = 91120,
                       .avg_sz = 11390,
                       .last_ns = INT64_C(1760000295123456000) };
    struct buf b;
    buf_init(&b, 4096);
    report_put_level(&l, &b);
    const char *peers = "{\"price\": 449.68, \"appearances\": 8, \"total_size\": 91120, "
                        "\"avg_size\": 11390.0, \"last_seen\": 1760000295.123456, ";
    assert_false(b.failed);
    assert_memory_equal(b.data, peers, strlen(peers));
    buf_fini(&b);
}

/* ---- there and back ---- */

static void read_back(int window)
{
    struct err err = { 0 };
    for (int i = 0; i < hash.n; i++) {
        if (!report_get_metrics(&back.windows[window], &back.behaviors, hash.name[i], hash.text[i],
                                strlen(hash.text[i]), &err)) {
            fail_msg("%s: %s", hash.name[i], err.text);
        }
    }
}

static void random_metrics(struct metrics *m, uint64_t *r)
{
#define RANDOM_I (pick(r, 200000) - 100000)
#define RANDOM_D (pick(r, 5) == 0 ? NAN : (pick(r, 2) == 0 ? -1 : 1) * random_size(r))
#define RANDOM_P (pick(r, 5) == 0 ? METRIC_PX_NONE : pick(r, INT64_C(4000000000000)) - 1000000)
#define RANDOM_L ((enum metric_label)pick(r, 4))
#define METRIC(kind, member, name, unit, help) m->member = RANDOM_##kind;
#include "metrics.def"
#undef METRIC
    m->avg_bid_sz = trunc(m->avg_bid_sz);
    m->avg_ask_sz = trunc(m->avg_ask_sz);
    m->net_ticks = isnan(m->velocity) ? 0 : m->net_ticks;
    if (pick(r, 4) > 0) {
        m->jump = (struct size_jump){ .ts_ns = (1 + pick(r, INT64_C(1800000000000000))) * 1000,
                                      .px = 1 + pick(r, INT64_C(9000000000000000000)),
                                      .size = random_size(r),
                                      .side = (int)(1 + pick(r, 2)),
                                      .direction = (int)(pick(r, 3) - 1) };
    }
}

#define SAME_I(a, b) ((a) == (b))
#define SAME_D(a, b) same_double(a, b)
#define SAME_P(a, b) ((a) == (b))
#define SAME_L(a, b) ((a) == (b))

/* As fields of a Redis hash. */
static void put_packed(void)
{
    struct buf json;
    buf_init(&json, REPORT_SCRATCH_MAX);
    struct field_changes c =
        report_put_metrics_since(&report, NULL, NULL, 0, &json, hash_put, &hash);
    assert_int_equal(c.added, hash.n);
    assert_non_null(hash_get(&hash, REPORT_MORE));
    assert_null(hash_get(&hash, "ofi"));
    buf_fini(&json);
}

static void metrics_of_any_value_come_back(void **state)
{
    (void)state;
    uint64_t r = 1;
    for (int round = 0; round < 300; round++) {
        (void)start(NULL);
        random_metrics(m0(), &r);
        (round % 2 == 0 ? put : put_packed)();
        report_window_init(&back.windows[0], "10s", 10);
        read_back(0);
        const struct metrics *a = m0(), *b = &back.windows[0].m;
#define METRIC(kind, member, name, unit, help)                              \
    if (!SAME_##kind(a->member, b->member)) {                               \
        fail_msg("%s in round %d: %s", name, round, hash_get(&hash, name)); \
    }
#include "metrics.def"
#undef METRIC
        assert_int_equal(a->jump.ts_ns, b->jump.ts_ns);
        assert_int_equal(a->jump.px, b->jump.px);
        assert_true(same_double(a->jump.size, b->jump.size));
        assert_int_equal(a->jump.side, b->jump.side);
        assert_int_equal(a->jump.direction, b->jump.direction);
    }
}

static void behaviors_of_any_value_come_back(void **state)
{
    (void)state;
    uint64_t r = 2;
    for (int round = 0; round < 100; round++) {
        (void)start(NULL);
#define BEHAVIOR(member, name, direction)                                                         \
    report.behaviors.member = (struct behavior){ (enum answer3)pick(&r, 3), (int)pick(&r, 3) - 1, \
                                                 pick(&r, 3) * 1760000000123456000 };
#include "behaviors.def"
#undef BEHAVIOR
        put();
        read_back(0);
#define BEHAVIOR(member, name, direction)                                         \
    assert_int_equal(report.behaviors.member.value, back.behaviors.member.value); \
    assert_int_equal(report.behaviors.member.dir, back.behaviors.member.dir);     \
    assert_int_equal(report.behaviors.member.since_ns, back.behaviors.member.since_ns);
#include "behaviors.def"
#undef BEHAVIOR
    }
}

/* Of any size. */
static int64_t round_px(int i)
{
    return i % 2 == 0 ? INT64_C(9000000000000000000) : INT64_C(450000000000);
}

static void random_state(uint64_t *r)
{
    report.tick_ns = pick(r, INT64_C(1800000000000)) * 1000000;
    report.px_tick = 1 + pick(r, 1000000000);
    report.px_steps.n = pick(r, 2) == 1 ? 2 + (int)pick(r, TICK_STEPS_MAX - 1) : 0;
    for (int i = 0; i < report.px_steps.n; i++) {
        report.px_steps.step[i] = (struct tick_step){ .px = 1 + pick(r, INT64_C(1000000000)),
                                                      .from_ns = pick(r, INT64_MAX) };
    }
    (void)snprintf(report.size_unit, sizeof report.size_unit, "%s", pick(r, 2) == 1 ? "lots" : "");
    for (int side = 0; side < 2; side++) {
        report.n_levels[side] = (int)pick(r, LEVELS_MAX + 1);
        for (int i = 0; i < report.n_levels[side]; i++) {
            report.levels[side][i] = (struct level){ .px = 1 + pick(r, round_px(i)),
                                                     .strength = (double)pick(r, 101) / 100 };
        }
    }
    report.warming = pick(r, 2) == 1;
    report.stale = pick(r, 2) == 1;
    report.feed_lag_ms = pick(r, 100000) - 50000;
    if (pick(r, 4) > 0) {
        report.quote = (struct quote){ .ts_ns = 1 + pick(r, INT64_C(1800000000000000000)),
                                       .bid_px = pick(r, INT64_C(9000000000000000000)),
                                       .ask_px = pick(r, INT64_C(450000000000)),
                                       .bid_sz = random_size(r),
                                       .ask_sz = random_size(r),
                                       .flags = (uint32_t)pick(r, 256) };
    }
    report.quality = (struct quality){ .bits = (uint32_t)random_next(r),
                                       .degraded = pick(r, 2) == 1,
                                       .median_gap_ns = pick(r, INT64_C(100000000000)),
                                       .gap_limit_ns = pick(r, INT64_MAX) };
#define QUALITY(member, name, bit, degrades, help) report.quality.member = pick(r, 1000);
#include "quality.def"
#undef QUALITY
}

static void assert_same_state(void)
{
    assert_int_equal(report.tick_ns, back.tick_ns);
    assert_int_equal(report.px_tick, back.px_tick);
    assert_int_equal(report.px_steps.n, back.px_steps.n);
    for (int i = 0; i < report.px_steps.n; i++) {
        assert_int_equal(report.px_steps.step[i].px, back.px_steps.step[i].px);
        assert_int_equal(report.px_steps.step[i].from_ns, back.px_steps.step[i].from_ns);
    }
    assert_string_equal(report.size_unit, back.size_unit);
    assert_int_equal(report.warming, back.warming);
    assert_int_equal(report.stale, back.stale);
    assert_int_equal(report.feed_lag_ms, back.feed_lag_ms);
    assert_int_equal(report.quote.ts_ns, back.quote.ts_ns);
    assert_int_equal(report.quote.bid_px, back.quote.bid_px);
    assert_int_equal(report.quote.ask_px, back.quote.ask_px);
    assert_true(same_double(report.quote.bid_sz, back.quote.bid_sz));
    assert_true(same_double(report.quote.ask_sz, back.quote.ask_sz));
    assert_int_equal(report.quote.flags, back.quote.flags);
    assert_int_equal(report.quality.bits, back.quality.bits);
    assert_int_equal(report.quality.degraded, back.quality.degraded);
    assert_int_equal(report.quality.median_gap_ns, back.quality.median_gap_ns);
    assert_int_equal(report.quality.gap_limit_ns, back.quality.gap_limit_ns);
#define QUALITY(member, name, bit, degrades, help) \
    assert_int_equal(report.quality.member, back.quality.member);
#include "quality.def"
#undef QUALITY
    for (int side = 0; side < 2; side++) {
        assert_int_equal(report.n_levels[side], back.n_levels[side]);
        for (int i = 0; i < back.n_levels[side]; i++) {
            const struct level *a = &report.levels[side][i], *b = &back.levels[side][i];
            assert_int_equal(a->px, b->px);
            assert_true(same_double(a->strength, b->strength));
        }
    }
    assert_int_equal(report.n_windows, back.n_windows);
    for (int i = 0; i < back.n_windows; i++) {
        assert_string_equal(report.windows[i].name, back.windows[i].name);
        assert_int_equal(report.windows[i].m.seconds, back.windows[i].m.seconds);
        assert_true(isnan(back.windows[i].m.ofi));
    }
}

static void state_of_any_value_comes_back(void **state)
{
    (void)state;
    uint64_t r = 3;
    for (int round = 0; round < 300; round++) {
        struct err err = { 0 };
        (void)start(NULL);
        random_state(&r);
        report_put_state(&report, hash_put, &hash);
        for (int i = 0; i < hash.n; i++) {
            if (!report_get_state(&back, hash.name[i], hash.text[i], strlen(hash.text[i]), &err)) {
                fail_msg("%s", err.text);
            }
        }
        assert_same_state();
    }
}

static void levels_of_any_value_come_back(void **state)
{
    (void)state;
    uint64_t r = 4;
    for (int round = 0; round < 300; round++) {
        struct level a = { .px = 1 + pick(&r, round % 2 == 0 ? INT64_MAX - 1 : 450000000000),
                           .touches = pick(&r, 1000),
                           .held = pick(&r, 100),
                           .broke = pick(&r, 100),
                           .total_sz = random_size(&r),
                           .avg_sz = random_size(&r),
                           .max_sz = random_size(&r),
                           .removed_sz = random_size(&r),
                           .dwell_ms = pick(&r, 10000000),
                           .first_ns = pick(&r, INT64_C(1800000000000000)) * 1000,
                           .last_ns = pick(&r, INT64_C(1800000000000000)) * 1000,
                           .strength = (double)pick(&r, 1001) / 1000,
                           .status = (enum level_status)pick(&r, 3) };
        struct level b;
        struct buf json;
        struct err err = { 0 };
        buf_init(&json, 4096);
        report_put_level(&a, &json);
        if (!report_get_level(&b, json.data, json.len, &err)) {
            fail_msg("%s: %s", err.text, json.data);
        }
        assert_int_equal(a.px, b.px);
        assert_int_equal(a.touches, b.touches);
        assert_int_equal(a.held, b.held);
        assert_int_equal(a.broke, b.broke);
        assert_int_equal(a.dwell_ms, b.dwell_ms);
        assert_int_equal(a.first_ns, b.first_ns);
        assert_int_equal(a.last_ns, b.last_ns);
        assert_int_equal(a.status, b.status);
        assert_true(same_double(a.total_sz, b.total_sz) && same_double(a.avg_sz, b.avg_sz));
        assert_true(same_double(a.max_sz, b.max_sz) && same_double(a.removed_sz, b.removed_sz));
        assert_true(same_double(a.strength, b.strength));
        buf_fini(&json);
    }
}

/* ---- what is broken ---- */

static bool get_metric(const char *name, const char *text)
{
    struct err err = { 0 };
    bool ok = report_get_metrics(&back.windows[0], &back.behaviors, name, text, strlen(text), &err);
    assert_int_equal(ok, err.code == ERR_NONE);
    return ok;
}

static bool get_state(const char *name, const char *text)
{
    struct err err = { 0 };
    bool ok = report_get_state(&back, name, text, strlen(text), &err);
    assert_int_equal(ok, err.code == ERR_NONE);
    return ok;
}

static void unknown_names_are_ignored(void **state)
{
    (void)state;
    assert_true(get_metric("ofi_z", "anything"));
    assert_true(get_state("mood", "anything"));
}

static void broken_metrics_are_errors(void **state)
{
    (void)state;
    assert_false(get_metric("bid_lift_count", ""));
    assert_false(get_metric("bid_lift_count", "8.5"));
    assert_false(get_metric("bid_lift_count", "99999999999999999999"));
    assert_false(get_metric("avg_bid_size", "nan"));
    assert_false(get_metric("avg_bid_size", "1e999"));
    assert_false(get_metric("bid_price_movement", "0.1x"));
    assert_false(get_metric("bid_size_acceleration", "FASTER"));
    assert_false(get_metric("behaviors", "{\"bid_stacking\": \"MAYBE\"}"));
    assert_false(get_metric("behaviors", "{\"bid_stacking\": 1}"));
    assert_false(get_metric("behaviors", "[]"));
    assert_false(get_metric("behaviors_since", "{\"bid_stacking\": 7}"));
    assert_false(
        get_metric("behaviors_since", "{\"bid_stacking\": {\"since_ms\": -1, \"dir\": 0}}"));
}

static void ours_are_read_whole_or_not_at_all(void **state)
{
    (void)state;
    struct metrics *m = &back.windows[0].m;
    assert_true(get_metric("more", "{}"));
    assert_true(get_metric("more", "{\"ofi\": -12.5, \"mood\": \"high\", \"quotes\": \"7\"}"));
    assert_true(m->ofi <= -12.5 && m->ofi >= -12.5 && m->quotes == 7);
    assert_true(get_metric("more", "{\"o\\u0066i\": 3}")); /* read by cJSON */
    assert_true(m->ofi <= 3 && m->ofi >= 3);
    assert_false(get_metric("more", "{\"ofi\": 1, \"quotes\": 7.5}"));
    assert_false(get_metric("more", "{\"ofi\": 1, \"quotes\": null}"));
    assert_false(get_metric("more", "{\"ofi\": 1, \"o\\u0066i_n\": {}}"));
    assert_false(get_metric("more", "{\"ofi\": 1"));
    assert_false(get_metric("more", "[]"));
    assert_true(m->ofi <= 3 && m->ofi >= 3 && m->quotes == 7);
    assert_true(get_metric("more", "{\"more\": \"{}\"}"));
}

static void broken_sweeps_are_errors(void **state)
{
    (void)state;
    const char *good = "{\"type\": \"sweep\", \"side\": \"ask\", \"price\": 449.65, "
                       "\"size\": 25215, \"direction\": \"lift\", \"timestamp\": 1760000299455}";
    assert_true(get_metric("last_sweep", good));
    assert_false(get_metric("last_sweep", "{}"));
    assert_false(get_metric("last_sweep", ""));
    assert_false(get_metric("last_sweep", "{\"side\": \"ask\", \"price\": 449.65, \"size\": 1, "
                                          "\"direction\": \"lift\", \"timestamp\": 1} x"));
    assert_false(get_metric("last_sweep", "{\"Side\": \"ask\", \"price\": 449.65, \"size\": 1, "
                                          "\"direction\": \"lift\", \"timestamp\": 1}"));
    assert_false(get_metric("last_sweep", "{\"side\": \"ask\", \"price\": 449.65, \"size\": 1e999, "
                                          "\"direction\": \"lift\", \"timestamp\": 1}"));
    assert_false(get_metric("last_sweep", "{\"side\": \"ask\", \"price\": \"x\", \"size\": 1, "
                                          "\"direction\": \"lift\", \"timestamp\": 1}"));
}

static void broken_states_are_errors(void **state)
{
    (void)state;
    assert_false(get_state("tick_ms", "soon"));
    assert_false(get_state("tick_ms", "-1"));
    assert_false(get_state("tick_ms", "9223372036854775807"));
    assert_false(get_state("px_tick", ""));
    assert_false(get_state("warming", "2"));
    assert_false(get_state("windows", "{\"10s\": 0}"));
    assert_false(get_state("windows", "{\"a name far too long\": 10}"));
    assert_false(get_state("windows", "{\"1\":1,\"2\":1,\"3\":1,\"4\":1,\"5\":1,\"6\":1,\"7\":1,"
                                      "\"8\":1,\"9\":1}"));
    assert_false(get_state("quote", "{\"ts_ns\": 5}"));
    assert_false(get_state("quality", "{\"bits\": -1}"));
    assert_true(get_state("strengths", "{\"bid\": {\"450.01\": 0.5}, \"ask\": {}}"));
    assert_int_equal(back.n_levels[0], 1);
    assert_int_equal(back.levels[0][0].px, INT64_C(450010000000));
    assert_int_equal(back.levels[0][0].last_ns, 0);
    assert_false(get_state("strengths", "{\"bid\": {\"450.01\": 1.5}, \"ask\": {}}"));
    assert_int_equal(back.n_levels[0], 0);
    assert_false(get_state("strengths", "{\"bid\": {\"450.01\": \"0.5\"}, \"ask\": {}}"));
    assert_false(get_state("strengths", "{\"bid\": {\"high\": 0.5}, \"ask\": {}}"));
    assert_false(get_state("strengths", "{\"bid\": {}}"));
    assert_false(get_state("strengths", "{\"bid\": [0.5], \"ask\": {}}"));
    assert_false(get_state("strengths", "{\"bid\": 7, \"ask\": {}}"));
    assert_false(get_state("strengths", "{\"bid\": [0.5], \"ask\": {}, \"\\u0061\": 1}"));
    assert_false(get_state("strengths", "{\"ask\": {}, \"\\u0061\": 1}"));
    assert_true(get_state("strengths", "{\"bid\": {\"1\": 1}, \"ask\": {}, \"\\u0061\": 1}"));
    assert_int_equal(back.n_levels[0], 1);
    assert_false(get_state(
        "strengths", "{\"ask\": {}, \"bid\": {\"1\":0,\"2\":0,\"3\":0,\"4\":0,\"5\":0,\"6\":0,"
                     "\"7\":0,\"8\":0,\"9\":0,\"10\":0,\"11\":0,\"12\":0,\"13\":0,\"14\":0,"
                     "\"15\":0,\"16\":0,\"17\":0,\"18\":0,\"19\":0,\"20\":0,\"21\":0}}"));
}

/* Damaged JSON is refused or understood, and nothing else happens. */
static void damaged_json_never_crashes(void **state)
{
    (void)state;
    uint64_t r = 5;
    struct level l = { .px = 449680000000, .avg_sz = 0.5, .last_ns = 1760000295123456000 }, got;
    struct buf json;
    buf_init(&json, 4096);
    report_put_level(&l, &json);
    int refused = 0;
    for (int round = 0; round < 20000; round++) {
        struct err err = { 0 };
        size_t n;
        char *text = damaged_copy(&json, &r, &n);
        bool ok = report_get_level(&got, text, n, &err);
        assert_int_equal(ok, err.code == ERR_NONE);
        refused += !ok;
        refused += !report_get_state(&back, "quality", text, n, &err);
        refused +=
            !report_get_metrics(&back.windows[0], &back.behaviors, "last_sweep", text, n, &err);
        free(text);
    }
    assert_true(refused > 50000);
    buf_fini(&json);
}

static void active_patterns_read_back(void **state)
{
    (void)state;
    report.active[0] = (struct active_pattern){ .id = "00000000000000aa",
                                                .kind = "absorption",
                                                .side = OFD_BID,
                                                .dir = 1,
                                                .onset_ns = INT64_C(1760000299455000000),
                                                .price = INT64_C(449650000000) };
    report.active[1] = (struct active_pattern){ .id = "00000000000000ab",
                                                .kind = "momentum_shift",
                                                .dir = -1,
                                                .onset_ns = INT64_C(1760000200000000000),
                                                .price = OFD_NO_PRICE };
    report.n_active = 2;
    report.active_total = 7;
    report_put_state(&report, hash_put, &hash);
    assert_field("active",
                 "[{\"id\": \"00000000000000aa\", \"type\": \"absorption\", \"side\": \"bid\", "
                 "\"dir\": 1, \"level_px\": \"449.65\", \"onset_ms\": 1760000299455}, "
                 "{\"id\": \"00000000000000ab\", \"type\": \"momentum_shift\", \"dir\": -1, "
                 "\"onset_ms\": 1760000200000}]");
    for (int i = 0; i < hash.n; i++) {
        assert_true(
            report_get_state(&back, hash.name[i], hash.text[i], strlen(hash.text[i]), NULL));
    }
    assert_int_equal(back.n_active, 2);
    assert_int_equal(back.active_total, 7);
    for (int i = 0; i < 2; i++) {
        const struct active_pattern *a = &report.active[i], *b = &back.active[i];
        assert_string_equal(b->id, a->id);
        assert_string_equal(b->kind, a->kind);
        assert_int_equal(b->side, a->side);
        assert_int_equal(b->dir, a->dir);
        assert_int_equal(b->price, a->price);
        assert_int_equal(b->onset_ns, a->onset_ns);
    }
    static const char *const broken[] = { "{}", "[1]", "[{\"id\": \"a\"}]", "[", "1],\"x\":[1" };
    for (size_t i = 0; i < sizeof broken / sizeof broken[0]; i++) {
        assert_false(get_state("active", broken[i]));
    }
}

#define CASE(test) cmocka_unit_test_setup(test, start)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(price_movements_are_exact_python_floats),
        CASE(counts_and_whole_sizes_have_no_point),
        CASE(average_sizes_are_cut_to_whole_numbers),
        CASE(labels_are_the_peers_words),
        CASE(undefined_metrics_are_left_out),
        CASE(net_ticks_first_known_are_put),
        CASE(last_sweep_is_the_peers_json),
        CASE(last_sweep_at_a_whole_price_keeps_its_point),
        CASE(behaviors_begin_with_the_peers_six),
        CASE(behaviors_are_in_the_10s_window_only),
        CASE(level_begins_as_the_peers_json),
        CASE(metrics_of_any_value_come_back),
        CASE(behaviors_of_any_value_come_back),
        CASE(state_of_any_value_comes_back),
        CASE(levels_of_any_value_come_back),
        CASE(active_patterns_read_back),
        CASE(unknown_names_are_ignored),
        CASE(broken_metrics_are_errors),
        CASE(ours_are_read_whole_or_not_at_all),
        CASE(broken_sweeps_are_errors),
        CASE(broken_states_are_errors),
        CASE(damaged_json_never_crashes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
