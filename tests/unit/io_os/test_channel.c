/* SPDX-License-Identifier: MIT */
#include "channel_ends.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

enum { WAIT_MS = 5000 };

static void channel_frames_arrive_in_order_and_whole(void **state)
{
    struct channel_ends *e = *state;
    struct channel_frame f;
    assert_true(channel_put(&e->a, 7, "seven", 5, NULL));
    assert_true(channel_put(&e->a, 8, NULL, 0, NULL));
    assert_true(channel_flush(&e->a, NULL));
    assert_true(channel_wait(&e->b, WAIT_MS, &f, NULL));
    assert_int_equal(f.type, 7);
    assert_int_equal(f.bytes, 5);
    assert_memory_equal(f.data, "seven", 5);
    assert_true(channel_wait(&e->b, WAIT_MS, &f, NULL));
    assert_int_equal(f.type, 8);
    assert_int_equal(f.bytes, 0);
}

static void channel_put_sends_nothing_by_itself(void **state)
{
    struct channel_ends *e = *state;
    bool more;
    struct channel_frame f;
    assert_true(channel_put(&e->a, 1, "x", 1, NULL));
    assert_true(channel_pending(&e->a) > 0);
    assert_true(channel_fill(&e->b, &more, NULL));
    assert_int_equal(channel_next(&e->b, &f, NULL), 0);
}

/* More than any socket buffer holds: written and read in parts, by turns. */
static void channel_longest_frame_passes_in_parts(void **state)
{
    struct channel_ends *e = *state;
    unsigned char *big = malloc(ENDS_FRAME_MOST);
    struct channel_frame f;
    bool more;
    int turns = 0;
    for (size_t i = 0; i < ENDS_FRAME_MOST; i++) {
        big[i] = (unsigned char)(i * 31 % 251);
    }
    assert_true(channel_put(&e->a, 3, big, ENDS_FRAME_MOST, NULL));
    do {
        assert_true(channel_flush(&e->a, NULL));
        assert_true(channel_fill(&e->b, &more, NULL));
        assert_true(++turns < 10000);
    } while (channel_next(&e->b, &f, NULL) == 0);
    assert_true(turns > 1);
    assert_int_equal(f.bytes, ENDS_FRAME_MOST);
    assert_memory_equal(f.data, big, ENDS_FRAME_MOST);
    free(big);
}

static void channel_frame_that_comes_byte_by_byte_is_one_frame(void **state)
{
    struct channel_ends *e = *state;
    struct channel_frame f;
    bool more;
    uint32_t head[2] = { 3, 9 };
    unsigned char bytes[sizeof head + 3];
    memcpy(bytes, head, sizeof head);
    memcpy(bytes + sizeof head, "abc", 3);
    for (size_t i = 0; i < sizeof bytes; i++) {
        assert_int_equal(channel_next(&e->b, &f, NULL), 0);
        assert_int_equal(send(e->a.fd, bytes + i, 1, 0), 1);
        assert_true(channel_fill(&e->b, &more, NULL));
    }
    assert_int_equal(channel_next(&e->b, &f, NULL), 1);
    assert_int_equal(f.type, 9);
    assert_memory_equal(f.data, "abc", 3);
}

static void channel_frame_too_long_is_refused_by_the_sender(void **state)
{
    struct channel_ends *e = *state;
    struct err err = { 0 };
    char *big = calloc(1, ENDS_FRAME_MOST + 1);
    assert_false(channel_put(&e->a, 1, big, ENDS_FRAME_MOST + 1, &err));
    assert_int_equal(channel_pending(&e->a), 0);
    free(big);
}

static void channel_frame_too_long_is_refused_by_the_receiver(void **state)
{
    struct channel_ends *e = *state;
    struct channel_frame f;
    struct err err = { 0 };
    bool more;
    uint32_t head[2] = { UINT32_MAX, 1 };
    assert_int_equal(send(e->a.fd, head, sizeof head, 0), (int)sizeof head);
    assert_true(channel_fill(&e->b, &more, NULL));
    assert_int_equal(channel_next(&e->b, &f, &err), -1);
    assert_int_equal(err.code, ERR_PROTOCOL);
}

static void channel_over_its_bound_refuses_and_keeps_what_it_had(void **state)
{
    struct channel_ends *e = *state;
    struct err err = { 0 };
    char *block = calloc(1, ENDS_FRAME_MOST);
    size_t n = 0;
    while (channel_put(&e->a, 1, block, ENDS_FRAME_MOST, &err)) {
        n++;
    }
    assert_int_equal(err.code, ERR_MEMORY);
    assert_int_equal(channel_pending(&e->a), n * (ENDS_FRAME_MOST + 8));
    assert_true(channel_put(&e->a, 1, "x", 1, NULL));
    free(block);
}

static void channel_peer_gone_is_told_after_its_last_words(void **state)
{
    struct channel_ends *e = *state;
    struct err err = { 0 };
    struct channel_frame f;
    bool more;
    assert_true(channel_put(&e->a, 5, "last", 4, NULL));
    assert_true(channel_flush(&e->a, NULL));
    channel_fini(&e->a);
    assert_true(channel_fill(&e->b, &more, &err));
    assert_int_equal(channel_next(&e->b, &f, &err), 1);
    assert_false(channel_fill(&e->b, &more, &err));
    assert_int_equal(err.code, ERR_CONNECTION);
}

static void channel_flush_to_a_peer_gone_is_an_error_and_no_signal(void **state)
{
    struct channel_ends *e = *state;
    struct err err = { 0 };
    channel_fini(&e->b);
    assert_true(channel_put(&e->a, 1, "x", 1, NULL));
    assert_false(channel_flush(&e->a, &err));
    assert_int_equal(err.code, ERR_CONNECTION);
}

static void channel_wait_without_an_answer_times_out(void **state)
{
    struct channel_ends *e = *state;
    struct err err = { 0 };
    struct channel_frame f;
    assert_false(channel_wait(&e->b, 1, &f, &err));
    assert_int_equal(err.code, ERR_TIMEOUT);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_ENDS(channel_frames_arrive_in_order_and_whole),
        WITH_ENDS(channel_put_sends_nothing_by_itself),
        WITH_ENDS(channel_longest_frame_passes_in_parts),
        WITH_ENDS(channel_frame_that_comes_byte_by_byte_is_one_frame),
        WITH_ENDS(channel_frame_too_long_is_refused_by_the_sender),
        WITH_ENDS(channel_frame_too_long_is_refused_by_the_receiver),
        WITH_ENDS(channel_over_its_bound_refuses_and_keeps_what_it_had),
        WITH_ENDS(channel_peer_gone_is_told_after_its_last_words),
        WITH_ENDS(channel_flush_to_a_peer_gone_is_an_error_and_no_signal),
        WITH_ENDS(channel_wait_without_an_answer_times_out),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
