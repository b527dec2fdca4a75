/* SPDX-License-Identifier: MIT */
/* Two hours; the host keeps one. */
#define WINDOW_S 7200
#include "animal.h"
