/* SPDX-License-Identifier: MIT */
/*
 * One descriptor that stands for many, so that waiting for them costs no more than waiting for it.
 * [engine] Where the system has none, or refuses, fd is -1 and the caller asks poll(2) about each.
 */
#ifndef IO_GATHER_H
#define IO_GATHER_H

struct gather {
    int fd; /* for poll(2): readable when one of those added is, or has been hung up; -1: none */
};

void gather_open(struct gather *g);
void gather_close(struct gather *g);
/* Adds fd (-1: nothing) until it is closed; its owner holds the only descriptor of what it is. */
void gather_add(struct gather *g, int fd);

#endif
