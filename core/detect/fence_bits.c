/* SPDX-License-Identifier: MIT */
#include "fence.h"

const char *fence_bit_name(int bit)
{
    static const char *const names[FENCE_BITS] = { "calls",   "files",  "net",    "signals", "user",
                                                   "private", "limits", "memory", "sealed" };
    CHECK(bit >= 0 && bit < FENCE_BITS);
    return names[bit];
}

void fence_put_bits(uint32_t bits, struct buf *out)
{
    const char *between = "";
    for (int i = 0; i < FENCE_BITS; i++) {
        if ((bits & (UINT32_C(1) << i)) != 0) {
            buf_printf(out, "%s%s", between, fence_bit_name(i));
            between = " ";
        }
    }
}
