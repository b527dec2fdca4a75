/* SPDX-License-Identifier: MIT */
/* Of several files with one id, which has it. */
#include "plugins_list.h"
#include "same_file.h"

#include <stdio.h>
#include <string.h>

/* The file of the list that the engine runs it from, else the first that declares it. */
static const struct listed *holder_of(const struct listing *l, const struct served *served,
                                      const char *id)
{
    const struct listed *first = NULL;
    const struct served_detector *live = served_find(served, id);
    for (size_t i = 0; i < l->n; i++) {
        const struct listed *d = &l->items[i];
        if (!d->ok || strcmp(d->decl.id, id) != 0) {
            continue;
        }
        if (live != NULL && same_file(live->path, -1, d->path, -1)) {
            return d;
        }
        first = first != NULL ? first : d;
    }
    return first;
}

void listing_tell_holders(struct listing *l, const struct served *served)
{
    for (size_t i = 0; i < l->n; i++) {
        struct listed *d = &l->items[i];
        const struct listed *holder = d->ok ? holder_of(l, served, d->decl.id) : d;
        d->taken = holder != d;
        if (d->taken) {
            (void)snprintf(d->reason, sizeof d->reason, "id %s is taken by %.200s", d->decl.id,
                           holder->path);
        }
    }
}
