/* SPDX-License-Identifier: MIT */
/* What can be read, and watched, under a URI. [front] */
#ifndef SERVE_RESOURCES_H
#define SERVE_RESOURCES_H

#include "calls.h"
#include "market.h"

enum { URI_MAX = 160 };

enum resource_kind {
    RESOURCE_ANALYSIS,  /* orderflow://{ticker}/analysis */
    RESOURCE_PATTERNS,  /* orderflow://{ticker}/patterns */
    RESOURCE_DETECTORS, /* orderflow://detectors */
    RESOURCE_STATUS,    /* orderflow://status */
    RESOURCE_KINDS
};

struct resource {
    enum resource_kind kind;
    char ticker[TICKER_MAX]; /* "": none is part of it */
};

/* False: there is no such resource, or no such ticker could be. Percent escapes are decoded. */
MUST_CHECK bool resource_parse(const char *uri, struct resource *out);
/* The kind whose URI or template this is, or RESOURCE_KINDS. */
enum resource_kind resource_of_template(const char *text);

/* The entries of resources/list and of resources/templates/list, separated by commas. */
void put_resources(enum revision rev, struct buf *out);
void put_resource_templates(enum revision rev, struct buf *out);

/* An order_fn: arguments is the URI as JSON. */
void read_resource(const struct order *o, const struct tool_env *env, struct buf *out);
/* The error for a URI (JSON text) that names nothing. */
void put_no_resource(struct rpc_id id, enum revision rev, const char *uri, size_t n,
                     struct buf *out);

#endif
