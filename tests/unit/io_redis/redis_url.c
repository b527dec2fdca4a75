/* SPDX-License-Identifier: MIT */
#include "redis.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static const struct redis_config defaults = { .host = "other", .port = 1, .timeout_ms = 2000 };

static void url_with_everything_fills_every_part(void **state)
{
    (void)state;
    struct redis_config c = defaults;
    assert_true(redis_parse_url("redis://joe:s3cret@db.example:7000/5", &c, NULL));
    assert_string_equal(c.username, "joe");
    assert_string_equal(c.password, "s3cret");
    assert_string_equal(c.host, "db.example");
    assert_int_equal(c.port, 7000);
    assert_int_equal(c.db, 5);
    assert_int_equal(c.timeout_ms, 2000);
}

static void url_without_parts_takes_the_usual_port_and_keeps_the_rest(void **state)
{
    (void)state;
    struct redis_config c = defaults;
    c.db = 3;
    strcpy(c.password, "kept");
    assert_true(redis_parse_url("redis://h", &c, NULL));
    assert_string_equal(c.host, "h");
    assert_int_equal(c.port, 6379);
    assert_int_equal(c.db, 3);
    assert_string_equal(c.password, "kept");
}

static void url_with_password_alone_names_no_user(void **state)
{
    (void)state;
    struct redis_config c = defaults;
    assert_true(redis_parse_url("redis://:a%40b%3Ac@h", &c, NULL));
    assert_string_equal(c.username, "");
    assert_string_equal(c.password, "a@b:c");
}

static void url_ipv6_host_stands_in_brackets(void **state)
{
    (void)state;
    struct redis_config c = defaults;
    char text[64];
    assert_true(redis_parse_url("redis://[::1]:7001/2", &c, NULL));
    assert_string_equal(c.host, "::1");
    assert_int_equal(c.port, 7001);
    redis_print_url(&c, text, sizeof text);
    assert_string_equal(text, "redis://[::1]:7001/2");
}

static void url_unix_names_path_and_db(void **state)
{
    (void)state;
    struct redis_config c = defaults;
    char text[64];
    assert_true(redis_parse_url("unix:///run/redis.sock?db=4", &c, NULL));
    assert_string_equal(c.unix_path, "/run/redis.sock");
    assert_int_equal(c.db, 4);
    redis_print_url(&c, text, sizeof text);
    assert_string_equal(text, "unix:///run/redis.sock?db=4");
    assert_true(redis_parse_url("redis://h", &c, NULL));
    assert_string_equal(c.unix_path, "");
}

static void url_printed_shows_neither_user_nor_password(void **state)
{
    (void)state;
    struct redis_config c = defaults;
    char text[64];
    assert_true(redis_parse_url("redis://joe:s3cret@h:1/2", &c, NULL));
    redis_print_url(&c, text, sizeof text);
    assert_string_equal(text, "redis://h:1/2");
}

static void url_that_is_wrong_is_refused_without_its_password(void **state)
{
    (void)state;
    static const struct {
        const char *url, *part;
    } cases[] = {
        { "rediss://:s3cret@h", "TLS" },
        { "http://:s3cret@h", "redis:// or unix://" },
        { "", "redis:// or unix://" },
        { "redis://", "no host" },
        { "redis://:s3cret@", "no host" },
        { "redis://:s3cret@h:x", "port" },
        { "redis://:s3cret@h:65536", "port" },
        { "redis://:s3cret@h/x", "db" },
        { "redis://:s3cret@h/99999999999999999999", "db" },
        { "redis://:s3cret%4@h", "password" },
        { "redis://:s3cret%00@h", "password" },
        { "redis://[::1", "']'" },
        { "unix://relative", "absolute" },
        { "unix://", "absolute" },
        { "unix:///p?x=1", "?db=N" },
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct redis_config c = defaults;
        struct err err = { 0 };
        assert_false(redis_parse_url(cases[i].url, &c, &err));
        assert_int_equal(err.code, ERR_INVALID);
        assert_non_null(strstr(err.text, cases[i].part));
        assert_null(strstr(err.text, "s3cret"));
        assert_memory_equal(&c, &defaults, sizeof c);
    }
}

static void url_part_longer_than_its_place_is_refused(void **state)
{
    (void)state;
    struct redis_config c = defaults;
    char url[400] = "redis://";
    memset(url + 8, 'h', 300);
    url[308] = '\0';
    assert_false(redis_parse_url(url, &c, NULL));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(url_with_everything_fills_every_part),
        cmocka_unit_test(url_without_parts_takes_the_usual_port_and_keeps_the_rest),
        cmocka_unit_test(url_with_password_alone_names_no_user),
        cmocka_unit_test(url_ipv6_host_stands_in_brackets),
        cmocka_unit_test(url_unix_names_path_and_db),
        cmocka_unit_test(url_printed_shows_neither_user_nor_password),
        cmocka_unit_test(url_that_is_wrong_is_refused_without_its_password),
        cmocka_unit_test(url_part_longer_than_its_place_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
