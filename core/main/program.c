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

bool program_take_redis_url(struct settings *s, struct err *err)
{
    const char *url = getenv(REDIS_URL_ENV), *password = getenv("REDIS_PASSWORD");
    struct redis_config check = { 0 };
    if (url == NULL || url[0] == '\0') {
        return s->redis_url[0] == '\0' || redis_parse_url(s->redis_url, &check, err) ||
               err_wrap(err, "%s:%d: [redis] url", settings_file_name(s), s->redis_url_line);
    }
    if (strlen(url) >= sizeof s->redis_url) {
        return err_set(err, ERR_INVALID, "--redis: the URL is longer than %zu bytes",
                       sizeof s->redis_url - 1);
    }
    memcpy(s->redis_url, url, strlen(url) + 1);
    s->redis_username[0] = '\0';
    s->redis_db = 0;
    if (password == NULL || password[0] == '\0') {
        s->redis_password[0] = '\0';
    }
    return redis_parse_url(url, &check, err) || err_wrap(err, "--redis");
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
    if (!program_take_redis_url(&p->settings, &err) ||
        !paths_plugins(&p->paths, &p->settings, &err) ||
        !paths_state(&p->paths, &p->settings, &err)) {
        (void)fprintf(stderr, "%s\n", err.text);
        program_fini(p);
        return false;
    }
    return true;
}

void program_fini(struct program *p)
{
    settings_fini(&p->settings);
}
