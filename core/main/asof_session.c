/* SPDX-License-Identifier: MIT */
#include "asof_find.h"

bool asof_session(const struct journal_list *list, const struct asof_args *args,
                  struct asof_place *out, struct err *err)
{
    char began[CLOCK_ISO_MAX];
    size_t n = 0;
    while (n < list->n && list->items[n].session_ns <= args->at_ns) {
        n++;
    }
    if (list->n == 0) {
        return err_set(err, ERR_NOT_FOUND, "%s: no journal in it", args->dir);
    }
    if (n == 0) {
        (void)clock_print_iso(began, list->items[0].session_ns);
        return err_set(err, ERR_NOT_FOUND, "%s: the journal begins later, at %s", args->dir, began);
    }
    out->last = n - 1;
    out->first = n - 1;
    while (out->first > 0 &&
           list->items[out->first - 1].session_ns == list->items[out->last].session_ns &&
           list->items[out->first - 1].number + 1 == list->items[out->first].number) {
        out->first--;
    }
    out->whole = list->items[out->first].number == 0;
    return true;
}
