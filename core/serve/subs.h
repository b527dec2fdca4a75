/* SPDX-License-Identifier: MIT */
/* Who is told when a resource changes: the legacy session (resources/subscribe), and any number of
 * open subscriptions/listen requests. [front]
 *
 * While at least one resource is subscribed a thread with a Redis connection of its own looks a few
 * times a second at what is stored. What lay there when it first looked is no change. A resource is
 * told at most once a second; more changes within it are told together at its end. */
#ifndef SERVE_SUBS_H
#define SERVE_SUBS_H

#include "outbox.h"
#include "protocol.h"
#include "resources.h"

enum { LISTENERS_MAX = 64, SUBSCRIBED_MAX = 256 /* resources, of all listeners together */ };

struct subs; /* opaque */

/* cfg and o are borrowed. NULL: no memory. */
struct subs *subs_create(const struct query_config *cfg, struct outbox *o);
/* Waits for the thread for at most limit_ms. False: it did not come back; then nothing is freed. */
MUST_CHECK bool subs_destroy(struct subs *s, int64_t limit_ms);

/* True while the id is an open subscription. */
bool subs_has(struct subs *s, struct rpc_id id);

enum sub_taken { SUB_TAKEN, SUBS_FULL, SUB_NO_MEMORY };
/* Acknowledges, with those of the URIs (an array of strings, or NULL) that name a resource, and
 * keeps id open until it is cancelled or subs_close(). */
enum sub_taken subs_listen(struct subs *s, struct rpc_id id, const struct json *j,
                           const struct json_value *uris);
/* Legacy: what names no resource is accepted, and never told. */
enum sub_taken subs_subscribe(struct subs *s, const char *uri);
void subs_unsubscribe(struct subs *s, const char *uri);
/* A new handshake: nothing is subscribed the legacy way any more. */
void subs_forget_legacy(struct subs *s);
/* From now on nothing is sent for that id. Unknown ids are ignored. */
void subs_cancel(struct subs *s, struct rpc_id id);
/* Ends every listen request as the protocol wants it of a server that goes. */
void subs_close(struct subs *s);

#endif
