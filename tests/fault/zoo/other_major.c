/* SPDX-License-Identifier: MIT */
#include "orderflow/detector.h"

OFD_EXPORT const void *ofd_entry_v2(uint32_t host_minor, uint32_t index);

const void *ofd_entry_v2(uint32_t host_minor, uint32_t index)
{
    (void)host_minor;
    (void)index;
    return NULL;
}
