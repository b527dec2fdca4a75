/* SPDX-License-Identifier: MIT */
/* Linked with -z nodelete. */
#include "animal.h"
