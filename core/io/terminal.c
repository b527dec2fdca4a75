/* SPDX-License-Identifier: MIT */
#include "terminal.h"

#include <sys/ioctl.h>
#include <unistd.h>

bool terminal_at(int fd, struct terminal_size *out)
{
    *out = (struct terminal_size){ 0 };
    if (isatty(fd) != 1) {
        return false;
    }
#ifdef TIOCGWINSZ
    struct winsize size;
    if (ioctl(fd, TIOCGWINSZ, &size) == 0) {
        *out = (struct terminal_size){ .lines = size.ws_row, .columns = size.ws_col };
    }
#endif
    return true;
}
