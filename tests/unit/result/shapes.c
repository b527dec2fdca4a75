/* SPDX-License-Identifier: MIT */
#include "shapes.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define PATTERN                                                                                    \
    "{\"id\": \"%s\", \"type\": \"stacking\", \"detector\": \"stacking\", \"side\": \"bid\", "     \
    "\"levels\": 3, \"total_size\": %d, \"growth_rate\": 2.120714399617286, \"from_size\": 6271, " \
    "\"to_size\": %d, \"span_ms\": 200, \"level_px\": \"450.03\", \"dir\": 1, "                    \
    "\"state\": \"ended\", \"value\": %d, \"timestamp\": 1795717901774, \"onset_ms\": "            \
    "1795717901774, \"confirmed_ms\": 1795717901774, \"peak_ms\": 1795717901674, "                 \
    "\"end_ms\": 1795717901874, \"end_reason\": \"faded\", \"quality\": \"\", \"description\": "   \
    "\"Bid stacking at 450.03: levels=3, total_size=%d, growth_rate=2.121, from_size=6271\"}"

static struct squeezed *squeeze(struct shapes *s, const char *text, const char *id)
{
    return shapes_squeeze(s, text, strlen(text), id);
}

static void check_back(struct shapes *s, const char *text, const char *id)
{
    size_t n;
    struct squeezed *q = squeeze(s, text, id);
    assert_non_null(q);
    assert_string_equal(shapes_text(s, q, id, &n), text);
    assert_int_equal(n, strlen(text));
    shapes_drop(s, q);
}

static void any_text_comes_back(void **state)
{
    static const char *const texts[] = {
        "x",
        "0",
        "00",
        "007",
        "1 01 001 0001",
        "999999999999999999",
        "9999999999999999999999999999999999999999999999",
        "000000000000000000000000000000000000000001",
        "100000000000 99999999999 100016777215 100016777216 99983222785",
        "146 147 255 256 65535 65536 146 147 255",
        "{\"id\": \"7a633aa32997c4f7\"}",
        "{\"id\": \"7a633aa32997c4f8\"}",
        "{\"id\": \"\xc3\xa9 \\\" \"}",
    };
    struct shapes s;
    (void)state;
    shapes_init(&s);
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        check_back(&s, texts[i], "7a633aa32997c4f7");
    }
    shapes_fini(&s);
}

static void texts_of_one_kind_take_little(void **state)
{
    struct shapes s;
    struct squeezed *q[200];
    char text[1024], id[17];
    (void)state;
    shapes_init(&s);
    for (int i = 0; i < 200; i++) {
        (void)snprintf(id, sizeof id, "%016x", i * 7919);
        (void)snprintf(text, sizeof text, PATTERN, id, 9000 + i, 9000 + i, 9000 + i, 9000 + i);
        q[i] = squeeze(&s, text, id);
        assert_non_null(q[i]);
        assert_in_range(q[i]->n, 20, 60);
    }
    assert_int_equal(s.n, 1);
    for (int i = 0; i < 200; i++) {
        size_t n;
        (void)snprintf(id, sizeof id, "%016x", i * 7919);
        (void)snprintf(text, sizeof text, PATTERN, id, 9000 + i, 9000 + i, 9000 + i, 9000 + i);
        assert_string_equal(shapes_text(&s, q[i], id, &n), text);
        shapes_drop(&s, q[i]);
    }
    shapes_fini(&s);
}

static void random_texts_come_back_and_leave_nothing(void **state)
{
    enum { AT_ONCE = 300 };
    static char texts[AT_ONCE][200];
    struct squeezed *q[AT_ONCE] = { NULL };
    struct shapes s;
    uint64_t random = 11;
    (void)state;
    shapes_init(&s);
    for (int round = 0; round < 6000; round++) {
        int at = round % AT_ONCE;
        size_t n, len = 0;
        if (q[at] != NULL) {
            assert_string_equal(shapes_text(&s, q[at], "", &n), texts[at]);
            shapes_drop(&s, q[at]);
        }
        random = random * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
        for (uint64_t bits = random; bits > 0 && len < 150; bits >>= 9) {
            uint64_t number = random >> (bits % 64);
            len += (size_t)snprintf(texts[at] + len, 40, "%.*s%llu", (int)(bits % 4), " 0a",
                                    (unsigned long long)number);
        }
        q[at] = squeeze(&s, texts[at], "");
        assert_non_null(q[at]);
    }
    assert_in_range(s.n, 1, AT_ONCE);
    for (int i = 0; i < AT_ONCE; i++) {
        shapes_drop(&s, q[i]);
    }
    shapes_fini(&s);
}

static void control_characters_are_refused(void **state)
{
    struct shapes s;
    (void)state;
    shapes_init(&s);
    assert_null(squeeze(&s, "a\001b", ""));
    assert_null(squeeze(&s, "5\n", ""));
    assert_null(squeeze(&s, "", ""));
    shapes_fini(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(any_text_comes_back),
        cmocka_unit_test(texts_of_one_kind_take_little),
        cmocka_unit_test(random_texts_come_back_and_leave_nothing),
        cmocka_unit_test(control_characters_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
