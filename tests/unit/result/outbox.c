/* SPDX-License-Identifier: MIT */
#include "outbox.h"

#include <inttypes.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static struct outbox_shared shared;

static int setup(void **state)
{
    outbox_shared_init(&shared);
    *state = outbox_create("SPY", &shared);
    return *state ? 0 : -1;
}

static int teardown(void **state)
{
    outbox_destroy(*state);
    outbox_shared_fini(&shared);
    return 0;
}

static void add_report(struct outbox *o, int64_t tick_ns, int64_t cutoff_ns)
{
    struct report r = { .ticker = "SPY", .tick_ns = tick_ns };
    assert_true(outbox_add_report(o, &r, NULL));
    outbox_forget_older(o, cutoff_ns);
}

static void add(struct outbox *o, const char *id, int64_t last_ns, const char *json)
{
    assert_true(outbox_add_pattern(o, id, last_ns, json, strlen(json), last_ns % 2 == 0, NULL));
}

static void assert_stored(struct outbox *o, size_t i, const char *expected)
{
    size_t n;
    assert_true(member_is_stored(o->members[i]));
    assert_string_equal(outbox_stored_text(o, o->members[i], &n), expected);
    assert_int_equal(n, strlen(expected));
}

static void recall(struct outbox *o, const char *id, const char *json)
{
    assert_true(outbox_recall(o, id, 1, json, strlen(json), NULL));
}

static void report_newer_replaces_older_and_not_the_reverse(void **state)
{
    struct outbox *o = *state;
    add_report(o, 2, 0);
    add_report(o, 1, 0);
    assert_int_equal(o->report->tick_ns, 2);
    add_report(o, 3, 0);
    assert_int_equal(o->report->tick_ns, 3);
}

static void pattern_same_id_keeps_the_last_text(void **state)
{
    struct outbox *o = *state;
    add(o, "b", 1, "b1");
    add(o, "a", 1, "a1");
    add(o, "b", 2, "b2");
    assert_int_equal(o->n, 2);
    assert_string_equal(o->members[0]->pending, "a1");
    assert_string_equal(o->members[1]->pending, "b2");
    assert_int_equal(o->members[1]->last_ns, 2);
}

/* Digits of hashes, as ours are, and whatever else there may be. */
static void members_are_found_by_any_id(void **state)
{
    enum { IDS = 2000 };
    struct outbox *o = *state;
    static char ids[IDS][EPISODE_ID_MAX];
    uint64_t x = 1;
    for (size_t i = 0; i < IDS; i++) {
        static const char *const forms[] = { "%016" PRIx64, "%.2" PRIx64, "aaaaaaaa%" PRIx64,
                                             "%" PRIX64, "~%" PRIx64 };
        x = x * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
        uint64_t shown = i % 5 == 1 || i % 5 == 2 ? x >> 48 : i % 5 == 4 ? x >> 16 : x;
        (void)snprintf(ids[i], sizeof ids[i], i % 3 != 0 ? forms[0] : forms[i % 5],
                       i % 3 != 0 ? x : shown);
        add(o, ids[i], 1, ids[i]);
    }
    for (size_t i = 1; i < o->n; i++) {
        assert_true(strcmp(o->members[i - 1]->id, o->members[i]->id) < 0);
    }
    size_t n = o->n;
    for (size_t i = 0; i < IDS; i++) {
        add(o, ids[i], 1, ids[i]);
    }
    assert_int_equal(o->n, n);
}

static void pattern_already_stored_is_not_pending(void **state)
{
    struct outbox *o = *state;
    add(o, "a", 1, "same");
    assert_int_equal(outbox_written(o, (struct mono){ 0 }), 1);
    add(o, "a", 1, "same");
    assert_null(o->members[0]->pending);
    assert_int_equal(outbox_written(o, (struct mono){ 0 }), 0);
}

static void pattern_older_than_the_cutoff_is_forgotten(void **state)
{
    struct outbox *o = *state;
    add(o, "old", 9, "x");
    add(o, "new", 10, "y");
    add_report(o, 100, 10);
    assert_int_equal(o->n, 1);
    assert_string_equal(o->members[0]->id, "new");
}

static void pattern_over_the_limit_drops_the_oldest(void **state)
{
    struct outbox *o = *state;
    char id[EPISODE_ID_MAX];
    for (int i = 0; i <= OUTBOX_MEMBERS_MAX; i++) {
        snprintf(id, sizeof id, "%08d", i);
        add(o, id, 1000 + i, "x");
    }
    assert_int_equal(o->n, OUTBOX_MEMBERS_MAX);
    assert_int_equal(o->dropped, 1);
    assert_string_equal(o->members[0]->id, "00000001");
}

static void recall_double_goes_to_the_trash(void **state)
{
    struct outbox *o = *state;
    outbox_recall_begin(o);
    recall(o, "a", "older");
    recall(o, "a", "newer");
    assert_true(outbox_recall_end(o, NULL));
    assert_int_equal(o->n_trash, 1);
    assert_string_equal(o->trash[0], "older");
    assert_stored(o, 0, "newer");
    assert_false(o->unsure);
    (void)outbox_written(o, (struct mono){ 0 });
    assert_int_equal(o->n_trash, 0);
}

static void recall_what_redis_lost_is_pending_again(void **state)
{
    struct outbox *o = *state;
    add(o, "a", 1, "a1");
    (void)outbox_written(o, (struct mono){ 0 });
    outbox_recall_begin(o);
    assert_true(outbox_recall_end(o, NULL));
    assert_false(member_is_stored(o->members[0]));
    assert_string_equal(o->members[0]->pending, "a1");
}

static void recall_what_arrived_without_an_answer_is_not_written_twice(void **state)
{
    struct outbox *o = *state;
    add(o, "a", 1, "a1");
    outbox_recall_begin(o);
    recall(o, "a", "a1");
    assert_true(outbox_recall_end(o, NULL));
    assert_null(o->members[0]->pending);
    assert_stored(o, 0, "a1");
}

static void recall_older_form_gives_way_to_the_pending_one(void **state)
{
    struct outbox *o = *state;
    add(o, "a", 2, "a2");
    outbox_recall_begin(o);
    recall(o, "a", "a1");
    assert_true(outbox_recall_end(o, NULL));
    assert_string_equal(o->members[0]->pending, "a2");
    assert_stored(o, 0, "a1");
    assert_int_equal(o->members[0]->last_ns, 2);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
#define WITH_OUTBOX(test) cmocka_unit_test_setup_teardown(test, setup, teardown)
        WITH_OUTBOX(report_newer_replaces_older_and_not_the_reverse),
        WITH_OUTBOX(pattern_same_id_keeps_the_last_text),
        WITH_OUTBOX(members_are_found_by_any_id),
        WITH_OUTBOX(pattern_already_stored_is_not_pending),
        WITH_OUTBOX(pattern_older_than_the_cutoff_is_forgotten),
        WITH_OUTBOX(pattern_over_the_limit_drops_the_oldest),
        WITH_OUTBOX(recall_double_goes_to_the_trash),
        WITH_OUTBOX(recall_what_redis_lost_is_pending_again),
        WITH_OUTBOX(recall_what_arrived_without_an_answer_is_not_written_twice),
        WITH_OUTBOX(recall_older_form_gives_way_to_the_pending_one),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
