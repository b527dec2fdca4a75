/* SPDX-License-Identifier: MIT */
/* Two fields of one name. */
#define FIELD_KEY "shares"
#include "animal.h"
