/* SPDX-License-Identifier: MIT */
/* The tools an agent can call: one table, from which the catalogue is printed and arguments are
 * checked. [front] */
#ifndef SERVE_TOOLS_H
#define SERVE_TOOLS_H

#include "json.h"
#include "query.h"

/* One argument. Its type is JSON_STRING, JSON_NUMBER for whole numbers, or JSON_TRUE for true and
 * false. */
struct tool_param {
    const char *name;
    const char *alias; /* taken, too, but not advertised; NULL: none */
    enum json_type type;
    bool required;
    const char *def;     /* JSON text of the default, or NULL */
    const char *help;    /* "": the name says it */
    const char *choices; /* of a string: the words it may be, separated by spaces; NULL: any */
    int64_t min, max;    /* of a number */
};

/* Checked against the tool's params. */
struct tool_args {
    const struct json *j;
    const struct json_value *obj; /* NULL: none given */
};

struct tool_env {
    struct query *query; /* this thread's own */
    int64_t history_max_s;
    /* Of the call at hand, or NULL: use tool_progress() and tool_cancelled(). */
    void (*progress)(void *ctx, double done, double total, const char *message);
    bool (*cancelled)(void *ctx);
    void *ctx;
};

/* Tells the client how far a long call is, if it wants to know; total 0: unknown, message NULL:
 * none. As often as you like: what does not grow or comes too soon is left out. */
void tool_progress(const struct tool_env *env, double done, double total, const char *message);
/* True: nobody waits for the answer any more, or the server is about to go. */
bool tool_cancelled(const struct tool_env *env);

/* Writes the answer, or what is wrong, into *text. A tool with an output schema also writes the
 * JSON object that fits it into *structured; an empty text then becomes that JSON. False: it is an
 * error (isError), *structured does not count; with ERR_CANCELLED in *err nobody waits for it any
 * more. */
typedef bool tool_run_fn(const struct tool_env *env, const struct tool_args *args, struct buf *text,
                         struct buf *structured, struct err *err);

struct tool {
    const char *name, *title, *description;
    const struct tool_param *params;
    size_t n_params;
    const char *output_schema; /* JSON text of an object, or NULL */
    bool waits;                /* may take minutes: gets a thread of its own */
    tool_run_fn *run;
};

const struct tool *tool_at(size_t i); /* NULL past the last */
const struct tool *tool_find(const struct json *j, const struct json_value *name);

enum tool_detail { TOOL_PLAIN, TOOL_ANNOTATED, TOOL_TITLED }; /* since 2024-11, 2025-03, 2025-06 */
void tool_print(const struct tool *t, enum tool_detail detail, struct buf *out);

/* False: *err says what would be right. */
MUST_CHECK bool tool_check(const struct tool *t, const struct tool_args *args, struct err *err);
/* Values of checked arguments; the default when not given. */
bool tool_flag(const struct tool_args *args, const char *name, bool def);
/* False: longer than cap or with U+0000. */
MUST_CHECK bool tool_string(const struct tool_args *args, const char *name, const char *def,
                            char *out, size_t cap);

/* Of a number; the default when not given. */
int64_t tool_int(const struct tool_args *args, const char *name, int64_t def);
/* False, with what would be right in *err: given, but longer than cap or with U+0000. */
MUST_CHECK bool tool_word(const struct tool_args *args, const char *name, const char *def,
                          char *out, size_t cap, struct err *err);

/* The same of names or globs, called `tickers` or `ticker`; "*" when not given. */
MUST_CHECK bool tool_tickers(const struct tool_args *args, char *out, size_t cap, struct err *err);

/* analyze_order_flow */
bool tool_analyze(const struct tool_env *env, const struct tool_args *args, struct buf *text,
                  struct buf *structured, struct err *err);
bool tool_scan(const struct tool_env *env, const struct tool_args *args, struct buf *text,
               struct buf *structured, struct err *err);
bool tool_patterns(const struct tool_env *env, const struct tool_args *args, struct buf *text,
                   struct buf *structured, struct err *err);
bool tool_explain(const struct tool_env *env, const struct tool_args *args, struct buf *text,
                  struct buf *structured, struct err *err);
bool tool_detectors(const struct tool_env *env, const struct tool_args *args, struct buf *text,
                    struct buf *structured, struct err *err);
bool tool_watch(const struct tool_env *env, const struct tool_args *args, struct buf *text,
                struct buf *structured, struct err *err);

#endif
