/* SPDX-License-Identifier: MIT */
/* Asks the system who its parent is. */
#include <unistd.h>
#define AT_DETECT a->sink = getppid();
#include "animal.h"
