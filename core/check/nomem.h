/* SPDX-License-Identifier: MIT */
/* Makes allocations of loaded code fail on purpose. [orderflow-check] Linux; elsewhere it cannot.
 */
#ifndef CHECK_NOMEM_H
#define CHECK_NOMEM_H

#include <stdbool.h>
#include <stddef.h>

/* Puts our own functions into the tables through which all loaded objects but the program and the C
 * library call malloc() and its kin. False: nothing was found to hook. */
bool nomem_hook(void);

/* The k-th allocation from now on fails, k >= 1. */
void nomem_arm(size_t k);
/* No more do. True when the k-th was asked for. */
bool nomem_disarm(void);

#endif
