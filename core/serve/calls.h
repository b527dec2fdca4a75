/* SPDX-License-Identifier: MIT */
/* Requests that are being answered by worker threads. [front]
 *
 * Four threads take the calls in order. A call that finds all of them busy for RESERVE_MS gets a
 * further thread, up to CALL_THREADS, so that none stands behind slow ones; a call that says that
 * it waits has a thread of its own from the start, and there may be WAITS_MAX of these. */
#ifndef SERVE_CALLS_H
#define SERVE_CALLS_H

#include "mcp.h"
#include "notices.h"
#include "outbox.h"
#include "protocol.h"
#include "shared.h"
#include "tools.h"

enum { CALLS_MAX = 256, CALL_THREADS = 32, WAITS_MAX = 32 };

struct calls; /* opaque */

/* cfg and o are borrowed. Threads start with the first call. NULL: no memory. */
struct calls *calls_create(const struct mcp_config *cfg, struct outbox *o);
/* Cancels what still runs and waits for the threads for at most limit_ms. False: some did not
 * come back; then nothing is freed, and *calls and the outbox must stay. */
MUST_CHECK bool calls_destroy(struct calls *c, int64_t limit_ms);

/* The configuration with which other threads may query, too: its hook takes turns. */
const struct query_config *calls_query_config(const struct calls *c);

/* True while the id waits for its answer. */
bool calls_has(struct calls *c, struct rpc_id id);

struct order;
/* Writes the whole answer to one order. Runs on a worker thread; env is of that thread and this
 * call. */
typedef void order_fn(const struct order *o, const struct tool_env *env, struct buf *out);

/* One request that needs data. All of it is copied, but what `what`, `shared` and `notices` point
 * at. */
struct order {
    struct rpc_id id;
    enum revision rev;
    struct rpc_id progress_token; /* raw NULL: no progress is asked for */
    order_fn *answer;
    const void *what;      /* for answer(): a static tool, resource ... */
    const char *arguments; /* for answer(): n bytes; "" none */
    size_t n;
    bool waits;
    struct shared *shared;   /* where the answer may be left for others; NULL: nowhere */
    struct notices *notices; /* for answer() */
    struct batch *batch;     /* gets the answer, and is held until then; NULL: the outbox */
};

enum call_taken { CALL_TAKEN, CALLS_FULL, WAITS_FULL, CALL_NO_MEMORY };
enum call_taken calls_submit(struct calls *c, const struct order *o);
/* From now on nothing is sent for that id. Unknown ids are ignored. */
void calls_cancel(struct calls *c, struct rpc_id id);
/* Waits until no call is left; those that wait are cancelled. False: limit_ms passed. */
bool calls_wait(struct calls *c, int64_t limit_ms);

#endif
