/* SPDX-License-Identifier: MIT */
/* Settings in force, as an INI again. */
#include "settings.h"
#include "settings_spec.h"

#include <inttypes.h>
#include <string.h>

static bool is_left_out(const char *section)
{
    return strcmp(section, "redis") == 0 || strcmp(section, "log") == 0;
}

static void put_value(const struct settings *s, const struct setting_spec *spec,
                      const char *thresholds, struct buf *out)
{
    if (strcmp(spec->section, "plugins") == 0 && strcmp(spec->key, "thresholds") == 0) {
        buf_puts(out, thresholds);
    } else {
        setting_print(spec, s, out);
    }
}

static void put_host_keys(const struct settings *s, const char *thresholds, struct buf *out)
{
    const struct setting_spec *specs;
    size_t n = settings_specs(&specs);
    const char *section = "";
    for (size_t i = 0; i < n; i++) {
        if (is_left_out(specs[i].section)) {
            continue;
        }
        if (strcmp(section, specs[i].section) != 0) {
            section = specs[i].section;
            buf_printf(out, "[%s]\n", section);
        }
        buf_printf(out, "%s = ", specs[i].key);
        put_value(s, &specs[i], thresholds, out);
        buf_putc(out, '\n');
    }
}

static void put_items(const char *name, const struct setting *items, size_t n, struct buf *out)
{
    for (size_t i = 0; i < n; i++) {
        const struct setting *x = &items[i];
        if (i == 0 || strcmp(x->section_id, x[-1].section_id) != 0 ||
            strcmp(x->ticker, x[-1].ticker) != 0) {
            bool by_id = x->section_id[0] != '\0';
            buf_printf(out, "[%s%s%s%s%s]\n", name, by_id || x->ticker[0] != '\0' ? ":" : "",
                       x->section_id, by_id && x->ticker[0] != '\0' ? "@" : "", x->ticker);
        }
        buf_printf(out, "%s = %s\n", x->key, x->value);
    }
}

void settings_print_effective(const struct settings *s, const char *thresholds, struct buf *out)
{
    put_host_keys(s, thresholds, out);
    put_items("ticker", s->ticker_items, s->n_ticker_items, out);
    put_items("detector", s->detector_items, s->n_detector_items, out);
}

void settings_print_thresholds(const struct settings *s, struct buf *out)
{
    if (s->n_threshold_items > 0) {
        buf_printf(out, "[calibration]\nhash = %016" PRIx64 "\n",
                   settings_hash_items(s->threshold_items, s->n_threshold_items));
        put_items("detector", s->threshold_items, s->n_threshold_items, out);
    }
}
