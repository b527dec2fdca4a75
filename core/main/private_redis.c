/* SPDX-License-Identifier: MIT */
#include "launch.h"

#include "clock.h"
#include "redis.h"

#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

enum { START_MS = 10000 };

/* Waits for the end of whoever holds the other end of descriptor 3, however it ended, and takes the
 * server and its folder away. A Ctrl-C reaches the whole group: it must not die of it first. */
static const char watched_server[] =
    "command -v redis-server >/dev/null || exit 127\n"
    "trap '' INT HUP TERM\n"
    "redis-server --port 0 --unixsocket \"$1/redis.sock\" --save '' --appendonly no --dir \"$1\" "
    "--loglevel warning 3<&- &\n"
    "read -r gone <&3\n"
    "kill $! 2>/dev/null\n"
    "wait $!\n"
    "rm -rf \"$1\"\n";

static bool answers(const char *url)
{
    struct redis_config rc = { .timeout_ms = 500 };
    const struct reply *reply;
    if (!redis_parse_url(url, &rc, NULL)) {
        return false;
    }
    struct redis *r = redis_create(&rc);
    bool ok = r != NULL && redis_call(r, &reply, NULL, "PING");
    redis_destroy(r);
    return ok;
}

bool private_redis_start(struct private_redis *r, struct err *err)
{
    *r = (struct private_redis){ .dir = "/tmp/orderflow-demo-XXXXXX" };
    if (mkdtemp(r->dir) == NULL) {
        r->dir[0] = '\0';
        return err_sys(err, "cannot make a temporary folder");
    }
    (void)snprintf(r->url, sizeof r->url, "unix://%s/redis.sock", r->dir);
    const char *argv[] = { "/bin/sh", "-c", watched_server, "orderflow-demo-redis", r->dir, NULL };
    if (!launch(&r->server, argv, "--parent-fd", err)) {
        private_redis_stop(r);
        return false;
    }
    struct mono until = mono_after_ms(clock_mono(), START_MS);
    while (!answers(r->url)) {
        if (!launched_alive(&r->server) || mono_ms_until(clock_mono(), until) <= 0) {
            private_redis_stop(r);
            return err_set(err, ERR_TIMEOUT,
                           "the demo needs redis-server, and none started (Debian: apt-get install "
                           "redis-server)");
        }
        (void)poll(NULL, 0, 10);
    }
    return true;
}

void private_redis_stop(struct private_redis *r)
{
    launched_stop(&r->server, 2000);
    if (r->dir[0] != '\0') {
        (void)rmdir(r->dir); /* of a server that never came to be */
        r->dir[0] = '\0';
    }
}
