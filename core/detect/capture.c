/* SPDX-License-Identifier: MIT */
#include "capture.h"

#include <errno.h>
#include <inttypes.h>
#include <unistd.h>

enum { BURST = 20, REFILL_MS = 500, READS_MAX = 64, LOG_TEXT_MAX = 512 };

bool throttle_take(struct throttle *t, struct mono now)
{
    int64_t back = mono_ms_until(t->since, now) / REFILL_MS;
    if (back > 0) {
        t->taken = back < t->taken ? t->taken - (int)back : 0;
        t->since = now;
    }
    if (t->taken >= BURST) {
        t->dropped++;
        return false;
    }
    t->taken++;
    return true;
}

void capture_log(enum log_level level, const char *event, const char *detector, const char *text,
                 size_t n, struct throttle *t, struct mono now)
{
    char clean[LOG_TEXT_MAX];
    if (!throttle_take(t, now)) {
        return;
    }
    if (t->dropped > 0) {
        log_warn("detector_log_dropped", "detector=%s lines=%" PRIu64, detector, t->dropped);
        t->dropped = 0;
    }
    n = n < sizeof clean - 1 ? n : sizeof clean - 1;
    for (size_t i = 0; i < n; i++) {
        unsigned char c = (unsigned char)text[i];
        clean[i] = c < 0x20 || c == 0x7f ? '?' : text[i];
    }
    clean[n] = '\0';
    log_event(level, event, "detector=%s text=\"%s\"", detector, clean);
}

void capture_flush(struct capture *c, const char *detector, struct throttle *t, struct mono now)
{
    if (c->len > 0) {
        capture_log(LOG_INFO, "detector_printed", detector, c->line, c->len, t, now);
        c->len = 0;
    }
}

static void take_bytes(struct capture *c, const char *bytes, size_t n, const char *detector,
                       struct throttle *t, struct mono now)
{
    for (size_t i = 0; i < n; i++) {
        if (bytes[i] == '\n' || c->len == sizeof c->line) {
            capture_flush(c, detector, t, now);
        }
        if (bytes[i] != '\n') {
            c->line[c->len++] = bytes[i];
        }
    }
}

bool capture_read(struct capture *c, int fd, const char *detector, struct throttle *t,
                  struct mono now)
{
    char block[4096];
    for (int i = 0; i < READS_MAX; i++) {
        ssize_t n = read(fd, block, sizeof block);
        if (n < 0 && errno == EINTR) {
            continue;
        }
        if (n <= 0) {
            return n < 0 && (errno == EAGAIN || errno == EWOULDBLOCK);
        }
        take_bytes(c, block, (size_t)n, detector, t, now);
    }
    return true;
}
