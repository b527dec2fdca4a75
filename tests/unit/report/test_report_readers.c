/* SPDX-License-Identifier: MIT */
/* The quick reader of stored JSON (flat.h) and the general one (cJSON): what the first takes, the
 * second reads alike; what it does not take is read by the second. */
#include "hash.h"

#include "report_parsed.h"

static const char *const texts[] = {
    "{\"id\": \"0123456789abcdef\", \"type\": \"absorption\", \"detector\": \"absorption\", "
    "\"side\": \"bid\", \"strength\": \"moderate\", \"price_level\": 450.01, \"avg_size\": 8836.7, "
    "\"max_size\": 20008, \"level_px\": \"450.01\", \"dir\": 1, \"state\": \"ended\", \"value\": "
    "8836.7, \"timestamp\": 1760000288000, \"onset_ms\": 1760000286123.5, \"confirmed_ms\": "
    "1760000286623, \"peak_ms\": 1760000287123, \"end_ms\": 1760000289500, \"end_reason\": "
    "\"faded\", \"quality\": \"gap late\", \"description\": \"Bid absorption at 450.01\"}",
    "{\"price\": 450.0, \"appearances\": 12, \"total_size\": 1e6, \"avg_size\": 0.1, "
    "\"last_seen\": 1760000288.123, \"status\": \"open\", \"dwell_ms\": \"9007199254740993\", "
    "\"strength\": -0.0, \"tiny\": 0.00001, \"zero\": -0, \"long\": 123456789012345.5, "
    "\"trailing\": "
    "4.50}",
    "{\"buying\": {\"since_ms\": 1760000288000, \"dir\": -1}, \"signs\": \"+-0\", \"ofi_n\": "
    "[0.25, "
    "null, -1e-3], \"net_ticks\": [1, 2, 3], \"deep\": [[], {}, [{\"a\": [true, false]}]]}",
    "{}",
    " { \"a\" : 1 , \"a\" : \"second\" } ",
};

/* ---- one object by both readers ---- */

static void assert_same_value(const struct parsed_value *a, const struct parsed_value *b)
{
    assert_int_equal(a->kind, b->kind);
    if (a->kind == PARSED_NUMBER) {
        assert_memory_equal(&a->number, &b->number, sizeof a->number);
    }
    if (a->kind == PARSED_TEXT) {
        assert_int_equal(a->n, b->n);
        assert_memory_equal(a->text, b->text, a->n);
    }
}

enum way { NUMBER, WHOLE, PRICE, MS, S, TEXT, WAYS };

/* What a member is taken for, as text; "ERROR ..." if it is not that. */
static void read_as(enum way way, struct parsed *p, const char *name, char out[400])
{
    struct err err = { 0 };
    p->err = &err;
    p->failed = false;
    switch (way) {
    case NUMBER:
        (void)snprintf(out, 400, "%a", parsed_number(p, name, -1e9, 1e9));
        break;
    case WHOLE:
        (void)snprintf(out, 400, "%lld", (long long)parsed_int(p, name, -99, INT64_MAX));
        break;
    case PRICE:
        (void)snprintf(out, 400, "%lld", (long long)parsed_px(p, name));
        break;
    case MS:
        (void)snprintf(out, 400, "%lld", (long long)parsed_ms(p, name));
        break;
    case S:
        (void)snprintf(out, 400, "%lld", (long long)parsed_s(p, name));
        break;
    case TEXT:
    case WAYS:
        (void)snprintf(out, 400, "%.300s", parsed_text(p, name));
        break;
    }
    if (p->failed) {
        (void)snprintf(out, 400, "ERROR %.300s", err.text);
    }
    p->failed = false;
}

static void assert_same_member(struct parsed *quick, struct parsed *general, const char *name)
{
    char a[400], b[400];
    for (enum way way = NUMBER; way < WAYS; way++) {
        read_as(way, quick, name, a);
        read_as(way, general, name, b);
        assert_string_equal(a, b);
    }
    for (int i = 0; i < 4; i++) {
        struct parsed_value x = parsed_element(quick, name, i);
        struct parsed_value y = parsed_element(general, name, i);
        assert_same_value(&x, &y);
    }
}

/* Returns whether the quick reader took it. */
static bool compare(const char *text, size_t n)
{
    static struct parsed quick, general;
    struct err err = { 0 };
    parsed_open(&quick, text, n, &err);
    bool took = quick.quick && !quick.failed;
    parsed_open_general(&general, text, n, &err);
    if (took) {
        struct parsed_member a = { .next = 0 }, b = { .next = 0 };
        assert_false(general.failed);
        while (parsed_next(&quick, &a)) {
            assert_true(parsed_next(&general, &b));
            assert_int_equal(a.name_n, b.name_n);
            assert_memory_equal(a.name, b.name, a.name_n);
            struct parsed_value x = parsed_member_value(&a), y = parsed_member_value(&b);
            assert_same_value(&x, &y);
            quick.texts_n = 0;
            assert_same_member(&quick, &general, b.name);
        }
        assert_false(parsed_next(&general, &b));
    }
    (void)parsed_close(&quick);
    (void)parsed_close(&general);
    return took;
}

static void what_the_engine_writes_is_read_alike(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        assert_true(compare(texts[i], strlen(texts[i])));
    }
}

static void damaged_texts_are_read_alike(void **state)
{
    static const char bytes[] = "0123456789.-+eE\"\\{}[],: ntfu";
    (void)state;
    uint64_t r = 11;
    int took = 0;
    for (int round = 0; round < 30000; round++) {
        const char *text = texts[pick(&r, 3)];
        size_t n = strlen(text);
        char *copy = malloc(n);
        assert_non_null(copy);
        memcpy(copy, text, n);
        for (int64_t k = pick(&r, 3); k >= 0; k--) {
            copy[pick(&r, (int64_t)n)] =
                pick(&r, 8) == 0 ? (char)pick(&r, 256) : bytes[pick(&r, (int64_t)sizeof bytes - 1)];
        }
        took += compare(copy, n);
        free(copy);
    }
    assert_true(took > 5000);
}

static void numbers_of_any_length_are_read_alike(void **state)
{
    (void)state;
    uint64_t r = 5;
    for (int round = 0; round < 20000; round++) {
        char text[80];
        int whole = (int)pick(&r, 18) + 1, part = (int)pick(&r, 18), n = 0;
        n += snprintf(text, sizeof text, "{\"x\": %s", pick(&r, 3) == 0 ? "-" : "");
        for (int i = 0; i < whole; i++) {
            text[n++] = (char)('0' + (i == 0 && whole > 1 ? 1 + pick(&r, 9) : pick(&r, 10)));
        }
        if (part > 0) {
            text[n++] = '.';
        }
        for (int i = 0; i < part; i++) {
            text[n++] = (char)('0' + (pick(&r, 3) == 0 ? 0 : pick(&r, 10)));
        }
        text[n++] = '}';
        assert_true(compare(text, (size_t)n));
    }
}

/* ---- what is left to the general reader ---- */

static bool is_quick(const char *text)
{
    static struct flat flat;
    return flat_object(&flat, text, strlen(text));
}

static void escapes_other_letters_and_plenty_are_left_to_the_general_reader(void **state)
{
    (void)state;
    char many[1024] = "{";
    for (int i = 0; i <= FLAT_MAX; i++) {
        size_t n = strlen(many);
        (void)snprintf(many + n, sizeof many - n, "%s\"m%d\": 1", i == 0 ? "" : ", ", i);
    }
    (void)snprintf(many + strlen(many), 2, "}");
    assert_false(is_quick(many));
    assert_false(is_quick("{\"a\": \"\\u0041\"}"));
    assert_false(is_quick("{\"a\": \"\xc3\xa9\"}"));
    assert_false(is_quick("{\"a\": [[[[[[[[[[[[[[[[[1]]]]]]]]]]]]]]]]]}"));
    for (const char *const *bad =
             (const char *const[]){ "", "[]", "{", "{\"a\"}", "{\"a\": }", "{\"a\": 01}",
                                    "{\"a\": 1.}", "{\"a\": .5}", "{\"a\": 1e}", "{\"a\": +1}",
                                    "{\"a\": 1,}", "{\"a\": 1} x", "{\"a\": tru}", NULL };
         *bad != NULL; bad++) {
        assert_false(is_quick(*bad));
    }
}

static void long_texts_are_kept_by_the_general_reader(void **state)
{
    (void)state;
    static struct parsed p;
    static char text[3 * PARSED_TEXTS];
    struct err err = { 0 };
    (void)snprintf(text, sizeof text, "{\"short\": \"s\", \"long\": \"%0*d\", \"last\": \"l\"}",
                   PARSED_TEXTS, 7);
    parsed_open(&p, text, strlen(text), &err);
    const char *first = parsed_text(&p, "short");
    assert_int_equal(strlen(parsed_text(&p, "long")), PARSED_TEXTS);
    assert_string_equal(parsed_text(&p, "last"), "l");
    assert_string_equal(first, "s");
    assert_true(parsed_close(&p));
}

/* ---- whole patterns ---- */

/* The same JSON, and none for the quick reader: the first letter of a name as an escape. */
static bool escaped(const char *text, size_t n, char *out, size_t *n_out)
{
    const char *quote = memchr(text, '"', n);
    size_t at = quote == NULL ? n : (size_t)(quote - text) + 1;
    if (at >= n || text[at] < 'a' || text[at] > 'z') {
        return false;
    }
    memcpy(out, text, at);
    (void)snprintf(out + at, 7, "\\u%04x", (unsigned)text[at]);
    memcpy(out + at + 6, text + at + 1, n - at - 1);
    *n_out = n + 5;
    return true;
}

static void patterns_are_read_alike(void **state)
{
    (void)state;
    uint64_t r = 3;
    int good = 0;
    struct buf whole;
    buf_init(&whole, 2048);
    buf_puts(&whole, texts[0]);
    for (int round = 0; round < 10000; round++) {
        static struct stored_pattern a, b;
        struct err why_a = { 0 }, why_b = { 0 };
        char *other = malloc(whole.len + 5);
        size_t n, other_n;
        assert_non_null(other);
        char *text = damaged_copy(&whole, &r, &n);
        if (round == 0) {
            memcpy(text, whole.data, n);
        }
        if (escaped(text, n, other, &other_n)) {
            bool ok = report_get_pattern(&a, text, n, &why_a);
            assert_int_equal(ok, report_get_pattern(&b, other, other_n, &why_b));
            assert_string_equal(why_a.text, why_b.text);
            assert_memory_equal(&a.e, &b.e, sizeof a.e);
            assert_string_equal(a.description, b.description);
            assert_int_equal(a.n_fields, b.n_fields);
            for (int i = 0; ok && i < a.n_fields; i++) {
                assert_string_equal(a.fields[i].name, b.fields[i].name);
                assert_string_equal(a.fields[i].text, b.fields[i].text);
                assert_int_equal(a.fields[i].number, b.fields[i].number);
            }
            good += ok;
        }
        free(text);
        free(other);
    }
    buf_fini(&whole);
    assert_true(good > 100);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_the_engine_writes_is_read_alike),
        cmocka_unit_test(damaged_texts_are_read_alike),
        cmocka_unit_test(numbers_of_any_length_are_read_alike),
        cmocka_unit_test(escapes_other_letters_and_plenty_are_left_to_the_general_reader),
        cmocka_unit_test(long_texts_are_kept_by_the_general_reader),
        cmocka_unit_test(patterns_are_read_alike),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
