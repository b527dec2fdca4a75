/* SPDX-License-Identifier: MIT */
#include "probe.h"

#include <errno.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

enum { ALT_STACK_BYTES = 65536, END_STATUS = 3 };

/* What handlers see: the one check of this process. */
static struct probe *volatile watched;

static void report(struct probe *p, char mark, const char *text)
{
    char line[CHECK_TEXT_MAX];
    int n = snprintf(line, sizeof line - 1, "%c %s", mark, text);
    n = n < (int)sizeof line - 1 ? n : (int)sizeof line - 2;
    for (int i = 0; i < n; i++) {
        line[i] = (unsigned char)line[i] < 0x20 ? ' ' : line[i];
    }
    line[n++] = '\n';
    for (int at = 0; at < n;) {
        ssize_t done = write(p->report_fd, line + at, (size_t)(n - at));
        if (done < 0 && errno != EINTR) {
            return;
        }
        at += done > 0 ? (int)done : 0;
    }
}

static void say(struct probe *p, char mark, unsigned *count, const char *format, va_list args)
{
    char text[CHECK_TEXT_MAX - 4];
    if (++*count <= PROBE_FINDINGS_MAX) {
        (void)vsnprintf(text, sizeof text, format, args);
        report(p, mark, text);
    }
}

void probe_fail(struct probe *p, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    say(p, CHECK_MARK_FAIL, &p->failed, format, args);
    va_end(args);
}

void probe_warn(struct probe *p, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    say(p, CHECK_MARK_WARN, &p->warned, format, args);
    va_end(args);
}

void probe_skip(struct probe *p, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    say(p, CHECK_MARK_SKIP, &p->skipped, format, args);
    va_end(args);
}

void probe_note(struct probe *p, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    (void)vsnprintf(p->note, sizeof p->note, format, args);
    va_end(args);
}

size_t probe_rounds(const struct probe *p, size_t n, size_t least)
{
    double scaled = (double)n * p->scale;
    return scaled > (double)least ? (size_t)scaled : least;
}

struct region *regions_add(struct regions *r, const struct region *region)
{
    struct region *slot = &r->list[r->n++ % REGIONS_MAX];
    if (slot->base != NULL && !slot->keep) {
        (void)munmap((void *)(uintptr_t)slot->base, slot->bytes);
    }
    *slot = *region;
    return slot;
}

/* "element 40 of bid_sz, which has 40: 1 past the end". */
static bool describe_region(const struct region *g, const char *at, char *out, size_t n)
{
    if (g->base == NULL || at < g->base || at >= g->base + g->bytes) {
        return false;
    }
    long element = (long)(g->element_bytes == 0 ? 1 : g->element_bytes);
    long rows = (long)(g->end - g->first) / element;
    if (g->state == REGION_REVOKED) {
        (void)snprintf(out, n, "%s of a call that had returned: it kept a pointer", g->name);
    } else if (at >= g->end) {
        (void)snprintf(out, n, "%s[%ld], which has %ld elements", g->name,
                       (long)(at - g->first) / element, rows);
    } else if (at < g->first) {
        (void)snprintf(out, n, "%s[-%ld], before its first element", g->name,
                       ((long)(g->first - at) + element - 1) / element);
    } else {
        (void)snprintf(out, n, "%s, which is read-only: it stored there", g->name);
    }
    return true;
}

static void describe_address(const struct probe *p, const char *at, char *out, size_t n)
{
    size_t held = p->regions == NULL            ? 0
                  : p->regions->n < REGIONS_MAX ? p->regions->n
                                                : REGIONS_MAX;
    for (size_t i = 0; i < held; i++) {
        if (describe_region(&p->regions->list[i], at, out, n)) {
            return;
        }
    }
    (void)snprintf(out, n, "%s", (uintptr_t)at < 65536 ? "a null pointer" : "no memory of its own");
}

static const char *signal_text(int sig)
{
    switch (sig) {
    case SIGSEGV:
        return "SIGSEGV (invalid memory access)";
    case SIGBUS:
        return "SIGBUS (invalid memory access)";
    case SIGFPE:
        return "SIGFPE (integer division by zero or overflow)";
    case SIGILL:
        return "SIGILL (invalid instruction)";
    case SIGABRT:
        return "SIGABRT (abort() or a failed assertion)";
    case SIGTERM:
        return "did not return in time";
    default:
        return "a fatal signal";
    }
}

static void on_fatal(int sig, siginfo_t *info, void *context)
{
    struct probe *p = watched;
    char where[160] = "";
    (void)context;
    if (p == NULL) {
        _exit(END_STATUS);
    }
    if ((sig == SIGSEGV || sig == SIGBUS) && info->si_code > 0) {
        (void)snprintf(where, sizeof where, " at ");
        describe_address(p, info->si_addr, where + 4, sizeof where - 4);
    }
    if (p->phase == NULL) {
        probe_fail(p, "the validator itself: %s%s%s%s", signal_text(sig), where,
                   p->note[0] != '\0' ? "; " : "", p->note);
    } else {
        probe_fail(p, "%s: %s%s%s%s", p->phase, signal_text(sig), where,
                   p->note[0] != '\0' ? "; " : "", p->note);
    }
    report(p, CHECK_MARK_END, "");
    _exit(END_STATUS);
}

static void on_exit_inside(void)
{
    struct probe *p = watched;
    if (p != NULL && p->phase != NULL) {
        probe_fail(p, "%s: it called exit(); %s", p->phase, p->note);
        report(p, CHECK_MARK_END, "");
        _exit(END_STATUS);
    }
}

static const int fatal[] = { SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT, SIGTERM };

void probe_catch(struct probe *p)
{
    static char stack[ALT_STACK_BYTES];
    const stack_t alternative = { .ss_sp = stack, .ss_size = sizeof stack };
    struct sigaction action = { .sa_sigaction = on_fatal,
                                .sa_flags = SA_SIGINFO | SA_ONSTACK | (int)SA_RESETHAND };
    watched = p;
    (void)sigaltstack(&alternative, NULL);
    (void)sigemptyset(&action.sa_mask);
    for (size_t i = 0; i < sizeof fatal / sizeof *fatal; i++) {
        (void)sigaction(fatal[i], &action, NULL);
    }
    (void)atexit(on_exit_inside);
}

void probe_catch_none(void)
{
    watched = NULL;
    for (size_t i = 0; i < sizeof fatal / sizeof *fatal; i++) {
        (void)signal(fatal[i], SIG_DFL);
    }
}
