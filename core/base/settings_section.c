/* SPDX-License-Identifier: MIT */
#include "inifile.h"
#include "settings_internal.h"

#include <string.h>

enum { NAMES_MAX = 32, ID_MAX = 32, TICKER_BYTES_MAX = 32 };

/* The names a heading may begin with: those of settings.def, ticker, detector. */
static size_t section_names(const char *out[NAMES_MAX])
{
    const struct setting_spec *specs;
    size_t n_specs = settings_specs(&specs), n = 0;
    for (size_t i = 0; i < n_specs; i++) {
        if (i == 0 || strcmp(specs[i].section, specs[i - 1].section) != 0) {
            CHECK(n + 2 < NAMES_MAX);
            out[n++] = specs[i].section;
        }
    }
    out[n++] = "ticker";
    out[n++] = "detector";
    return n;
}

static void unknown(const char *text, struct err *err)
{
    const char *names[NAMES_MAX];
    size_t n = section_names(names);
    char head[INIFILE_SECTION_MAX + 1];
    size_t len = strcspn(text, ":");
    memcpy(head, text, len);
    head[len] = '\0';
    const char *near = settings_nearest(head, names, n);
    struct buf list;
    buf_init(&list, sizeof err->text);
    for (size_t i = 0; i + 1 < n; i++) {
        buf_printf(&list, "[%s] ", names[i]);
    }
    if (near == NULL) {
        (void)err_set(err, ERR_INVALID, "unknown section; accepted: %s[ticker:T] [detector:ID]",
                      list.data != NULL ? list.data : "");
    } else {
        (void)err_set(err, ERR_INVALID, "unknown section; did you mean [%s%s]?", near,
                      strcmp(near, "detector") == 0 ? ":ID" : "");
    }
    buf_fini(&list);
}

static bool id_valid(const char *id, size_t n)
{
    static const char allowed[] = "abcdefghijklmnopqrstuvwxyz0123456789_";
    return n > 0 && n <= ID_MAX && id[0] >= 'a' && id[0] <= 'z' && strspn(id, allowed) >= n;
}

static bool take_ticker(struct section *s, const char *ticker, struct err *err)
{
    size_t n = strlen(ticker);
    if (n == 0 || n > TICKER_BYTES_MAX || strpbrk(ticker, " \t@:") != NULL) {
        return err_set(err, ERR_INVALID,
                       "'%s' is no ticker; accepted: 1-32 of A-Z a-z 0-9 . _ - / ^ =", ticker);
    }
    memcpy(s->ticker, ticker, n + 1);
    return true;
}

static bool take_detector(struct section *s, const char *text, struct err *err)
{
    size_t n = strcspn(text, "@");
    if (!id_valid(text, n)) {
        return err_set(err, ERR_INVALID, "'%.*s' is no detector id; accepted: [a-z][a-z0-9_]{0,31}",
                       (int)n, text);
    }
    memcpy(s->id, text, n);
    return text[n] == '\0' || take_ticker(s, text + n + 1, err);
}

struct section section_parse(const char *text, struct err *err)
{
    static const char ticker[] = "ticker", detector[] = "detector:";
    struct section s = { .kind = SECTION_HOST };
    const char *names[NAMES_MAX];
    size_t n = section_names(names) - 2;
    for (size_t i = 0; i < n; i++) {
        if (strcmp(text, names[i]) == 0) {
            return s;
        }
    }
    bool ok = true;
    if (strncmp(text, detector, sizeof detector - 1) == 0) {
        s.kind = SECTION_DETECTOR;
        ok = take_detector(&s, text + sizeof detector - 1, err);
    } else if (strcmp(text, ticker) == 0) {
        s.kind = SECTION_TICKER;
    } else if (strncmp(text, "ticker:", sizeof ticker) == 0) {
        s.kind = SECTION_TICKER;
        ok = take_ticker(&s, text + sizeof ticker, err);
    } else {
        unknown(text, err);
        ok = false;
    }
    return ok ? s : (struct section){ .kind = SECTION_UNKNOWN };
}
