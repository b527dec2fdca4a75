/* SPDX-License-Identifier: MIT */
#include "check.h"
#include "shared.h"

#include <stdio.h>
#include <string.h>

static struct shared s;
static struct buf out;
static int tool, other;

static struct mono at_us(int64_t us)
{
    return (struct mono){ .ns = NS_PER_S + us * 1000 };
}

static int start(void **state)
{
    (void)state;
    buf_init(&out, 1 << 20);
    return shared_init(&s, NULL) ? 0 : -1;
}

static int stop(void **state)
{
    (void)state;
    shared_fini(&s);
    buf_fini(&out);
    return 0;
}

static void put(const void *what, int variant, const char *question, int64_t us, const char *answer)
{
    struct buf body;
    buf_init(&body, 1 << 20);
    buf_puts(&body, answer);
    shared_put(&s, what, variant, question, strlen(question), at_us(us), &body);
    buf_fini(&body);
}

static const char *get(const void *what, int variant, const char *question, int64_t us)
{
    buf_clear(&out);
    return shared_get(&s, what, variant, question, strlen(question), at_us(us), &out) ? out.data
                                                                                      : NULL;
}

static void shared_answer_holds_for_5_ms_from_before_the_look(void **state)
{
    (void)state;
    put(&tool, 0, "{\"a\":1}", 1000, "first");
    assert_string_equal(get(&tool, 0, "{\"a\":1}", 5999), "first");
    assert_null(get(&tool, 0, "{\"a\":1}", 6000));
}

static void shared_answer_is_to_the_same_question_alone(void **state)
{
    (void)state;
    put(&tool, 1, "{}", 0, "first");
    assert_null(get(&tool, 0, "{}", 1));
    assert_null(get(&other, 1, "{}", 1));
    assert_null(get(&tool, 1, "{ }", 1));
    assert_null(get(&tool, 1, "", 1));
    assert_string_equal(get(&tool, 1, "{}", 1), "first");
}

static void shared_answer_is_replaced_by_a_newer_one_never_by_an_older(void **state)
{
    (void)state;
    put(&tool, 0, "q", 2000, "new");
    put(&tool, 0, "q", 1000, "slow");
    assert_string_equal(get(&tool, 0, "q", 2500), "new");
    put(&tool, 0, "q", 3000, "newer");
    assert_string_equal(get(&tool, 0, "q", 3000), "newer");
}

static void shared_answers_are_few_and_small(void **state)
{
    (void)state;
    static char large[SHARED_BYTES_MAX];
    char question[16];
    for (int i = 0; i <= SHARED_MAX; i++) {
        (void)snprintf(question, sizeof question, "%d", i);
        put(&tool, 0, question, i, question);
    }
    assert_null(get(&tool, 0, "0", 100));
    assert_string_equal(get(&tool, 0, "1", 100), "1");
    assert_string_equal(get(&tool, 0, "16", 100), "16");
    memset(large, 'x', sizeof large - 1);
    put(&tool, 0, "large", 100, large);
    assert_null(get(&tool, 0, "large", 100));
    put(&tool, 0, large, 100, "x");
    assert_null(get(&tool, 0, large, 100));
}

int main(void)
{
#define WITH_SHARED(test) cmocka_unit_test_setup_teardown(test, start, stop)
    const struct CMUnitTest tests[] = {
        WITH_SHARED(shared_answer_holds_for_5_ms_from_before_the_look),
        WITH_SHARED(shared_answer_is_to_the_same_question_alone),
        WITH_SHARED(shared_answer_is_replaced_by_a_newer_one_never_by_an_older),
        WITH_SHARED(shared_answers_are_few_and_small),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
