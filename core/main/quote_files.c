/* SPDX-License-Identifier: MIT */
#include "quote_files.h"

#include "decimal.h"
#include "options.h"

#include <stdio.h>
#include <string.h>

enum { TEXT_MAX_BYTES = 1 << 20 };

bool quote_files_check(struct quote_files *q, struct err *err)
{
    if (q->lot != NULL &&
        !(decimal_parse_double(q->lot, strlen(q->lot), &q->from.lot, NULL) && q->from.lot > 0)) {
        return err_set(err, ERR_INVALID, "--lot is a number above 0");
    }
    return import_options_check(&q->from, err);
}

int quote_files_describe(const struct quote_files *q, const char *command, const char *const *paths,
                         size_t n)
{
    bool ok = true;
    for (size_t i = 0; i < n; i++) {
        struct buf out;
        struct err err = { .code = ERR_NONE };
        buf_init(&out, TEXT_MAX_BYTES);
        bool good = import_describe(paths[i], &q->from, &out, &err);
        ok = (out.len == 0 || print_out(out.data, out.len)) && ok && good;
        if (!good) {
            (void)fprintf(stderr, "orderflow %s: %s\n", command, err.text);
        }
        buf_fini(&out);
    }
    return ok ? 0 : 1;
}

size_t quote_files_argv(const struct quote_files *q, const char **argv)
{
    const struct {
        const char *option, *value;
    } words[] = { { "--format", q->from.format },
                  { "--date", q->from.date },
                  { "--venue", q->from.venue },
                  { "--lot", q->lot } };
    size_t n = 0;
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++) {
        if (words[i].value != NULL) {
            argv[n++] = words[i].option;
            argv[n++] = words[i].value;
        }
    }
    if (q->from.keep_ties) {
        argv[n++] = "--keep-ties";
    }
    if (q->from.alone) {
        argv[n++] = "--one-ticker";
    }
    return n;
}
