/* SPDX-License-Identifier: MIT */
/* The own JSON reader against cJSON on mutated members: whatever it accepts, cJSON accepts with the
 * same values; whatever it calls no JSON, cJSON refuses too, or the text shows one of the points on
 * which cJSON is known to be lax. */
#include "check.h"

#include "utf8.h"

#include <cjson/cJSON.h>
#include <math.h>
#include <regex.h>
#include <stdio.h>
#include <stdlib.h>

enum { ROUNDS = 150000, TEXT_MAX = 600 };

static const char *const seeds[] = {
    "{\"ticker\": \"SPY\", \"timestamp\": 1760000298721, \"bid_price\": 449.61, \"bid_size\": "
    "1984, "
    "\"ask_price\": 449.63, \"ask_size\": 700, \"mid_price\": 449.62, \"spread\": 0.02}",
    "{\"seq\":\"12\",\"ask_size\":5e2,\"ask_price\":\"449.63\",\"bid_size\":null,\"bid_price\":0,"
    "\"timestamp\":1760000298721.5,\"ticker\":\"SPY\",\"more\":[{\"a\":[]},\"\\ud83d\\ude00\\n\"]}",
    "{ \"bid\\u005fprice\" : 1.25e-3 , \"x\" : { \"y\" : [ true , false , null , -0.5E+3 ] } , "
    "\"ticker\" : \"S\\u0050Y\" , \"timestamp\" : \"1760000298721\" , \"bid_size\" : 7.5 , "
    "\"ask_price\" : 2 , \"ask_size\" : \"3\" }",
};

static const char pieces[] = "{}[]\":,.+-eE0123456789\\u/ntrbf \t\n\x01\x7F\xC3\xA9\xFF";

static size_t mutate(uint64_t *r, char text[TEXT_MAX], size_t n)
{
    size_t edits = 1 + (size_t)(random_next(r) % 3);
    for (size_t i = 0; i < edits && n > 0; i++) {
        size_t at = (size_t)(random_next(r) % n);
        char piece = pieces[random_next(r) % (sizeof pieces - 1)];
        switch (random_next(r) % 4) {
        case 0:
            text[at] = piece;
            break;
        case 1:
            memmove(text + at, text + at + 1, n - at - 1);
            n--;
            break;
        case 2:
            if (n + 1 < TEXT_MAX) {
                memmove(text + at + 1, text + at, n - at);
                text[at] = piece;
                n++;
            }
            break;
        default:
            n = random_next(r) % 16 == 0 ? at : n;
            break;
        }
    }
    return n;
}

/* Walks the text outside its strings. */
static bool has_lax_number(const char *text, const regex_t *strict)
{
    bool in_string = false;
    for (const char *p = text; *p != '\0'; p++) {
        if (*p == '\\' && in_string && p[1] != '\0') {
            p++;
        } else if (*p == '"') {
            in_string = !in_string;
        } else if (!in_string && strchr("+-.0123456789", *p) != NULL) {
            char token[TEXT_MAX];
            size_t n = strspn(p, "+-.eE0123456789");
            memcpy(token, p, n);
            token[n] = '\0';
            if (regexec(strict, token, 0, NULL, 0) != 0) {
                return true;
            }
            p += n - 1;
        }
    }
    return false;
}

static bool is_lax_spot(const char *text, size_t n, const regex_t *strict)
{
    bool in_string = false;
    for (size_t i = 0; i < n; i++) {
        if (in_string && text[i] == '\\') {
            if (text[i + 1] == 'u' && strspn(text + i + 2, "0123456789abcdefABCDEF") < 4) {
                return true; /* an escape without its four digits */
            }
            i++;
        } else if (text[i] == '"') {
            in_string = !in_string;
        } else if ((unsigned char)text[i] < 0x20 &&
                   (in_string || strchr("\t\n\r", text[i]) == NULL || text[i] == '\0')) {
            return true; /* a control character in a string, or as white space */
        }
    }
    return !utf8_valid(text, n) || has_lax_number(text, strict);
}

static double oracle_number(const cJSON *object, const char *name)
{
    const cJSON *item = cJSON_GetObjectItemCaseSensitive(object, name);
    assert_non_null(item);
    if (cJSON_IsNull(item)) {
        return 0;
    }
    return cJSON_IsString(item) ? strtod(item->valuestring, NULL) : item->valuedouble;
}

static void assert_side(const cJSON *json, const char *price, const char *size, int64_t px,
                        double sz)
{
    double want_px = oracle_number(json, price), want_sz = oracle_number(json, size);
    bool there = want_px != 0 && want_sz != 0;
    assert_true(fabs((double)px / 1e9 - (there ? want_px : 0)) <= 1e-9 + 1e-15 * fabs(want_px));
    assert_true(sz == (there ? want_sz : 0));
}

static void assert_same(const cJSON *json, const struct row *row)
{
    assert_true(fabs((double)row->q.ts_ns / 1e6 - oracle_number(json, "timestamp")) < 0.01);
    assert_string_equal(cJSON_GetObjectItemCaseSensitive(json, "ticker")->valuestring, "SPY");
    assert_side(json, "bid_price", "bid_size", row->q.bid_px, row->q.bid_sz);
    assert_side(json, "ask_price", "ask_size", row->q.ask_px, row->q.ask_sz);
}

static void row_from_json_mutated_members_agree_with_cjson(void **state)
{
    (void)state;
    uint64_t r = 20240808;
    size_t accepted = 0, refused = 0, stricter = 0;
    regex_t strict;
    assert_int_equal(regcomp(&strict, "^-?(0|[1-9][0-9]*)(\\.[0-9]+)?([eE][+-]?[0-9]+)?$",
                             REG_EXTENDED | REG_NOSUB),
                     0);
    for (int i = 0; i < ROUNDS; i++) {
        char text[TEXT_MAX + 1];
        const char *seed = seeds[(size_t)i % (sizeof seeds / sizeof seeds[0])], *end = NULL;
        memcpy(text, seed, strlen(seed));
        size_t n = mutate(&r, text, strlen(seed));
        text[n] = '\0';
        struct row row;
        enum malformed why = MALFORMED_NONE;
        bool ours = row_from_json(text, n, NAN, "SPY", &row, &why, NULL);
        cJSON *json = cJSON_ParseWithLengthOpts(text, n + 1, &end, true);
        if (ours && json == NULL) {
            fail_msg("only we accept %s", text);
        } else if (ours) {
            assert_same(json, &row);
            accepted++;
        } else if (why == MALFORMED_NOT_JSON && json != NULL) {
            if (!is_lax_spot(text, n, &strict)) {
                fail_msg("only cJSON accepts %s", text);
            }
            stricter++;
        }
        refused += ours ? 0 : 1;
        cJSON_Delete(json);
    }
    regfree(&strict);
    assert_true(accepted > ROUNDS / 20 && refused > ROUNDS / 20 && stricter > 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(row_from_json_mutated_members_agree_with_cjson),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
