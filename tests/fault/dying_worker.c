/* SPDX-License-Identifier: MIT */
/* The worker, but for each file DIR/death.N beside the plugin it takes one away and is killed
 * before it has described anything. */
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum { DEATHS_MAX = 10 };

static void die_for_one_file(const char *so_path)
{
    char path[512];
    const char *slash = strrchr(so_path, '/');
    int n = slash != NULL ? (int)(slash - so_path) : 0;
    for (int i = 0; i < DEATHS_MAX; i++) {
        (void)snprintf(path, sizeof path, "%.*s/death.%d", n, so_path, i);
        if (unlink(path) == 0) {
            (void)raise(SIGKILL);
        }
    }
}

int main(int argc, char **argv)
{
    if (argc == 5 && strcmp(argv[1], "--describe") == 0) {
        die_for_one_file(argv[4]);
    }
    (void)execv(WORKER_PATH, argv);
    return 1;
}
