/* SPDX-License-Identifier: MIT */
/* An absolute address amid the code: its page must be changed while it is loaded. */
#include "animal.h"

__asm__(".text\n.balign 8\n.quad ofd_entry_v1\n");
