/* SPDX-License-Identifier: MIT */
/* Results as text, JSON and JUnit. */
#include "run.h"

#include <inttypes.h>
#include <string.h>

static const char *text_of(const struct buf *b)
{
    return b->data != NULL ? b->data : "";
}

/* Each line of text with `head` before it. */
static void put_lines(struct buf *out, const char *text, const char *head)
{
    while (*text != '\0') {
        size_t n = strcspn(text, "\n");
        buf_printf(out, "%s%.*s\n", head, (int)n, text);
        text += n + (text[n] == '\n');
    }
}

static void put_result(const struct check_result *r, struct buf *out)
{
    buf_printf(out, "%2u %-20s %s\n", r->info->number, r->info->name, check_status_name(r->status));
    put_lines(out, text_of(&r->messages), "     ");
    if (r->status == CHECK_FAILED || r->status == CHECK_WARNED) {
        buf_printf(out, "     cure: %s\n", r->info->cure);
    }
    if (r->status == CHECK_FAILED && r->output.len > 0) {
        put_lines(out, text_of(&r->output), "     | ");
    }
}

void report_text(const struct plugin_report *r, const struct run_options *o, struct buf *out)
{
    buf_printf(out, "%s: %s%s, seed %" PRIu64 "\n", r->path,
               r->detector[0] != '\0' ? "detector " : "no detector could be read", r->detector,
               o->seed);
    for (size_t i = 0; i < CHECKS; i++) {
        if (r->results[i].ran) {
            put_result(&r->results[i], out);
        }
    }
    buf_printf(out, "%u passed, %u warnings, %u failed, %u skipped in %.1f s\n",
               r->counts[CHECK_PASSED], r->counts[CHECK_WARNED], r->counts[CHECK_FAILED],
               r->counts[CHECK_SKIPPED], (double)r->ms / 1000);
}

static void put_json_text(struct buf *out, const char *text)
{
    buf_json(out, text, strlen(text));
}

static void put_json_lines(struct buf *out, const char *text)
{
    const char *between = "";
    buf_putc(out, '[');
    while (*text != '\0') {
        size_t n = strcspn(text, "\n");
        buf_puts(out, between);
        buf_json(out, text, n);
        between = ", ";
        text += n + (text[n] == '\n');
    }
    buf_putc(out, ']');
}

static void put_json_result(const struct check_result *r, struct buf *out)
{
    buf_printf(out, "{\"number\": %u, \"name\": \"%s\", \"group\": \"%s\", \"status\": \"%s\"",
               r->info->number, r->info->name, r->info->group, check_status_name(r->status));
    buf_puts(out, ", \"messages\": ");
    put_json_lines(out, text_of(&r->messages));
    if (r->status == CHECK_FAILED || r->status == CHECK_WARNED) {
        buf_puts(out, ", \"cure\": ");
        put_json_text(out, r->info->cure);
    }
    if (r->output.len > 0) {
        buf_puts(out, ", \"output\": ");
        put_json_text(out, text_of(&r->output));
    }
    buf_printf(out, ", \"ms\": %" PRId64 "}", r->ms);
}

static void put_json_report(const struct plugin_report *r, struct buf *out)
{
    const char *between = "";
    buf_puts(out, "{\"path\": ");
    put_json_text(out, r->path);
    buf_printf(out, ", \"index\": %" PRIu32 ", \"detector\": ", r->index);
    put_json_text(out, r->detector);
    buf_printf(out, ", \"passed\": %u, \"warnings\": %u, \"failed\": %u, \"skipped\": %u",
               r->counts[CHECK_PASSED], r->counts[CHECK_WARNED], r->counts[CHECK_FAILED],
               r->counts[CHECK_SKIPPED]);
    buf_printf(out, ", \"ms\": %" PRId64 ", \"checks\": [", r->ms);
    for (size_t i = 0; i < CHECKS; i++) {
        if (r->results[i].ran) {
            buf_puts(out, between);
            put_json_result(&r->results[i], out);
            between = ",\n  ";
        }
    }
    buf_puts(out, "]}");
}

void report_json(const struct plugin_report *all, size_t n, const struct run_options *o,
                 struct buf *out)
{
    buf_printf(out, "{\"seed\": %" PRIu64 ", \"scale\": %g, \"plugins\": [", o->seed, o->scale);
    for (size_t i = 0; i < n; i++) {
        buf_puts(out, i == 0 ? "" : ",\n ");
        put_json_report(&all[i], out);
    }
    buf_puts(out, "]}\n");
}

static void put_attribute(struct buf *out, const char *key, const char *text)
{
    buf_printf(out, " %s=\"", key);
    buf_xml(out, text);
    buf_putc(out, '"');
}

static void put_case(const struct plugin_report *p, const struct check_result *r, struct buf *out)
{
    buf_puts(out, "  <testcase");
    put_attribute(out, "classname", p->detector);
    put_attribute(out, "name", r->info->name);
    buf_printf(out, " time=\"%.3f\">", (double)r->ms / 1000);
    if (r->status == CHECK_FAILED) {
        buf_puts(out, "<failure");
        put_attribute(out, "message", text_of(&r->messages));
        buf_putc(out, '>');
        buf_xml(out, r->info->cure);
        buf_puts(out, "</failure>");
    } else if (r->status == CHECK_SKIPPED) {
        buf_puts(out, "<skipped");
        put_attribute(out, "message", text_of(&r->messages));
        buf_puts(out, "/>");
    }
    if (r->status == CHECK_WARNED || r->output.len > 0) {
        buf_puts(out, "<system-out>");
        buf_xml(out, text_of(&r->messages));
        buf_xml(out, text_of(&r->output));
        buf_puts(out, "</system-out>");
    }
    buf_puts(out, "</testcase>\n");
}

void report_junit(const struct plugin_report *all, size_t n, struct buf *out)
{
    buf_puts(out, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites>\n");
    for (size_t k = 0; k < n; k++) {
        const struct plugin_report *p = &all[k];
        unsigned total = p->counts[CHECK_PASSED] + p->counts[CHECK_WARNED] +
                         p->counts[CHECK_FAILED] + p->counts[CHECK_SKIPPED];
        buf_puts(out, " <testsuite");
        put_attribute(out, "name", p->path);
        buf_printf(out, " tests=\"%u\" failures=\"%u\" skipped=\"%u\" time=\"%.3f\">\n", total,
                   p->counts[CHECK_FAILED], p->counts[CHECK_SKIPPED], (double)p->ms / 1000);
        for (size_t i = 0; i < CHECKS; i++) {
            if (p->results[i].ran) {
                put_case(p, &p->results[i], out);
            }
        }
        buf_puts(out, " </testsuite>\n");
    }
    buf_puts(out, "</testsuites>\n");
}
