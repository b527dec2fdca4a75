/* SPDX-License-Identifier: MIT */
#include "segment.h"

#include <string.h>
#include <zlib.h>

static const char MAGIC[8] = { 'O', 'F', 'J', 'O', 'U', 'R', 'N', '1' };

static void put_le(char *out, uint64_t x, int bytes)
{
    for (int i = 0; i < bytes; i++) {
        out[i] = (char)(x >> 8 * i & 0xff);
    }
}

static uint64_t get_le(const char *data, int bytes)
{
    uint64_t x = 0;
    for (int i = 0; i < bytes; i++) {
        x |= (uint64_t)(unsigned char)data[i] << 8 * i;
    }
    return x;
}

static uint32_t crc_of(const char *data, size_t n)
{
    return (uint32_t)crc32_z(0, (const unsigned char *)data, n);
}

void segment_put_head(char out[SEGMENT_HEAD_BYTES], int64_t session_ns, uint32_t number)
{
    memcpy(out, MAGIC, sizeof MAGIC);
    put_le(out + 8, (uint64_t)session_ns, 8);
    put_le(out + 16, number, 4);
    put_le(out + 20, SEGMENT_VERSION, 4);
    put_le(out + 24, 0, 4);
    put_le(out + 28, crc_of(out, 28), 4);
}

const char *segment_check_head(const char *data, size_t n, int64_t session_ns, uint32_t number)
{
    if (n < SEGMENT_HEAD_BYTES) {
        return "shorter than its head";
    }
    if (memcmp(data, MAGIC, sizeof MAGIC) != 0) {
        return "no segment of a journal";
    }
    if (get_le(data + 28, 4) != crc_of(data, 28)) {
        return "its head is damaged";
    }
    if (get_le(data + 20, 4) != SEGMENT_VERSION) {
        return "a later version than this program reads";
    }
    if (get_le(data + 8, 8) != (uint64_t)session_ns || get_le(data + 16, 4) != number) {
        return "its head has another name";
    }
    return "";
}

void segment_put_block_head(char *block, size_t n)
{
    put_le(block, n - BLOCK_HEAD_BYTES, 4);
    put_le(block + 4, crc_of(block + BLOCK_HEAD_BYTES, n - BLOCK_HEAD_BYTES), 4);
}

size_t segment_block(const char *data, size_t n, const char **why_out)
{
    *why_out = "";
    if (n == 0) {
        return 0;
    }
    size_t bytes = n < BLOCK_HEAD_BYTES ? 0 : (size_t)get_le(data, 4);
    if (n < BLOCK_HEAD_BYTES || bytes > n - BLOCK_HEAD_BYTES) {
        *why_out = SEGMENT_CUT;
        return 0;
    }
    if (bytes == 0 || get_le(data + 4, 4) != crc_of(data + BLOCK_HEAD_BYTES, bytes)) {
        *why_out = "its CRC is another";
        return 0;
    }
    return bytes;
}
