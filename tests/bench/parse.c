/* SPDX-License-Identifier: MIT */
/* One quote of the broker read by the quick reader, by the general one and by cJSON: nanoseconds
 * each, alternating, the median of 15 rounds, or of as many as asked for. Prints one JSON object.
 */
#include "clock.h"
#include "feed.h"

#include <cjson/cJSON.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { ROUNDS_MAX = 15, QUOTES = 20000, READERS = 3 };

static const char member[] =
    "{\"ticker\": \"SPY\", \"timestamp\": 1767225600123, \"bid_price\": 450.25, \"bid_size\": "
    "5100, "
    "\"ask_price\": 450.3, \"ask_size\": 2000, \"mid_price\": 450.275, \"spread\": 0.05}";

static double by_row(bool quick)
{
    struct row row;
    enum malformed why;
    bool ok =
        quick ? row_from_json(member, sizeof member - 1, 1767225600123.0, "SPY", &row, &why, NULL)
              : row_from_any_json(member, sizeof member - 1, 1767225600123.0, "SPY", &row, &why,
                                  NULL);
    return ok ? (double)row.q.bid_px * 1e-9 + row.q.bid_sz + (double)row.q.ask_px * 1e-9 +
                    row.q.ask_sz
              : 0;
}

static double by_cjson(void)
{
    static const char *const fields[] = { "bid_price", "bid_size", "ask_price", "ask_size" };
    cJSON *json = cJSON_ParseWithLength(member, sizeof member - 1);
    double sum = 0;
    for (size_t i = 0; i < sizeof fields / sizeof fields[0]; i++) {
        sum += cJSON_GetObjectItemCaseSensitive(json, fields[i])->valuedouble;
    }
    cJSON_Delete(json);
    return sum;
}

static double read_once(int reader)
{
    return reader == 2 ? by_cjson() : by_row(reader == 0);
}

static int compare(const void *a, const void *b)
{
    const double *x = a, *y = b;
    return (*x > *y) - (*x < *y);
}

int main(int argc, char **argv)
{
    double ns[READERS][ROUNDS_MAX], sums[READERS] = { 0 };
    int rounds = argc == 2 ? atoi(argv[1]) : ROUNDS_MAX;
    if (rounds < 1 || rounds > ROUNDS_MAX) {
        (void)fprintf(stderr, "usage: bench_parse [ROUNDS]\n");
        return 2;
    }
    for (int round = 0; round < rounds; round++) {
        for (int reader = 0; reader < READERS; reader++) {
            int64_t begun_ns = clock_cpu_ns();
            for (int i = 0; i < QUOTES; i++) {
                sums[reader] += read_once(reader);
            }
            ns[reader][round] = (double)(clock_cpu_ns() - begun_ns) / QUOTES;
        }
    }
    for (int reader = 0; reader < READERS; reader++) {
        qsort(ns[reader], (size_t)rounds, sizeof ns[reader][0], compare);
        if (sums[reader] < sums[0] - 1 || sums[reader] > sums[0] + 1) {
            (void)fprintf(stderr, "the readers disagree\n");
            return 1;
        }
    }
    (void)printf("{\"quick_ns\": %.1f, \"general_ns\": %.1f, \"cjson_ns\": %.1f}\n",
                 ns[0][rounds / 2], ns[1][rounds / 2], ns[2][rounds / 2]);
    return 0;
}
