/* SPDX-License-Identifier: MIT */
#include "check.h"

#include "buf.h"
#include "inifile.h"

#include <string.h>

/* Writes what is found as "LINE[section]key=value;" and "LINE!problem;". */
static void note(void *ctx, const struct inifile_item *item)
{
    struct buf *b = ctx;
    if (item->problem != NULL) {
        buf_printf(b, "%d!%s;", item->line, item->problem);
    } else if (item->key == NULL) {
        buf_printf(b, "%d[%s];", item->line, item->section);
    } else {
        buf_printf(b, "%d[%s]%s=%s;", item->line, item->section, item->key, item->value);
    }
}

static void check_n(const char *text, size_t n, const char *expected)
{
    struct buf b;
    buf_init(&b, 1 << 20);
    inifile_read(text, n, note, &b);
    assert_string_equal(b.data != NULL ? b.data : "", expected);
    buf_fini(&b);
}

static void check(const char *text, const char *expected)
{
    check_n(text, strlen(text), expected);
}

static void empty_text_has_nothing(void **state)
{
    (void)state;
    check("", "");
    check("\n\n\r\n", "");
    check("\xef\xbb\xbf", "");
}

static void keys_and_sections_have_their_lines(void **state)
{
    (void)state;
    check("# c\n[a]\nk = v\n\n[b:X@Y]\nl: w", "2[a];3[a]k=v;5[b:X@Y];6[b:X@Y]l=w;");
}

static void mark_cr_and_missing_last_newline_are_ignored(void **state)
{
    (void)state;
    check("\xef\xbb\xbf[a]\r\nk = v\r\n l=w", "1[a];2[a]k=v;3[a]l=w;");
}

static void indented_line_is_no_continuation(void **state)
{
    (void)state;
    check("[a]\nk = v\n   l = w\n", "1[a];2[a]k=v;3[a]l=w;");
}

static void comments_are_taken_off(void **state)
{
    (void)state;
    check("[a] ; x\nk = v ; x=y\nl = a;b\nm = 1 # 2\n; n = 1\n",
          "1[a];2[a]k=v;3[a]l=a;b;4[a]m=1 # 2;");
}

static void empty_value_is_a_value(void **state)
{
    (void)state;
    check("[a]\nk =\nl = ; nothing\n", "1[a];2[a]k=;3[a]l=;");
}

static void line_of_199_bytes_is_read_and_of_200_refused(void **state)
{
    (void)state;
    char text[220], expected[240];
    memset(text, 'v', sizeof text);
    memcpy(text, "k=", 2);
    text[199] = '\n';
    memcpy(expected, "1[]", 3);
    memcpy(expected + 3, text, 199);
    memcpy(expected + 202, ";", 2);
    check_n(text, 200, expected);
    text[199] = 'v';
    text[200] = '\n';
    memcpy(text + 201, "l=w", 3);
    check_n(text, 204, "1!the line is longer than 199 bytes;2[]l=w;");
}

static void long_comment_is_no_fault(void **state)
{
    (void)state;
    char text[600];
    memset(text, 'x', sizeof text);
    text[0] = '#';
    memcpy(text + 590, "\nk=v", 4);
    check_n(text, 594, "2[]k=v;");
}

static void names_that_inih_would_cut_are_whole_or_refused(void **state)
{
    (void)state;
    char text[200] = "[";
    memset(text + 1, 's', 79);
    strcpy(text + 80, "]");
    struct buf b;
    buf_init(&b, 1000);
    inifile_read(text, strlen(text), note, &b);
    assert_int_equal(b.len, strlen("1[];") + 79);
    buf_fini(&b);
    strcpy(text + 80, "s]\nk=v");
    check(text, "1!the section name is longer than 79 bytes;");
    memset(text, 'k', 50);
    strcpy(text + 50, " = v");
    check(text, "1!the key is longer than 49 bytes;");
    check(text + 1, "1[]kkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkk=v;");
}

static void every_broken_line_is_a_problem(void **state)
{
    (void)state;
    check("[a\nk=v\n[b] x\nk=v\njunk\n= v\n[c]\nx ; = y\n",
          "1!a section heading without ']';3!text behind the ']' of a section heading;"
          "5!the line is neither [section] nor key = value;6!the key before '=' is missing;7[c];"
          "8!the line is neither [section] nor key = value;");
}

static void bytes_that_are_no_text_are_a_problem(void **state)
{
    (void)state;
    check_n("k=a\0b\nl=\xff\nm=\x1b[0m\nn=1", 20,
            "1!the line holds a control character;2!the line is not UTF-8;"
            "3!the line holds a control character;4[]n=1;");
}

/* Any bytes whatever: no crash, and each key comes from a line of the text. */
static void noise_is_survived(void **state)
{
    (void)state;
    static const char alphabet[] = "[]=:;# \t\r\n\nabk\xc3\xa9\0\xef\xbb\xbf";
    uint32_t seed = 7;
    for (int round = 0; round < 20000; round++) {
        char text[64];
        size_t n = (size_t)round % sizeof text;
        for (size_t i = 0; i < n; i++) {
            seed = seed * 1664525u + 1013904223u;
            text[i] = alphabet[(seed >> 16) % (sizeof alphabet - 1)];
        }
        struct buf b;
        buf_init(&b, 1 << 16);
        inifile_read(text, n, note, &b);
        assert_false(b.failed);
        buf_fini(&b);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(empty_text_has_nothing),
        cmocka_unit_test(keys_and_sections_have_their_lines),
        cmocka_unit_test(mark_cr_and_missing_last_newline_are_ignored),
        cmocka_unit_test(indented_line_is_no_continuation),
        cmocka_unit_test(comments_are_taken_off),
        cmocka_unit_test(empty_value_is_a_value),
        cmocka_unit_test(line_of_199_bytes_is_read_and_of_200_refused),
        cmocka_unit_test(long_comment_is_no_fault),
        cmocka_unit_test(names_that_inih_would_cut_are_whole_or_refused),
        cmocka_unit_test(every_broken_line_is_a_problem),
        cmocka_unit_test(bytes_that_are_no_text_are_a_problem),
        cmocka_unit_test(noise_is_survived),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
