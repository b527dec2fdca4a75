/* SPDX-License-Identifier: MIT */
#include "parsed_patterns.h"

#include <stddef.h>
#include <stdlib.h>
#include <string.h>

struct parsed_pattern {
    uint64_t id, used;
    size_t pattern_n, text_n;
    char bytes[]; /* the pattern, then its text */
};

void parsed_patterns_fini(struct parsed_patterns *k)
{
    for (int i = 0; i < PARSED_PATTERNS; i++) {
        free(k->items[i]);
        k->items[i] = NULL;
    }
}

/* Bytes of a pattern without the fields that it does not have. */
static size_t bytes_of(const struct stored_pattern *p)
{
    return offsetof(struct stored_pattern, fields) + (size_t)p->n_fields * sizeof p->fields[0];
}

/* Its place: the one with this id, else the one to give up. */
static struct parsed_pattern **place_of(struct parsed_patterns *k, uint64_t id)
{
    struct parsed_pattern **oldest = &k->items[0];
    for (int i = 0; i < PARSED_PATTERNS; i++) {
        struct parsed_pattern **at = &k->items[i];
        if (*at == NULL || (*at)->id == id) {
            return at;
        }
        oldest = (*at)->used < (*oldest)->used ? at : oldest;
    }
    return oldest;
}

static void keep(struct parsed_patterns *k, struct parsed_pattern **place, uint64_t id,
                 const char *text, size_t n, const struct stored_pattern *p)
{
    size_t pattern_n = bytes_of(p);
    free(*place);
    *place = malloc(sizeof **place + pattern_n + n);
    if (*place != NULL) {
        **place = (struct parsed_pattern){
            .id = id, .used = ++k->uses, .pattern_n = pattern_n, .text_n = n
        };
        memcpy((*place)->bytes, p, pattern_n);
        memcpy((*place)->bytes + pattern_n, text, n);
    }
}

bool parsed_patterns_get(struct parsed_patterns *k, uint64_t id, const char *text, size_t n,
                         struct stored_pattern *out)
{
    struct parsed_pattern **place = k != NULL ? place_of(k, id) : NULL;
    struct parsed_pattern *known = place != NULL ? *place : NULL;
    if (known != NULL && known->id == id && known->text_n == n &&
        memcmp(known->bytes + known->pattern_n, text, n) == 0) {
        known->used = ++k->uses;
        memcpy(out, known->bytes, known->pattern_n);
        return true;
    }
    if (!report_get_pattern(out, text, n, NULL)) {
        return false;
    }
    if (place != NULL) {
        keep(k, place, id, text, n, out);
    }
    return true;
}
