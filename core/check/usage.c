/* SPDX-License-Identifier: MIT */
#include "usage.h"

#include <dirent.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>
#if defined(__GLIBC__)
#include <malloc.h>
#endif

static size_t count_entries(const char *folder)
{
    size_t n = 0;
    DIR *d = opendir(folder);
    if (d == NULL) {
        return 0;
    }
    while (readdir(d) != NULL) {
        n++;
    }
    (void)closedir(d);
    return n;
}

static size_t heap_bytes(void)
{
#if defined(__GLIBC__) && (__GLIBC__ > 2 || __GLIBC_MINOR__ >= 33)
    struct mallinfo2 m = mallinfo2();
    return m.uordblks + m.hblkhd;
#else
    return 0;
#endif
}

static size_t resident_bytes(void)
{
    char text[128] = "", *rest = text;
    FILE *f = fopen("/proc/self/statm", "r");
    if (f == NULL) {
        return 0;
    }
    bool got = fgets(text, sizeof text, f) != NULL;
    (void)fclose(f);
    (void)strtoul(text, &rest, 10); /* the first is the size */
    unsigned long resident = strtoul(rest, NULL, 10);
    long page = sysconf(_SC_PAGESIZE);
    return got && page > 0 ? (size_t)resident * (size_t)page : 0;
}

struct usage usage_now(void)
{
    return (struct usage){ .heap_bytes = heap_bytes(),
                           .resident_bytes = resident_bytes(),
                           .descriptors = count_entries("/proc/self/fd"),
                           .threads = count_entries("/proc/self/task") };
}
