/* SPDX-License-Identifier: MIT */
/* What the ABI forbids in a declaration, apart from its JSON. [any] Pure. */
#ifndef MARKET_PATTERN_CHECK_H
#define MARKET_PATTERN_CHECK_H

#include "pattern.h"

/* The id, texts, counts, keys, types, ranges and choices of a complete declaration. */
MUST_CHECK bool declaration_check(const struct declaration *d, struct err *err);

#endif
