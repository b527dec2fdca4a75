/* SPDX-License-Identifier: MIT */
#include "doctor.h"
#include "journal.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* The engine makes the folder, in one that is there. */
static const char *writable_part(const char *dir, char parent[PATH_BYTES])
{
    struct stat st;
    if (stat(dir, &st) == 0) {
        return dir;
    }
    (void)snprintf(parent, PATH_BYTES, "%s", dir);
    char *slash = strrchr(parent, '/');
    if (slash == NULL) {
        return ".";
    }
    slash[slash == parent ? 1 : 0] = '\0';
    return parent;
}

static bool is_folder(const char *path)
{
    struct stat st;
    if (stat(path, &st) != 0) {
        return false;
    }
    errno = S_ISDIR(st.st_mode) ? 0 : ENOTDIR;
    return errno == 0;
}

void doctor_journal(struct doctor *d)
{
    const struct settings *s = &d->p->settings;
    char dir[PATH_BYTES], parent[PATH_BYTES];
    struct err err = { 0 };
    struct journal_list list;
    if (s->journal_dir[0] == '\0') {
        doctor_say(d, "journal", VERDICT_GOOD, NULL, "none is kept ([journal] dir)");
        return;
    }
    if (!settings_resolve(s, s->journal_dir, dir, sizeof dir, &err)) {
        doctor_say(d, "journal", VERDICT_BROKEN, "name another [journal] dir", "%s", err.text);
        return;
    }
    const char *place = writable_part(dir, parent);
    if (!is_folder(place)) {
        doctor_say(d, "journal", VERDICT_BROKEN, "name a folder in [journal] dir", "%s: %s", place,
                   strerror(errno));
        return;
    }
    if (!doctor_can_write(place, &err)) {
        doctor_say(d, "journal", VERDICT_BROKEN,
                   "make it writable for this user, or name another [journal] dir", "%s: %s", place,
                   err.text);
        return;
    }
    bool there = journal_list(dir, &list, &err);
    doctor_say(d, "journal", VERDICT_GOOD, NULL, "%s, writable, %zu segments", dir,
               there ? list.n : 0);
    for (size_t i = 0; there && i < list.n; i++) {
        const char *why = journal_segment_trouble(dir, &list.items[i]);
        if (*why != '\0') {
            doctor_say(d, "journal", VERDICT_WARN, "move it away; the others are read without it",
                       "%s/%s: %s", dir, list.items[i].name, why);
        }
    }
    journal_list_free(&list);
}
