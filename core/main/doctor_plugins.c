/* SPDX-License-Identifier: MIT */
#include "bind.h"
#include "doctor.h"
#include "plugins_list.h"
#include "quarantine.h"
#include "scores_file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static bool check_folder(struct doctor *d)
{
    struct stat st;
    const char *dir = d->p->paths.plugins;
    errno = 0;
    if (stat(dir, &st) != 0 || !S_ISDIR(st.st_mode)) {
        doctor_say(d, "plugins", VERDICT_BROKEN,
                   "make that folder, or name another in [plugins] dir", "%s: %s", dir,
                   errno != 0 ? strerror(errno) : "not a folder");
        return false;
    }
    if (st.st_uid != 0 && st.st_uid != geteuid()) {
        doctor_say(d, "plugins", VERDICT_BROKEN, "chown it: its owner can make us run anything",
                   "%s belongs to user %lu, who is neither root nor us", dir,
                   (unsigned long)st.st_uid);
    } else if ((st.st_mode & (S_IWGRP | S_IWOTH)) != 0) {
        doctor_say(d, "plugins", VERDICT_BROKEN, "chmod go-w it: others can make us run anything",
                   "%s can be written by others (mode %03o)", dir, st.st_mode & 0777U);
    } else {
        doctor_say(d, "plugins", VERDICT_GOOD, NULL, "%s, mode %03o", dir, st.st_mode & 0777U);
    }
    return true;
}

/* The settings' [detector:...] sections, now that it is known what the detectors take. */
static void check_sections(struct doctor *d, const struct listing *l)
{
    const struct declaration **decls = calloc(l->n + 1, sizeof *decls);
    struct settings_errors *errors = calloc(1, sizeof *errors);
    size_t n = 0;
    for (size_t i = 0; decls != NULL && i < l->n; i++) {
        if (l->items[i].ok) {
            decls[n++] = &l->items[i].decl;
        }
    }
    if (decls != NULL && errors != NULL &&
        !bind_check_all(&d->p->settings, decls, n, false, errors)) {
        for (int i = 0; i < errors->n; i++) {
            doctor_say(d, "config", VERDICT_BROKEN, "mend that line", "%s", errors->text[i]);
        }
    }
    free(decls);
    free(errors);
}

static void check_scores(struct doctor *d)
{
    struct score_file scores;
    struct err err = { 0 };
    const char *name = d->p->settings.results_scores;
    if (!scores_file_load(&d->p->settings, &scores, &err)) {
        doctor_say(d, "scores", VERDICT_WARN, "make it anew: orderflow backtest --scores",
                   "%s: %s; patterns are uncalibrated", name, err.text);
    } else if (name[0] != '\0') {
        doctor_say(d, "scores", VERDICT_GOOD, NULL, "%s, %zu entries", name, scores.n);
    }
    score_file_fini(&scores);
}

static void check_files(struct doctor *d)
{
    struct listing l;
    struct served served;
    struct err err = { 0 };
    if (!listing_make(&l, d->p, &err)) {
        doctor_say(d, "plugins", VERDICT_BROKEN, "see the reason", "%s", err.text);
        return;
    }
    served_read(&served, &d->p->settings);
    listing_tell_holders(&l, &served);
    served_fini(&served);
    for (size_t i = 0; i < l.n; i++) {
        const struct listed *item = &l.items[i];
        if (item->taken) {
            doctor_say(d, "plugin", VERDICT_WARN, "take one of the two away", "%s: %s", item->path,
                       item->reason);
        } else if (item->ok) {
            doctor_say(d, "plugin", VERDICT_GOOD, NULL, "%s %s, %s", item->decl.id,
                       item->decl.version, item->path);
        } else {
            doctor_say(d, "plugin", VERDICT_BROKEN, "mend it or take it away", "%s: %s", item->path,
                       item->reason);
        }
    }
    if (l.n == 0) {
        doctor_say(d, "plugins", VERDICT_WARN, "./dev install puts ours there",
                   "no .so file in the folder: nothing is detected");
    }
    check_sections(d, &l);
    check_scores(d);
    listing_fini(&l);
}

static void check_quarantine(struct doctor *d)
{
    struct err err = { 0 };
    struct quarantined *all;
    size_t n, bad;
    if (d->p->paths.quarantine[0] == '\0') {
        return;
    }
    if (!quarantine_list(d->p->paths.quarantine, &all, &n, &bad, &err)) {
        doctor_say(d, "quarantine", VERDICT_BROKEN, "let this user read it", "%s", err.text);
        return;
    }
    for (size_t i = 0; i < n; i++) {
        char fix[128];
        (void)snprintf(fix, sizeof fix,
                       "put a better build in its place, or orderflow detectors --release %s",
                       all[i].id);
        doctor_say(d, "quarantine", VERDICT_WARN, fix, "%s since %s: %s; %s", all[i].id,
                   all[i].since, all[i].reason, all[i].file);
    }
    if (bad > 0) {
        doctor_say(d, "quarantine", VERDICT_WARN, "remove them", "%zu files of %s cannot be read",
                   bad, d->p->paths.quarantine);
    }
    if (n == 0 && bad == 0) {
        doctor_say(d, "quarantine", VERDICT_GOOD, NULL, "empty");
    }
    free(all);
}

void doctor_plugins(struct doctor *d)
{
    if (check_folder(d)) {
        check_files(d);
    }
    check_quarantine(d);
}

bool doctor_can_write(const char *dir, struct err *err)
{
    char file[PATH_BYTES];
    if ((size_t)snprintf(file, sizeof file, "%s/.doctor-%ld", dir, (long)getpid()) >= sizeof file) {
        return err_set(err, ERR_INVALID, "path too long");
    }
    int fd = open(file, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (fd < 0) {
        return err_sys(err, "cannot be written");
    }
    (void)close(fd);
    (void)unlink(file);
    return true;
}

void doctor_state(struct doctor *d)
{
    struct err err = { 0 };
    const char *dir = d->p->paths.state;
    if (dir[0] == '\0') {
        doctor_say(d, "state_dir", VERDICT_WARN, "set [engine] state_dir, or $XDG_STATE_HOME",
                   "none: quarantines do not outlive the engine");
    } else if (!paths_make(dir, &err) || !doctor_can_write(dir, &err)) {
        doctor_say(d, "state_dir", VERDICT_BROKEN,
                   "make it writable for this user, or name another in [engine] state_dir",
                   "%s: %s", dir, err.text);
    } else {
        doctor_say(d, "state_dir", VERDICT_GOOD, NULL, "%s, writable", dir);
    }
}
