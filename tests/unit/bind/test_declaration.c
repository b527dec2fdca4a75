/* SPDX-License-Identifier: MIT */
#include "check.h"

#include "sample.h"

#include <math.h>
#include <stdio.h>

static bool read_back(const struct declaration *d, struct declaration *out, struct err *err)
{
    char *json = declaration_to_json(d);
    assert_non_null(json);
    bool ok = declaration_from_json(json, strlen(json), out, err);
    free(json);
    return ok;
}

static void json_is_one_line_and_reads_back_equal(void **state)
{
    (void)state;
    struct declaration d = sample(), back;
    struct err err = { 0 };
    char *json = declaration_to_json(&d);
    assert_null(strchr(json, '\n'));
    if (!declaration_from_json(json, strlen(json), &back, &err)) {
        fail_msg("%s", err.text);
    }
    assert_string_equal(back.id, "sample");
    assert_string_equal(back.name, d.name);
    assert_string_equal(back.description, "Two\nlines");
    assert_true(back.flags == d.flags);
    assert_int_equal(back.window_s[1], 3600);
    assert_true(back.params[1].def == 0.1);
    assert_int_equal(back.params[2].n_choices, 2);
    assert_string_equal(back.params[2].choices[1], "flow");
    assert_int_equal(back.fields[0].type, OFD_PRICE);
    assert_string_equal(back.kinds[1], "sample_strong");
    assert_string_equal(back.kind_helps[0], "it is there");
    char *again = declaration_to_json(&back);
    assert_string_equal(again, json);
    free(again);
    free(json);
    declaration_fini(&back);
    declaration_fini(&d);
}

static void fini_of_nothing_is_fine(void **state)
{
    (void)state;
    struct declaration d = { 0 };
    declaration_fini(&d);
}

/* Reads *d, expects this refusal, and frees *d. */
static void refused(struct declaration *d, const char *why)
{
    struct declaration out;
    struct err err = { 0 };
    assert_false(read_back(d, &out, &err));
    assert_string_equal(err.text, why);
    static const struct declaration zero;
    assert_memory_equal(&out, &zero, sizeof out);
    declaration_fini(d);
}

static void id_that_is_no_name_is_refused(void **state)
{
    (void)state;
    struct declaration d = sample();
    strcpy(d.id, "Sample");
    refused(&d, "id: 'Sample' is not [a-z][a-z0-9_]{0,31}");
    d = sample();
    d.id[0] = '\0';
    refused(&d, "id: '' is not [a-z][a-z0-9_]{0,31}");
}

static void version_that_is_no_semver_is_refused(void **state)
{
    (void)state;
    static const char *const bad[] = { "", "1", "1.0", "1.0.", "v1.0.0", "1.0.0x", "1.0.0-" };
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        char why[80];
        struct declaration d = sample();
        change(&d.version, bad[i]);
        (void)snprintf(why, sizeof why, "version: '%s' is not MAJOR.MINOR.PATCH", bad[i]);
        refused(&d, why);
    }
}

static void text_that_is_not_utf8_is_refused(void **state)
{
    (void)state;
    struct declaration d = sample();
    change(&d.description, "caf\xe9");
    refused(&d, "description: must be UTF-8 text");
    d = sample();
    change(&d.params[1].help, "\xff");
    refused(&d, "params[1].help: must be UTF-8 text");
}

static void number_that_is_not_finite_is_refused(void **state)
{
    (void)state;
    struct declaration d = sample();
    d.params[0].def = (double)NAN;
    refused(&d, "params[0].def: must be a finite number");
    d = sample();
    d.params[1].max = (double)INFINITY;
    refused(&d, "params[1].max: must be a finite number");
}

static void range_that_holds_no_default_is_refused(void **state)
{
    (void)state;
    struct declaration d = sample();
    d.params[0].def = 101;
    refused(&d, "params[0] 'states': not min <= def <= max");
    d = sample();
    d.params[0].def = 1.5;
    refused(&d, "params[0] 'states': an int with a fraction, or beyond 2^53");
    d = sample();
    d.params[1].step = -1;
    refused(&d, "params[1] 'ratio': step is negative");
    d = sample();
    d.params[2].def = 2;
    refused(&d, "params[2] 'mode': the default is no index of its choices");
}

static void type_that_does_not_fit_is_refused(void **state)
{
    (void)state;
    struct declaration d = sample();
    d.params[0].type = OFD_PRICE;
    refused(&d, "params[0] 'states': a parameter is an int, a real or a choice");
    d = sample();
    d.fields[0].type = 9;
    refused(&d, "fields[0].type: must be int, real, price or choice");
    d = sample();
    d.params[2].type = OFD_INT;
    refused(&d, "params[2] 'mode': only a choice has choices");
}

static void key_that_is_taken_twice_or_by_the_host_is_refused(void **state)
{
    (void)state;
    struct declaration d = sample();
    change(&d.params[1].key, "states");
    refused(&d, "params[1] 'states': the same key twice");
    d = sample();
    change(&d.params[0].key, "min_hold_ms");
    refused(&d, "params[0] 'min_hold_ms': a key of the host");
    d = sample();
    change(&d.fields[1].key, "timestamp");
    refused(&d, "fields[1] 'timestamp': a field of the host");
    d = sample();
    change(&d.kinds[1], "sample");
    refused(&d, "kinds[1] 'sample': the same kind twice");
    d = sample();
    change(&d.params[0].key, "no-key");
    refused(&d, "params[0] 'no-key': a key is [a-z][a-z0-9_]{0,31}");
    d = sample();
    change(&d.params[0].unit, "m\ns");
    refused(&d, "params[0] 'states': a unit with a control character");
}

static void choice_that_an_ini_cannot_hold_is_refused(void **state)
{
    (void)state;
    struct declaration d = sample();
    change(&d.params[2].choices[0], "two words");
    refused(&d, "params[2] 'mode': a choice is 1-32 characters of A-Z a-z 0-9 _ . + -");
    d = sample();
    change(&d.params[2].choices[0], "flow");
    refused(&d, "params[2] 'mode': the same choice twice");
}

static void needs_out_of_range_are_refused(void **state)
{
    (void)state;
    struct declaration d = sample();
    d.window_s[0] = 0;
    refused(&d, "window_s[0]: 0 is not in 1..3600");
    d = sample();
    d.n_windows = 0;
    refused(&d, "window_s: none declared");
    d = sample();
    d.memory_s = 86401;
    refused(&d, "memory_s: 86401 is not in 1..86400");
    d = sample();
    d.budget_us = 0;
    refused(&d, "budget_us: 0 is not in 1..60000000");
}

static void kinds_none_is_refused(void **state)
{
    (void)state;
    struct declaration d = sample();
    for (uint32_t i = 0; i < d.n_kinds; i++) {
        free(d.kinds[i]);
        free(d.kind_helps[i]);
        d.kinds[i] = NULL;
        d.kind_helps[i] = NULL;
    }
    d.n_kinds = 0;
    refused(&d, "kinds: none declared");
}

/* The JSON of the sample with the first `from` replaced by `to`. */
static void refused_json(const char *from, const char *to, const char *why)
{
    struct declaration d = sample(), out;
    struct err err = { 0 };
    char *json = declaration_to_json(&d), changed[8192];
    const char *at = strstr(json, from);
    assert_non_null(at);
    int n = snprintf(changed, sizeof changed, "%.*s%s%s", (int)(at - json), json, to,
                     at + strlen(from));
    assert_false(declaration_from_json(changed, (size_t)n, &out, &err));
    assert_string_equal(err.text, why);
    free(json);
    declaration_fini(&d);
}

static void json_that_is_not_as_it_is_written_is_refused(void **state)
{
    (void)state;
    static const char more[] = "the declaration holds more than it may";
    refused_json("{\"id\"", "{\"x\":1,\"id\"", more);
    refused_json("\"name\":", "\"name\":\"twice\",\"name\":", more);
    refused_json(",\"vendor\"", ", \"vendor\"", more);
    refused_json("\"license\":\"MIT\"", "\"license\":\"MIT\\u0000X\"", more);
    refused_json("\"vendor\":\"\",", "", "vendor: must be UTF-8 text");
    refused_json("[10,3600]", "[1,2,3,4,5,6,7,8,9]", "window_s: 9 of them; at most 8");
    refused_json("\"memory_s\":600", "\"memory_s\":-1", "memory_s: must be a whole number");
    refused_json("0xfedcba9876543210", "12", "flags: must be bits as \"0x...\"");
    refused_json("\"def\":0.1", "\"def\":1e999", "params[1].def: must be a finite number");
    refused_json("[{\"key\"", "[7,{\"key\"", "params[0].key: must be UTF-8 text");
}

static void json_cut_anywhere_is_refused(void **state)
{
    (void)state;
    struct declaration d = sample(), out;
    char *json = declaration_to_json(&d);
    size_t n = strlen(json);
    for (size_t i = 0; i < n; i++) {
        char *cut = malloc(i + 1); /* exactly as long, so that a sanitizer sees a read too far */
        assert_non_null(cut);
        memcpy(cut, json, i);
        assert_false(declaration_from_json(cut, i, &out, NULL));
        free(cut);
    }
    free(json);
    declaration_fini(&d);
}

/* Whatever is read must be what it came from: never a third thing. */
static void json_with_a_byte_changed_is_refused_or_reads_back_equal(void **state)
{
    (void)state;
    struct declaration d = sample(), out;
    char *json = declaration_to_json(&d);
    size_t n = strlen(json);
    uint32_t seed = 1;
    for (int i = 0; i < 20000; i++) {
        seed = seed * 1664525u + 1013904223u;
        size_t at = (seed >> 8) % n;
        char before = json[at];
        json[at] = (char)(seed >> 3);
        if (declaration_from_json(json, n, &out, NULL)) {
            char *again = declaration_to_json(&out);
            assert_memory_equal(again, json, n);
            free(again);
            declaration_fini(&out);
        }
        json[at] = before;
    }
    free(json);
    declaration_fini(&d);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(json_is_one_line_and_reads_back_equal),
        cmocka_unit_test(fini_of_nothing_is_fine),
        cmocka_unit_test(id_that_is_no_name_is_refused),
        cmocka_unit_test(version_that_is_no_semver_is_refused),
        cmocka_unit_test(text_that_is_not_utf8_is_refused),
        cmocka_unit_test(number_that_is_not_finite_is_refused),
        cmocka_unit_test(range_that_holds_no_default_is_refused),
        cmocka_unit_test(type_that_does_not_fit_is_refused),
        cmocka_unit_test(key_that_is_taken_twice_or_by_the_host_is_refused),
        cmocka_unit_test(choice_that_an_ini_cannot_hold_is_refused),
        cmocka_unit_test(needs_out_of_range_are_refused),
        cmocka_unit_test(kinds_none_is_refused),
        cmocka_unit_test(json_that_is_not_as_it_is_written_is_refused),
        cmocka_unit_test(json_cut_anywhere_is_refused),
        cmocka_unit_test(json_with_a_byte_changed_is_refused_or_reads_back_equal),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
