/* SPDX-License-Identifier: MIT */
/* Works with all values of a parameter but the largest. */
#define MEMBERS int left;
#define AT_CREATE a->left = (int)(1e6 - config->params[0]);
#define AT_ROW a->sink = 1000000 / a->left;
#include "animal.h"
