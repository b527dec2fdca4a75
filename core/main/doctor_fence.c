/* SPDX-License-Identifier: MIT */
#include "doctor.h"
#include "fence_probe.h"
#include "fence_setup.h"

#include <string.h>

/* What each measure means, and what to do without it. */
static const struct {
    const char *what, *fix;
} words[FENCE_BITS] = {
    { "system calls filtered (seccomp)",
      "a kernel with CONFIG_SECCOMP_FILTER, and a container that allows it" },
    { "files closed (Landlock)", "Linux 5.13 or newer with Landlock among its security modules" },
    { "TCP closed (Landlock)", "Linux 6.7 or newer; the filter of calls holds without it" },
    { "signals to others closed (Landlock)",
      "Linux 6.12 or newer; the filter of calls holds without it" },
    { "not root", "start the engine as another user, or let [plugins] user be one" },
    { "memory closed to others", "Linux" },
    { "processes, descriptors and files limited", "a system with RLIMIT_NPROC" },
    { "private memory limited", "Linux, and a build without AddressSanitizer" },
    { "windows sealed against writing", "Linux 5.1 or newer" },
};

/* Without these a hostile plugin can hurt; the others are second locks. */
enum { VITAL = FENCE_CALLS | FENCE_UNPRIVILEGED | FENCE_LIMITS | FENCE_SEALED };

void doctor_fence(struct doctor *d)
{
    struct err err = { 0 };
    struct fence_config c;
    uint32_t bits = 0;
    if (!fence_from(&d->p->settings, &c, &err) ||
        !fence_probe(d->p->paths.worker, &c, &bits, &err)) {
        doctor_say(d, "fence", VERDICT_BROKEN, "see the reason; ./dev build makes the worker", "%s",
                   err.text);
        return;
    }
    for (int i = 0; i < FENCE_BITS; i++) {
        uint32_t bit = UINT32_C(1) << i;
        bool there = (bits & bit) != 0;
        bool off = c.mode == FENCE_OFF &&
                   (bit & (FENCE_CALLS | FENCE_FILES | FENCE_NET | FENCE_SIGNALS)) != 0;
        enum verdict v = there ? VERDICT_GOOD : VERDICT_WARN;
        doctor_say(d, "fence", v,
                   there ? NULL
                   : off ? "set [plugins] sandbox = auto"
                         : words[i].fix,
                   "%s: %s%s", words[i].what, there ? "in force" : "not in force",
                   !there && (bit & VITAL) == 0 ? " (a second lock)" : "");
    }
}
