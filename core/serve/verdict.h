/* SPDX-License-Identifier: MIT */
/* A detector's conditions, pattern by pattern. [front] Pure. */
#ifndef SERVE_VERDICT_H
#define SERVE_VERDICT_H

#include "jput.h"
#include "json.h"
#include "report.h"

enum { VERDICT_CONDITIONS_MAX = 64 };

struct told_condition {
    char type[DETECTOR_ID_MAX], side[8], key[DETECTOR_ID_MAX], unit[16], op[3];
    char param[DETECTOR_ID_MAX], field[DETECTOR_ID_MAX];
    int64_t dir;
    bool holds, known;
    double value, threshold;
};

struct told_conditions {
    struct told_condition items[VERDICT_CONDITIONS_MAX];
    size_t n;
};

/* The "conditions" of an engine's reply; what cannot be read is left out. */
void told_read(const struct json *j, const struct json_value *list, struct told_conditions *out);
/* Those of a stored pattern's kind, side and direction, with the values it was stored with in place
 * of the present ones. */
void told_of_pattern(const struct stored_pattern *p, struct told_conditions *c);

/* "verdicts": one for each pattern that there could be, with its conditions; margin > 0: how far
 * beyond the threshold, < 0: how much is missing. */
void verdicts_put(struct jput *root, const struct told_conditions *c);

#endif
