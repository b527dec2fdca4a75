/* SPDX-License-Identifier: MIT */
#include "clock.h"
#include "tools.h"

static bool refuse(const char *ticker, const struct err *why, struct buf *text)
{
    answer_error_xml(ticker, clock_now().wall_ns, why->text, NULL, 0, text);
    return false;
}

bool tool_analyze(const struct tool_env *env, const struct tool_args *args, struct buf *text,
                  struct buf *structured, struct err *err)
{
    (void)structured; /* text only: the XML says it all */
    char ticker[256], history[256];
    int64_t history_ns;
    bool patterns = tool_flag(args, "include_patterns", true);
    if (!tool_string(args, "ticker", "", ticker, sizeof ticker)) {
        (void)err_set(err, ERR_INVALID,
                      "ticker is not a ticker: 1 to 32 of A-Z a-z 0-9 . _ - / ^ =");
        return refuse("", err, text);
    }
    if (!tool_string(args, "history", "5mins", history, sizeof history)) {
        history[0] = '\0';
    }
    if (!history_parse(history, env->history_max_s, &history_ns, err)) {
        return refuse(ticker, err, text);
    }
    char detail_name[16];
    enum answer_detail detail = DETAIL_STANDARD;
    if (!tool_string(args, "detail", "standard", detail_name, sizeof detail_name) ||
        !answer_detail_parse(detail_name, &detail)) {
        (void)err_set(err, ERR_INVALID, "detail is one of standard, compact, full");
        return refuse(ticker, err, text);
    }
    struct answer a;
    bool ok = query_answer(env->query, ticker, history_ns,
                           patterns ? answer_patterns_max(detail) : 0, &a, err);
    if (!ok) {
        (void)refuse(ticker, err, text);
    } else if (!a.found) {
        answer_unknown_xml(&a, text);
    } else {
        answer_draw(&a, detail, text);
    }
    ok = ok && a.found;
    answer_fini(&a);
    return ok;
}
