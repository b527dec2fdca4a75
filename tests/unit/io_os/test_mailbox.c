/* SPDX-License-Identifier: MIT */
/* Channels of which short things go past the socket. */
#include "channel_ends.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>
#include <errno.h>
#include <poll.h>
#include <sys/wait.h>

enum { PATIENCE_MS = 60000, ENOUGH = 2000, STOP = 99 };

static void share(struct channel_ends *e)
{
    if (!mailbox_works()) {
        skip();
    }
    channel_share(&e->a, e->to_a, e->to_b);
    channel_share(&e->b, e->to_b, e->to_a);
}

static bool socket_is_empty(const struct channel *c)
{
    char byte;
    return recv(c->fd, &byte, 1, MSG_PEEK | MSG_DONTWAIT) < 0 && errno == EAGAIN;
}

static void send_text(struct channel *c, const char *text)
{
    assert_true(channel_put(c, 7, text, strlen(text), NULL));
    assert_true(channel_flush(c, NULL));
    assert_int_equal(channel_pending(c), 0);
}

static void expect_text(struct channel *c, const char *text)
{
    struct channel_frame f;
    assert_int_equal(channel_next(c, &f, NULL), 1);
    assert_int_equal(f.bytes, strlen(text));
    assert_memory_equal(f.data, text, f.bytes);
}

static void who_looks_gets_short_things_past_the_socket(void **state)
{
    struct channel_ends *e = *state;
    share(e);
    channel_look(&e->b, true);
    assert_false(channel_take(&e->b));
    send_text(&e->a, "one");
    assert_true(socket_is_empty(&e->b));
    assert_true(channel_take(&e->b));
    expect_text(&e->b, "one");
    assert_false(channel_take(&e->b));
}

static void who_waits_at_the_socket_gets_it_there(void **state)
{
    struct channel_ends *e = *state;
    bool more;
    share(e);
    send_text(&e->a, "one");
    assert_false(socket_is_empty(&e->b));
    assert_false(channel_take(&e->b));
    assert_true(channel_fill(&e->b, &more, NULL));
    expect_text(&e->b, "one");
}

/* Frames before and after either side has its boxes. */
static void sharing_may_come_late_and_one_after_the_other(void **state)
{
    struct channel_ends *e = *state;
    bool more;
    if (!mailbox_works()) {
        skip();
    }
    send_text(&e->a, "one");
    channel_share(&e->a, e->to_a, e->to_b);
    send_text(&e->a, "two");
    assert_true(channel_fill(&e->b, &more, NULL));
    expect_text(&e->b, "one");
    channel_share(&e->b, e->to_b, e->to_a);
    channel_look(&e->b, true);
    send_text(&e->a, "three");
    assert_true(channel_take(&e->b));
    expect_text(&e->b, "two");
    expect_text(&e->b, "three");
}

static void last_words_in_the_box_are_read(void **state)
{
    struct channel_ends *e = *state;
    struct err err = { 0 };
    bool more;
    share(e);
    channel_look(&e->b, true);
    send_text(&e->a, "last");
    channel_fini(&e->a);
    assert_true(channel_fill(&e->b, &more, &err));
    expect_text(&e->b, "last");
    assert_false(channel_fill(&e->b, &more, &err));
    assert_int_equal(err.code, ERR_CONNECTION);
    channel_fini(&e->b); /* its boxes may go: from here on it touches none */
    shm_note_destroy(&e->memory);
    channel_look(&e->b, false);
    assert_false(channel_take(&e->b));
}

static void box_that_lies_is_left_alone(void **state)
{
    struct channel_ends *e = *state;
    share(e);
    atomic_store(&e->to_b->n, MAILBOX_BYTES + 1);
    assert_false(channel_take(&e->b));
    atomic_store(&e->to_b->n, 100);
    atomic_store(&e->to_b->at, 12345);
    assert_false(channel_take(&e->b));
    atomic_store(&e->to_b->got, UINT64_MAX); /* and a reader's words are no reason to block */
    send_text(&e->a, "one");
}

static uint32_t next_random(uint32_t *state)
{
    *state = *state * 1664525 + 1013904223;
    return *state >> 8;
}

/* Long and short ones, sent and read by turns at random: each comes once, whole, in order. */
static void nothing_overtakes(void **state)
{
    struct channel_ends *e = *state;
    static unsigned char big[40000];
    uint32_t random = 1, sent = 0, got = 0;
    share(e);
    while (got < ENOUGH) {
        struct channel_frame f;
        bool more;
        uint32_t dice = next_random(&random);
        if (dice % 3 != 0) {
            size_t n = 4 + dice / 3 % (dice % 5 == 0 ? sizeof big - 4 : 60);
            memcpy(big, &sent, sizeof sent);
            assert_true(channel_put(&e->a, 1, big, n, NULL));
            sent++;
        }
        if (dice % 4 != 0) {
            assert_true(channel_flush(&e->a, NULL));
        }
        channel_look(&e->b, dice % 7 < 4);
        if (dice % 7 >= 4 || !channel_take(&e->b)) {
            assert_true(channel_fill(&e->b, &more, NULL));
        }
        while (channel_next(&e->b, &f, NULL) == 1) {
            uint32_t number;
            memcpy(&number, f.data, sizeof number);
            assert_int_equal(number, got);
            got++;
        }
    }
}

/* The other side: sleeps at its bell, answers each frame with itself. */
static void echo(struct channel_ends *e)
{
    struct channel_frame f;
    while (channel_wait(&e->b, -1, &f, NULL) && f.type != STOP) {
        if (!channel_put(&e->b, f.type, f.data, f.bytes, NULL) || !channel_flush_all(&e->b, NULL)) {
            break;
        }
    }
    _exit(f.type == STOP ? 0 : 1);
}

/* As the engine does: looks for a while, then waits at the socket. */
static void await(struct channel *c, int looks)
{
    struct pollfd p = { .fd = c->fd, .events = POLLIN };
    bool more;
    for (int i = 0; i < looks; i++) {
        if (channel_take(c)) {
            return;
        }
    }
    channel_look(c, false);
    if (!channel_take(c)) {
        assert_int_equal(poll(&p, 1, PATIENCE_MS), 1);
        assert_true(channel_fill(c, &more, NULL));
    }
}

static void nobody_sleeps_for_ever(void **state)
{
    struct channel_ends *e = *state;
    static const char block[20000];
    uint32_t random = 1;
    int status;
    share(e);
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        echo(e);
    }
    for (int i = 0; i < ENOUGH; i++) {
        struct channel_frame f;
        uint32_t dice = next_random(&random);
        size_t n = dice % 50 == 0 ? sizeof block : dice % 100;
        int got;
        channel_look(&e->a, dice % 2 == 0);
        assert_true(channel_put(&e->a, 1, block, n, NULL));
        do {
            assert_true(channel_flush(&e->a, NULL));
            await(&e->a, (int)(dice % 3000));
            got = channel_next(&e->a, &f, NULL);
        } while (got == 0);
        assert_int_equal(got, 1);
        assert_int_equal(f.bytes, n);
    }
    assert_true(channel_put(&e->a, STOP, NULL, 0, NULL));
    assert_true(channel_flush(&e->a, NULL));
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 0);
}

/* Has the first word by the socket, and its boxes before the other side has: waits for the second.
 */
static void wait_early(struct channel_ends *e)
{
    struct channel_frame f;
    channel_fini(&e->a); /* so that it ends with its parent */
    if (!channel_wait(&e->b, PATIENCE_MS, &f, NULL)) {
        _exit(1);
    }
    channel_share(&e->b, e->to_b, e->to_a);
    echo(e);
}

static bool sleeps(pid_t pid)
{
    char path[64], state = '?';
    (void)snprintf(path, sizeof path, "/proc/%d/stat", (int)pid);
    FILE *f = fopen(path, "re");
    if (f == NULL) {
        return true; /* not told here */
    }
    (void)!fscanf(f, "%*d (%*[^)]) %c", &state);
    (void)fclose(f);
    return state == 'S';
}

static void who_waits_before_the_other_shares_is_woken(void **state)
{
    struct channel_ends *e = *state;
    struct channel_frame f;
    int status;
    if (!mailbox_works()) {
        skip();
    }
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        wait_early(e);
    }
    send_text(&e->a, "one");
    for (int i = 0; i < PATIENCE_MS && atomic_load(&e->to_b->got) == 0; i++) {
        (void)poll(NULL, 0, 1);
    }
    for (int i = 0; i < PATIENCE_MS && !sleeps(child); i++) {
        (void)poll(NULL, 0, 1);
    }
    channel_share(&e->a, e->to_a, e->to_b);
    send_text(&e->a, "two");
    assert_true(channel_wait(&e->a, PATIENCE_MS / 4, &f, NULL));
    assert_int_equal(f.bytes, 3);
    assert_true(channel_put(&e->a, STOP, NULL, 0, NULL));
    assert_true(channel_flush(&e->a, NULL));
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_ENDS(who_looks_gets_short_things_past_the_socket),
        WITH_ENDS(who_waits_at_the_socket_gets_it_there),
        WITH_ENDS(sharing_may_come_late_and_one_after_the_other),
        WITH_ENDS(last_words_in_the_box_are_read),
        WITH_ENDS(box_that_lies_is_left_alone),
        WITH_ENDS(nothing_overtakes),
        WITH_ENDS(nobody_sleeps_for_ever),
        WITH_ENDS(who_waits_before_the_other_shares_is_woken),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
