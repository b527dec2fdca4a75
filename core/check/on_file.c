/* SPDX-License-Identifier: MIT */
/* Checks 1 to 6: the file, before any of its code runs; number 3 loads it. */
#include "checks.h"
#include "elf_facts.h"
#include "loader.h"
#include "scan_elf.h"

#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

void check_elf_whole(struct probe *p)
{
    struct err err = { 0 };
    struct elf_facts f = { 0 };
    if (!scan_elf(p->path, p->self, &err)) {
        probe_fail(p, "%s", err.text);
    } else if (elf_read(&f, p->path, &err) && f.cut) {
        probe_fail(p, "the file is cut short: its end is missing, or its section headers were "
                      "stripped");
    }
    elf_fini(&f);
}

static bool facts(struct probe *p, struct elf_facts *f)
{
    struct err err = { 0 };
    if (elf_read(f, p->path, &err)) {
        return true;
    }
    probe_skip(p, "%s; see elf-whole", err.text);
    elf_fini(f);
    return false;
}

void check_elf_exports(struct probe *p)
{
    struct elf_facts f;
    if (!facts(p, &f)) {
        return;
    }
    for (size_t i = 0; i < f.n_exports && i < ELF_NAMES_MAX; i++) {
        probe_fail(p, "it also exports %.200s", f.exports[i]);
    }
    elf_fini(&f);
}

/* libm.so.6, ld-linux-x86-64.so.2 ... */
static bool of_system(const char *library)
{
    static const char *const known[] = { "libc",      "libm",      "libpthread", "libdl",
                                         "librt",     "libgcc_s",  "libstdc++",  "libc++",
                                         "libc++abi", "libunwind", "libatomic",  "libasan",
                                         "libubsan" };
    size_t n = strcspn(library, ".");
    for (size_t i = 0; i < sizeof known / sizeof *known; i++) {
        if (strlen(known[i]) == n && strncmp(library, known[i], n) == 0) {
            return true;
        }
    }
    return strncmp(library, "ld-", 3) == 0 || strncmp(library, "libclang_rt", 11) == 0 ||
           strncmp(library, "linux-vdso", 10) == 0;
}

void check_elf_needed(struct probe *p)
{
    struct elf_facts f;
    struct err err = { 0 };
    if (!facts(p, &f)) {
        return;
    }
    for (size_t i = 0; i < f.n_needed && i < ELF_NAMES_MAX; i++) {
        if (!of_system(f.needed[i])) {
            probe_fail(p, "it needs %.200s, which is no library of the system", f.needed[i]);
        }
    }
    elf_fini(&f);
    p->phase = "loading";
    bool ok = loader_open(p->path, &p->crumb, &err) != NULL;
    p->phase = NULL;
    if (!ok) {
        probe_fail(p, "%s", err.text);
    }
}

void check_elf_text(struct probe *p)
{
    struct elf_facts f;
    if (!facts(p, &f)) {
        return;
    }
    if (f.text_relocations) {
        probe_fail(p, "it has text relocations (DT_TEXTREL): some object is not -fPIC");
    }
    if (f.executable_stack) {
        probe_fail(p, "it asks for an executable stack (PT_GNU_STACK)");
    }
    elf_fini(&f);
}

void check_elf_unload(struct probe *p)
{
    struct elf_facts f;
    if (!facts(p, &f)) {
        return;
    }
    if (f.no_delete) {
        probe_warn(p, "it is linked with -z nodelete (DF_1_NODELETE)");
    }
    for (size_t i = 0; i < f.n_unique && i < ELF_NAMES_MAX; i++) {
        probe_warn(p, "symbol %.200s is STB_GNU_UNIQUE", f.unique[i]);
    }
    elf_fini(&f);
}

void check_file_mode(struct probe *p)
{
    struct stat st;
    char folder[4096];
    if (stat(p->path, &st) != 0 || !S_ISREG(st.st_mode)) {
        probe_fail(p, "not a regular file");
        return;
    }
    if (st.st_uid != 0 && st.st_uid != geteuid()) {
        probe_fail(p, "it belongs to user %lu, neither to root nor to you",
                   (unsigned long)st.st_uid);
    }
    if ((st.st_mode & S_IWOTH) != 0) {
        probe_fail(p, "everybody may write it (mode %04o)", (unsigned)st.st_mode & 07777U);
    } else if ((st.st_mode & S_IWGRP) != 0) {
        probe_warn(p, "its group may write it (mode %04o)", (unsigned)st.st_mode & 07777U);
    }
    const char *slash = strrchr(p->path, '/');
    int n = slash == NULL ? 0 : (int)(slash - p->path) + 1;
    (void)snprintf(folder, sizeof folder, "%.*s.", n, p->path);
    if (stat(folder, &st) == 0 && (st.st_mode & S_IWOTH) != 0 && (st.st_mode & S_ISVTX) == 0) {
        probe_warn(p, "everybody may write its folder");
    }
}
