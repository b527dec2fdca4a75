/* SPDX-License-Identifier: MIT */
#include "animal.h"
