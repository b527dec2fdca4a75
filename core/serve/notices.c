/* SPDX-License-Identifier: MIT */
#include "notices.h"

#include <string.h>

enum { LINE_BYTES = 8 * 1024 };

static const char *const names[] = { "debug", "info",     "notice", "warning",
                                     "error", "critical", "alert",  "emergency" };

void notices_init(struct notices *n, struct outbox *out)
{
    n->out = out;
    atomic_init(&n->level, NOTICE_NONE);
}

enum notice_level notice_level_of(const struct json *j, const struct json_value *name)
{
    int level = NOTICE_DEBUG;
    while (level < NOTICE_NONE && !json_equals(j, name, names[level])) {
        level++;
    }
    return (enum notice_level)level;
}

void notices_tell(struct notices *n, enum revision rev, enum notice_level level, const char *logger,
                  const char *text)
{
    struct buf line;
    if (rev == REVISION_MODERN || (int)level < atomic_load(&n->level)) {
        return;
    }
    buf_init(&line, LINE_BYTES);
    buf_printf(&line,
               "{\"jsonrpc\":\"2.0\",\"method\":\"notifications/message\",\"params\":{\"level\":"
               "\"%s\",\"logger\":\"%s\",\"data\":",
               names[level], logger);
    buf_json(&line, text, strlen(text));
    buf_puts(&line, "}}");
    if (!line.failed) {
        outbox_put(n->out, NULL, &line);
    }
    buf_fini(&line);
}

void notices_tell_failure(struct notices *n, enum revision rev, const struct err *err)
{
    bool ours = err->code != ERR_NONE && err->code != ERR_INVALID && err->code != ERR_NOT_FOUND &&
                err->code != ERR_CANCELLED;
    if (n != NULL && ours) {
        notices_tell(n, rev, NOTICE_ERROR, "redis", err->text);
    }
}
