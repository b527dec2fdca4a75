/* SPDX-License-Identifier: MIT */
#include "whole_file.h"

#include <sys/stat.h>
#include <unistd.h>

bool whole_file_open(struct whole_file *w, const char *path, struct err *err)
{
    struct stat st;
    *w = (struct whole_file){ .path = path };
    w->in_place = lstat(path, &st) == 0 && !S_ISREG(st.st_mode);
    int n = snprintf(w->beside, sizeof w->beside, "%s%s", path, w->in_place ? "" : ".part");
    if (n < 0 || (size_t)n >= sizeof w->beside) {
        return err_set(err, ERR_INVALID, "%.60s...: too long for a path", path);
    }
    w->out = fopen(w->beside, "w");
    return w->out != NULL || err_sys(err, "%s", path);
}

bool whole_file_close(struct whole_file *w, bool ok, struct err *err)
{
    bool written = ferror(w->out) == 0;
    written = (fclose(w->out) == 0 || (ok && err_sys(err, "%s", w->path))) && written;
    w->out = NULL;
    if (!w->in_place && ok && written) {
        written = rename(w->beside, w->path) == 0 || err_sys(err, "%s", w->path);
    }
    if (!w->in_place && !(ok && written)) {
        (void)unlink(w->beside);
    }
    if (ok && !written && err->code == ERR_NONE) {
        return err_set(err, ERR_SYSTEM, "%s: cannot be written", w->path);
    }
    return ok && written;
}
