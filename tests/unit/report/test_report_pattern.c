/* SPDX-License-Identifier: MIT */
/* Episodes as stored patterns, and back again with their evidence. */
#include "hash.h"
#include "orderflow/detector.h"

enum { STRENGTH, PRICE_LEVEL, AVG_SIZE, MAX_SIZE, VALUE };

static char key_strength[] = "strength", key_price[] = "price_level", key_avg[] = "avg_size",
            key_max[] = "max_size", key_value[] = "value", moderate[] = "moderate",
            strong[] = "strong", kind[] = "absorption";

static const struct declaration decl = {
    .id = "absorption",
    .n_fields = 5,
    .fields = { { .type = OFD_CHOICE,
                  .key = key_strength,
                  .choices = { moderate, strong },
                  .n_choices = 2 },
                { .type = OFD_PRICE, .key = key_price },
                { .type = OFD_REAL, .key = key_avg },
                { .type = OFD_INT, .key = key_max },
                { .type = OFD_REAL, .key = key_value } },
    .n_kinds = 1,
    .kinds = { kind },
};

static struct episode bid_absorption(void)
{
    return (struct episode){
        .id = "0123456789abcdef",
        .detector = "absorption",
        .kind = "absorption",
        .side = OFD_BID,
        .dir = 1,
        .price = INT64_C(450010000000),
        .state = EPISODE_ENDED,
        .end_reason = END_FADED,
        .onset_ns = INT64_C(1760000286123000000),
        .confirmed_ns = INT64_C(1760000286623000000),
        .peak_ns = INT64_C(1760000287123000000),
        .peak_value = 8836.7,
        .last_ns = INT64_C(1760000288000000000),
        .end_ns = INT64_C(1760000289500000000),
        .quality = 1 << 4 | 1 << 7,
        .n_ev = 4,
        .ev = { { .field = STRENGTH, .i = 0 },
                { .field = PRICE_LEVEL, .i = INT64_C(450010000000) },
                { .field = AVG_SIZE, .f = 8836.7 },
                { .field = MAX_SIZE, .i = 20008 } },
    };
}

static struct buf json;

static int start(void **state)
{
    (void)state;
    buf_init(&json, 8192);
    return 0;
}

static int stop(void **state)
{
    (void)state;
    buf_fini(&json);
    return 0;
}

static struct stored_pattern there_and_back(const struct episode *e)
{
    struct stored_pattern p;
    struct err err = { 0 };
    buf_clear(&json);
    report_put_episode(e, &decl, &json);
    assert_false(json.failed);
    if (!report_get_pattern(&p, json.data, json.len, &err)) {
        fail_msg("%s: %s", err.text, json.data);
    }
    stored_pattern_bind(&p, &decl);
    return p;
}

/* ---- texts ---- */

static void pattern_is_stored_with_the_peers_names(void **state)
{
    (void)state;
    struct episode e = bid_absorption();
    report_put_episode(&e, &decl, &json);
    assert_string_equal(
        json.data,
        "{\"id\": \"0123456789abcdef\", \"type\": \"absorption\", \"detector\": \"absorption\", "
        "\"side\": \"bid\", \"strength\": \"moderate\", \"price_level\": 450.01, "
        "\"avg_size\": 8836.7, \"max_size\": 20008, \"level_px\": \"450.01\", \"dir\": 1, "
        "\"state\": \"ended\", \"value\": 8836.7, \"timestamp\": 1760000288000, "
        "\"onset_ms\": 1760000286123, \"confirmed_ms\": 1760000286623, "
        "\"peak_ms\": 1760000287123, \"end_ms\": 1760000289500, \"end_reason\": \"faded\", "
        "\"quality\": \"wide tie_ambiguous\", \"description\": \"Bid absorption at 450.01: "
        "strength=moderate, avg_size=8836.7, max_size=20008\"}");
}

static void active_pattern_has_no_end(void **state)
{
    (void)state;
    struct episode e = bid_absorption();
    e.state = EPISODE_ACTIVE;
    e.end_reason = END_NONE;
    e.end_ns = 0;
    report_put_episode(&e, &decl, &json);
    assert_non_null(strstr(json.data, "\"state\": \"active\""));
    assert_null(strstr(json.data, "end_"));
}

static void pattern_without_side_and_price_is_described_by_its_kind(void **state)
{
    (void)state;
    struct episode e = bid_absorption();
    (void)snprintf(e.kind, sizeof e.kind, "momentum_shift");
    e.side = OFD_NO_SIDE;
    e.price = OFD_NO_PRICE;
    e.n_ev = 1;
    struct stored_pattern p = there_and_back(&e);
    assert_string_equal(p.description, "Momentum shift: strength=moderate");
    assert_null(strstr(json.data, "\"side\""));
    assert_null(strstr(json.data, "level_px"));
    assert_int_equal(p.e.side, OFD_NO_SIDE);
    assert_int_equal(p.e.price, OFD_NO_PRICE);
}

static void evidence_called_like_a_fixed_member_is_kept_apart(void **state)
{
    (void)state;
    struct episode e = bid_absorption();
    e.n_ev = 1;
    e.ev[0] = (struct evidence){ .field = VALUE, .f = 12.5 };
    struct stored_pattern p = there_and_back(&e);
    assert_string_equal(p.fields[0].name, "value_");
    assert_int_equal(p.e.n_ev, 1);
    assert_int_equal(p.e.ev[0].field, VALUE);
    assert_true(same_double(p.e.ev[0].f, 12.5));
    assert_true(same_double(p.e.peak_value, 8836.7));
}

static void evidence_out_of_the_declaration_is_left_out(void **state)
{
    (void)state;
    struct episode e = bid_absorption();
    e.ev[0].i = 2;
    e.ev[1].field = 5;
    e.ev[2].f = NAN;
    struct stored_pattern p = there_and_back(&e);
    assert_int_equal(p.n_fields, 1);
    assert_string_equal(p.fields[0].name, "max_size");
}

static void description_is_cut_between_items(void **state)
{
    (void)state;
    struct episode e = bid_absorption();
    (void)snprintf(e.kind, sizeof e.kind, "a2345678901234567890123456789012");
    e.ev[0] = (struct evidence){ .field = AVG_SIZE, .f = -1.7976931348623157e308 };
    char long_word[150];
    memset(long_word, 'w', sizeof long_word - 1);
    long_word[sizeof long_word - 1] = '\0';
    struct declaration wordy = decl;
    wordy.fields[STRENGTH].choices[0] = long_word;
    e.ev[1] = (struct evidence){ .field = STRENGTH };
    report_put_episode(&e, &wordy, &json);
    assert_null(strstr(strstr(json.data, "description"), "www"));
    assert_non_null(strstr(strstr(json.data, "description"), "max_size=20008"));
}

static void stored_fields_can_be_drawn_without_the_declaration(void **state)
{
    (void)state;
    struct episode e = bid_absorption();
    struct stored_pattern p = there_and_back(&e);
    assert_int_equal(p.n_fields, 4);
    assert_string_equal(p.fields[0].text, "moderate");
    assert_false(p.fields[0].number);
    assert_string_equal(p.fields[1].text, "450.01");
    assert_true(p.fields[1].number);
    assert_string_equal(p.fields[3].text, "20008");
}

/* ---- there and back ---- */

static struct episode random_episode(uint64_t *r)
{
    struct episode e = bid_absorption();
    int64_t unit_ns = pick(r, 2) == 0 ? 1000000 : 1 + pick(r, 1000);
    e.side = (int32_t)pick(r, 3);
    e.dir = (int32_t)pick(r, 3) - 1;
    e.price = pick(r, 4) == 0 ? OFD_NO_PRICE : pick(r, INT64_MAX);
    e.onset_ns = 1 + pick(r, 1800000000000) * 1000000;
    e.confirmed_ns = e.onset_ns + pick(r, 1000) * unit_ns;
    e.peak_ns = e.onset_ns + pick(r, 100) * unit_ns;
    e.last_ns = e.peak_ns + pick(r, 100) * unit_ns;
    e.end_ns = e.last_ns + e.confirmed_ns - e.onset_ns;
    e.end_reason = (enum end_reason)(END_FADED + pick(r, 4));
    if (pick(r, 2) == 0) {
        e.state = EPISODE_ACTIVE;
        e.end_reason = END_NONE;
        e.end_ns = 0;
    }
    e.peak_value = (pick(r, 2) == 0 ? -1 : 1) * random_size(r);
    e.quality = (uint32_t)pick(r, 1 << 12);
    e.n_ev = (uint32_t)pick(r, 5);
    e.ev[0].i = pick(r, 2);
    e.ev[1].i = pick(r, INT64_MAX);
    e.ev[2].f = random_size(r);
    e.ev[3].i = (int64_t)random_next(r);
    return e;
}

static void assert_same(const struct episode *a, const struct episode *b)
{
    assert_string_equal(a->id, b->id);
    assert_string_equal(a->detector, b->detector);
    assert_string_equal(a->kind, b->kind);
    assert_int_equal(a->side, b->side);
    assert_int_equal(a->dir, b->dir);
    assert_int_equal(a->price, b->price);
    assert_int_equal(a->state, b->state);
    assert_int_equal(a->end_reason, b->end_reason);
    assert_int_equal(a->onset_ns, b->onset_ns);
    assert_int_equal(a->confirmed_ns, b->confirmed_ns);
    assert_int_equal(a->peak_ns, b->peak_ns);
    assert_true(same_double(a->peak_value, b->peak_value));
    assert_int_equal(a->last_ns, b->last_ns);
    assert_int_equal(a->end_ns, b->end_ns);
    assert_int_equal(a->quality, b->quality);
    assert_int_equal(a->n_ev, b->n_ev);
    for (uint32_t i = 0; i < a->n_ev; i++) {
        assert_int_equal(a->ev[i].field, b->ev[i].field);
        assert_int_equal(a->ev[i].i, b->ev[i].i);
    }
}

static void episodes_of_any_value_come_back(void **state)
{
    (void)state;
    uint64_t r = 1;
    for (int round = 0; round < 2000; round++) {
        struct episode e = random_episode(&r);
        struct stored_pattern p = there_and_back(&e);
        assert_same(&e, &p.e);
    }
}

static void fields_of_another_declaration_are_dropped(void **state)
{
    (void)state;
    struct episode e = bid_absorption();
    struct stored_pattern p = there_and_back(&e);
    struct declaration newer = decl;
    newer.n_fields = 2;
    newer.fields[PRICE_LEVEL].type = OFD_CHOICE;
    stored_pattern_bind(&p, &newer);
    assert_int_equal(p.e.n_ev, 1);
    assert_int_equal(p.e.ev[0].field, STRENGTH);
}

/* ---- what is broken ---- */

/* The good pattern with one piece of its text replaced. */
static bool reads_with(const char *from, const char *to)
{
    struct episode e = bid_absorption();
    struct stored_pattern p;
    struct err err = { 0 };
    char text[2048];
    buf_clear(&json);
    report_put_episode(&e, &decl, &json);
    const char *at = strstr(json.data, from);
    assert_non_null(at);
    (void)snprintf(text, sizeof text, "%.*s%s%s", (int)(at - json.data), json.data, to,
                   at + strlen(from));
    bool ok = report_get_pattern(&p, text, strlen(text), &err);
    assert_int_equal(ok, err.code == ERR_NONE);
    return ok;
}

static void broken_patterns_are_errors(void **state)
{
    (void)state;
    assert_true(reads_with("absorption", "absorption"));
    assert_false(reads_with("0123456789abcdef", ""));
    assert_false(reads_with("0123456789abcdef", "0123456789ABCDEF"));
    assert_false(reads_with("0123456789abcdef", "0123456789abcdef0"));
    assert_false(reads_with("\"type\"", "\"kind\""));
    assert_false(reads_with("\"type\": \"absorption\"", "\"type\": \"<b>\""));
    assert_false(reads_with("\"detector\": \"absorption\"", "\"detector\": 7"));
    assert_false(reads_with("\"side\": \"bid\"", "\"side\": \"left\""));
    assert_false(reads_with("\"dir\": 1", "\"dir\": 2"));
    assert_false(reads_with("\"state\": \"ended\"", "\"state\": \"candidate\""));
    assert_false(reads_with("\"end_reason\": \"faded\"", "\"end_reason\": \"\""));
    assert_false(reads_with("\"end_ms\": 1760000289500", "\"end_ms\": 1"));
    assert_false(reads_with("\"onset_ms\": 1760000286123", "\"onset_ms\": 1760000286624"));
    assert_false(reads_with("\"peak_ms\": 1760000287123", "\"peak_ms\": 1e999"));
    assert_false(reads_with("\"timestamp\": 1760000288000", "\"timestamp\": \"now\""));
    assert_false(reads_with("\"value\": 8836.7", "\"value\": null"));
    assert_false(reads_with("\"level_px\": \"450.01\"", "\"level_px\": \"450.01$\""));
    assert_false(reads_with("\"quality\"", "\"ns\": \"1 2 3\", \"quality\""));
    assert_false(reads_with("{\"id\"", "[{\"id\""));
}

static void unknown_members_are_no_errors(void **state)
{
    (void)state;
    assert_true(reads_with("\"quality\": \"wide", "\"quality\": \"haunted wide"));
    assert_true(reads_with("\"dir\": 1", "\"dir\": 1, \"nested\": {\"a\": []}, \"flag\": true"));
}

static void pattern_of_the_peer_is_refused(void **state)
{
    (void)state;
    const char *peers =
        "{\"type\": \"absorption\", \"side\": \"ask\", \"price_level\": 449.691, \"avg_size\": "
        "8836.7, \"max_size\": 20008, \"strength\": \"moderate\", \"timestamp\": "
        "1760000286123.456, \"description\": \"Ask absorption at 449.70 with avg size 8836.7\"}";
    struct stored_pattern p;
    struct err err = { 0 };
    assert_false(report_get_pattern(&p, peers, strlen(peers), &err));
    assert_non_null(strstr(err.text, "id is missing"));
}

static void more_fields_than_fit_are_left_out(void **state)
{
    (void)state;
    char more[1024] = "\"dir\": 1";
    for (int i = 0; i < EVIDENCE_MAX + 5; i++) {
        size_t n = strlen(more);
        (void)snprintf(more + n, sizeof more - n, ", \"f%d\": %d", i, i);
    }
    assert_true(reads_with("\"dir\": 1", more));
}

static void damaged_patterns_never_crash(void **state)
{
    (void)state;
    uint64_t r = 7;
    int refused = 0;
    for (int round = 0; round < 20000; round++) {
        struct episode e = random_episode(&r);
        struct stored_pattern p;
        struct err err = { 0 };
        buf_clear(&json);
        report_put_episode(&e, &decl, &json);
        size_t n;
        char *text = damaged_copy(&json, &r, &n);
        bool ok = report_get_pattern(&p, text, n, &err);
        assert_int_equal(ok, err.code == ERR_NONE);
        if (ok) {
            stored_pattern_bind(&p, &decl);
        }
        refused += !ok;
        free(text);
    }
    assert_true(refused > 8000);
}

#define CASE(test) cmocka_unit_test_setup_teardown(test, start, stop)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(pattern_is_stored_with_the_peers_names),
        CASE(active_pattern_has_no_end),
        CASE(pattern_without_side_and_price_is_described_by_its_kind),
        CASE(evidence_called_like_a_fixed_member_is_kept_apart),
        CASE(evidence_out_of_the_declaration_is_left_out),
        CASE(description_is_cut_between_items),
        CASE(stored_fields_can_be_drawn_without_the_declaration),
        CASE(episodes_of_any_value_come_back),
        CASE(fields_of_another_declaration_are_dropped),
        CASE(broken_patterns_are_errors),
        CASE(unknown_members_are_no_errors),
        CASE(pattern_of_the_peer_is_refused),
        CASE(more_fields_than_fit_are_left_out),
        CASE(damaged_patterns_never_crash),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
