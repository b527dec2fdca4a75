/* SPDX-License-Identifier: MIT */
/* What a trader would ask, as whole procedures over the tools. [front] Pure. */
#ifndef SERVE_PROMPTS_H
#define SERVE_PROMPTS_H

#include "protocol.h"

enum prompt_value { /* what an argument is: how it is checked and completed */
                    PROMPT_TICKER,
                    PROMPT_TICKERS,   /* names or a glob */
                    PROMPT_DIRECTION, /* long or short */
                    PROMPT_PRICE,
                    PROMPT_DETECTOR
};

enum { PROMPT_ARGUMENTS_MAX = 3, PROMPT_TEXT_MAX = 128 };

struct prompt_argument {
    const char *name, *title, *description;
    enum prompt_value value;
    bool required;
};

struct prompt {
    const char *name, *title, *description;
    struct prompt_argument arguments[PROMPT_ARGUMENTS_MAX]; /* name NULL: no more */
    const char *text; /* {name} is replaced by the argument; [name|...] is left out without it */
};

const struct prompt *prompt_at(size_t i); /* NULL past the last */
const struct prompt *prompt_find(const struct json *j, const struct json_value *name);
const struct prompt_argument *prompt_argument(const struct prompt *p, const struct json *j,
                                              const struct json_value *name);

void put_prompt(const struct prompt *p, enum revision rev, struct buf *out);
/* "description":...,"messages":[...] with the arguments put in. False: *err says what is wrong with
 * them. */
MUST_CHECK bool put_prompt_messages(const struct prompt *p, const struct json *j,
                                    const struct json_value *arguments, struct buf *out,
                                    struct err *err);

#endif
