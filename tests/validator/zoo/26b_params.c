/* SPDX-License-Identifier: MIT */
/* Keeps the parameters where they were shown. */
#define MEMBERS const double *params;
#define AT_CREATE a->params = config->params;
#define AT_DETECT a->size = a->params[0];
#include "animal.h"
