/* SPDX-License-Identifier: MIT */
#include "options.h"

#include "cli.h"
#include "clock.h"
#include "decimal.h"
#include "version.h"

#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { OPTIONS_MAX = 32 };

struct table {
    struct option_def defs[OPTIONS_MAX];
    size_t n;
};

static struct table all_options(const struct option_def *defs, size_t n,
                                struct common_options *common)
{
    struct table t = { .n = 0 };
    for (size_t i = 0; i < n; i++) {
        t.defs[t.n++] = defs[i];
    }
    t.defs[t.n++] =
        (struct option_def){ "config", "FILE", "settings (default: the first found, see README)",
                             &common->config, NULL };
    t.defs[t.n++] =
        (struct option_def){ "redis", "URL", "redis://[user:pass@]host:port/db or unix:///path",
                             &common->redis, NULL };
    t.defs[t.n++] = (struct option_def){ "help", NULL, "this text", NULL, &common->help };
    t.defs[t.n++] =
        (struct option_def){ "version", NULL, "version and build", NULL, &common->version };
    return t;
}

static void print_help(const struct command *cmd, const struct table *t)
{
    (void)printf("usage: orderflow %s%s%s\n\n%s\n\noptions:\n", cmd->name,
                 cmd->arguments[0] != '\0' ? " " : "", cmd->arguments, cmd->summary);
    for (size_t i = 0; i < t->n; i++) {
        char left[48];
        (void)snprintf(left, sizeof left, "--%s%s%s", t->defs[i].name,
                       t->defs[i].value != NULL ? " " : "",
                       t->defs[i].value != NULL ? t->defs[i].value : "");
        (void)printf("  %-22s %s\n", left, t->defs[i].help);
    }
}

bool print_out(const char *text, size_t n)
{
    errno = 0;
    bool ok = fwrite(text, 1, n, stdout) == n && fflush(stdout) == 0 && !ferror(stdout);
    if (!ok && errno != EPIPE && errno != 0) {
        (void)fprintf(stderr, "orderflow: cannot write the output: %s\n", strerror(errno));
    }
    return ok;
}

int usage_error(const char *command, const char *message)
{
    (void)fprintf(stderr, "orderflow %s: %s\ntry: orderflow %s --help\n", command, message,
                  command);
    return 2;
}

static const struct option_def *find(const struct table *t, const char *name, size_t n)
{
    for (size_t i = 0; i < t->n; i++) {
        if (strlen(t->defs[i].name) == n && strncmp(t->defs[i].name, name, n) == 0) {
            return &t->defs[i];
        }
    }
    return NULL;
}

static int unknown_option(const struct command *cmd, const struct table *t, const char *text)
{
    const char *words[OPTIONS_MAX], *name = text + strspn(text, "-");
    char message[200];
    for (size_t i = 0; i < t->n; i++) {
        words[i] = t->defs[i].name;
    }
    const char *near = settings_nearest(name, words, t->n);
    (void)snprintf(message, sizeof message, "unknown option %.60s%s%s%s", text,
                   near != NULL ? "; did you mean --" : "", near != NULL ? near : "",
                   near != NULL ? "?" : "");
    return usage_error(cmd->name, message);
}

/* One "--name", "--name=value" or "--name value" at argv[*i]. -1: fine. */
static int take(const struct command *cmd, const struct table *t, int argc, char **argv, int *i)
{
    bool dashes = strncmp(argv[*i], "--", 2) == 0;
    const char *name = argv[*i] + 2;
    size_t n = dashes ? strcspn(name, "=") : 0;
    const struct option_def *def = dashes ? find(t, name, n) : NULL;
    char message[120];
    if (def == NULL) {
        return unknown_option(cmd, t, argv[*i]);
    }
    CHECK((def->flag == NULL) != (def->text == NULL));
    if (def->flag != NULL) {
        *def->flag = true;
        (void)snprintf(message, sizeof message, "--%s takes no value", def->name);
        return name[n] == '=' ? usage_error(cmd->name, message) : -1;
    }
    if (name[n] == '=') {
        *def->text = name + n + 1;
    } else if (*i + 1 < argc) {
        *def->text = argv[++*i];
    } else {
        (void)snprintf(message, sizeof message, "--%s needs %s", def->name, def->value);
        return usage_error(cmd->name, message);
    }
    return -1;
}

/* The URL goes where only we and root can read it; ps shows no password of it any more. */
static int take_redis(const struct command *cmd, const char *argument)
{
    char *url = (char *)(uintptr_t)argument; /* of argv, which a program may change */
    if (url[0] == '\0') {
        return usage_error(cmd->name, "--redis needs URL");
    }
    if (setenv(REDIS_URL_ENV, url, 1) != 0) {
        return usage_error(cmd->name, "out of memory");
    }
    char *scheme = strstr(url, "://"), *at = strrchr(url, '@');
    if (scheme != NULL && at != NULL && at > scheme) {
        memset(scheme + 3, '*', (size_t)(at - scheme) - 3);
    }
    return -1;
}

int options_parse(const struct command *cmd, const struct option_def *defs, size_t n,
                  int *argc_inout, char **argv, struct common_options *common)
{
    struct table t = all_options(defs, n, common);
    int argc = *argc_inout, left = 0;
    bool only_words = false;
    for (int i = 0; i < argc; i++) {
        if (!only_words && strcmp(argv[i], "--") == 0) {
            only_words = true;
        } else if (!only_words && strcmp(argv[i], "-h") == 0) {
            common->help = true;
        } else if (!only_words && argv[i][0] == '-' && argv[i][1] != '\0') {
            int status = take(cmd, &t, argc, argv, &i);
            if (status != -1) {
                return status;
            }
        } else {
            argv[left++] = argv[i];
        }
    }
    *argc_inout = left;
    if (common->help) {
        print_help(cmd, &t);
        return 0;
    }
    if (common->version) {
        (void)printf("orderflow %s\n", ORDERFLOW_VERSION);
        return 0;
    }
    return common->redis == NULL ? -1 : take_redis(cmd, common->redis);
}

bool option_clock_time(const char *text, int64_t *out_ns)
{
    int64_t h, m;
    if (strlen(text) != 5 || text[2] != ':' || !decimal_parse_i64(text, 2, &h, NULL) ||
        !decimal_parse_i64(text + 3, 2, &m, NULL) || h < 0 || h > 23 || m < 0 || m > 59) {
        return false;
    }
    *out_ns = (h * 3600 + m * 60) * NS_PER_S;
    return true;
}
