/* SPDX-License-Identifier: MIT */
#include "asof_settings.h"

#include "log.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

struct place {
    char dir[40], settings[64], thresholds[64];
};

static bool write_file(const char *path, struct record_text text)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    bool ok = fd >= 0 && write(fd, text.at, text.n) == (ssize_t)text.n;
    if (fd >= 0) {
        (void)close(fd);
    }
    return ok;
}

static bool load(const struct place *p, struct settings *out, struct err *err)
{
    struct settings_errors *errors = calloc(1, sizeof *errors);
    bool ok = errors != NULL && settings_load(out, p->settings, errors);
    if (!ok) {
        (void)err_set(err, ERR_INVALID, "the settings in the journal: %s",
                      errors == NULL ? "out of memory" : errors->text[0]);
    }
    free(errors);
    return ok;
}

/* They came from elsewhere. */
static void place_back(const struct record_config *c, struct settings *s)
{
    (void)snprintf(s->path, sizeof s->path, "%.*s", (int)c->path.n, c->path.at);
    (void)snprintf(s->dir, sizeof s->dir, "%.*s", (int)c->dir.n, c->dir.at);
    (void)snprintf(s->plugins_thresholds, sizeof s->plugins_thresholds, "%.*s",
                   (int)c->thresholds_path.n, c->thresholds_path.at);
    if (settings_hash(s) != c->hash) {
        log_warn("journal_settings", "the settings in the journal have another hash here: another "
                                     "version of the program wrote them");
    }
    s->hash = c->hash;
}

bool asof_settings(const struct record_config *c, struct settings *out, struct err *err)
{
    struct place p = { .dir = "/tmp/orderflow-asof-XXXXXX" };
    if (mkdtemp(p.dir) == NULL) {
        return err_set(err, ERR_SYSTEM, "no folder can be made in /tmp");
    }
    (void)snprintf(p.settings, sizeof p.settings, "%s/settings.ini", p.dir);
    (void)snprintf(p.thresholds, sizeof p.thresholds, "%s/" JOURNAL_THRESHOLDS, p.dir);
    bool ok = write_file(p.settings, c->text) && write_file(p.thresholds, c->thresholds);
    ok = ok ? load(&p, out, err) : err_set(err, ERR_SYSTEM, "%s: cannot be written", p.dir);
    (void)unlink(p.settings);
    (void)unlink(p.thresholds);
    (void)rmdir(p.dir);
    if (ok) {
        place_back(c, out);
    }
    return ok;
}
