/* SPDX-License-Identifier: MIT */
/* Requests that are being answered: tool calls on a few worker threads, and open subscriptions.
 * [front] */
#ifndef SERVE_CALLS_H
#define SERVE_CALLS_H

#include "mcp.h"
#include "outbox.h"
#include "protocol.h"
#include "tools.h"

enum { CALLS_MAX = 256, CALL_THREADS = 4 };

struct calls; /* opaque */

/* cfg and o are borrowed. Threads start with the first call. NULL: no memory. */
struct calls *calls_create(const struct mcp_config *cfg, struct outbox *o);
/* Cancels what still runs and waits for the threads for at most limit_ms. False: some did not
 * come back; then nothing is freed, and *calls and the outbox must stay. */
MUST_CHECK bool calls_destroy(struct calls *c, int64_t limit_ms);

/* True while the id waits for its answer. */
bool calls_has(struct calls *c, struct rpc_id id);

enum call_taken { CALL_TAKEN, CALLS_FULL, CALL_NO_MEMORY };
/* Takes a call; arguments is the JSON text of an object, "" for none. The answer goes to the
 * outbox, or to the batch, which is held until then. */
enum call_taken calls_submit(struct calls *c, struct rpc_id id, enum revision rev,
                             const struct tool *tool, const char *arguments, size_t n,
                             struct batch *batch);
/* Keeps id open as a subscription, until it is cancelled or calls_close_subscriptions(). */
enum call_taken calls_subscribe(struct calls *c, struct rpc_id id);
/* From now on nothing is sent for that id. Unknown ids are ignored. */
void calls_cancel(struct calls *c, struct rpc_id id);
/* Ends every subscription as the protocol wants it of a server that goes. */
void calls_close_subscriptions(struct calls *c);
/* Waits until no tool call is left. False: limit_ms passed. */
bool calls_wait(struct calls *c, int64_t limit_ms);

#endif
