/* SPDX-License-Identifier: MIT */
#include "report_parsed.h"

#include "clock.h"
#include "report_text.h"

#include <math.h>
#include <string.h>

enum { JSON_BYTES_MAX = 1 << 16, US_NS = 1000 };

#define WHOLE_MAX 9007199254740992.0 /* 2^53: whole numbers up to here are exact in a double */
#define TIME_S_MAX 9.2e9             /* in ns it still fits 63 bits */

static bool is_space(char c)
{
    return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

void parsed_open(struct parsed *p, const char *text, size_t n, struct err *err)
{
    const char *end = text;
    *p = (struct parsed){ .err = err };
    if (n <= JSON_BYTES_MAX) {
        p->root = cJSON_ParseWithLengthOpts(text, n, &end, 0);
    }
    while (p->root != NULL && end < text + n && is_space(*end)) {
        end++;
    }
    if (!cJSON_IsObject(p->root) || end != text + n) {
        p->failed = true;
        (void)err_set(err, ERR_INVALID, "not a JSON object");
    }
    p->at = p->root;
}

bool parsed_close(struct parsed *p)
{
    cJSON_Delete(p->root);
    p->root = p->at = NULL;
    return !p->failed;
}

void parsed_fail(struct parsed *p, const char *name, const char *what)
{
    if (!p->failed) {
        p->failed = true;
        (void)err_set(p->err, ERR_INVALID, "%s %s", name, what);
    }
}

static const cJSON *member(struct parsed *p, const char *name)
{
    const cJSON *item = p->failed ? NULL : cJSON_GetObjectItemCaseSensitive(p->at, name);
    if (item == NULL) {
        parsed_fail(p, name, "is missing");
    }
    return item;
}

bool parsed_has(const struct parsed *p, const char *name)
{
    return !p->failed && cJSON_GetObjectItemCaseSensitive(p->at, name) != NULL;
}

double parsed_number(struct parsed *p, const char *name, double min, double max)
{
    const cJSON *item = member(p, name);
    if (item == NULL) {
        return 0;
    }
    if (!cJSON_IsNumber(item) || !isfinite(item->valuedouble)) {
        parsed_fail(p, name, "is not a number");
        return 0;
    }
    if (item->valuedouble < min || item->valuedouble > max) {
        parsed_fail(p, name, "is out of range");
        return 0;
    }
    return item->valuedouble;
}

int64_t parsed_int(struct parsed *p, const char *name, int64_t min, int64_t max)
{
    const cJSON *item = member(p, name);
    int64_t x = 0;
    if (cJSON_IsString(item)) {
        if (!decimal_parse_i64(item->valuestring, strlen(item->valuestring), &x, NULL)) {
            parsed_fail(p, name, "is not a whole number");
        }
    } else {
        double d = parsed_number(p, name, -WHOLE_MAX, WHOLE_MAX);
        x = (int64_t)d;
        if (d > trunc(d) || d < trunc(d)) {
            parsed_fail(p, name, "is not a whole number");
        }
    }
    if (x < min || x > max) {
        parsed_fail(p, name, "is out of range");
    }
    return p->failed ? 0 : x;
}

int64_t parsed_px(struct parsed *p, const char *name)
{
    const cJSON *item = member(p, name);
    char digits[DECIMAL_MAX];
    const char *text = digits;
    int64_t px = 0;
    if (cJSON_IsString(item)) {
        text = item->valuestring;
    } else {
        (void)decimal_print_repr(digits, parsed_number(p, name, -TIME_S_MAX, TIME_S_MAX));
    }
    if (!p->failed && !decimal_parse_px(text, strlen(text), &px, NULL)) {
        parsed_fail(p, name, "is not a price");
    }
    return p->failed ? 0 : px;
}

int64_t parsed_ms(struct parsed *p, const char *name)
{
    return llround(parsed_number(p, name, 0, TIME_S_MAX * 1e3) * 1e3) * US_NS;
}

int64_t parsed_s(struct parsed *p, const char *name)
{
    return llround(parsed_number(p, name, 0, TIME_S_MAX) * 1e6) * US_NS;
}

const char *parsed_text(struct parsed *p, const char *name)
{
    const cJSON *item = member(p, name);
    if (item != NULL && !cJSON_IsString(item)) {
        parsed_fail(p, name, "is not a text");
    }
    return p->failed ? "" : item->valuestring;
}
