/* SPDX-License-Identifier: MIT */
#include "checks.h"

#include "loader.h"
#include "sanitizer.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

static check_fn *const functions[] = {
#define ITEM(number, function, name, group, title, doc, cure) check_##function,
#include "checks.def"
#undef ITEM
};

check_fn *check_function(const struct check_info *info)
{
    return functions[info - check_table()];
}

bool check_sanitized(struct probe *p)
{
#if defined(ADDRESS_SANITIZER)
    probe_skip(p, "this validator is itself built with AddressSanitizer, which is in the way");
    return true;
#else
    (void)p;
    return false;
#endif
}

int check_run(struct probe *p)
{
    static const char end[] = { CHECK_MARK_END, '\n' };
    probe_catch(p);
    check_function(p->info)(p);
    return write(p->report_fd, end, sizeof end) == (ssize_t)sizeof end && p->failed == 0 ? 0 : 1;
}

int check_count(struct probe *p)
{
    enum { COUNT_MAX = 64 };
    struct err err = { 0 };
    loader_entry_fn *entry = loader_open(p->path, &p->crumb, &err);
    uint32_t n = 0;
    while (entry != NULL && n < COUNT_MAX && entry(OFD_MINOR, n) != NULL) {
        n++;
    }
    const ofd_plugin *plugin = p->index < n ? entry(OFD_MINOR, p->index) : NULL;
    if (plugin == NULL || plugin->id == NULL) {
        return 1;
    }
    (void)printf("\ncount %lu %.40s %.40s\n", (unsigned long)n, plugin->id,
                 plugin->version != NULL ? plugin->version : "?");
    return fflush(stdout) == 0 ? 0 : 1;
}
