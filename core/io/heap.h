/* SPDX-License-Identifier: MIT */
/* What malloc() keeps of what was freed. [engine] Does nothing where malloc() is not glibc's. */
#ifndef IO_HEAP_H
#define IO_HEAP_H

/* Large blocks go back to the system when they are freed, however many there were. */
void heap_setup(void);
/* All pages that nothing lies on go back to the system: after work that will not come again. */
void heap_trim(void);

#endif
