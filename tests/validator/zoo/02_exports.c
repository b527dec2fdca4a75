/* SPDX-License-Identifier: MIT */
/* A helper that nobody asked for is visible to the whole process. */
#include "animal.h"

OFD_EXPORT double animal_mean(double a, double b);

double animal_mean(double a, double b)
{
    return (a + b) / 2;
}
