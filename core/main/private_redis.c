/* SPDX-License-Identifier: MIT */
#include "launch.h"

#include "clock.h"
#include "redis.h"

#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

enum { START_MS = 10000 };

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
    char socket_path[80];
    *r = (struct private_redis){ .dir = "/tmp/orderflow-demo-XXXXXX" };
    if (mkdtemp(r->dir) == NULL) {
        r->dir[0] = '\0';
        return err_sys(err, "cannot make a temporary folder");
    }
    (void)snprintf(socket_path, sizeof socket_path, "%s/redis.sock", r->dir);
    (void)snprintf(r->url, sizeof r->url, "unix://%s", socket_path);
    const char *argv[] = { "redis-server", "--port", "0",    "--unixsocket",
                           socket_path,    "--save", "",     "--appendonly",
                           "no",           "--dir",  r->dir, "--loglevel",
                           "warning",      NULL };
    if (!launch(&r->server, argv, NULL, err)) {
        private_redis_stop(r);
        return err_wrap(err, "the demo needs redis-server (Debian: apt-get install redis-server)");
    }
    struct mono until = mono_after_ms(clock_mono(), START_MS);
    while (!answers(r->url)) {
        if (!launched_alive(&r->server) || mono_ms_until(clock_mono(), until) <= 0) {
            private_redis_stop(r);
            return err_set(err, ERR_TIMEOUT, "redis-server did not start on %s", socket_path);
        }
        (void)poll(NULL, 0, 10);
    }
    return true;
}

void private_redis_stop(struct private_redis *r)
{
    char path[80];
    launched_stop(&r->server, 2000);
    if (r->dir[0] != '\0') {
        (void)snprintf(path, sizeof path, "%s/redis.sock", r->dir);
        (void)unlink(path);
        (void)rmdir(r->dir);
        r->dir[0] = '\0';
    }
}
