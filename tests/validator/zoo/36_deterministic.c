/* SPDX-License-Identifier: MIT */
/* Local time has a say. */
#define AT_CREATE a->zone = (int)strlen(getenv("TZ") != NULL ? getenv("TZ") : "");
#define MEMBERS int zone;
#define AT_PATTERN p.value += a->zone;
#include "animal.h"
