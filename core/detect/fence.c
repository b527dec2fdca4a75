/* SPDX-License-Identifier: MIT */
#if defined(__linux__) && !defined(_GNU_SOURCE)
#define _GNU_SOURCE /* setgroups, setresuid, F_GET_SEALS */
#endif
#include "fence.h"

#include "landlock.h"
#include "limits.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#if defined(__linux__)
#include <sys/prctl.h>
#endif

/* ---- another user ----------------------------------------------------------------------------
 */

#if defined(__linux__)

static bool become(uid_t uid, gid_t gid, struct err *err)
{
    pid_t parent = getppid();
    if (setgroups(0, NULL) != 0 || setresgid(gid, gid, gid) != 0 || setresuid(uid, uid, uid) != 0) {
        return err_sys(err, "becoming user %lu", (unsigned long)uid);
    }
    /* Another user's process no longer dies with its parent: say it again. */
    (void)prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (getppid() != parent) {
        _exit(1);
    }
    return true;
}

static bool forgo_privileges(struct err *err)
{
    return prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 || err_sys(err, "giving up new privileges");
}

static bool hide_memory(struct err *err)
{
    return prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) == 0 || err_sys(err, "closing the memory to others");
}

bool fence_is_sealed(int fd)
{
    const int wanted = F_SEAL_FUTURE_WRITE | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL;
    int seals = fcntl(fd, F_GET_SEALS);
    return seals >= 0 && (seals & wanted) == wanted && (fcntl(fd, F_GETFL) & O_ACCMODE) == O_RDONLY;
}

#else

static bool become(uid_t uid, gid_t gid, struct err *err)
{
    return (setgid(gid) == 0 && setuid(uid) == 0) ||
           err_sys(err, "becoming user %lu", (unsigned long)uid);
}

static bool forgo_privileges(struct err *err)
{
    return err_set(err, ERR_SYSTEM, "privileges cannot be given up here");
}

static bool hide_memory(struct err *err)
{
    return err_set(err, ERR_SYSTEM, "memory cannot be closed to others here");
}

bool fence_is_sealed(int fd)
{
    return (fcntl(fd, F_GETFL) & O_ACCMODE) == O_RDONLY;
}

#endif

/* ---- all measures ----------------------------------------------------------------------------
 */

/* A measure that failed stops only a worker that is told to have it. */
static bool allowed_without(const struct fence_config *c, bool ok, uint32_t bit, uint32_t *bits,
                            struct err *why, struct err *err)
{
    if (ok) {
        *bits |= bit;
        return true;
    }
    return c->mode != FENCE_REQUIRE ||
           err_set(err, ERR_SYSTEM, "[plugins] sandbox = require: %s", why->text);
}

static bool change_user(const struct fence_config *c, uint32_t *bits, struct err *err)
{
    struct err why = { 0 };
    uid_t uid = c->uid != 0 ? c->uid : FENCE_ID_DEFAULT;
    gid_t gid = c->gid != 0 ? c->gid : FENCE_ID_DEFAULT;
    bool ok = geteuid() != 0 || c->keep_root != 0 || become(uid, gid, &why);
    ok = ok && forgo_privileges(&why);
    if (ok && geteuid() == 0) {
        return true; /* as it was told */
    }
    return allowed_without(c, ok, FENCE_UNPRIVILEGED, bits, &why, err);
}

static bool hide(const struct fence_config *c, uint32_t *bits, struct err *err)
{
    struct err why = { 0 };
    bool ok = hide_memory(&why);
    return allowed_without(c, ok, FENCE_PRIVATE, bits, &why, err);
}

static bool limit(int64_t memory_mb, uint32_t *bits, struct err *err)
{
    *bits |= FENCE_LIMITS | (limits_memory_holds() ? FENCE_MEMORY : 0);
    return limits_apply(memory_mb, err);
}

static bool close_files(const struct fence_config *c, const char *path, uint32_t *bits,
                        struct err *err)
{
    const char *const readable[] = { "/lib",           "/lib32",           "/lib64",
                                     "/usr/lib",       "/usr/lib32",       "/usr/lib64",
                                     "/usr/local/lib", "/etc/ld.so.cache", path };
    struct err why = { 0 };
    int version = landlock_version();
    uint32_t bit =
        FENCE_FILES | (version >= 4 ? FENCE_NET : 0) | (version >= 6 ? FENCE_SIGNALS : 0);
    bool ok = landlock_enter(readable, sizeof readable / sizeof readable[0], &why);
    return allowed_without(c, ok, bit, bits, &why, err);
}

static bool filter(const struct fence_config *c, enum seccomp_stage stage, struct crumb *crumb,
                   uint32_t *bits, struct err *err)
{
    struct err why = { 0 };
    bool ok = seccomp_enter(stage, &crumb->refused, &why);
    return allowed_without(c, ok, FENCE_CALLS, bits, &why, err);
}

bool fence_before_loading(const struct fence_config *c, int64_t memory_mb, const char *path,
                          struct crumb *crumb, uint32_t *bits_out, struct err *err)
{
    *bits_out = 0;
    if (!change_user(c, bits_out, err) || !hide(c, bits_out, err) ||
        !limit(memory_mb, bits_out, err)) {
        return false;
    }
    return c->mode == FENCE_OFF || (close_files(c, path, bits_out, err) &&
                                    filter(c, SECCOMP_LOADING, crumb, bits_out, err));
}

bool fence_after_loading(const struct fence_config *c, struct crumb *crumb, struct err *err)
{
    uint32_t bits = 0;
    return c->mode == FENCE_OFF || filter(c, SECCOMP_DETECTING, crumb, &bits, err);
}
