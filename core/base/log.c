/* SPDX-License-Identifier: MIT */
#include "log.h"

#include "clock.h"
#include "utf8.h"

#include <errno.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

enum { MESSAGE_MAX = 1500, LINE_MAX_BYTES = 2 * MESSAGE_MAX + 400 };

static struct {
    const char *_Atomic program;
    atomic_int level, format;
} state = { .program = "orderflow", .level = LOG_INFO, .format = LOG_TEXT };

static const char *const level_names[] = { "debug", "info", "warning", "error" };

void log_setup(const char *program, enum log_level level, enum log_format format)
{
    atomic_store(&state.program, program);
    atomic_store(&state.level, (int)level);
    atomic_store(&state.format, (int)format);
}

bool log_level_parse(const char *text, enum log_level *out)
{
    static const struct {
        const char *word;
        enum log_level level;
    } words[] = { { "debug", LOG_DEBUG }, { "info", LOG_INFO },   { "warning", LOG_WARN },
                  { "warn", LOG_WARN },   { "error", LOG_ERROR }, { "critical", LOG_ERROR } };
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++) {
        if (strcasecmp(text, words[i].word) == 0) {
            *out = words[i].level;
            return true;
        }
    }
    return false;
}

static size_t append(char *line, size_t at, const char *text)
{
    size_t n = strlen(text);
    memcpy(line + at, text, n + 1);
    return at + n;
}

static size_t append_escaped(char *line, size_t at, const char *text)
{
    for (; *text != '\0'; text++) {
        if (*text == '"' || *text == '\\') {
            line[at++] = '\\';
        }
        line[at++] = *text;
    }
    return at;
}

static void write_line(const char *line, size_t n)
{
    ssize_t sent;
    do {
        sent = write(STDERR_FILENO, line, n);
    } while (sent < 0 && errno == EINTR);
}

void log_event(enum log_level level, const char *event, const char *fmt, ...)
{
    if ((int)level < atomic_load(&state.level)) {
        return;
    }
    int saved = errno;
    char message[MESSAGE_MAX], line[LINE_MAX_BYTES], time[CLOCK_ISO_MAX];
    va_list ap;
    va_start(ap, fmt);
    if (vsnprintf(message, sizeof message, fmt, ap) < 0) {
        message[0] = '\0';
    }
    va_end(ap);
    utf8_tame(message); /* it may come from a quote, a plugin or a peer */
    (void)clock_print_iso(time, clock_now().wall_ns);

    bool json = atomic_load(&state.format) == LOG_JSON;
    int head = snprintf(line, LINE_MAX_BYTES - 2 * MESSAGE_MAX,
                        json ? "{\"time\":\"%s\",\"level\":\"%s\",\"program\":\"%.60s\","
                               "\"event\":\"%.60s\",\"text\":\""
                             : "%s %s %.60s %.60s ",
                        time, level_names[level], atomic_load(&state.program), event);
    size_t n =
        json ? append_escaped(line, (size_t)head, message) : append(line, (size_t)head, message);
    n = append(line, n, json ? "\"}\n" : "\n");
    write_line(line, n);
    errno = saved;
}
