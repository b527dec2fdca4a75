/* SPDX-License-Identifier: MIT */
#include "describe.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static const uint32_t WINDOWS[] = { 60 };
static const char *const WORDS[] = { "fixed", "flow" };
static const ofd_kind KINDS[] = { { .size = sizeof(ofd_kind), .key = "k", .help = "a kind" } };
static const ofd_param PARAMS[] = {
    { .size = sizeof(ofd_param),
      .type = OFD_INT,
      .key = "n",
      .unit = "rows",
      .help = "how many",
      .def = 3,
      .min = 1,
      .max = 9,
      .step = 1 },
    { .size = sizeof(ofd_param),
      .type = OFD_CHOICE,
      .key = "mode",
      .unit = "",
      .help = "which",
      .def = 0,
      .min = 0,
      .max = 1,
      .choices = WORDS,
      .n_choices = 2 },
};
static const ofd_field FIELDS[] = {
    { .size = sizeof(ofd_field), .type = OFD_REAL, .key = "f", .unit = "", .help = "a field" },
};

static void *create(const ofd_host *host, const ofd_config *config)
{
    (void)host;
    (void)config;
    return NULL;
}

static void destroy(void *self)
{
    (void)self;
}

static int32_t detect(void *self, const ofd_tick *tick)
{
    (void)self;
    (void)tick;
    return 0;
}

static ofd_plugin good(void)
{
    return (ofd_plugin){ .size = sizeof(ofd_plugin),
                         .minor = OFD_MINOR,
                         .id = "sample",
                         .name = "Sample",
                         .version = "1.0.0",
                         .vendor = "us",
                         .description = "what it does",
                         .url = "https://example.org",
                         .license = "MIT",
                         .flags = OFD_DETERMINISTIC,
                         .window_s = WINDOWS,
                         .n_windows = 1,
                         .params = PARAMS,
                         .n_params = 2,
                         .param_stride = sizeof PARAMS[0],
                         .kinds = KINDS,
                         .n_kinds = 1,
                         .kind_stride = sizeof KINDS[0],
                         .fields = FIELDS,
                         .n_fields = 1,
                         .field_stride = sizeof FIELDS[0],
                         .create = create,
                         .destroy = destroy,
                         .detect = detect };
}

static void expect_refused(const ofd_plugin *p, const char *reason)
{
    struct declaration d;
    char *json;
    struct err err = { 0 };
    assert_false(describe(p, &d, &json, &err));
    assert_null(json);
    if (strstr(err.text, reason) == NULL) {
        fail_msg("%s", err.text);
    }
}

static void describe_good_plugin_copies_all(void **state)
{
    (void)state;
    struct declaration d;
    char *json;
    struct err err = { 0 };
    ofd_plugin p = good();
    if (!describe(&p, &d, &json, &err)) {
        fail_msg("%s", err.text);
    }
    assert_string_equal(d.id, "sample");
    assert_string_equal(d.params[1].choices[1], "flow");
    assert_int_equal(d.window_s[0], 60);
    assert_int_equal(d.memory_s, 600);
    assert_int_equal(d.budget_us, 1000);
    assert_string_equal(d.fields[0].key, "f");
    assert_string_equal(d.kinds[0], "k");
    declaration_fini(&d);
    free(json);
}

/* A later version of the header appends members: elements grow, and the stride with them. */
static void describe_larger_elements_are_walked_by_their_stride(void **state)
{
    (void)state;
    struct grown {
        ofd_field field;
        uint64_t more[2];
    } fields[2] = { { .field = FIELDS[0], .more = { UINT64_MAX, UINT64_MAX } },
                    { .field = FIELDS[0], .more = { UINT64_MAX, UINT64_MAX } } };
    struct declaration d;
    char *json;
    ofd_plugin p = good();
    fields[0].field.size = fields[1].field.size = sizeof fields[0];
    fields[1].field.key = "second";
    p.fields = &fields[0].field;
    p.n_fields = 2;
    p.field_stride = sizeof fields[0];
    assert_true(describe(&p, &d, &json, NULL));
    assert_string_equal(d.fields[1].key, "second");
    declaration_fini(&d);
    free(json);
}

#define REFUSED(name, change, reason)                      \
    static void describe_##name##_is_refused(void **state) \
    {                                                      \
        (void)state;                                       \
        ofd_plugin p = good();                             \
        p.change;                                          \
        expect_refused(&p, reason);                        \
    }

REFUSED(size_too_small, size = 100, "ofd_plugin has a size of 100 bytes")
REFUSED(missing_detect, detect = NULL, "create, destroy or detect is missing")
REFUSED(missing_id, id = NULL, "the id is empty")
REFUSED(id_too_long, id = "a123456789012345678901234567890123", "the id is empty or longer")
REFUSED(no_window, n_windows = 0, "0 windows")
REFUSED(too_many_windows, n_windows = WINDOWS_MAX + 1, "9 windows")
REFUSED(too_many_params, n_params = PARAMS_MAX + 1, "65 parameters")
REFUSED(huge_count, n_fields = UINT32_MAX, "fields; at most")
REFUSED(stride_too_small, param_stride = 8, "the table of parameters has a stride of 8 bytes")
REFUSED(stride_unaligned, param_stride = sizeof PARAMS[0] + 1, "has a stride of")
REFUSED(table_missing, fields = NULL, "the table of fields")
REFUSED(trade_columns, columns = OFD_COL_TRADES, "it needs trade columns")
REFUSED(unknown_columns, columns = 1 << 5, "it needs unknown columns")

static void describe_element_size_of_zero_is_refused(void **state)
{
    (void)state;
    ofd_field field = FIELDS[0];
    ofd_plugin p = good();
    field.size = 0;
    p.fields = &field;
    expect_refused(&p, "field 0 has a size of 0 bytes");
}

static void describe_text_without_end_is_refused(void **state)
{
    (void)state;
    static char text[8192];
    ofd_plugin p = good();
    memset(text, 'x', sizeof text - 1);
    p.description = text;
    expect_refused(&p, "description is longer than");
}

static void describe_id_with_capitals_is_refused(void **state)
{
    (void)state;
    ofd_plugin p = good();
    p.id = "Sample";
    expect_refused(&p, "");
}

int main(void)
{
#define TEST(name) cmocka_unit_test(describe_##name##_is_refused)
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(describe_good_plugin_copies_all),
        cmocka_unit_test(describe_larger_elements_are_walked_by_their_stride),
        TEST(size_too_small),
        TEST(missing_detect),
        TEST(missing_id),
        TEST(id_too_long),
        TEST(no_window),
        TEST(too_many_windows),
        TEST(too_many_params),
        TEST(huge_count),
        TEST(stride_too_small),
        TEST(stride_unaligned),
        TEST(table_missing),
        TEST(trade_columns),
        TEST(unknown_columns),
        TEST(element_size_of_zero),
        TEST(text_without_end),
        TEST(id_with_capitals),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
