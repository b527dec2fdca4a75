/* SPDX-License-Identifier: MIT */
#include "limits.h"

#include "sanitizer.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <unistd.h>

enum { DESCRIPTORS = 32, STACK_BYTES = 8 << 20 };

static bool limit(int resource, rlim_t value, const char *what, struct err *err)
{
    struct rlimit r;
    if (getrlimit(resource, &r) != 0) {
        return err_sys(err, "reading the limit of %s", what);
    }
    r.rlim_max = r.rlim_max < value ? r.rlim_max : value;
    r.rlim_cur = r.rlim_max;
    return setrlimit(resource, &r) == 0 || err_sys(err, "limiting %s", what);
}

bool limits_memory_holds(void)
{
#if defined(__linux__) && !defined(ADDRESS_SANITIZER)
    return true;
#else
    return false;
#endif
}

#if defined(__linux__) && !defined(ADDRESS_SANITIZER)

enum { STATM_SIZE = 0, STATM_DATA = 5, STATM_FIELDS = 6 };

/* Pages in use, by the fields of /proc/self/statm. */
static bool read_statm(unsigned long pages[STATM_FIELDS], struct err *err)
{
    char line[256];
    FILE *f = fopen("/proc/self/statm", "r");
    if (f == NULL) {
        return err_sys(err, "/proc/self/statm");
    }
    bool ok = fgets(line, sizeof line, f) != NULL;
    (void)fclose(f);
    char *at = line;
    for (int i = 0; ok && i < STATM_FIELDS; i++) {
        char *end;
        pages[i] = strtoul(at, &end, 10);
        ok = end != at;
        at = end;
    }
    return ok || err_set(err, ERR_SYSTEM, "/proc/self/statm is not as expected");
}

/* Counted from what is in use: the address space includes the windows, the data limit does not. */
static bool limit_memory(int64_t memory_mb, struct err *err)
{
    unsigned long pages[STATM_FIELDS] = { 0 };
    if (!read_statm(pages, err)) {
        return false;
    }
    rlim_t page = (rlim_t)sysconf(_SC_PAGESIZE);
    rlim_t cap = (rlim_t)memory_mb << 20;
    return limit(RLIMIT_DATA, pages[STATM_DATA] * page + cap, "private memory", err) &&
           limit(RLIMIT_AS, pages[STATM_SIZE] * page + 2 * cap, "address space", err);
}

#else

static bool limit_memory(int64_t memory_mb, struct err *err)
{
    (void)memory_mb;
    (void)err;
    return true;
}

#endif

static bool limit_the_rest(struct err *err)
{
#if defined(RLIMIT_MSGQUEUE)
    if (!limit(RLIMIT_MSGQUEUE, 0, "message queues", err)) {
        return false;
    }
#endif
#if defined(RLIMIT_MEMLOCK)
    if (!limit(RLIMIT_MEMLOCK, 0, "locked memory", err)) {
        return false;
    }
#endif
#if defined(RLIMIT_NPROC)
    if (!limit(RLIMIT_NPROC, 0, "processes", err)) {
        return false;
    }
#endif
    return limit(RLIMIT_CORE, 0, "core files", err) && limit(RLIMIT_FSIZE, 0, "files", err) &&
           limit(RLIMIT_STACK, STACK_BYTES, "stack", err) &&
           limit(RLIMIT_NOFILE, DESCRIPTORS, "descriptors", err);
}

bool limits_apply(int64_t memory_mb, struct err *err)
{
    if (memory_mb <= 0 || memory_mb > INT64_C(1) << 30) {
        return err_set(err, ERR_INVALID, "%lld MB of memory", (long long)memory_mb);
    }
    return limit_memory(memory_mb, err) && limit_the_rest(err);
}
