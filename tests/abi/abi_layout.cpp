/* SPDX-License-Identifier: MIT */
#include "orderflow/explain.h"

#define ABI_ASSERT(condition) static_assert(condition, #condition)
#include "abi_layout.h"

uint32_t abi_windows(const ofd_tick *t);
uint32_t abi_windows(const ofd_tick *t)
{
    return OFD_HAS(t, ofd_tick, windows) ? ofd_window_at(t, 0)->seconds : 0;
}
