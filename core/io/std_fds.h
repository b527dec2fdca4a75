/* SPDX-License-Identifier: MIT */
/* Descriptors 0, 1 and 2. [any program] */
#ifndef IO_STD_FDS_H
#define IO_STD_FDS_H

/* One that was closed when the program began would be given to the first socket or file it opens,
 * and what is printed would go there. Now it is /dev/null, opened the wrong way round: using it
 * fails as if it were closed. First thing in main(). */
void std_fds_hold(void);

#endif
