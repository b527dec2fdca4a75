/* SPDX-License-Identifier: MIT */
#include "scan_elf.h"

#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

bool scan_read(int fd, size_t most, struct scan_bytes *out, struct err *err)
{
    struct stat st;
    if (fstat(fd, &st) != 0) {
        return err_sys(err, "reading it");
    }
    if (st.st_size > (off_t)SCAN_FILE_MAX_BYTES) {
        return err_set(err, ERR_INVALID, "larger than %d MiB", SCAN_FILE_MAX_BYTES >> 20);
    }
    out->n = (size_t)st.st_size < most ? (size_t)st.st_size : most;
    out->data = malloc(out->n + 1);
    if (out->data == NULL) {
        return err_set(err, ERR_MEMORY, "no memory to read it");
    }
    for (size_t got = 0; got < out->n;) {
        ssize_t r = read(fd, out->data + got, out->n - got);
        if (r < 0 && errno == EINTR) {
            continue;
        }
        if (r < 0) {
            return err_sys(err, "reading it");
        }
        if (r == 0) {
            return err_set(err, ERR_INVALID, "it became shorter while it was read");
        }
        got += (size_t)r;
    }
    return true;
}

#if defined(__linux__)
#include <elf.h>

#if UINTPTR_MAX > UINT32_MAX
typedef Elf64_Ehdr elf_head;
typedef Elf64_Shdr elf_section;
typedef Elf64_Sym elf_symbol;
#else
typedef Elf32_Ehdr elf_head;
typedef Elf32_Shdr elf_section;
typedef Elf32_Sym elf_symbol;
#endif

static const char ENTRY[] = "ofd_entry_v";

/* Copies len bytes at off; false when they are not there. */
static bool take(const struct scan_bytes *file, uint64_t off, void *out, size_t len)
{
    if (off > file->n || len > file->n - off) {
        return false;
    }
    memcpy(out, file->data + off, len);
    return true;
}

static const char *machine_name(unsigned machine)
{
    switch (machine) {
    case EM_386:
        return "x86";
    case EM_X86_64:
        return "x86-64";
    case EM_ARM:
        return "ARM";
    case EM_AARCH64:
        return "AArch64";
    case EM_RISCV:
        return "RISC-V";
    case EM_PPC64:
        return "POWER";
    case EM_S390:
        return "S/390";
    default:
        return "an unknown machine";
    }
}

/* The worker is built for this system, so its header says what a plugin's must. */
static bool check_machine(const elf_head *head, const char *worker_path, struct err *err)
{
    struct scan_bytes worker = { 0 };
    elf_head ours = { 0 };
    int fd = open(worker_path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
    bool ok = fd >= 0 ? scan_read(fd, sizeof ours, &worker, err) : err_sys(err, "cannot be opened");
    if (fd >= 0) {
        (void)close(fd);
    }
    if (!ok) {
        (void)err_wrap(err, "%s", worker_path);
    } else if (!take(&worker, 0, &ours, sizeof ours)) {
        ok = err_set(err, ERR_INVALID, "%s is no program", worker_path);
    } else if (head->e_machine != ours.e_machine) {
        ok = err_set(err, ERR_INVALID, "wrong architecture: built for %s, this system is %s",
                     machine_name(head->e_machine), machine_name(ours.e_machine));
    }
    free(worker.data);
    return ok;
}

static bool check_head(const struct scan_bytes *file, elf_head *head, struct err *err)
{
    enum { CLASS = sizeof(void *) == 8 ? ELFCLASS64 : ELFCLASS32 };
    const unsigned char *id = file->data;
    const uint16_t one = 1;
    unsigned char little;
    memcpy(&little, &one, 1);
    if (file->n < EI_NIDENT || memcmp(id, ELFMAG, SELFMAG) != 0) {
        return err_set(err, ERR_INVALID,
                       file->n == 0 ? "the file is empty" : "not a plugin: not an ELF file");
    }
    if (id[EI_CLASS] != CLASS) {
        return err_set(err, ERR_INVALID, "wrong class: built for %d bits, this system has %d",
                       id[EI_CLASS] == ELFCLASS64 ? 64 : 32, CLASS == ELFCLASS64 ? 64 : 32);
    }
    if (id[EI_DATA] != (little != 0 ? ELFDATA2LSB : ELFDATA2MSB)) {
        return err_set(err, ERR_INVALID, "wrong architecture: built for another byte order");
    }
    return take(file, 0, head, sizeof *head) || err_set(err, ERR_INVALID, "truncated file");
}

static bool take_section(const struct scan_bytes *file, const elf_head *head, uint64_t i,
                         elf_section *out)
{
    return i < head->e_shnum && head->e_shentsize == sizeof *out &&
           take(file, head->e_shoff + i * sizeof *out, out, sizeof *out);
}

static bool inside(const struct scan_bytes *file, const elf_section *s)
{
    return s->sh_offset <= file->n && s->sh_size <= file->n - s->sh_offset;
}

/* The section table stands at the end of a file, so a cut file misses it. */
static bool find_dynsym(const struct scan_bytes *file, const elf_head *head, elf_section *syms,
                        elf_section *names, struct err *err)
{
    for (uint64_t i = 0; i < head->e_shnum; i++) {
        if (!take_section(file, head, i, syms)) {
            return err_set(err, ERR_INVALID, "truncated file");
        }
        if (syms->sh_type == SHT_DYNSYM) {
            return (take_section(file, head, syms->sh_link, names) && inside(file, syms) &&
                    inside(file, names)) ||
                   err_set(err, ERR_INVALID, "truncated file");
        }
    }
    return err_set(err, ERR_INVALID, "not a plugin: it exports nothing");
}

/* The exported name at a symbol, when it begins as the entry does; else NULL. */
static const char *entry_name(const struct scan_bytes *file, const elf_symbol *sym,
                              const elf_section *names)
{
    if (sym->st_shndx == SHN_UNDEF || sym->st_name >= names->sh_size) {
        return NULL;
    }
    const char *name = (const char *)file->data + names->sh_offset + sym->st_name;
    size_t room = names->sh_size - sym->st_name;
    return memchr(name, '\0', room) != NULL && strncmp(name, ENTRY, sizeof ENTRY - 1) == 0 ? name
                                                                                           : NULL;
}

static bool check_exports(const struct scan_bytes *file, const elf_section *syms,
                          const elf_section *names, struct err *err)
{
    const char *other = NULL;
    for (uint64_t i = 0; i < syms->sh_size / sizeof(elf_symbol); i++) {
        elf_symbol sym;
        if (!take(file, syms->sh_offset + i * sizeof sym, &sym, sizeof sym)) {
            break;
        }
        const char *name = entry_name(file, &sym, names);
        if (name != NULL && strcmp(name, "ofd_entry_v1") == 0) {
            return true;
        }
        other = name != NULL ? name : other;
    }
    if (other != NULL) {
        return err_set(err, ERR_INVALID,
                       "built for another major of the ABI: it exports %.40s, this host looks for "
                       "ofd_entry_v1",
                       other);
    }
    return err_set(err, ERR_INVALID, "not a plugin: it exports no ofd_entry_v1");
}

bool scan_elf_bytes(const struct scan_bytes *file, const char *worker_path, struct err *err)
{
    elf_head head = { 0 };
    elf_section syms = { 0 };
    elf_section names = { 0 };
    if (!check_head(file, &head, err) || !check_machine(&head, worker_path, err)) {
        return false;
    }
    if (head.e_type != ET_DYN) {
        return err_set(err, ERR_INVALID, "not a plugin: not a shared object");
    }
    if (head.e_shoff == 0 || head.e_shnum == 0) {
        return err_set(err, ERR_INVALID, "stripped of its section headers: cannot be judged");
    }
    return find_dynsym(file, &head, &syms, &names, err) && check_exports(file, &syms, &names, err);
}

#else

bool scan_elf_bytes(const struct scan_bytes *file, const char *worker_path, struct err *err)
{
    (void)worker_path;
    return file->n > 0 || err_set(err, ERR_INVALID, "the file is empty");
}

#endif

bool scan_elf(const char *so_path, const char *worker_path, struct err *err)
{
    struct scan_bytes bytes = { 0 };
    struct stat st;
    int fd = open(so_path, O_RDONLY | O_NONBLOCK | O_CLOEXEC | O_NOCTTY);
    bool ok = false;
    if (fd < 0 || fstat(fd, &st) != 0) {
        (void)err_sys(err, "cannot be opened");
    } else if (!S_ISREG(st.st_mode)) {
        (void)err_set(err, ERR_INVALID, "not a regular file");
    } else {
        ok = scan_read(fd, SCAN_FILE_MAX_BYTES, &bytes, err) &&
             scan_elf_bytes(&bytes, worker_path, err);
    }
    if (fd >= 0) {
        (void)close(fd);
    }
    free(bytes.data);
    return ok;
}
