/* SPDX-License-Identifier: MIT */
/* Priming leaves a mark. */
#define MEMBERS int primed;
#define AT_DETECT a->primed |= (t->flags & OFD_TICK_PRIMING) != 0;
#define AT_PATTERN p.value += a->primed;
#include "animal.h"
