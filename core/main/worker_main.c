/* SPDX-License-Identifier: MIT */
/* orderflow-worker: loads one detector and runs it for the engine that started it. Not run by hand:
 * it speaks on descriptors that only the engine gives it. */
#include "frame.h"
#include "worker.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { EXIT_USAGE = 2, INDEX_MAX = 1 << 16 };

static int usage(void)
{
    (void)fputs("orderflow-worker is started by orderflow-engine:\n"
                "  orderflow-worker --describe|--run COPY INDEX PLUGIN.so\n",
                stderr);
    return EXIT_USAGE;
}

int main(int argc, char **argv)
{
    if (argc == 2 && strcmp(argv[1], "--probe") == 0 && fcntl(WORKER_FD_CHANNEL, F_GETFD) >= 0) {
        _Exit(worker_probe());
    }
    if (argc != 5 || fcntl(WORKER_FD_CHANNEL, F_GETFD) < 0) {
        return usage();
    }
    char *end;
    unsigned long index = strtoul(argv[3], &end, 10);
    bool run = strcmp(argv[1], "--run") == 0;
    if ((!run && strcmp(argv[1], "--describe") != 0) || *end != '\0' || index > INDEX_MAX) {
        return usage();
    }
    _Exit(worker_main(argv[2], (uint32_t)index, run));
}
