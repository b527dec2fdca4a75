/* SPDX-License-Identifier: MIT */
/* What the dynamic segment of a shared object says; read from the file, nothing is loaded.
 * [orderflow-check] */
#ifndef CHECK_ELF_FACTS_H
#define CHECK_ELF_FACTS_H

#include "err.h"

#include <stddef.h>
#include <stdint.h>

enum { ELF_NAMES_MAX = 64 };

struct elf_facts {
    unsigned char *file; /* owned; names point into it */
    size_t bytes;
    const char *exports[ELF_NAMES_MAX], *needed[ELF_NAMES_MAX], *unique[ELF_NAMES_MAX];
    size_t n_exports, n_needed, n_unique; /* counted beyond ELF_NAMES_MAX, not kept */
    bool cut; /* segments or section headers lie beyond the file's end */
    bool text_relocations, executable_stack, no_delete, sanitized;
};

/* False: it is no ELF shared object of this system's class, or damaged. Where programs are not ELF:
 * always false. */
MUST_CHECK bool elf_read(struct elf_facts *f, const char *path, struct err *err);
void elf_fini(struct elf_facts *f); /* {0} is fine */

#endif
