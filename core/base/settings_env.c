/* SPDX-License-Identifier: MIT */
#include "log.h"
#include "settings_internal.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static const char *env_value(const char *name)
{
    const char *text = getenv(name);
    return text != NULL && text[0] != '\0' ? text : NULL;
}

static const struct setting_spec *spec_of(const char *section, const char *key)
{
    const struct setting_spec *specs;
    size_t n = settings_specs(&specs);
    const struct setting_spec *spec = setting_find(specs, n, section, key);
    CHECK(spec != NULL);
    return spec;
}

static void take(struct settings *s, const char *name, const struct setting_spec *spec,
                 const char *text, struct settings_errors *errors)
{
    union setting_value value;
    struct err why = { 0 };
    if (setting_parse(spec, text, &value, &why)) {
        setting_store(spec, &value, s);
    } else {
        settings_errors_add(errors, "%s: %s", name, why.text);
    }
}

static void take_redis(struct settings *s, struct settings_errors *errors)
{
    static const struct {
        const char *name, *key;
    } table[] = { { "REDIS_HOST", "host" },
                  { "REDIS_PORT", "port" },
                  { "REDIS_DB", "db" },
                  { "REDIS_PASSWORD", "password" } };
    bool host = env_value("REDIS_HOST") != NULL;
    const char *alone = env_value("REDIS_PORT") != NULL ? "REDIS_PORT" : "REDIS_DB";
    if (!host && s->redis_url[0] != '\0' && env_value(alone) != NULL) {
        settings_errors_add(errors,
                            "%s: [redis] url of %s stands over it; set REDIS_HOST too, or leave "
                            "url empty",
                            alone, settings_file_name(s));
    }
    if (host) {
        s->redis_url[0] = '\0';
    }
    for (size_t i = 0; i < sizeof table / sizeof table[0]; i++) {
        const char *text = env_value(table[i].name);
        if (text != NULL) {
            take(s, table[i].name, spec_of("redis", table[i].key), text, errors);
        }
    }
}

/* "warn" and "critical" are levels of the peer. */
static void take_log_level(struct settings *s, struct settings_errors *errors)
{
    static const char *const words[] = { "debug", "info", "warning", "error" };
    const char *text = env_value("LOG_LEVEL");
    enum log_level level;
    if (text != NULL) {
        const char *word = log_level_parse(text, &level) ? words[level] : text;
        take(s, "LOG_LEVEL", spec_of("log", "level"), word, errors);
    }
}

static void take_interval(struct settings *s, struct settings_errors *errors)
{
    const char *text = env_value("PROCESSOR_INTERVAL");
    struct setting_spec seconds = *spec_of("engine", "interval_ms");
    union setting_value value;
    struct err why = { 0 };
    seconds.type = SETTING_REAL;
    seconds.min /= 1000;
    seconds.max /= 1000;
    seconds.unit = "s";
    if (text == NULL) {
        return;
    }
    if (setting_parse(&seconds, text, &value, &why)) {
        s->engine_interval_ms = (int64_t)llround(value.f * 1000);
    } else {
        settings_errors_add(errors, "PROCESSOR_INTERVAL: %s", why.text);
    }
}

void settings_take_env(struct settings *s, struct settings_errors *errors)
{
    take_redis(s, errors);
    take_log_level(s, errors);
    take_interval(s, errors);
}
