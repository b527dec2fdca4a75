/* SPDX-License-Identifier: MIT */
/* What differs between the revisions of MCP, in one place. [front] Pure. */
#ifndef SERVE_PROTOCOL_H
#define SERVE_PROTOCOL_H

#include "buf.h"
#include "jsonrpc.h"

/* In order of age. All but the last are opened with `initialize`; the last is stateless. */
enum revision { REV_2024_11_05, REV_2025_03_26, REV_2025_06_18, REV_2025_11_25, REV_2026_07_28 };

#define REVISION_LEGACY REV_2025_11_25
#define REVISION_MODERN REV_2026_07_28

const char *revision_name(enum revision r);
/* The revision of that name, or the newest legacy one. */
enum revision revision_negotiate(const struct json *j, const struct json_value *name);

enum cache { CACHE_NONE, CACHE_LIVE, CACHE_CATALOGUE, CACHE_DISCOVERY };

/* A result object is members between these two; the modern era adds its own. */
void result_open(struct buf *out, struct rpc_id id, enum revision rev);
void result_close(struct buf *out, enum revision rev, enum cache cache);

/* "capabilities":{...},"instructions":"..." */
void put_introduction(struct buf *out, enum revision rev);
/* {"name","version",...} */
void put_server_info(struct buf *out, enum revision rev);

/* True when the request names its protocol version itself, as every modern one does. */
bool claims_version(const struct json *j, const struct json_value *params);
/* Checks the _meta of such a request. False: the error answer is in *out. */
MUST_CHECK bool accept_claim(const struct json *j, const struct rpc_message *m, struct buf *out);

#endif
