/* SPDX-License-Identifier: MIT */
/* Prints the rows of a quote file as whole numbers, one a line: ts_ns bid_px bid_sz ask_px ask_sz;
 * what was malformed and what is of note on standard error. import_rows FILE
 * [format|ticker|venue|date|lot=VALUE]... [speed] */
#include "import.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static bool is(const char *word, const char *name, const char **value)
{
    size_t n = strlen(name);
    if (strncmp(word, name, n) != 0 || word[n] != '=') {
        return false;
    }
    *value = word + n + 1;
    return true;
}

static int fail(const struct err *err)
{
    (void)fprintf(stderr, "import_rows: %s\n", err->text);
    return 1;
}

static void say(const struct import *i)
{
    struct buf notes;
    buf_init(&notes, 1 << 16);
    import_notes(i, &notes);
    (void)fprintf(stderr, "%s%s %s\n", notes.data != NULL ? notes.data : "", import_format_name(i),
                  import_ticker(i));
    buf_fini(&notes);
}

int main(int argc, char **argv)
{
    struct import_options o = { .keep_ties = true };
    struct err err = { .code = ERR_NONE };
    bool speed = false;
    const char *lot = NULL;
    for (int k = 2; k < argc; k++) {
        speed = speed || strcmp(argv[k], "speed") == 0;
        (void)(is(argv[k], "format", &o.format) || is(argv[k], "ticker", &o.ticker) ||
               is(argv[k], "venue", &o.venue) || is(argv[k], "date", &o.date) ||
               is(argv[k], "lot", &lot));
    }
    o.lot = lot != NULL ? strtod(lot, NULL) : 0;
    struct import *i = argc > 1 ? import_open(argv[1], &o, &err) : NULL;
    if (i == NULL) {
        return fail(&err);
    }
    struct row row;
    clock_t begin = clock(); /* CPU time */
    uint64_t rows = 0;
    while (import_next(i, &row, &err) || err.code == ERR_INVALID) {
        if (err.code == ERR_INVALID) {
            (void)fprintf(stderr, "malformed: %s\n", err.text);
        } else if (!speed) {
            (void)printf("%" PRId64 " %" PRId64 " %.17g %" PRId64 " %.17g\n", row.q.ts_ns,
                         row.q.bid_px, row.q.bid_sz, row.q.ask_px, row.q.ask_sz);
        }
        rows++;
    }
    if (speed) {
        (void)printf("%.0f ns a row\n", (double)(clock() - begin) / CLOCKS_PER_SEC * 1e9 /
                                            (double)(rows > 0 ? rows : 1));
    }
    say(i);
    import_close(i);
    return err.code != ERR_NONE ? fail(&err) : 0;
}
