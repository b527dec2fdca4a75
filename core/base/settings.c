/* SPDX-License-Identifier: MIT */
#include "settings.h"

#include "settings_internal.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static void items_fini(struct setting *items, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        free(items[i].section_id);
        free(items[i].ticker);
        free(items[i].key);
        free(items[i].value);
    }
    free(items);
}

void settings_fini(struct settings *s)
{
    items_fini(s->detector_items, s->n_detector_items);
    items_fini(s->ticker_items, s->n_ticker_items);
    items_fini(s->threshold_items, s->n_threshold_items);
    free(s->window_s);
    *s = (struct settings){ 0 };
}

void settings_errors_add(struct settings_errors *errors, const char *fmt, ...)
{
    if (errors == NULL || errors->n >= SETTINGS_ERRORS_MAX) {
        return;
    }
    char *out = errors->text[errors->n++];
    if (errors->n == SETTINGS_ERRORS_MAX) {
        (void)snprintf(out, sizeof errors->text[0], "and more that is not shown");
        return;
    }
    va_list ap;
    va_start(ap, fmt);
    (void)vsnprintf(out, sizeof errors->text[0], fmt, ap);
    va_end(ap);
}

const char *settings_file_name(const struct settings *s)
{
    const char *slash = strrchr(s->path, '/');
    return slash != NULL ? slash + 1 : s->path;
}

bool settings_resolve(const struct settings *s, const char *path, char *out, size_t n,
                      struct err *err)
{
    bool whole = path[0] == '/' || s->dir[0] == '\0';
    int len = whole ? snprintf(out, n, "%s", path) : snprintf(out, n, "%s/%s", s->dir, path);
    if (len < 0 || (size_t)len >= n) {
        return err_set(err, ERR_INVALID, "the path is too long: %.60s...", path);
    }
    return true;
}

/* dir/rest exists: its path is in out. */
static bool found(char *out, size_t n, const char *dir, const char *rest)
{
    if (dir == NULL || dir[0] == '\0') {
        return false;
    }
    int len = snprintf(out, n, "%s/%s", dir, rest);
    return len > 0 && (size_t)len < n && access(out, F_OK) == 0;
}

static bool named(char *out, size_t n, const char *path, const char *by, struct err *err)
{
    if (strlen(path) >= n) {
        return err_set(err, ERR_INVALID, "%s: the path is too long", by);
    }
    memcpy(out, path, strlen(path) + 1);
    return access(path, F_OK) == 0 || err_sys(err, "%s: %.120s", by, path);
}

bool settings_find(char *out, size_t n, const char *explicit_path, const char *prefix,
                   struct err *err)
{
    static const char rest[] = "orderflow/orderflow.ini";
    const char *env = getenv("ORDERFLOW_CONFIG");
    const char *xdg = getenv("XDG_CONFIG_HOME");
    if (explicit_path != NULL && explicit_path[0] != '\0') {
        return named(out, n, explicit_path, "settings", err);
    }
    if (env != NULL && env[0] != '\0') {
        return named(out, n, env, "ORDERFLOW_CONFIG", err);
    }
    bool any = xdg != NULL && xdg[0] != '\0'
                   ? found(out, n, xdg, rest)
                   : found(out, n, getenv("HOME"), ".config/orderflow/orderflow.ini");
    if (!any && !found(out, n, prefix, "etc/orderflow/orderflow.ini")) {
        out[0] = '\0';
    }
    return true;
}

const char *settings_ticker_value(const struct settings *s, const char *ticker, const char *key)
{
    const char *general = NULL;
    for (size_t i = 0; i < s->n_ticker_items; i++) {
        const struct setting *item = &s->ticker_items[i];
        if (strcmp(item->key, key) != 0) {
            continue;
        }
        if (strcmp(item->ticker, ticker) == 0) {
            return item->value;
        }
        if (item->ticker[0] == '\0') {
            general = item->value;
        }
    }
    return general;
}

void settings_print_defaults(struct buf *out)
{
    const struct setting_spec *specs, *ticker;
    size_t n = settings_specs(&specs), n_ticker = settings_ticker_specs(&ticker);
    buf_puts(out,
             "# Configuration of orderflow: every key at its default. A comment behind a value "
             "begins with ' ;'.\n"
             "# A running engine takes a changed file over between two ticks, or refuses it whole; "
             "keys that need a\n# restart are named in its log and in orderflow:status.\n");
    for (size_t i = 0; i < n; i++) {
        if (i == 0 || strcmp(specs[i].section, specs[i - 1].section) != 0) {
            buf_printf(out, "\n[%s]\n", specs[i].section);
        }
        setting_put_default(&specs[i], out);
    }
    buf_puts(out, "\n# [ticker] for all, [ticker:SPY] for one.\n[ticker]\n");
    for (size_t i = 0; i < n_ticker; i++) {
        struct buf text;
        buf_init(&text, out->max_bytes);
        setting_put_default(&ticker[i], &text);
        char *assignment = text.data != NULL ? strchr(text.data, '\n') : NULL;
        if (assignment != NULL) {
            buf_printf(out, "%.*s\n# %s", (int)(assignment - text.data), text.data, assignment + 1);
        }
        buf_fini(&text);
    }
}
