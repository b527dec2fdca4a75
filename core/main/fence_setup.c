/* SPDX-License-Identifier: MIT */
#include "fence_setup.h"

#include "decimal.h"

#include <pwd.h>
#include <string.h>
#include <unistd.h>
#if defined(__linux__)
#include <sys/prctl.h>
#endif

static bool find_user(const char *name, struct fence_config *out, struct err *err)
{
    int64_t number;
    if (decimal_parse_i64(name, strlen(name), &number, NULL)) {
        out->uid = (uint32_t)number;
        out->gid = (uint32_t)number;
        out->keep_root = number == 0;
        return (number >= 0 && number < UINT32_MAX) ||
               err_set(err, ERR_INVALID, "[plugins] user = %s: not a user's number", name);
    }
    const struct passwd *user = getpwnam(name);
    if (user == NULL) {
        return strcmp(name, "nobody") == 0 || /* the default's number */
               err_set(err, ERR_INVALID, "[plugins] user = %s: no such user", name);
    }
    out->uid = user->pw_uid;
    out->gid = user->pw_gid;
    out->keep_root = user->pw_uid == 0;
    return true;
}

bool fence_from(const struct settings *s, struct fence_config *out, struct err *err)
{
    *out =
        (struct fence_config){ .mode = strcmp(s->plugins_sandbox, "off") == 0       ? FENCE_OFF
                                       : strcmp(s->plugins_sandbox, "require") == 0 ? FENCE_REQUIRE
                                                                                    : FENCE_AUTO };
    return geteuid() != 0 || find_user(s->plugins_user, out, err);
}

void fence_hide_self(void)
{
#if defined(__linux__)
    (void)prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
#endif
}
