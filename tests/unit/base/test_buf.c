/* SPDX-License-Identifier: MIT */
#include "check.h"

#include "buf.h"
#include "utf8.h"

#include <string.h>

static void buf_add_up_to_the_cap_keeps_all(void **state)
{
    (void)state;
    struct buf b;
    buf_init(&b, 5);
    buf_puts(&b, "abc");
    buf_add(&b, "de", 2);
    assert_false(b.failed);
    assert_int_equal(b.len, 5);
    assert_string_equal(b.data, "abcde");
    buf_fini(&b);
}

static void buf_add_beyond_the_cap_fails_and_stays_failed(void **state)
{
    (void)state;
    struct buf b;
    buf_init(&b, 5);
    buf_puts(&b, "abc");
    buf_puts(&b, "def");
    assert_true(b.failed);
    buf_puts(&b, "g");
    assert_string_equal(b.data, "abc");
    buf_fini(&b);
}

static void buf_clear_after_a_failure_takes_again(void **state)
{
    (void)state;
    struct buf b;
    buf_init(&b, 3);
    buf_puts(&b, "abcd");
    buf_clear(&b);
    buf_puts(&b, "xyz");
    assert_false(b.failed);
    assert_string_equal(b.data, "xyz");
    buf_fini(&b);
}

static void buf_clear_large_memory_used_little_again_and_again_shrinks(void **state)
{
    (void)state;
    static char large[1 << 20];
    struct buf b;
    buf_init(&b, 4 << 20);
    buf_add(&b, large, sizeof large);
    for (int i = 0; i < 63; i++) {
        buf_clear(&b);
        buf_add(&b, large, 3000);
    }
    assert_true(b.cap_bytes > sizeof large);
    buf_clear(&b);
    buf_add(&b, large, sizeof large / 2); /* not little: it counts from the beginning */
    for (int i = 0; i < 65; i++) {
        assert_true(b.cap_bytes > sizeof large);
        buf_clear(&b);
        buf_puts(&b, "abc");
    }
    assert_true(b.cap_bytes < 8192);
    assert_string_equal(b.data, "abc");
    buf_fini(&b);
}

static void buf_clear_huge_memory_used_little_shrinks_soon(void **state)
{
    (void)state;
    static char huge[5 << 20];
    struct buf b;
    buf_init(&b, 16 << 20);
    buf_add(&b, huge, sizeof huge);
    for (int i = 0; i < 9; i++) {
        assert_true(b.cap_bytes > sizeof huge);
        buf_clear(&b);
        buf_puts(&b, "abc");
    }
    assert_true(b.cap_bytes < 8192);
    buf_fini(&b);
}

static void buf_zeroed_takes_nothing_and_can_be_finished(void **state)
{
    (void)state;
    struct buf b = { 0 };
    buf_putc(&b, 'x');
    assert_true(b.failed);
    assert_null(b.data);
    buf_fini(&b);
}

static void buf_printf_longer_than_its_memory_grows(void **state)
{
    (void)state;
    struct buf b;
    buf_init(&b, 10000);
    buf_printf(&b, "%0*d|", 5000, 7);
    assert_int_equal(b.len, 5001);
    assert_string_equal(b.data + 4998, "07|");
    buf_fini(&b);
}

static void buf_printf_beyond_the_cap_adds_nothing(void **state)
{
    (void)state;
    struct buf b;
    buf_init(&b, 4);
    buf_printf(&b, "%d", 12345);
    assert_true(b.failed);
    assert_int_equal(b.len, 0);
    buf_fini(&b);
}

static void buf_trim_keeps_what_is_in_it_and_room_for_as_much(void **state)
{
    (void)state;
    struct buf b;
    char large[5000] = { 0 };
    buf_init(&b, 10000);
    buf_add(&b, large, sizeof large);
    buf_puts(&b, "tail");
    buf_drop(&b, sizeof large);
    assert_true(b.cap_bytes > sizeof large);
    buf_trim(&b);
    assert_in_range(b.cap_bytes, 2 * 4, 1000);
    assert_string_equal(b.data, "tail");
    size_t cap = b.cap_bytes;
    buf_trim(&b);
    assert_int_equal(b.cap_bytes, cap);
    buf_add(&b, large, sizeof large);
    assert_int_equal(b.len, 4 + sizeof large);
    buf_clear(&b);
    buf_trim(&b);
    assert_null(b.data);
    buf_puts(&b, "again");
    assert_string_equal(b.data, "again");
    buf_fini(&b);
}

static void buf_drop_moves_the_rest_to_the_front(void **state)
{
    (void)state;
    struct buf b;
    buf_init(&b, 100);
    buf_puts(&b, "headtail");
    buf_drop(&b, 4);
    assert_string_equal(b.data, "tail");
    buf_drop(&b, 4);
    assert_int_equal(b.len, 0);
    buf_fini(&b);
}

static void buf_room_gives_what_fits_or_null(void **state)
{
    (void)state;
    struct buf b;
    buf_init(&b, 8);
    char *at = buf_room(&b, 8);
    assert_non_null(at);
    memcpy(at, "12345678", 8);
    b.len = 8;
    assert_null(buf_room(&b, 1));
    buf_fini(&b);
}

static void check_xml(const char *text, const char *expected)
{
    struct buf b;
    buf_init(&b, 1000);
    buf_xml(&b, text);
    assert_string_equal(b.data != NULL ? b.data : "", expected);
    buf_fini(&b);
}

static void buf_xml_markup_is_escaped(void **state)
{
    (void)state;
    check_xml("a<b>&\"c'", "a&lt;b&gt;&amp;&quot;c&apos;");
}

static void buf_xml_white_space_survives_an_attribute(void **state)
{
    (void)state;
    check_xml("a\tb\nc\r", "a&#9;b&#10;c&#13;");
}

static void buf_xml_what_xml_forbids_is_replaced(void **state)
{
    (void)state;
    check_xml("\x01|\x1b|\xef\xbf\xbe|\xef\xbf\xbf",
              "\xef\xbf\xbd|\xef\xbf\xbd|\xef\xbf\xbd|\xef\xbf\xbd");
    check_xml("\x7f|\xc2\x9b", "&#127;|&#155;");
}

static void buf_xml_broken_utf8_is_replaced_byte_by_byte(void **state)
{
    (void)state;
    check_xml("\xc3\xa9|\xc3|\xed\xa0\x80",
              "\xc3\xa9|\xef\xbf\xbd|\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd");
}

static void check_json(const char *text, size_t n, const char *expected)
{
    struct buf b;
    buf_init(&b, 1000);
    buf_json(&b, text, n);
    assert_string_equal(b.data, expected);
    buf_fini(&b);
}

static void buf_json_controls_and_quotes_are_escaped(void **state)
{
    (void)state;
    check_json("a\"b\\c\n\r\t\b\f\x01", 11, "\"a\\\"b\\\\c\\n\\r\\t\\b\\f\\u0001\"");
    check_json("x\0y", 3, "\"x\\u0000y\"");
    check_json("", 0, "\"\"");
}

static void buf_json_broken_utf8_is_replaced(void **state)
{
    (void)state;
    check_json("\xe2\x82\xac\xff", 4, "\"\xe2\x82\xac\xef\xbf\xbd\"");
    check_json("\xe2\x82\xac", 2, "\"\xef\xbf\xbd\xef\xbf\xbd\"");
}

/* What is written of a whole text is what is written of each character. */
static void check_piecewise(const char *text, size_t n, size_t max_bytes)
{
    struct buf whole, one, sum;
    buf_init(&whole, max_bytes);
    buf_init(&one, 100);
    buf_init(&sum, max_bytes);
    buf_json(&whole, text, n);
    buf_putc(&sum, '"');
    for (size_t i = 0; i < n; i++) {
        buf_clear(&one);
        buf_json(&one, text + i, 1);
        buf_add(&sum, one.data + 1, one.len - 2);
    }
    buf_putc(&sum, '"');
    assert_int_equal(whole.failed, sum.failed);
    if (!sum.failed) {
        assert_int_equal(whole.len, sum.len);
        assert_memory_equal(whole.data, sum.data, sum.len + 1);
    }
    buf_clear(&whole);
    buf_clear(&sum);
    buf_xml(&whole, text);
    for (size_t i = 0; i < n; i++) {
        buf_clear(&one);
        buf_xml(&one, (char[]){ text[i], '\0' });
        buf_add(&sum, one.data != NULL ? one.data : "", one.len);
    }
    assert_int_equal(whole.failed, sum.failed);
    if (!sum.failed && n > 0) {
        assert_string_equal(whole.data, sum.data);
    }
    buf_fini(&whole);
    buf_fini(&one);
    buf_fini(&sum);
}

static void buf_text_of_any_length_is_escaped_as_its_characters(void **state)
{
    (void)state;
    static const char odd[] = "\"\\\n\t\r\b\f\x01<>&'\x7f ~";
    char text[301];
    uint32_t seed = 7;
    for (int round = 0; round < 3000; round++) {
        size_t n = (size_t)round % 300;
        for (size_t i = 0; i < n; i++) {
            seed = seed * 1664525 + 1013904223;
            bool is_odd = (seed >> 24) % (uint32_t)(1 + round % 37) == 0;
            text[i] =
                is_odd ? odd[(seed >> 16) % (sizeof odd - 1)] : (char)('a' + (seed >> 16) % 26);
        }
        text[n] = '\0';
        check_piecewise(text, n, round % 5 == 0 ? 64 + (size_t)round % 200 : 4000);
    }
}

static void utf8_edges_of_every_length_are_told_apart(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        bool valid;
    } cases[] = {
        { "", true },
        { "\x7f", true },
        { "\x80", false },
        { "\xc1\xbf", false }, /* overlong */
        { "\xc2\x80", true },
        { "\xe0\x9f\xbf", false }, /* overlong */
        { "\xe0\xa0\x80", true },
        { "\xed\x9f\xbf", true },
        { "\xed\xa0\x80", false }, /* surrogate */
        { "\xf0\x8f\xbf\xbf", false },
        { "\xf0\x90\x80\x80", true },
        { "\xf4\x8f\xbf\xbf", true },
        { "\xf4\x90\x80\x80", false }, /* above U+10FFFF */
        { "\xc3(", false },
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        assert_int_equal(utf8_valid(cases[i].text, strlen(cases[i].text)), cases[i].valid);
    }
}

static void utf8_is_cut_between_characters(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        size_t most, len;
    } cases[] = {
        { "", 5, 0 },
        { "abc", 0, 0 },
        { "abc", 2, 2 },
        { "abc", 9, 3 },
        { "a\xc3\xa9", 2, 1 },
        { "a\xc3\xa9", 3, 3 },
        { "\xf0\x90\x80\x80z", 3, 0 },
        { "\xf0\x90\x80\x80z", 4, 4 },
        { "\x80\x80\x80\x80\x80\x80", 5, 2 }, /* no character at all */
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        assert_int_equal(utf8_cut(cases[i].text, strlen(cases[i].text), cases[i].most),
                         cases[i].len);
    }
}

static void utf8_tame_steers_nothing(void **state)
{
    (void)state;
    char text[] = "a\x1b[2J\r\n\t\x7f\xc2\x9b|\xc3\xa9\xe2\x82\xac\xff\xe2\x82";
    utf8_tame(text);
    assert_string_equal(text, "a [2J      |\xc3\xa9\xe2\x82\xac???");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(buf_add_up_to_the_cap_keeps_all),
        cmocka_unit_test(buf_add_beyond_the_cap_fails_and_stays_failed),
        cmocka_unit_test(buf_clear_after_a_failure_takes_again),
        cmocka_unit_test(buf_clear_large_memory_used_little_again_and_again_shrinks),
        cmocka_unit_test(buf_clear_huge_memory_used_little_shrinks_soon),
        cmocka_unit_test(buf_zeroed_takes_nothing_and_can_be_finished),
        cmocka_unit_test(buf_printf_longer_than_its_memory_grows),
        cmocka_unit_test(buf_printf_beyond_the_cap_adds_nothing),
        cmocka_unit_test(buf_trim_keeps_what_is_in_it_and_room_for_as_much),
        cmocka_unit_test(buf_drop_moves_the_rest_to_the_front),
        cmocka_unit_test(buf_room_gives_what_fits_or_null),
        cmocka_unit_test(buf_xml_markup_is_escaped),
        cmocka_unit_test(buf_xml_white_space_survives_an_attribute),
        cmocka_unit_test(buf_xml_what_xml_forbids_is_replaced),
        cmocka_unit_test(buf_xml_broken_utf8_is_replaced_byte_by_byte),
        cmocka_unit_test(buf_json_controls_and_quotes_are_escaped),
        cmocka_unit_test(buf_json_broken_utf8_is_replaced),
        cmocka_unit_test(buf_text_of_any_length_is_escaped_as_its_characters),
        cmocka_unit_test(utf8_edges_of_every_length_are_told_apart),
        cmocka_unit_test(utf8_is_cut_between_characters),
        cmocka_unit_test(utf8_tame_steers_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
