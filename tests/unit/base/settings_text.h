/* SPDX-License-Identifier: MIT */
/* Settings from a text instead of a file, in an environment without overrides. */
#ifndef TESTS_BASE_SETTINGS_TEXT_H
#define TESTS_BASE_SETTINGS_TEXT_H

#include "settings.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static inline void clean_environment(void)
{
    static const char *const names[] = { "REDIS_HOST", "REDIS_PORT",         "REDIS_DB",
                                         "LOG_LEVEL",  "PROCESSOR_INTERVAL", "REDIS_PASSWORD" };
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        (void)unsetenv(names[i]);
    }
}

/* Writes dir/name, dir being a new folder under /tmp that the caller removes. */
static inline bool write_file(const char *path, const char *text)
{
    FILE *f = fopen(path, "wb");
    bool ok = f != NULL && fwrite(text, 1, strlen(text), f) == strlen(text);
    return f != NULL && fclose(f) == 0 && ok;
}

/* settings_load() of a file test.ini that holds the text. */
static inline bool load_text(struct settings *out, const char *text, struct settings_errors *errors)
{
    char dir[] = "/tmp/orderflow-test-XXXXXX", path[64];
    if (mkdtemp(dir) == NULL) {
        abort();
    }
    (void)snprintf(path, sizeof path, "%s/test.ini", dir);
    bool ok = write_file(path, text) && settings_load(out, path, errors);
    (void)unlink(path);
    (void)rmdir(dir);
    return ok;
}

#endif
