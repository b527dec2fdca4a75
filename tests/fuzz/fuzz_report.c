/* SPDX-License-Identifier: MIT */
/* Any bytes as the document of an offline engine, whose parts are what Redis stores: read, and
 * drawn as XML and JSON. The JSON must be JSON. */
#include "json.h"
#include "query.h"

#include "clock.h"

#include <stdio.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { TEXT_MAX = 1 << 26 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct answer a;
    struct err err;
    if (query_report_json((const char *)data, size, 300 * NS_PER_S, true, &a, &err)) {
        struct buf xml, json;
        struct json j = { 0 };
        buf_init(&xml, TEXT_MAX);
        buf_init(&json, TEXT_MAX);
        answer_xml(&a, &xml);
        answer_json(&a, &json);
        if (xml.failed || json.failed || json_parse(&j, json.data, json.len) != JSON_FINE) {
            (void)fprintf(stderr, "no JSON: %s\n", json.data);
            abort();
        }
        json_fini(&j);
        buf_fini(&xml);
        buf_fini(&json);
    }
    answer_fini(&a);
    return 0;
}
