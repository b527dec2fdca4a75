/* SPDX-License-Identifier: MIT */
#include "decimal.h"
#include "settings_internal.h"

#include <stdlib.h>
#include <string.h>

/* Must be the same in every build and on every machine: FNV-1a. */
static uint64_t hash_bytes(uint64_t h, const char *bytes, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        h = (h ^ (unsigned char)bytes[i]) * UINT64_C(0x100000001b3);
    }
    return h;
}

static uint64_t hash_text(uint64_t h, const char *text)
{
    return hash_bytes(h, text, strlen(text) + 1);
}

/* 10, 10.0 and 1e1 are one value. */
static uint64_t hash_value(uint64_t h, const char *text)
{
    double x;
    char number[DECIMAL_MAX];
    if (!decimal_parse_double(text, strlen(text), &x, NULL)) {
        return hash_text(h, text);
    }
    (void)decimal_print_repr(number, x);
    return hash_text(h, number);
}

static int compare(const void *a, const void *b)
{
    const struct setting *x = a, *y = b;
    int by = strcmp(x->section_id, y->section_id);
    by = by == 0 ? strcmp(x->ticker, y->ticker) : by;
    return by == 0 ? strcmp(x->key, y->key) : by;
}

/* In an order of their own, so that moving lines about changes nothing. 0: out of memory. */
static uint64_t hash_items(uint64_t h, const struct setting *items, size_t n)
{
    struct setting *sorted = calloc(n + 1, sizeof *sorted); /* borrows the texts */
    if (sorted == NULL) {
        return 0;
    }
    for (size_t i = 0; i < n; i++) {
        sorted[i] = items[i];
    }
    qsort(sorted, n, sizeof *sorted, compare);
    for (size_t i = 0; i < n; i++) {
        h = hash_text(h, sorted[i].section_id);
        h = hash_text(h, sorted[i].ticker);
        h = hash_text(h, sorted[i].key);
        h = hash_value(h, sorted[i].value);
    }
    free(sorted);
    return h;
}

uint64_t settings_hash_items(const struct setting *items, size_t n)
{
    return hash_items(UINT64_C(0xcbf29ce484222325), items, n);
}

uint64_t settings_hash(const struct settings *s)
{
    const struct setting_spec *specs;
    size_t n = settings_specs(&specs);
    uint64_t h = UINT64_C(0xcbf29ce484222325);
    struct buf b;
    buf_init(&b, SETTINGS_TEXT_MAX);
    for (size_t i = 0; i < n; i++) {
        if (strcmp(specs[i].section, "redis") == 0 || strcmp(specs[i].section, "log") == 0) {
            continue;
        }
        buf_clear(&b);
        setting_print(&specs[i], s, &b);
        h = hash_text(h, specs[i].section);
        h = hash_text(h, specs[i].key);
        h = hash_text(h, b.data != NULL ? b.data : "");
    }
    buf_fini(&b);
    h = hash_items(h, s->detector_items, s->n_detector_items);
    h = hash_items(hash_text(h, "ticker"), s->ticker_items, s->n_ticker_items);
    return s->n_threshold_items == 0
               ? h
               : hash_items(hash_text(h, "thresholds"), s->threshold_items, s->n_threshold_items);
}
