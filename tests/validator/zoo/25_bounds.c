/* SPDX-License-Identifier: MIT */
/* Reads one row too far. */
#define AT_DETECT a->sink = w->ask_sz[w->n];
#include "animal.h"
