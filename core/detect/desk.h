/* SPDX-License-Identifier: MIT */
/* The memory that a worker and the engine both write. Its size is fixed; nothing in it is believed.
 * [worker, engine] */
#ifndef DETECT_DESK_H
#define DETECT_DESK_H

#include "crumb.h"
#include "mailbox.h"

struct desk {
    struct crumb crumb;
    _Alignas(64) struct mailbox to_worker;
    _Alignas(64) struct mailbox to_engine;
};

#endif
