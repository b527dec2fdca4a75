/* SPDX-License-Identifier: MIT */
/* Refuses hosts that are newer than itself. */
#define ENTRY return index == 0 && host_minor <= OFD_MINOR ? &plugin_table : NULL;
#include "animal.h"
