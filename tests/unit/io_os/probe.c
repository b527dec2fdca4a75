/* SPDX-License-Identifier: MIT */
/* A program to start: tells what it was given, or does what it is told. */
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

extern char **environ;

static int print_fds(void)
{
    for (int fd = 0; fd < 256; fd++) {
        if (fcntl(fd, F_GETFD) >= 0) {
            (void)printf("%d ", fd);
        }
    }
    return 0;
}

static int print_env(void)
{
    for (char **e = environ; *e != NULL; e++) {
        (void)printf("%.*s ", (int)strcspn(*e, "="), *e);
    }
    return 0;
}

static int print_group(void)
{
    (void)printf("%d", getpgrp() == getpid());
    return 0;
}

/* Leaves a child behind that holds descriptor 3 open. */
static int fork_and_wait(void)
{
    if (fork() < 0) {
        return 1;
    }
    for (;;) {
        (void)pause();
    }
}

static int spin(void)
{
    volatile unsigned long n = 0;
    while (n + 1 != 0) {
        n++;
    }
    return 0;
}

int main(int argc, char **argv)
{
    const char *what = argc > 1 ? argv[1] : "";
    char byte = 0;
    if (strcmp(what, "fds") == 0) {
        return print_fds();
    }
    if (strcmp(what, "env") == 0) {
        return print_env();
    }
    if (strcmp(what, "group") == 0) {
        return print_group();
    }
    if (strcmp(what, "stdin") == 0) {
        (void)printf("%d", (int)read(0, &byte, 1));
        return 0;
    }
    if (strcmp(what, "hello") == 0) {
        return write(3, "hello", 5) == 5 ? 0 : 1;
    }
    if (strcmp(what, "both") == 0) {
        (void)fputs("out ", stdout);
        (void)fflush(stdout);
        (void)fputs("err", stderr);
        return 0;
    }
    if (strcmp(what, "kill") == 0) {
        (void)raise(SIGKILL);
    }
    if (strcmp(what, "fork") == 0) {
        return fork_and_wait();
    }
    if (strcmp(what, "spin") == 0) {
        return spin();
    }
    return strcmp(what, "seven") == 0 ? 7 : 0;
}
