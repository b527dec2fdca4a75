/* SPDX-License-Identifier: MIT */
#include "options.h"

#include "cli.h"
#include "version.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { OPTIONS_MAX = 24 };

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
    (void)printf("usage: orderflow %s %s\n\n%s\n\noptions:\n", cmd->name, cmd->arguments,
                 cmd->summary);
    for (size_t i = 0; i < t->n; i++) {
        char left[48];
        (void)snprintf(left, sizeof left, "--%s%s%s", t->defs[i].name,
                       t->defs[i].value != NULL ? " " : "",
                       t->defs[i].value != NULL ? t->defs[i].value : "");
        (void)printf("  %-22s %s\n", left, t->defs[i].help);
    }
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

static int unknown_option(const struct command *cmd, const struct table *t, const char *name)
{
    const char *words[OPTIONS_MAX];
    char message[200];
    for (size_t i = 0; i < t->n; i++) {
        words[i] = t->defs[i].name;
    }
    const char *near = settings_nearest(name, words, t->n);
    (void)snprintf(message, sizeof message, "unknown option --%.60s%s%s%s", name,
                   near != NULL ? "; did you mean --" : "", near != NULL ? near : "",
                   near != NULL ? "?" : "");
    return usage_error(cmd->name, message);
}

/* One "--name", "--name=value" or "--name value" at argv[*i]. -1: fine. */
static int take(const struct command *cmd, const struct table *t, int argc, char **argv, int *i)
{
    const char *name = argv[*i] + 2;
    size_t n = strcspn(name, "=");
    const struct option_def *def = find(t, name, n);
    char message[120];
    if (def == NULL) {
        return unknown_option(cmd, t, name);
    }
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

int options_parse(const struct command *cmd, const struct option_def *defs, size_t n,
                  int *argc_inout, char **argv, struct common_options *common)
{
    struct table t = all_options(defs, n, common);
    int argc = *argc_inout, left = 0;
    bool only_words = false;
    for (int i = 0; i < argc; i++) {
        if (!only_words && strcmp(argv[i], "--") == 0) {
            only_words = true;
        } else if (!only_words && strncmp(argv[i], "--", 2) == 0) {
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
    if (common->redis != NULL && setenv(REDIS_URL_ENV, common->redis, 1) != 0) {
        return usage_error(cmd->name, "out of memory");
    }
    return -1;
}
