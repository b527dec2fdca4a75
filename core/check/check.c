/* SPDX-License-Identifier: MIT */
#include "checks.h"

#include "loader.h"
#include "param_text.h"
#include "reel_file.h"
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

static bool set_fits(const struct plug *g, const char *text, struct err *err)
{
    double params[RIG_PARAMS_MAX];
    return param_text_take(g, text, params, err);
}

static bool window_fits(const struct plug *g, const char *path, struct err *err)
{
    struct reel t;
    struct reel_sets sets;
    if (!reel_read(&t, path, &sets, err)) {
        return err_wrap(err, "--window");
    }
    reel_fini(&t);
    return set_fits(g, sets.text, err) || err_wrap(err, "--window %.100s: set", path);
}

/* Of a plugin that can be looked at; any other fails in its checks. */
static void tell_refusal(struct probe *p)
{
    struct plug g;
    struct err err = { 0 };
    if ((p->set[0] == '\0' && p->window_path == NULL) || !plug_load(&g, p, p->path, false)) {
        return;
    }
    if (!set_fits(&g, p->set, &err)) {
        (void)err_wrap(&err, "--set");
    } else if (p->window_path == NULL || window_fits(&g, p->window_path, &err)) {
        return;
    }
    (void)printf("\n" CHECK_TELL_REFUSE " %s\n", err.text);
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
    if (n == 0) {
        return 1;
    }
    (void)printf("\n" CHECK_TELL_COUNT " %lu", (unsigned long)n);
    if (plugin != NULL && plugin->id != NULL) {
        (void)printf(" %.40s %.40s", plugin->id, plugin->version != NULL ? plugin->version : "?");
    }
    (void)printf("\n");
    (void)fflush(stdout);
    if (plugin != NULL) {
        tell_refusal(p);
    }
    return fflush(stdout) == 0 ? 0 : 1;
}
