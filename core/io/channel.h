/* SPDX-License-Identifier: MIT */
/*
 * Typed frames over one end of a stream socket, some of them past it. Never blocks unless told to,
 * never raises SIGPIPE, never grows past its bounds. [engine, worker]
 */
#ifndef IO_CHANNEL_H
#define IO_CHANNEL_H

#include "buf.h"
#include "err.h"
#include "mailbox.h"

#include <stddef.h>
#include <stdint.h>

struct channel {
    int fd; /* owned; non-blocking, close-on-exec; -1: closed */
    size_t frame_max_bytes;
    struct buf in, out;
    size_t in_pos, out_pos;           /* bytes of in read, of out written */
    uint64_t got, sent;               /* bytes of the two streams so far */
    struct mailbox *in_box, *out_box; /* borrowed; NULL: the socket is all there is */
};

/* A frame received: data is borrowed until the next channel_fill() or channel_wait(), and not
 * aligned. */
struct channel_frame {
    uint32_t type, bytes;
    const unsigned char *data;
};

/* Two connected descriptors, both non-blocking and close-on-exec. */
MUST_CHECK bool channel_pair(int fds_out[2], struct err *err);

/* Takes fd. Frames longer than frame_max_bytes are refused both ways; at most out_max_bytes wait to
 * be sent. */
void channel_init(struct channel *c, int fd, size_t frame_max_bytes, size_t out_max_bytes);
void channel_fini(struct channel *c);

/* From now on short things may go through these as well, if the system can wake who sleeps at one
 * (else nothing changes). The other side does the same with the two the other way round, sooner or
 * later; nothing is lost, doubled or overtaken. They must outlive the channel's use. */
void channel_share(struct channel *c, struct mailbox *in, struct mailbox *out);
/* true: the caller looks into the box by himself, with channel_take(), and is not woken; false: he
 * is, by the socket. Then he looks once more before he sleeps. */
void channel_look(struct channel *c, bool looks);
/* Takes what lies in the box, without a system call: true when something did. */
bool channel_take(struct channel *c);

/* Copies a frame behind those that wait. Sends nothing. On false nothing was added. */
MUST_CHECK bool channel_put(struct channel *c, uint32_t type, const void *data, size_t n,
                            struct err *err);
/* Bytes that wait to be sent. */
size_t channel_pending(const struct channel *c);
/* Sends what the socket takes now. False: the peer is gone (ERR_CONNECTION); who also reads may
 * ignore it, for channel_fill() will say so after the peer's last words. */
bool channel_flush(struct channel *c, struct err *err);
/* Reads what is there, as far as the buffer reaches: call channel_next() until it is empty, then
 * again. False: the peer is gone and all it sent has been read. *more_out: there may be more. */
MUST_CHECK bool channel_fill(struct channel *c, bool *more_out, struct err *err);
/* The next whole frame: 1; none yet: 0; a frame that cannot be: -1. */
MUST_CHECK int channel_next(struct channel *c, struct channel_frame *out, struct err *err);

/* Memory of what has been read and sent goes; no frame may be borrowed. */
void channel_trim(struct channel *c);

/* For a peer that has nothing else to do: sends all; waits for the next frame. False: the peer is
 * gone, sent nonsense, or (ERR_TIMEOUT) nothing came within timeout_ms (-1: for ever). */
MUST_CHECK bool channel_flush_all(struct channel *c, struct err *err);
MUST_CHECK bool channel_wait(struct channel *c, int timeout_ms, struct channel_frame *out,
                             struct err *err);

#endif
