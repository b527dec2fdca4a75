/* SPDX-License-Identifier: MIT */
/* Our own functions in place of those that loaded code calls. [orderflow-check] Linux; elsewhere
 * none. They go into the tables of all loaded objects but the program and the C library. */
#ifndef CHECK_HOOKS_H
#define CHECK_HOOKS_H

#include <stdbool.h>
#include <stddef.h>

/* malloc() and its kin fail when nomem_arm() said so. False: nobody calls them. */
bool hook_memory_functions(void);
/* Clocks become system calls, which a filter can see. False: nobody calls them. */
bool hook_clock_functions(void);

/* The k-th allocation from now on fails, k >= 1. */
void nomem_arm(size_t k);
/* No more do. True when the k-th was asked for. */
bool nomem_disarm(void);

#endif
