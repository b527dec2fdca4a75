/* SPDX-License-Identifier: MIT */
#include "elf_facts.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#if defined(__linux__)
#include <elf.h>

#if UINTPTR_MAX > UINT32_MAX
typedef Elf64_Ehdr elf_head;
typedef Elf64_Phdr elf_segment;
typedef Elf64_Dyn elf_dynamic;
typedef Elf64_Sym elf_symbol;
#else
typedef Elf32_Ehdr elf_head;
typedef Elf32_Phdr elf_segment;
typedef Elf32_Dyn elf_dynamic;
typedef Elf32_Sym elf_symbol;
#endif

enum { FILE_MAX_BYTES = 256 << 20, UNIQUE = 10, SYMBOLS_MAX = 1 << 20 };

static bool read_file(struct elf_facts *f, const char *path, struct err *err)
{
    FILE *in = fopen(path, "rbe");
    if (in == NULL) {
        return err_sys(err, "%s", path);
    }
    long size = fseek(in, 0, SEEK_END) == 0 ? ftell(in) : -1;
    bool ok = size >= (long)sizeof(elf_head) && size <= FILE_MAX_BYTES;
    f->file = ok ? malloc((size_t)size + 1) : NULL;
    f->bytes = ok ? (size_t)size : 0;
    rewind(in);
    ok = f->file != NULL && fread(f->file, 1, f->bytes, in) == f->bytes;
    (void)fclose(in);
    if (ok) {
        f->file[f->bytes] = '\0';
    }
    return ok || err_set(err, ERR_INVALID, "%s: cannot be read, or is no shared object", path);
}

static bool take(const struct elf_facts *f, uint64_t off, void *out, size_t n)
{
    if (off > f->bytes || n > f->bytes - off) {
        return false;
    }
    memcpy(out, f->file + off, n);
    return true;
}

static bool segment_at(const struct elf_facts *f, const elf_head *head, unsigned i,
                       elf_segment *out)
{
    return i < head->e_phnum &&
           take(f, head->e_phoff + (uint64_t)i * sizeof *out, out, sizeof *out);
}

/* Where an address of the loaded object lies in the file; beyond its end if nowhere. */
static uint64_t offset_of(const struct elf_facts *f, const elf_head *head, uint64_t address)
{
    elf_segment s;
    for (unsigned i = 0; segment_at(f, head, i, &s); i++) {
        if (s.p_type == PT_LOAD && address >= s.p_vaddr && address - s.p_vaddr < s.p_filesz) {
            return address - s.p_vaddr + s.p_offset;
        }
    }
    return f->bytes;
}

struct dynamic {
    uint64_t strings, symbols, hash, gnu_hash;
};

static const char *name_at(const struct elf_facts *f, uint64_t strings, uint64_t at)
{
    return strings < f->bytes && at < f->bytes - strings ? (const char *)f->file + strings + at
                                                         : "";
}

static void take_tag(struct elf_facts *f, const elf_head *head, const elf_dynamic *d,
                     struct dynamic *out)
{
    switch (d->d_tag) {
    case DT_STRTAB:
        out->strings = offset_of(f, head, d->d_un.d_ptr);
        break;
    case DT_SYMTAB:
        out->symbols = offset_of(f, head, d->d_un.d_ptr);
        break;
    case DT_HASH:
        out->hash = offset_of(f, head, d->d_un.d_ptr);
        break;
    case DT_GNU_HASH:
        out->gnu_hash = offset_of(f, head, d->d_un.d_ptr);
        break;
    case DT_TEXTREL:
        f->text_relocations = true;
        break;
    case DT_FLAGS:
        f->text_relocations = f->text_relocations || (d->d_un.d_val & DF_TEXTREL) != 0;
        break;
    case DT_FLAGS_1:
        f->no_delete = (d->d_un.d_val & DF_1_NODELETE) != 0;
        break;
    default:
        break;
    }
}

static void add(const char **list, size_t *n, const char *name)
{
    if (*n < ELF_NAMES_MAX) {
        list[*n] = name;
    }
    ++*n;
}

static void read_needed(struct elf_facts *f, const elf_segment *s, const struct dynamic *d)
{
    elf_dynamic tag;
    for (uint64_t off = s->p_offset; take(f, off, &tag, sizeof tag) && tag.d_tag != DT_NULL;
         off += sizeof tag) {
        if (tag.d_tag == DT_NEEDED) {
            add(f->needed, &f->n_needed, name_at(f, d->strings, tag.d_un.d_val));
        }
    }
}

/* The highest symbol of any chain is the last one. */
static uint32_t count_gnu(const struct elf_facts *f, uint64_t at)
{
    uint32_t head[4], last = 0, value = 0;
    if (!take(f, at, head, sizeof head)) {
        return 0;
    }
    uint64_t buckets = at + sizeof head + (uint64_t)head[2] * sizeof(void *);
    for (uint32_t i = 0; i < head[0]; i++) {
        if (take(f, buckets + (uint64_t)i * 4, &value, 4) && value > last) {
            last = value;
        }
    }
    if (last < head[1]) {
        return head[1];
    }
    uint64_t chains = buckets + (uint64_t)head[0] * 4;
    while (take(f, chains + (uint64_t)(last - head[1]) * 4, &value, 4) && (value & 1) == 0) {
        last++;
    }
    return last + 1;
}

static uint32_t count_symbols(const struct elf_facts *f, const struct dynamic *d)
{
    uint32_t head[2] = { 0 };
    uint32_t n = d->hash != 0 && take(f, d->hash, head, sizeof head) ? head[1]
                 : d->gnu_hash != 0                                  ? count_gnu(f, d->gnu_hash)
                                                                     : 0;
    return n < SYMBOLS_MAX ? n : SYMBOLS_MAX;
}

/* Names that linkers and sanitizers add by themselves. */
static bool of_tools(const char *name)
{
    static const char *const whole[] = { "_init", "_fini", "_edata", "_end", "__bss_start" };
    static const char *const begin[] = { "__asan_",  "___asan_", "__odr_asan",
                                         "__start_", "__stop_",  "__sanitizer" };
    for (size_t i = 0; i < sizeof whole / sizeof *whole; i++) {
        if (strcmp(name, whole[i]) == 0) {
            return true;
        }
    }
    for (size_t i = 0; i < sizeof begin / sizeof *begin; i++) {
        if (strncmp(name, begin[i], strlen(begin[i])) == 0) {
            return true;
        }
    }
    return false;
}

static void read_symbols(struct elf_facts *f, const struct dynamic *d)
{
    uint32_t n = count_symbols(f, d);
    for (uint32_t i = 1; i < n; i++) {
        elf_symbol s;
        if (!take(f, d->symbols + (uint64_t)i * sizeof s, &s, sizeof s)) {
            return;
        }
        const char *name = name_at(f, d->strings, s.st_name);
        unsigned bind = s.st_info >> 4, visibility = s.st_other & 3;
        f->sanitized = f->sanitized || strncmp(name, "__asan_init", 11) == 0 ||
                       strncmp(name, "__ubsan_handle", 14) == 0;
        if (s.st_shndx == SHN_UNDEF || s.st_shndx == SHN_ABS || bind == STB_LOCAL ||
            visibility == STV_HIDDEN || visibility == STV_INTERNAL) {
            continue;
        }
        if (bind == UNIQUE) {
            add(f->unique, &f->n_unique, name);
        }
        if (strcmp(name, "ofd_entry_v1") != 0 && !of_tools(name)) {
            add(f->exports, &f->n_exports, name);
        }
    }
}

bool elf_read(struct elf_facts *f, const char *path, struct err *err)
{
    elf_head head;
    elf_segment s, dynamic_segment = { 0 };
    struct dynamic d = { 0 };
    *f = (struct elf_facts){ 0 };
    if (!read_file(f, path, err)) {
        return false;
    }
    if (!take(f, 0, &head, sizeof head) || memcmp(head.e_ident, ELFMAG, SELFMAG) != 0 ||
        head.e_type != ET_DYN || head.e_phentsize != sizeof s) {
        return err_set(err, ERR_INVALID, "not a shared object of this system");
    }
    f->cut = head.e_shoff == 0 || head.e_shoff > f->bytes ||
             (uint64_t)head.e_shnum * head.e_shentsize > f->bytes - head.e_shoff;
    for (unsigned i = 0; segment_at(f, &head, i, &s); i++) {
        f->cut = f->cut || s.p_offset > f->bytes || s.p_filesz > f->bytes - s.p_offset;
        if (s.p_type == PT_DYNAMIC) {
            dynamic_segment = s;
        }
        if (s.p_type == PT_GNU_STACK) {
            f->executable_stack = (s.p_flags & PF_X) != 0;
        }
    }
    elf_dynamic tag;
    for (uint64_t off = dynamic_segment.p_offset;
         off != 0 && take(f, off, &tag, sizeof tag) && tag.d_tag != DT_NULL; off += sizeof tag) {
        take_tag(f, &head, &tag, &d);
    }
    if (d.strings == 0 || d.symbols == 0) {
        return err_set(err, ERR_INVALID, "it has no dynamic symbols");
    }
    read_needed(f, &dynamic_segment, &d);
    read_symbols(f, &d);
    return true;
}

#else

bool elf_read(struct elf_facts *f, const char *path, struct err *err)
{
    *f = (struct elf_facts){ 0 };
    return err_set(err, ERR_INVALID, "%s: this system's shared objects are not ELF", path);
}

#endif

void elf_fini(struct elf_facts *f)
{
    free(f->file);
    *f = (struct elf_facts){ 0 };
}
