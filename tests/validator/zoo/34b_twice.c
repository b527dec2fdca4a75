/* SPDX-License-Identifier: MIT */
/* Says everything twice, to be sure. */
#define AT_PATTERN                         \
    if (a->host->emit(a->host, &p) != 0) { \
        return OFD_LIMIT;                  \
    }
#include "animal.h"
