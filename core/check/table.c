/* SPDX-License-Identifier: MIT */
#include "table.h"

#include "settings.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const struct check_info table[] = {
#define ITEM(number, function, name, group, title, doc, cure) \
    { number, name, group, title, doc, cure },
#include "checks.def"
#undef ITEM
};
_Static_assert(sizeof table / sizeof *table == CHECKS, "all checks are in checks.def");

const struct check_info *check_table(void)
{
    return table;
}

const struct check_info *check_find(const char *name)
{
    char *end;
    unsigned long number = strtoul(name, &end, 10);
    for (size_t i = 0; i < CHECKS; i++) {
        if (strcmp(table[i].name, name) == 0 ||
            (end != name && *end == '\0' && table[i].number == number)) {
            return &table[i];
        }
    }
    return NULL;
}

const char *check_nearest(const char *name)
{
    const char *words[CHECKS];
    for (size_t i = 0; i < CHECKS; i++) {
        words[i] = table[i].name;
    }
    return settings_nearest(name, words, CHECKS);
}

const char *check_status_name(enum check_status s)
{
    switch (s) {
    case CHECK_PASSED:
        return "pass";
    case CHECK_SKIPPED:
        return "skip";
    case CHECK_WARNED:
        return "warning";
    case CHECK_FAILED:
        break;
    }
    return "fail";
}

void check_list(struct buf *out)
{
    for (size_t i = 0; i < CHECKS; i++) {
        buf_printf(out, "%2u %-20s %s\n", table[i].number, table[i].name, table[i].title);
    }
}

/* Words of at most `width` columns a line, each line after `indent` blanks. */
static void put_wrapped(struct buf *out, const char *text, int indent, int width)
{
    int at = 0;
    while (*text != '\0') {
        int n = (int)strcspn(text, " ");
        if (at > 0 && at + 1 + n > width) {
            buf_putc(out, '\n');
            at = 0;
        }
        buf_printf(out, "%*s%.*s", at == 0 ? indent : 1, "", n, text);
        at += n + (at > 0);
        text += n;
        text += strspn(text, " ");
    }
    buf_putc(out, '\n');
}

void check_explain(const struct check_info *info, struct buf *out)
{
    buf_printf(out, "%u %s: %s\n\n", info->number, info->name, info->title);
    put_wrapped(out, info->doc, 2, 76);
    buf_puts(out, "\n  cure\n");
    put_wrapped(out, info->cure, 4, 74);
}

void check_manual(struct buf *out)
{
    const char *group = "";
    buf_puts(out,
             "# The checks of `orderflow check`\n\n"
             "Made by `orderflow check --manual` from `core/check/checks.def`; a test compares "
             "the two. One check\nalone: `orderflow check PLUGIN.so --only NAME`; in a "
             "debugger: `gdb --args orderflow check PLUGIN.so\n--in-process NAME`.\n");
    for (size_t i = 0; i < CHECKS; i++) {
        if (strcmp(group, table[i].group) != 0) {
            group = table[i].group;
            buf_printf(out, "\n## %s\n", group);
        }
        buf_printf(out, "\n### %u `%s`: %s\n\n", table[i].number, table[i].name, table[i].title);
        put_wrapped(out, table[i].doc, 0, 100);
        buf_puts(out, "\nCure: ");
        put_wrapped(out, table[i].cure, 0, 94);
    }
}
