/* SPDX-License-Identifier: MIT */
/* The frame of a segment's bytes. [any] Pure; within journal/.
 *
 *   head   "OFJOURN1", session (u64), number (u32), version (u32), 0 (u32), CRC-32 of these (u32)
 *   block  bytes of its records (u32), CRC-32 of them (u32), records */
#ifndef JOURNAL_SEGMENT_H
#define JOURNAL_SEGMENT_H

#include <inttypes.h>
#include <stdbool.h>
#include <stddef.h>

#define SEGMENT_CUT "cut off" /* what segment_block() says of an end that is missing */
#define SEGMENT_NAME "%016" PRIx64 "-%06" PRIu32 ".journal"
enum { SEGMENT_HEAD_BYTES = 32, BLOCK_HEAD_BYTES = 8, SEGMENT_VERSION = 1 };

void segment_put_head(char out[SEGMENT_HEAD_BYTES], int64_t session_ns, uint32_t number);
/* "" or why it is none. */
const char *segment_check_head(const char *data, size_t n, int64_t session_ns, uint32_t number);

/* block: head and records, n bytes together. */
void segment_put_block_head(char *block, size_t n);
/* Records of the block at data, 0: "" at the end of the data, or why there is none. */
size_t segment_block(const char *data, size_t n, const char **why_out);

#endif
