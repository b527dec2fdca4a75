/* SPDX-License-Identifier: MIT */
/* A throw-away process that runs a plugin's entry and says what it declares. Whoever starts one
 * goes on with other things meanwhile. [engine, orderflow] */
#ifndef DETECT_SCAN_H
#define DETECT_SCAN_H

#include "build.h"
#include "clock.h"
#include "process.h"

enum scan_fault {
    SCAN_ITS_OWN,
    SCAN_KILLED, /* by others: it may be tried again at once */
    SCAN_STARVED /* it did not come to the plugin's code: another time */
};

struct scan {
    struct process process;
    const char *so_path;   /* borrowed; for the log */
    struct mono begun;     /* the process was started */
    struct mono amid;      /* it was first seen in the plugin's own code; {0}: not yet */
    struct mono closed;    /* its channel was first seen to be; {0}: not yet */
    enum scan_fault fault; /* once it has failed */
};

/* Which of the build's detectors: index. */
MUST_CHECK bool scan_start(struct scan *s, const char *worker_path, const char *so_path,
                           const struct build *b, uint32_t index, struct mono now, struct err *err);
/* After scan_start(), whatever it said, and any number of times. */
void scan_stop(struct scan *s);

enum scan_state {
    SCAN_BUSY,  /* ask again when its channel can be read, and every SCAN_LOOK_MS */
    SCAN_DONE,  /* *d is filled */
    SCAN_FAILED /* err says why; ERR_NOT_FOUND: past the last of the build's detectors */
};
enum { SCAN_LOOK_MS = 50 };
/* Ends the process once it has answered, died, or used up its time (2 s of CPU, 6 s by the clock).
 */
enum scan_state scan_look(struct scan *s, struct mono now, struct declaration *d, struct err *err);
/* It has been in the plugin's own code for so long that it is not worth waiting for. */
bool scan_hangs(const struct scan *s, struct mono now);

#endif
