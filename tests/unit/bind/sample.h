/* SPDX-License-Identifier: MIT */
/* A declaration with one of everything, as a loader would copy it. */
#ifndef TESTS_BIND_SAMPLE_H
#define TESTS_BIND_SAMPLE_H

#include "orderflow/detector.h"
#include "pattern.h"

#include <stdlib.h>
#include <string.h>

static inline char *own(const char *text)
{
    size_t n = strlen(text) + 1;
    char *out = malloc(n);
    if (out == NULL) {
        abort();
    }
    memcpy(out, text, n);
    return out;
}

/* Puts another text in the place of an owned one. */
static inline void change(char **text, const char *to)
{
    free(*text);
    *text = own(to);
}

static inline struct declared number(uint32_t type, const char *key, double def, double max)
{
    return (struct declared){ .type = type,
                              .key = own(key),
                              .unit = own("ms"),
                              .help = own("a \"number\""),
                              .def = def,
                              .min = 0,
                              .max = max,
                              .step = 1 };
}

static inline struct declared choice(const char *key, double def)
{
    return (struct declared){ .type = OFD_CHOICE,
                              .key = own(key),
                              .unit = own(""),
                              .help = own("a choice"),
                              .choices = { own("fixed"), own("flow") },
                              .n_choices = 2,
                              .def = def };
}

static inline struct declaration sample(void)
{
    return (struct declaration){
        .id = "sample",
        .name = own("Sample \xe2\x82\xac"),
        .version = own("1.2.3-rc.1"),
        .vendor = own(""),
        .description = own("Two\nlines"),
        .url = own("https://example.org/"),
        .license = own("MIT"),
        .flags = UINT64_C(0xfedcba9876543210),
        .columns = 1,
        .window_s = { 10, 3600 },
        .n_windows = 2,
        .memory_s = 600,
        .budget_us = 1000,
        .params = { number(OFD_INT, "states", 10, 100), number(OFD_REAL, "ratio", 0.1, 2.5),
                    choice("mode", 1) },
        .n_params = 3,
        .fields = { number(OFD_PRICE, "price_level", 0, 0), choice("strength", 0) },
        .n_fields = 2,
        .kinds = { own("sample"), own("sample_strong") },
        .kind_helps = { own("it is there"), own("") },
        .n_kinds = 2,
    };
}

#endif
