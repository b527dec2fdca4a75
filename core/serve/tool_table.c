/* SPDX-License-Identifier: MIT */
/* The tools' names, texts and schemas. Every client pays for all of them with every conversation:
 * together they stay under 900 tokens (tests/mcp/tokens.mjs). */
#include "tools.h"

#define TICKER                                                                         \
    {                                                                                  \
        .name = "ticker", .type = JSON_STRING, .required = true, .help = "such as SPY" \
    }
#define TICKERS(word, other)                                                   \
    {                                                                          \
        .name = (word), .alias = (other), .type = JSON_STRING, .def = "\"*\"", \
        .help = "SPY,QQQ or a glob"                                            \
    }
#define CURSOR(h)                                          \
    {                                                      \
        .name = "cursor", .type = JSON_STRING, .help = (h) \
    }
#define LIMIT(d, most)                                                                        \
    {                                                                                         \
        .name = "limit", .type = JSON_NUMBER, .def = (d), .help = "", .min = 1, .max = (most) \
    }

static const struct tool_param analyze_params[] = {
    TICKER,
    { .name = "history",
      .type = JSON_STRING,
      .def = "\"5mins\"",
      .help = "30s, 5mins, 1h: age of patterns and levels" },
    { .name = "include_patterns", .type = JSON_TRUE, .def = "true", .help = "" },
    { .name = "detail",
      .type = JSON_STRING,
      .def = "\"standard\"",
      .choices = "standard compact full",
      .help = "compact: 450 tokens, full: 1200" },
};

static const struct tool_param scan_params[] = {
    TICKERS("tickers", "ticker"),
    { .name = "sort",
      .type = JSON_STRING,
      .def = "\"strength\"",
      .choices = "strength recent ticker",
      .help = "" },
    LIMIT("50", 1000),
    CURSOR("next page"),
};

static const struct tool_param patterns_params[] = {
    TICKERS("ticker", "tickers"),
    { .name = "type", .type = JSON_STRING, .help = "such as absorption" },
    { .name = "side", .type = JSON_STRING, .choices = "bid ask", .help = "" },
    { .name = "since", .type = JSON_STRING, .def = "\"5mins\"", .help = "" },
    { .name = "state",
      .type = JSON_STRING,
      .choices = "active ended any",
      .def = "\"any\"",
      .help = "" },
    LIMIT("20", 500),
    CURSOR("of an earlier answer: only what changed after it"),
};

static const struct tool_param explain_params[] = {
    { .name = "ticker", .type = JSON_STRING, .help = "" },
    { .name = "detector", .type = JSON_STRING, .help = "with ticker: as of now" },
    { .name = "id", .type = JSON_STRING, .help = "or a pattern's id" },
};

static const struct tool_param watch_params[] = {
    TICKER,
    { .name = "condition",
      .type = JSON_STRING,
      .def = "\"reversal\"",
      .help = "pattern, pattern:TYPE, reversal, level, level:PRICE, stale; several with commas" },
    { .name = "timeout_s", .type = JSON_NUMBER, .def = "60", .help = "", .min = 1, .max = 600 },
};

#define N(a) (sizeof(a) / sizeof(a)[0])
#define OBJECT(properties) "{\"type\":\"object\",\"properties\":{" properties "}}"
#define STRING "{\"type\":\"string\"}"
#define ARRAY "{\"type\":\"array\"}"
#define ANY_OBJECT "{\"type\":\"object\"}"
#define OBJECTS "{\"type\":\"array\",\"items\":{\"type\":\"object\"}}"

static const struct tool tools[] = {
    { .name = "analyze_order_flow",
      .title = "Analyze order flow",
      .description =
          "Order flow of one ticker from level-1 quotes, as XML. Unless state is OK flags are "
          "UNKNOWN: not known, never NO. Lifts minus drops only restate the price move; ofi (> 0 "
          "buying, < 0 selling) is the evidence of flow. pressure is the verdict with hysteresis: "
          "act on its changes. dir: +1 up, -1 down.",
      .params = analyze_params,
      .n_params = N(analyze_params),
      .run = tool_analyze },
    { .name = "scan_order_flow",
      .title = "Scan order flow",
      .description = "One row per ticker: pressure, since when, signs of the 10 s, 60 s and 300 s "
                     "windows, active patterns, data quality; and breadth over all.",
      .params = scan_params,
      .n_params = N(scan_params),
      .output_schema = OBJECT("\"columns\":" ARRAY ",\"rows\":{\"type\":\"array\",\"items\":" ARRAY
                              "},\"breadth\":" ANY_OBJECT ",\"cursor\":" STRING),
      .run = tool_scan },
    { .name = "get_patterns",
      .title = "Patterns",
      .description = "Detected patterns (one per episode) with evidence, newest first.",
      .params = patterns_params,
      .n_params = N(patterns_params),
      .output_schema = OBJECT("\"patterns\":" OBJECTS ",\"cursor\":" STRING),
      .run = tool_patterns },
    { .name = "explain_pattern",
      .title = "Explain a pattern",
      .description = "Why a detector fires, or why not and how near: each condition with value, "
                     "threshold and margin (< 0: missing).",
      .params = explain_params,
      .n_params = N(explain_params),
      .output_schema =
          OBJECT("\"detector\":" STRING ",\"verdicts\":" OBJECTS ",\"params\":" ANY_OBJECT),
      .run = tool_explain },
    { .name = "list_detectors",
      .title = "Detectors",
      .description = "What runs: version, parameters, state, strikes, refused settings.",
      .output_schema = OBJECT("\"detectors\":" OBJECTS),
      .run = tool_detectors },
    { .name = "watch_order_flow",
      .title = "Watch order flow",
      .description = "Waits until a pattern starts, pressure reverses, a level breaks or data goes "
                     "stale; returns what happened, with evidence. Better than asking again and "
                     "again.",
      .params = watch_params,
      .n_params = N(watch_params),
      .output_schema = OBJECT("\"event\":" STRING ",\"waited_s\":{\"type\":\"number\"}"),
      .waits = true,
      .run = tool_watch },
};

const struct tool *tool_at(size_t i)
{
    return i < N(tools) ? &tools[i] : NULL;
}
