/* SPDX-License-Identifier: MIT */
/* destroy() forgets what create() took. */
#define MEMBERS char *extra;
#define AT_CREATE a->extra = malloc(100);
#include "animal.h"
