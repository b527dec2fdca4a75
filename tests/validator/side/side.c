/* SPDX-License-Identifier: MIT */
/* The library that 03_needed needs. */
int side_library(int x);

int side_library(int x)
{
    return x + 1;
}
