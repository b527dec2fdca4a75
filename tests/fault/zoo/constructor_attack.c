/* SPDX-License-Identifier: MIT */
/* Does its worst while it is loaded, where files may still be read, and is healthy afterwards. */
#define _GNU_SOURCE
#include "zoo.h"

#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

__attribute__((constructor)) static void attack(void)
{
    if (open("/etc/shadow", O_RDONLY) >= 0 || open("/root", O_RDONLY) >= 0 ||
        open("/tmp/orderflow-zoo-was-here", O_WRONLY | O_CREAT, 0600) >= 0 ||
        kill(getppid(), SIGKILL) == 0 || socket(AF_INET, SOCK_STREAM, 0) >= 0) {
        abort();
    }
}

static void mischief(const ofd_tick *t)
{
    (void)t;
}

ZOO_DETECTOR("constructor_attack")
