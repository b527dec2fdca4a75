/* SPDX-License-Identifier: MIT */
#include "outputs.h"

#include "paths.h"
#include "same_file.h"
#include "whole_file.h"

#include <stdio.h>
#include <unistd.h>

static bool apart(const struct file_use *a, const struct file_use *b, struct err *err)
{
    if (a->path == NULL || b->path == NULL ||
        !same_file(a->path, STDOUT_FILENO, b->path, STDOUT_FILENO)) {
        return true;
    }
    return err_set(err, ERR_INVALID,
                   "%s %.80s and %s %.80s are one file: they go to files of their own", a->option,
                   a->path, b->option, b->path);
}

/* Writing at path takes this file away: it is the place, or what a whole_file is until it is whole.
 */
static bool takes(const char *path, const char *file)
{
    char part[PATH_BYTES + sizeof WHOLE_FILE_PART];
    int n = snprintf(part, sizeof part, "%s%s", path, WHOLE_FILE_PART);
    return same_file(path, STDOUT_FILENO, file, STDIN_FILENO) ||
           (n > 0 && (size_t)n < sizeof part && same_file(part, -1, file, STDIN_FILENO));
}

static bool spared(const struct file_use *written, const struct file_use *read, struct err *err)
{
    if (written->path == NULL || read->path == NULL || !takes(written->path, read->path)) {
        return true;
    }
    return err_set(err, ERR_INVALID,
                   "%s %.80s would overwrite %s %.80s, which is read: say another file",
                   written->option, written->path, read->option, read->path);
}

bool outputs_check(const struct file_use *written, size_t n_written, const struct file_use *read,
                   size_t n_read, struct err *err)
{
    for (size_t i = 0; i < n_written; i++) {
        for (size_t k = 0; k < i; k++) {
            if (!apart(&written[k], &written[i], err)) {
                return false;
            }
        }
        for (size_t k = 0; k < n_read; k++) {
            if (!spared(&written[i], &read[k], err)) {
                return false;
            }
        }
    }
    return true;
}

bool outputs_check_files(const struct file_use *written, size_t n_written, const char *what,
                         const char *const *files, size_t n, struct err *err)
{
    for (size_t i = 0; i < n; i++) {
        const struct file_use read = { what, files[i] };
        if (!outputs_check(written, n_written, &read, 1, err)) {
            return false;
        }
    }
    return true;
}
