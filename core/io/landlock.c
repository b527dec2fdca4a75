/* SPDX-License-Identifier: MIT */
#if defined(__linux__) && !defined(_GNU_SOURCE)
#define _GNU_SOURCE /* syscall, O_PATH */
#endif
#include "landlock.h"

#if defined(__linux__)

#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

/* The kernel's words, written out because the oldest headers we build with lack some. */
enum {
    CALL_CREATE = 444, /* the same on every machine */
    CALL_ADD = 445,
    CALL_RESTRICT = 446,
    ASK_VERSION = 1,
    RULE_BENEATH = 1,
    FS_READ_FILE = 1 << 2,
    FS_READ_DIR = 1 << 3,
    FS_ALL_1 = (1 << 13) - 1,
    FS_REFER_2 = 1 << 13,
    FS_TRUNCATE_3 = 1 << 14,
    FS_IOCTL_5 = 1 << 15,
    NET_ALL_4 = 3,
    SCOPE_ALL_6 = 3,
    BYTES_1 = 8,
    BYTES_4 = 16,
    BYTES_6 = 24
};

struct ruleset {
    uint64_t fs, net, scope;
};

struct rule {
    uint64_t access;
    int32_t fd;
} __attribute__((packed));

int landlock_version(void)
{
    long version = syscall(CALL_CREATE, NULL, 0UL, ASK_VERSION);
    return version > 0 ? (int)version : 0;
}

static int create(int version)
{
    struct ruleset r = { .fs = FS_ALL_1 };
    r.fs |= version >= 2 ? FS_REFER_2 : 0;
    r.fs |= version >= 3 ? FS_TRUNCATE_3 : 0;
    r.fs |= version >= 5 ? FS_IOCTL_5 : 0;
    r.net = version >= 4 ? NET_ALL_4 : 0;
    r.scope = version >= 6 ? SCOPE_ALL_6 : 0;
    size_t bytes = version >= 6 ? BYTES_6 : version >= 4 ? BYTES_4 : BYTES_1;
    return (int)syscall(CALL_CREATE, &r, bytes, 0U);
}

static bool add(int rules, const char *path, struct err *err)
{
    struct stat st;
    struct rule r = { .access = FS_READ_FILE, .fd = open(path, O_PATH | O_CLOEXEC) };
    if (r.fd < 0) {
        return true;
    }
    if (fstat(r.fd, &st) == 0 && S_ISDIR(st.st_mode)) {
        r.access |= FS_READ_DIR;
    }
    /* EBADFD: memory, not a file; that needs no permission. */
    bool ok = syscall(CALL_ADD, rules, RULE_BENEATH, &r, 0U) == 0 || errno == EBADFD ||
              err_sys(err, "%s", path);
    (void)close(r.fd);
    return ok;
}

bool landlock_enter(const char *const *readable, size_t n, struct err *err)
{
    int version = landlock_version();
    if (version == 0) {
        return err_set(err, ERR_SYSTEM, "this kernel has no Landlock");
    }
    int rules = create(version);
    bool ok = rules >= 0 || err_sys(err, "Landlock");
    for (size_t i = 0; ok && i < n; i++) {
        ok = add(rules, readable[i], err);
    }
    ok = ok && (syscall(CALL_RESTRICT, rules, 0U) == 0 || err_sys(err, "Landlock"));
    if (rules >= 0) {
        (void)close(rules);
    }
    return ok;
}

#else

int landlock_version(void)
{
    return 0;
}

bool landlock_enter(const char *const *readable, size_t n, struct err *err)
{
    (void)readable;
    (void)n;
    return err_set(err, ERR_SYSTEM, "no Landlock on this system");
}

#endif
