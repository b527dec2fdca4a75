/* SPDX-License-Identifier: MIT */
/* orderflow-check: one check of one plugin, in this process. Started by `orderflow check`; by hand
 * for a debugger. */
#include "checks.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { EXIT_USAGE = 2 };

static int usage(void)
{
    (void)fputs("orderflow-check is started by `orderflow check`:\n"
                "  orderflow-check NAME PLUGIN.so INDEX SEED SCALE REPORT_FD [WINDOW_FILE [SET]]\n"
                "  orderflow-check --digest VARIATION PLUGIN.so INDEX SEED [SET]\n"
                "  orderflow-check --count PLUGIN.so INDEX [WINDOW_FILE [SET]]\n",
                stderr);
    return EXIT_USAGE;
}

int main(int argc, char **argv)
{
    struct probe p = { .self = argv[0], .scale = 1, .set = "", .report_fd = STDERR_FILENO };
    if (argc >= 6 && argc <= 7 && strcmp(argv[1], "--digest") == 0) {
        p.variation = (unsigned)strtoul(argv[2], NULL, 10) % 3;
        p.path = argv[3];
        p.index = (uint32_t)strtoul(argv[4], NULL, 10);
        p.seed = strtoull(argv[5], NULL, 10);
        p.set = argc == 7 ? argv[6] : "";
        _Exit(probe_digest(&p));
    }
    if (argc >= 4 && argc <= 6 && strcmp(argv[1], "--count") == 0) {
        p.path = argv[2];
        p.index = (uint32_t)strtoul(argv[3], NULL, 10);
        p.window_path = argc >= 5 && argv[4][0] != '\0' ? argv[4] : NULL;
        p.set = argc == 6 ? argv[5] : "";
        _Exit(check_count(&p));
    }
    if (argc < 7 || argc > 9) {
        return usage();
    }
    p.info = check_find(argv[1]);
    p.path = argv[2];
    p.index = (uint32_t)strtoul(argv[3], NULL, 10);
    p.seed = strtoull(argv[4], NULL, 10);
    p.scale = strtod(argv[5], NULL);
    p.report_fd = (int)strtol(argv[6], NULL, 10);
    p.window_path = argc >= 8 && argv[7][0] != '\0' ? argv[7] : NULL;
    p.set = argc == 9 ? argv[8] : "";
    if (p.info == NULL) {
        return usage();
    }
    int status = check_run(&p);
    (void)fflush(NULL);
    _Exit(status);
}
