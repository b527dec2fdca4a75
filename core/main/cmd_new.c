/* SPDX-License-Identifier: MIT */
#include "options.h"
#include "paths.h"
#include "project.h"
#include "settings.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

static int run(int argc, char **argv, const char *argv0);

const struct command cmd_new = {
    .name = "new",
    .arguments = "NAME [--lang c|cpp|rust|zig] [--dir DIR]",
    .summary = "a detector project that builds, tests and installs itself",
    .run = run,
};

/* What to type in the new folder. */
static const struct language {
    const char *name, *steps;
} languages[] = {
    { "c", "cmake -S . -B build && cmake --build build && ctest --test-dir build" },
    { "cpp", "cmake -S . -B build && cmake --build build && ctest --test-dir build" },
    { "rust", "make && make check" },
    { "zig", "make && make check" },
};
enum { LANGUAGES = sizeof languages / sizeof *languages };

static const struct language *language_of(const char *name)
{
    for (size_t i = 0; i < LANGUAGES; i++) {
        if (strcmp(languages[i].name, name) == 0) {
            return &languages[i];
        }
    }
    return NULL;
}

static int make(const struct language *lang, const char *name, const char *dir, const char *argv0)
{
    struct paths paths;
    struct err err = { 0 };
    char from[PATH_BYTES];
    bool ok = paths_find(&paths, argv0, &err);
    if (ok && snprintf(from, sizeof from, "%s/%s.so", paths.plugins, name) < (int)sizeof from &&
        access(from, F_OK) == 0) {
        ok = err_set(&err, ERR_INVALID, "there is a detector %s already: %s", name, from);
    }
    if (ok && snprintf(from, sizeof from, "%s/sdk/template/%s", paths.share, lang->name) >=
                  (int)sizeof from) {
        ok = err_set(&err, ERR_INVALID, "path too long: %.100s", paths.share);
    }
    if (!ok || !project_make(from, dir, name, &err)) {
        (void)fprintf(stderr, "orderflow new: %s\n", err.text);
        return 1;
    }
    char text[2 * PATH_BYTES];
    int n = snprintf(text, sizeof text, "%s: made. Next:\n  cd %s && %s\n", dir, dir, lang->steps);
    return print_out(text, (size_t)n) ? 0 : 1;
}

static int run(int argc, char **argv, const char *argv0)
{
    struct common_options common = { 0 };
    const char *lang_name = "c", *dir = NULL;
    const struct option_def defs[] = {
        { "lang", "c|cpp|rust|zig", "its language (default c)", &lang_name, NULL },
        { "dir", "DIR", "the folder to make (default ./NAME)", &dir, NULL },
    };
    int status = options_parse(&cmd_new, defs, 2, &argc, argv, &common);
    if (status != -1) {
        return status;
    }
    if (argc != 1) {
        return usage_error("new", "say one NAME");
    }
    struct err err = { 0 };
    if (!project_name_check(argv[0], &err)) {
        return usage_error("new", err.text);
    }
    const struct language *lang = language_of(lang_name);
    if (lang == NULL) {
        char message[120];
        (void)snprintf(message, sizeof message, "--lang is c, cpp, rust or zig, not \"%.40s\"",
                       lang_name);
        return usage_error("new", message);
    }
    return make(lang, argv[0], dir != NULL ? dir : argv[0], argv0);
}
