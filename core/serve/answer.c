/* SPDX-License-Identifier: MIT */
#include "answer.h"

#include "clock.h"
#include "view.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

void answer_fini(struct answer *a)
{
    answer_drop_patterns(a);
    free(a->detectors);
    a->detectors = NULL;
    a->n_detectors = 0;
}

void answer_drop_patterns(struct answer *a)
{
    free(a->patterns);
    a->patterns = NULL;
    a->n_patterns = a->patterns_more = 0;
}

bool answer_detail_parse(const char *text, enum answer_detail *out)
{
    static const char *const names[] = { "standard", "compact", "full" };
    for (int i = 0; i < 3; i++) {
        if (strcmp(text, names[i]) == 0) {
            *out = (enum answer_detail)i;
            return true;
        }
    }
    return false;
}

size_t answer_patterns_max(enum answer_detail detail)
{
    return detail == DETAIL_STANDARD ? ANSWER_PATTERNS_MAX : ANSWER_CANDIDATES_MAX;
}

void answer_draw(const struct answer *a, enum answer_detail detail, struct buf *out)
{
    switch (detail) {
    case DETAIL_STANDARD:
        answer_xml(a, out);
        break;
    case DETAIL_COMPACT:
        answer_compact(a, out);
        break;
    case DETAIL_FULL:
        answer_full(a, out);
        break;
    }
}

static int64_t unit_seconds(const char *unit)
{
    static const struct {
        const char *name;
        int64_t seconds;
    } units[] = {
        { "", 1 },        { "s", 1 },        { "sec", 1 },      { "second", 1 },
        { "seconds", 1 }, { "m", 60 },       { "min", 60 },     { "mins", 60 },
        { "minute", 60 }, { "minutes", 60 }, { "h", 3600 },     { "hr", 3600 },
        { "hrs", 3600 },  { "hour", 3600 },  { "hours", 3600 }, { "secs", 1 },
    };
    for (size_t i = 0; i < sizeof units / sizeof units[0]; i++) {
        if (strcasecmp(unit, units[i].name) == 0) {
            return units[i].seconds;
        }
    }
    return 0;
}

bool history_parse(const char *text, int64_t max_s, int64_t *ns_out, struct err *err)
{
    const char *p = text;
    int64_t n = 0;
    while (isdigit((unsigned char)*p) && n <= INT32_MAX) {
        n = n * 10 + (*p++ - '0');
    }
    bool digits = p > text;
    if (*p == ' ') {
        p++;
    }
    int64_t unit = digits && !(p[-1] == ' ' && *p == '\0') ? unit_seconds(p) : 0;
    if (unit == 0 || n < 1 || n > max_s / unit) {
        return err_set(err, ERR_INVALID,
                       "history \"%.40s\" is not a time span: give a whole number of 1 s to %d s "
                       "with an optional unit s, m or h, such as \"30s\", \"5mins\", \"1 hour\" or "
                       "\"300\" (seconds)",
                       text, (int)max_s);
    }
    *ns_out = n * unit * NS_PER_S;
    return true;
}

const char *answer_state(const struct answer *a)
{
    const struct report *r = &a->report;
    int64_t limit_ns = r->quality.gap_limit_ns > 0 ? r->quality.gap_limit_ns : 5 * NS_PER_S;
    if (a->engine == ENGINE_ABSENT || a->engine == ENGINE_UNREACHABLE) {
        return "NO_ENGINE";
    }
    if (r->tick_ns == 0 || r->warming) {
        return "WARMING";
    }
    if (r->stale || a->newest.ts_ns == 0 || a->now_ns - a->newest.ts_ns > limit_ns) {
        return "STALE";
    }
    return a->newest.ts_ns - r->tick_ns > limit_ns ? "LAGGING" : "OK";
}
