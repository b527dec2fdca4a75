/* SPDX-License-Identifier: MIT */
#include "project.h"

#include "buf.h"
#include "paths.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { FILE_MAX_BYTES = 1 << 20, MADE_MAX = 64 };
#define PLACEHOLDER "my_detector"

/* Words of C, C++, Rust, Zig and CMake that cannot name a crate, a type or a target. */
static const char taken[] =
    " "
    "all and as asm async auto await bool box break case catch char class clean const "
    "continue core crate default delete depend do double dyn edit_cache else enum "
    "explicit export extern false float fn for friend golden_update goto help if impl in "
    "inline install int let long loop macro main match mod move mut namespace new none "
    "not ofd operator or orderflow override package preinstall priv private protected pub "
    "public rebuild_cache ref register return self short signed sizeof static std struct "
    "super switch template test this throw trait true try type typedef typename union "
    "unsafe unsigned use using var virtual void volatile where while xor yield ";

bool project_name_check(const char *name, struct err *err)
{
    size_t n = strlen(name);
    if (n == 0 || n > PROJECT_NAME_MAX || name[0] < 'a' || name[0] > 'z' ||
        strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789_") != n) {
        return err_set(err, ERR_INVALID,
                       "\"%.60s\" cannot name a detector: 1 to %d characters of a-z 0-9 _, the "
                       "first a letter, such as heavy_bid",
                       name, PROJECT_NAME_MAX);
    }
    char word[PROJECT_NAME_MAX + 3];
    (void)snprintf(word, sizeof word, " %s ", name);
    if (strstr(taken, word) != NULL) {
        return err_set(err, ERR_INVALID,
                       "\"%s\" means something to a compiler or build tool; take another name, "
                       "such as %s_1",
                       name, name);
    }
    return true;
}

/* What was made, in order, so that it can be taken back. */
struct made {
    char path[MADE_MAX][PATH_BYTES];
    size_t n;
};

static bool note(struct made *m, const char *path, struct err *err)
{
    if (m->n == MADE_MAX) {
        (void)remove(path);
        return err_set(err, ERR_INVALID, "a template of more than %d files", MADE_MAX);
    }
    (void)snprintf(m->path[m->n++], PATH_BYTES, "%s", path);
    return true;
}

static void take_back(struct made *m)
{
    for (; m->n > 0; m->n--) {
        (void)remove(m->path[m->n - 1]);
    }
}

/* The text with every placeholder replaced. */
static void put_named(struct buf *out, const char *text, const char *name)
{
    const char *at;
    while ((at = strstr(text, PLACEHOLDER)) != NULL) {
        buf_add(out, text, (size_t)(at - text));
        buf_puts(out, name);
        text = at + strlen(PLACEHOLDER);
    }
    buf_puts(out, text);
}

static bool read_text(const char *path, struct buf *out, struct err *err)
{
    FILE *in = fopen(path, "r");
    if (in == NULL) {
        return err_sys(err, "%s", path);
    }
    char *room;
    size_t n = 1;
    while (n > 0 && (room = buf_room(out, 4096)) != NULL) {
        n = fread(room, 1, 4096, in);
        out->len += n;
    }
    bool ok = !ferror(in) && !out->failed;
    (void)fclose(in);
    buf_putc(out, '\0');
    return (ok && !out->failed) || err_set(err, ERR_SYSTEM, "%s: cannot be read", path);
}

static bool write_new(struct made *m, const char *path, const struct buf *text, mode_t mode,
                      struct err *err)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode & 0777);
    if (fd < 0) {
        return err_sys(err, "%s", path);
    }
    if (!note(m, path, err)) {
        (void)close(fd);
        return false;
    }
    FILE *out = fdopen(fd, "w");
    if (out == NULL) {
        (void)close(fd);
        return err_sys(err, "%s", path);
    }
    bool ok = fwrite(text->data, 1, text->len, out) == text->len;
    ok = fclose(out) == 0 && ok;
    return ok || err_sys(err, "%s", path);
}

static bool copy_file(struct made *m, const char *from, const char *to, mode_t mode,
                      const char *name, struct err *err)
{
    struct buf text, out;
    buf_init(&text, FILE_MAX_BYTES);
    buf_init(&out, FILE_MAX_BYTES);
    bool ok = read_text(from, &text, err);
    if (ok) {
        put_named(&out, text.data, name);
        ok = out.failed ? err_set(err, ERR_MEMORY, "%s: too long", from)
                        : write_new(m, to, &out, mode, err);
    }
    buf_fini(&text);
    buf_fini(&out);
    return ok;
}

static bool copy_dir(struct made *m, const char *from, const char *to, const char *name,
                     struct err *err);

static bool copy_entry(struct made *m, const char *from, const char *to, const char *entry,
                       const char *name, struct err *err)
{
    char source[PATH_BYTES], target[PATH_BYTES];
    struct buf file;
    buf_init(&file, PATH_BYTES);
    put_named(&file, strcmp(entry, "gitignore") == 0 ? ".gitignore" : entry, name);
    bool fits = !file.failed &&
                snprintf(source, sizeof source, "%s/%s", from, entry) < (int)sizeof source &&
                snprintf(target, sizeof target, "%s/%s", to, file.data) < (int)sizeof target;
    buf_fini(&file);
    if (!fits) {
        return err_set(err, ERR_INVALID, "path too long: %.100s/%.60s", to, entry);
    }
    struct stat st;
    if (stat(source, &st) != 0) {
        return err_sys(err, "%s", source);
    }
    return S_ISDIR(st.st_mode) ? copy_dir(m, source, target, name, err)
                               : copy_file(m, source, target, st.st_mode, name, err);
}

static bool copy_dir(struct made *m, const char *from, const char *to, const char *name,
                     struct err *err)
{
    DIR *dir = opendir(from);
    if (dir == NULL) {
        return err_sys(err, "the template %s", from);
    }
    bool ok = mkdir(to, 0777) == 0;
    if (!ok && errno == EEXIST) {
        (void)err_set(err, ERR_INVALID, "%s is there already: nothing was written", to);
    } else if (!ok) {
        (void)err_sys(err, "%s", to);
    }
    ok = ok && note(m, to, err);
    const struct dirent *entry;
    while (ok && (entry = readdir(dir)) != NULL) {
        bool self = strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0;
        ok = self || copy_entry(m, from, to, entry->d_name, name, err);
    }
    (void)closedir(dir);
    return ok;
}

bool project_make(const char *template_dir, const char *dir, const char *name, struct err *err)
{
    struct made made;
    made.n = 0;
    bool ok = copy_dir(&made, template_dir, dir, name, err);
    if (!ok) {
        take_back(&made);
    }
    return ok;
}
