/* SPDX-License-Identifier: MIT */
#include "check.h"

#include "log.h"

#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { CAPTURE_MAX = 1 << 20, THREADS = 4, LINES = 200 };

/* stderr goes into a file while a test logs. */
struct capture {
    FILE *file;
    int saved_fd;
};

static struct capture capture_begin(void)
{
    struct capture c = { .file = tmpfile(), .saved_fd = dup(STDERR_FILENO) };
    assert_non_null(c.file);
    assert_true(dup2(fileno(c.file), STDERR_FILENO) >= 0);
    return c;
}

static char *capture_end(struct capture *c)
{
    assert_true(dup2(c->saved_fd, STDERR_FILENO) >= 0);
    (void)close(c->saved_fd);
    char *text = calloc(1, CAPTURE_MAX);
    assert_non_null(text);
    rewind(c->file);
    assert_true(fread(text, 1, CAPTURE_MAX - 1, c->file) < CAPTURE_MAX - 1);
    (void)fclose(c->file);
    return text;
}

static void text_line_is_time_level_program_event_values(void **state)
{
    (void)state;
    log_setup("orderflow-test", LOG_INFO, LOG_TEXT);
    struct capture c = capture_begin();
    log_warn("tick_late", "ticker=%s late_ms=%d", "SPY", 12);
    char *line = capture_end(&c);
    assert_string_equal(line + strlen("2026-01-15T15:30:45.120Z"),
                        " warning orderflow-test tick_late ticker=SPY late_ms=12\n");
    free(line);
}

static void json_line_escapes_its_values(void **state)
{
    (void)state;
    log_setup("orderflow-test", LOG_INFO, LOG_JSON);
    struct capture c = capture_begin();
    log_error("bad_value", "text=%s", "a\"b\\c");
    char *line = capture_end(&c);
    const char *level = strstr(line, "\"level\"");
    assert_non_null(level);
    assert_string_equal(level, "\"level\":\"error\",\"program\":\"orderflow-test\","
                               "\"event\":\"bad_value\",\"text\":\"text=a\\\"b\\\\c\"}\n");
    free(line);
}

static void below_the_level_nothing_is_written(void **state)
{
    (void)state;
    log_setup("orderflow-test", LOG_WARN, LOG_TEXT);
    struct capture c = capture_begin();
    log_info("quiet", "n=%d", 1);
    log_debug("quiet", "n=%d", 2);
    char *line = capture_end(&c);
    assert_string_equal(line, "");
    free(line);
}

static void control_characters_cannot_begin_a_line_or_steer_a_terminal(void **state)
{
    (void)state;
    log_setup("orderflow-test", LOG_INFO, LOG_TEXT);
    struct capture c = capture_begin();
    log_info("odd", "v=%s", "a\nb\x1b[31m\x7f\xc2\x9b|\xff|\xc3\xa9");
    char *line = capture_end(&c);
    assert_non_null(strstr(line, " odd v=a b [31m   |?|\xc3\xa9\n"));
    free(line);
}

static void long_text_is_cut_to_one_line(void **state)
{
    (void)state;
    log_setup("orderflow-test", LOG_INFO, LOG_JSON);
    char quotes[5000];
    memset(quotes, '"', sizeof quotes - 1);
    quotes[sizeof quotes - 1] = '\0';
    struct capture c = capture_begin();
    log_info("long", "v=%s", quotes);
    char *line = capture_end(&c);
    size_t n = strlen(line);
    assert_in_range(n, 2900, 3400);
    assert_string_equal(line + n - 5, "\\\"\"}\n");
    free(line);
}

static void errno_is_left_alone(void **state)
{
    (void)state;
    log_setup("orderflow-test", LOG_INFO, LOG_TEXT);
    struct capture c = capture_begin();
    (void)close(STDERR_FILENO);
    errno = EAGAIN;
    log_info("nowhere", "n=%d", 1);
    int after = errno;
    free(capture_end(&c));
    assert_int_equal(after, EAGAIN);
}

static void *log_lines(void *name)
{
    for (int i = 0; i < LINES; i++) {
        log_info("race", "%s%s%s%s|", (char *)name, (char *)name, (char *)name, (char *)name);
    }
    return NULL;
}

static void threads_do_not_mix_their_lines(void **state)
{
    (void)state;
    log_setup("orderflow-test", LOG_INFO, LOG_TEXT);
    static char names[THREADS][16] = { "aaaaaaaaaaaaaaa", "bbbbbbbbbbbbbbb", "ccccccccccccccc",
                                       "ddddddddddddddd" };
    pthread_t threads[THREADS];
    struct capture c = capture_begin();
    for (int i = 0; i < THREADS; i++) {
        assert_int_equal(pthread_create(&threads[i], NULL, log_lines, names[i]), 0);
    }
    for (int i = 0; i < THREADS; i++) {
        assert_int_equal(pthread_join(threads[i], NULL), 0);
    }
    char *text = capture_end(&c);
    int lines = 0;
    for (char *line = strtok(text, "\n"); line != NULL; line = strtok(NULL, "\n")) {
        const char *v = strstr(line, " race ");
        assert_non_null(v);
        v += strlen(" race ");
        assert_int_equal(strspn(v, (char[]){ v[0], '\0' }), 60);
        assert_string_equal(v + 60, "|");
        lines++;
    }
    assert_int_equal(lines, THREADS * LINES);
    free(text);
}

static void level_names_of_both_worlds_are_known(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        enum log_level level;
    } good[] = { { "debug", LOG_DEBUG }, { "INFO", LOG_INFO },   { "Warning", LOG_WARN },
                 { "warn", LOG_WARN },   { "ERROR", LOG_ERROR }, { "CRITICAL", LOG_ERROR } };
    enum log_level level;
    for (size_t i = 0; i < sizeof good / sizeof good[0]; i++) {
        assert_true(log_level_parse(good[i].text, &level));
        assert_int_equal(level, good[i].level);
    }
    assert_false(log_level_parse("loud", &level));
    assert_false(log_level_parse("", &level));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(text_line_is_time_level_program_event_values),
        cmocka_unit_test(json_line_escapes_its_values),
        cmocka_unit_test(below_the_level_nothing_is_written),
        cmocka_unit_test(control_characters_cannot_begin_a_line_or_steer_a_terminal),
        cmocka_unit_test(long_text_is_cut_to_one_line),
        cmocka_unit_test(errno_is_left_alone),
        cmocka_unit_test(threads_do_not_mix_their_lines),
        cmocka_unit_test(level_names_of_both_worlds_are_known),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
