/* SPDX-License-Identifier: MIT */
#include "orderflow/detector.h"

OFD_EXPORT int just_a_library(void);

int just_a_library(void)
{
    return 1;
}
