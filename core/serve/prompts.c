/* SPDX-License-Identifier: MIT */
#include "prompts.h"

#include "decimal.h"
#include "market.h"

#include <string.h>

enum { MESSAGE_BYTES_MAX = 16 * 1024 };

#define RULES                                                                                     \
    "Rules: state must be OK. STALE, WARMING, LAGGING, NO_ENGINE or a pressure of UNKNOWN means " \
    "not known: say so and do not act on it. Lifts minus drops only restate the price move; ofi " \
    "is the evidence of flow, and dir the direction (+1 up, -1 down). A pattern counts by its "   \
    "evidence, not by its name: without a measured edge it is a hint."

#define TICKER                                                                     \
    {                                                                              \
        .name = "ticker", .title = "Ticker", .description = "symbol, such as SPY", \
        .value = PROMPT_TICKER, .required = true                                   \
    }

static const struct prompt prompts[] = {
    { .name = "entry_check",
      .title = "Entry check",
      .description = "Is the order flow of a ticker with a planned entry, against it, or neither?",
      .arguments = { TICKER,
                     { .name = "direction",
                       .title = "Direction",
                       .description = "of the planned position: long or short",
                       .value = PROMPT_DIRECTION,
                       .required = true } },
      .text =
          "Check the order flow before a {direction} entry in {ticker}.\n"
          "1. Call analyze_order_flow for {ticker}.\n"
          "2. " RULES "\n"
          "3. Decide: ENTER only if pressure is on the side of a {direction} position, no window "
          "of "
          "ofi is against it, and it has held for longer than it takes to flip; WAIT if pressure "
          "is MIXED or has just changed; NO ENTRY if it is against {direction}.\n"
          "4. Name the nearest level on the other side of the price: where it breaks, the reason "
          "for the entry is gone.\n"
          "Answer in at most 6 lines: the decision; pressure and since when; ofi per window; the "
          "active patterns that speak for or against it, with their evidence; the invalidation "
          "price; the age and quality of the data." },
    { .name = "hold_or_exit",
      .title = "Hold or exit",
      .description = "Has the order flow behind an open position reversed, or only weakened?",
      .arguments = { TICKER,
                     { .name = "direction",
                       .title = "Direction",
                       .description = "of the open position: long or short",
                       .value = PROMPT_DIRECTION,
                       .required = true },
                     { .name = "invalidation",
                       .title = "Invalidation price",
                       .description = "the price at which the reason for the position is gone",
                       .value = PROMPT_PRICE } },
      .text =
          "Decide whether to hold or to exit a {direction} position in {ticker}[invalidation|, "
          "invalid beyond {invalidation}].\n"
          "1. Call analyze_order_flow for {ticker}.\n"
          "2. " RULES "\n"
          "3. Decide: EXIT only if the flow has reversed, that is, pressure is against {direction} "
          "and has held[invalidation|, or the price has passed {invalidation}]. Weaker flow is no "
          "reversal: MIXED pressure, fewer lifts or an ended pattern alone mean HOLD. With data "
          "that is not OK say UNKNOWN and go by the price alone.\n"
          "4. To wait for the reversal without asking again and again, use watch_order_flow.\n"
          "Answer in at most 5 lines: HOLD, EXIT or UNKNOWN; pressure now, before, and since when; "
          "ofi per window; what would change your mind; the age and quality of the data." },
    { .name = "scan_open",
      .title = "Scan the open",
      .description = "Which tickers show one-sided flow at the open, and is the market behind it?",
      .arguments = { { .name = "tickers",
                       .title = "Tickers",
                       .description = "names separated by commas, or a glob such as *",
                       .value = PROMPT_TICKERS } },
      .text =
          "Scan the order flow of the open[tickers| for {tickers}].\n"
          "1. Call scan_order_flow[tickers| with {tickers}]: one row per ticker and the breadth of "
          "all.\n"
          "2. " RULES "\n"
          "3. Take breadth first: of the tickers that are known, how many are BUYING, how many "
          "SELLING. A lone ticker against the breadth is a weak sign.\n"
          "4. Call analyze_order_flow for at most 3: those whose windows agree, whose pressure has "
          "held longest, and whose data is OK. In the first minutes spreads and sizes are unusual: "
          "a pattern that began before the open does not count.\n"
          "Answer with a line for breadth and one line for each of the 3: direction, since when, "
          "evidence, the nearest level behind it. End with what you would watch next." },
    { .name = "explain_signal",
      .title = "Explain a signal",
      .description = "Why has a detector fired on a ticker, or how near was it?",
      .arguments = { TICKER,
                     { .name = "detector",
                       .title = "Detector",
                       .description = "its id, such as absorption",
                       .value = PROMPT_DETECTOR,
                       .required = true } },
      .text =
          "Explain what the detector {detector} says about {ticker}.\n"
          "1. Call explain_pattern for {ticker} and {detector}: each condition with value, "
          "threshold and margin.\n"
          "2. If it does not run, list_detectors says why; then its silence means nothing.\n"
          "3. " RULES "\n"
          "Answer in at most 5 lines: fired or not and since when; the condition that decided it, "
          "with value and threshold; how near it is to the opposite; whether the same happens on "
          "noise; what this is worth for a decision." },
};
enum { PROMPTS = sizeof prompts / sizeof prompts[0] };

const struct prompt *prompt_at(size_t i)
{
    return i < PROMPTS ? &prompts[i] : NULL;
}

const struct prompt *prompt_find(const struct json *j, const struct json_value *name)
{
    for (size_t i = 0; i < PROMPTS; i++) {
        if (json_equals(j, name, prompts[i].name)) {
            return &prompts[i];
        }
    }
    return NULL;
}

static const struct prompt_argument *argument_at(const struct prompt *p, size_t i)
{
    return i < PROMPT_ARGUMENTS_MAX && p->arguments[i].name != NULL ? &p->arguments[i] : NULL;
}

const struct prompt_argument *prompt_argument(const struct prompt *p, const struct json *j,
                                              const struct json_value *name)
{
    const struct prompt_argument *a;
    for (size_t i = 0; (a = argument_at(p, i)) != NULL; i++) {
        if (json_equals(j, name, a->name)) {
            return a;
        }
    }
    return NULL;
}

static void put_names(const char *name, const char *title, const char *description,
                      enum revision rev, struct buf *out)
{
    buf_printf(out, "{\"name\":\"%s\"", name);
    if (rev >= REV_2025_06_18) {
        buf_puts(out, ",\"title\":");
        buf_json(out, title, strlen(title));
    }
    buf_puts(out, ",\"description\":");
    buf_json(out, description, strlen(description));
}

void put_prompt(const struct prompt *p, enum revision rev, struct buf *out)
{
    const struct prompt_argument *a;
    put_names(p->name, p->title, p->description, rev, out);
    buf_puts(out, ",\"arguments\":[");
    for (size_t i = 0; (a = argument_at(p, i)) != NULL; i++) {
        buf_puts(out, i > 0 ? "," : "");
        put_names(a->name, a->title, a->description, rev, out);
        buf_printf(out, ",\"required\":%s}", a->required ? "true" : "false");
    }
    buf_puts(out, "]}");
}

/* ---- values ---- */

struct values {
    const struct prompt *p;
    char text[PROMPT_ARGUMENTS_MAX][PROMPT_TEXT_MAX]; /* "": not given */
};

static bool is_name_list(const char *text)
{
    for (const char *c = text; *c != '\0'; c++) {
        if ((unsigned char)*c < ' ' || (unsigned char)*c > '~') {
            return false;
        }
    }
    return true;
}

static bool check(const struct prompt_argument *a, const char *text, struct err *err)
{
    int64_t px;
    switch (a->value) {
    case PROMPT_TICKER:
        return ticker_valid(text) ||
               err_set(err, ERR_INVALID,
                       "%s must be a ticker: 1 to 32 of A-Z a-z 0-9 . _ - / ^ =", a->name);
    case PROMPT_DIRECTION:
        return strcmp(text, "long") == 0 || strcmp(text, "short") == 0 ||
               err_set(err, ERR_INVALID, "%s must be long or short", a->name);
    case PROMPT_PRICE:
        return (decimal_parse_px(text, strlen(text), &px, NULL) && px > 0) ||
               err_set(err, ERR_INVALID, "%s must be a price, such as 582.25", a->name);
    case PROMPT_TICKERS:
    case PROMPT_DETECTOR:
        break;
    }
    return is_name_list(text) ||
           err_set(err, ERR_INVALID, "%s must be of printable ASCII characters", a->name);
}

static bool read_values(struct values *v, const struct json *j, const struct json_value *obj,
                        struct err *err)
{
    const struct json_value *key = obj != NULL ? json_first(obj) : NULL;
    for (uint32_t i = 0; key != NULL && i < obj->n; i++, key = json_next(key + 1)) {
        if (!json_is(key + 1, JSON_STRING)) {
            return err_set(err, ERR_INVALID, "arguments must be strings");
        }
    }
    const struct prompt_argument *a;
    for (size_t i = 0; (a = argument_at(v->p, i)) != NULL; i++) {
        const struct json_value *value = json_get(j, obj, a->name);
        if (value != NULL && !json_text(j, value, v->text[i], PROMPT_TEXT_MAX, NULL)) {
            return err_set(err, ERR_INVALID, "%s is too long", a->name);
        }
        if (v->text[i][0] == '\0') {
            if (a->required) {
                return err_set(err, ERR_INVALID, "Missing required argument: %s (%s)", a->name,
                               a->description);
            }
        } else if (!check(a, v->text[i], err)) {
            return false;
        }
    }
    return true;
}

/* The value of the name that stands at text, and the length of the name; "" when there is none. */
static const char *value_at(const struct values *v, const char *text, size_t *n_out)
{
    const struct prompt_argument *a;
    for (size_t i = 0; (a = argument_at(v->p, i)) != NULL; i++) {
        *n_out = strlen(a->name);
        if (strncmp(text, a->name, *n_out) == 0) {
            return v->text[i];
        }
    }
    *n_out = 0;
    return "";
}

static void fill_in(const struct values *v, struct buf *out)
{
    bool shown = true;
    size_t n;
    for (const char *c = v->p->text; *c != '\0'; c++) {
        if (*c == '[') {
            shown = value_at(v, c + 1, &n)[0] != '\0';
            c += n + 1; /* and the bar */
        } else if (*c == ']') {
            shown = true;
        } else if (*c == '{') {
            const char *value = value_at(v, c + 1, &n);
            buf_puts(out, shown ? value : "");
            c += n + 1;
        } else if (shown) {
            buf_putc(out, *c);
        }
    }
}

bool put_prompt_messages(const struct prompt *p, const struct json *j,
                         const struct json_value *arguments, struct buf *out, struct err *err)
{
    struct values v = { .p = p };
    struct buf text;
    if (!read_values(&v, j, arguments, err)) {
        return false;
    }
    buf_init(&text, MESSAGE_BYTES_MAX);
    fill_in(&v, &text);
    buf_puts(out, "\"description\":");
    buf_json(out, p->description, strlen(p->description));
    buf_puts(out, ",\"messages\":[{\"role\":\"user\",\"content\":{\"type\":\"text\",\"text\":");
    buf_json(out, text.data, text.len);
    buf_puts(out, "}}]");
    buf_fini(&text);
    return true;
}
