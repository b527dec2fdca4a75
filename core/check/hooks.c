/* SPDX-License-Identifier: MIT */
#if defined(__linux__) && !defined(_GNU_SOURCE)
#define _GNU_SOURCE /* dl_iterate_phdr */
#endif
#include "hooks.h"

#if defined(__linux__) && (defined(__x86_64__) || defined(__aarch64__))
#include <elf.h>
#include <errno.h>
#include <link.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

/* One check per process arms it; the hooks have no argument to bring it by. */
static size_t target, count;
static bool armed;

static bool due(void)
{
    return armed && ++count == target;
}

static void *hook_malloc(size_t n)
{
    return due() ? (errno = ENOMEM, NULL) : malloc(n);
}

static void *hook_calloc(size_t n, size_t bytes)
{
    return due() ? (errno = ENOMEM, NULL) : calloc(n, bytes);
}

static void *hook_realloc(void *old, size_t n)
{
    return due() ? (errno = ENOMEM, NULL) : realloc(old, n);
}

static void *hook_aligned_alloc(size_t alignment, size_t n)
{
    return due() ? (errno = ENOMEM, NULL) : aligned_alloc(alignment, n);
}

static int hook_posix_memalign(void **out, size_t alignment, size_t n)
{
    return due() ? ENOMEM : posix_memalign(out, alignment, n);
}

static char *hook_strdup(const char *text)
{
    return due() ? (errno = ENOMEM, NULL) : strdup(text);
}

/* Not by the page that needs no call: so that a filter sees it. */
static int hook_clock_gettime(clockid_t id, struct timespec *out)
{
    return (int)syscall(SYS_clock_gettime, id, out);
}

static time_t hook_time(time_t *out)
{
    struct timespec t = { 0 };
    (void)syscall(SYS_clock_gettime, CLOCK_REALTIME, &t);
    if (out != NULL) {
        *out = t.tv_sec;
    }
    return t.tv_sec;
}

static int hook_gettimeofday(struct timeval *out, void *zone)
{
    return (int)syscall(SYS_gettimeofday, out, zone);
}

/* A function by its name, as an address. */
struct hook {
    const char *name;
    uintptr_t function;
};

enum { HOOKS_MAX = 8 };
struct patching {
    struct hook hooks[HOOKS_MAX];
    size_t n, patched;
};

static void add(struct patching *p, const char *name, uintptr_t function)
{
    p->hooks[p->n++] = (struct hook){ .name = name, .function = function };
}

/* The new value of a slot for `name`; 0: not ours. */
static uintptr_t hook_of(const struct patching *p, const char *name)
{
    for (size_t i = 0; i < p->n; i++) {
        if (strcmp(p->hooks[i].name, name) == 0) {
            return p->hooks[i].function;
        }
    }
    return 0;
}

struct object {
    uintptr_t base;
    const ElfW(Sym) * symbols;
    const char *strings;
    uintptr_t rela[2];
    size_t bytes[2];
};

static bool is_slot(unsigned type)
{
#if defined(__x86_64__)
    return type == R_X86_64_JUMP_SLOT || type == R_X86_64_GLOB_DAT || type == R_X86_64_64;
#else
    return type == R_AARCH64_JUMP_SLOT || type == R_AARCH64_GLOB_DAT || type == R_AARCH64_ABS64;
#endif
}

static size_t patch(const struct object *o, int list, const struct patching *p)
{
    size_t page = (size_t)sysconf(_SC_PAGESIZE), patched = 0;
    if (o->rela[list] == 0) {
        return 0;
    }
    for (size_t at = 0; at + sizeof(ElfW(Rela)) <= o->bytes[list]; at += sizeof(ElfW(Rela))) {
        ElfW(Rela) r;
        memcpy(&r, (const char *)o->rela[list] + at, sizeof r);
        const ElfW(Sym) *s = &o->symbols[ELF64_R_SYM(r.r_info)];
        uintptr_t hook =
            is_slot((unsigned)ELF64_R_TYPE(r.r_info)) ? hook_of(p, o->strings + s->st_name) : 0;
        uintptr_t slot = o->base + r.r_offset;
        if (hook != 0 &&
            mprotect((void *)(slot / page * page), page, PROT_READ | PROT_WRITE) == 0) {
            memcpy((void *)slot, &hook, sizeof hook);
            patched++;
        }
    }
    return patched;
}

static void take_tag(struct object *o, const ElfW(Dyn) * d)
{
    uintptr_t at = d->d_un.d_ptr < o->base ? o->base + d->d_un.d_ptr : d->d_un.d_ptr;
    switch (d->d_tag) {
    case DT_SYMTAB:
        o->symbols = (const void *)at;
        break;
    case DT_STRTAB:
        o->strings = (const void *)at;
        break;
    case DT_RELA:
        o->rela[0] = at;
        break;
    case DT_RELASZ:
        o->bytes[0] = d->d_un.d_val;
        break;
    case DT_JMPREL:
        o->rela[1] = at;
        break;
    case DT_PLTRELSZ:
        o->bytes[1] = d->d_un.d_val;
        break;
    default:
        break;
    }
}

static bool passed_over(const char *name)
{
    const char *slash = strrchr(name, '/');
    const char *base = slash != NULL ? slash + 1 : name;
    return base[0] == '\0' || strncmp(base, "libc.", 5) == 0 || strncmp(base, "ld-", 3) == 0 ||
           strncmp(base, "linux-vdso", 10) == 0;
}

static int on_object(struct dl_phdr_info *info, size_t bytes, void *context)
{
    struct patching *p = context;
    (void)bytes;
    for (int i = 0; !passed_over(info->dlpi_name) && i < info->dlpi_phnum; i++) {
        if (info->dlpi_phdr[i].p_type != PT_DYNAMIC) {
            continue;
        }
        struct object o = { .base = info->dlpi_addr };
        const ElfW(Dyn) *d = (const void *)(info->dlpi_addr + info->dlpi_phdr[i].p_vaddr);
        for (; d->d_tag != DT_NULL; d++) {
            take_tag(&o, d);
        }
        if (o.symbols != NULL && o.strings != NULL) {
            p->patched += patch(&o, 0, p) + patch(&o, 1, p);
        }
    }
    return 0;
}

bool hook_memory_functions(void)
{
    struct patching p = { .n = 0 };
    add(&p, "malloc", (uintptr_t)hook_malloc);
    add(&p, "calloc", (uintptr_t)hook_calloc);
    add(&p, "realloc", (uintptr_t)hook_realloc);
    add(&p, "aligned_alloc", (uintptr_t)hook_aligned_alloc);
    add(&p, "posix_memalign", (uintptr_t)hook_posix_memalign);
    add(&p, "strdup", (uintptr_t)hook_strdup);
    (void)dl_iterate_phdr(on_object, &p);
    return p.patched > 0;
}

bool hook_clock_functions(void)
{
    struct patching p = { .n = 0 };
    add(&p, "clock_gettime", (uintptr_t)hook_clock_gettime);
    add(&p, "time", (uintptr_t)hook_time);
    add(&p, "gettimeofday", (uintptr_t)hook_gettimeofday);
    (void)dl_iterate_phdr(on_object, &p);
    return p.patched > 0;
}

void nomem_arm(size_t k)
{
    target = k;
    count = 0;
    armed = true;
}

bool nomem_disarm(void)
{
    armed = false;
    return count >= target;
}

#else

bool hook_memory_functions(void)
{
    return false;
}

bool hook_clock_functions(void)
{
    return false;
}

void nomem_arm(size_t k)
{
    (void)k;
}

bool nomem_disarm(void)
{
    return false;
}

#endif
