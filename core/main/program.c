/* SPDX-License-Identifier: MIT */
#include "cli.h"

#include "log.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void print_errors(const struct settings_errors *errors)
{
    for (int i = 0; i < errors->n; i++) {
        (void)fprintf(stderr, "%s\n", errors->text[i]);
    }
}

static bool load(struct program *p, const char *config)
{
    struct err err = { 0 };
    char path[PATH_BYTES];
    struct settings_errors *errors = calloc(1, sizeof *errors);
    bool ok = errors != NULL && settings_find(path, sizeof path, config, p->paths.prefix, &err);
    if (!ok) {
        (void)fprintf(stderr, "%s\n", errors == NULL ? "out of memory" : err.text);
    } else if (!settings_load(&p->settings, path, errors)) {
        print_errors(errors);
        ok = false;
    }
    free(errors);
    return ok;
}

static bool override_redis(struct settings *s)
{
    const char *url = getenv(REDIS_URL_ENV);
    struct redis_config check = { 0 };
    struct err err = { 0 };
    if (url != NULL && url[0] != '\0') {
        if (strlen(url) >= sizeof s->redis_url) {
            (void)fprintf(stderr, "--redis: the URL is longer than %zu bytes\n",
                          sizeof s->redis_url - 1);
            return false;
        }
        memcpy(s->redis_url, url, strlen(url) + 1);
    }
    if (s->redis_url[0] != '\0' && !redis_parse_url(s->redis_url, &check, &err)) {
        (void)fprintf(stderr, "%s: %s\n", url != NULL ? "--redis" : "[redis] url", err.text);
        return false;
    }
    return true;
}

bool program_init(struct program *p, const char *name, const char *argv0, const char *config)
{
    struct err err = { 0 };
    *p = (struct program){ 0 };
    log_setup(name, LOG_INFO, LOG_TEXT);
    if (!paths_find(&p->paths, argv0, &err)) {
        (void)fprintf(stderr, "%s\n", err.text);
        return false;
    }
    if (!load(p, config)) {
        return false;
    }
    enum log_level level = LOG_INFO;
    if (!log_level_parse(p->settings.log_level, &level)) {
        level = LOG_INFO;
    }
    log_setup(name, level, strcmp(p->settings.log_format, "json") == 0 ? LOG_JSON : LOG_TEXT);
    if (!override_redis(&p->settings) || !paths_plugins(&p->paths, &p->settings, &err)) {
        (void)(err.code != ERR_NONE && fprintf(stderr, "%s\n", err.text));
        program_fini(p);
        return false;
    }
    return true;
}

void program_fini(struct program *p)
{
    settings_fini(&p->settings);
}
