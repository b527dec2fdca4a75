/* SPDX-License-Identifier: MIT */
/*
 * One line per event on stderr; stdout belongs to MCP. [any]
 *   2026-01-15T15:30:45.120Z info orderflow-engine tick_late ticker=SPY late_ms=12
 *   {"time":"...","level":"info","program":"...","event":"tick_late","text":"ticker=SPY
 * late_ms=12"} Control characters become spaces, broken UTF-8 '?', so that no value can begin a
 * second line.
 */
#ifndef BASE_LOG_H
#define BASE_LOG_H

#include "err.h"

enum log_level { LOG_DEBUG, LOG_INFO, LOG_WARN, LOG_ERROR };
enum log_format { LOG_TEXT, LOG_JSON };

/* The one mutable file-scope state besides signal flags. program: static text. */
void log_setup(const char *program, enum log_level level, enum log_format format);
/* "debug", "info", "warning", "error" (any case; also "warn", "critical") -> level. */
MUST_CHECK bool log_level_parse(const char *text, enum log_level *out);

/* event: stable snake_case name. fmt: "key=value key=value". Thread-safe; one write(2) per line,
 * about 1500 bytes of text at most. Leaves errno alone. */
void log_event(enum log_level level, const char *event, const char *fmt, ...) PRINTF_LIKE(3, 4);

#define log_debug(...) log_event(LOG_DEBUG, __VA_ARGS__)
#define log_info(...) log_event(LOG_INFO, __VA_ARGS__)
#define log_warn(...) log_event(LOG_WARN, __VA_ARGS__)
#define log_error(...) log_event(LOG_ERROR, __VA_ARGS__)

#endif
