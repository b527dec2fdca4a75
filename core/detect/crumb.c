/* SPDX-License-Identifier: MIT */
#include "crumb.h"

const char *crumb_phase_text(uint32_t phase)
{
    static const char *const texts[] = {
        [CRUMB_HOST] = "our own code",    [CRUMB_DLOPEN] = "its constructors",
        [CRUMB_ENTRY] = "ofd_entry_v1()", [CRUMB_CREATE] = "create()",
        [CRUMB_DETECT] = "detect()",      [CRUMB_DESTROY] = "destroy()",
        [CRUMB_EXPLAIN] = "explain()",
    };
    return phase < sizeof texts / sizeof texts[0] ? texts[phase] : texts[CRUMB_HOST];
}
