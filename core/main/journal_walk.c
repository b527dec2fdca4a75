/* SPDX-License-Identifier: MIT */
#include "journal_tell.h"

#include <stdio.h>

static void note_damage(const struct journal_reader *reader, struct journal_health *health)
{
    health->segments++;
    if (journal_reader_damage(reader)[0] != '\0') {
        bool cut = journal_reader_cut(reader);
        health->damaged += !cut;
        (void)fprintf(stderr, "orderflow journal: %s%s\n", journal_reader_damage(reader),
                      cut ? " (as a kill leaves it)" : "; what follows in it is left out");
    }
}

bool journal_walk(const char *dir, journal_record_fn *see, void *ctx, struct journal_health *health,
                  struct err *err)
{
    struct journal_list list;
    *health = (struct journal_health){ .segments = 0 };
    bool ok = journal_list(dir, &list, err);
    if (ok && list.n == 0) {
        ok = err_set(err, ERR_NOT_FOUND, "%s: no journal in it", dir);
    }
    for (size_t i = 0; ok && i < list.n; i++) {
        struct record r;
        struct journal_reader *reader = journal_reader_open(dir, &list.items[i], err);
        ok = reader != NULL;
        while (ok && journal_next(reader, &r)) {
            ok = see(ctx, &list.items[i], &r, err);
        }
        if (reader != NULL) {
            note_damage(reader, health);
        }
        journal_reader_close(reader);
    }
    journal_list_free(&list);
    return ok;
}
