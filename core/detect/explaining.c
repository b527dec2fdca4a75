/* SPDX-License-Identifier: MIT */
#include "explaining.h"

#include "orderflow/explain.h"

#include <stdio.h>
#include <string.h>

struct hearing {
    struct emit *e;
    uint64_t job_id;
    uint32_t said, refused;
};

static bool copy_text(char *out, size_t cap, const char *text)
{
    size_t n = text != NULL ? strnlen(text, cap) : 0;
    if (n == cap) {
        return false;
    }
    memcpy(out, text != NULL ? text : "", n);
    out[n] = '\0';
    return true;
}

static const char *copy(const ofd_condition *c, struct condition *out)
{
    if (!OFD_HAS(c, ofd_condition, threshold)) {
        return "size is not that of ofd_condition";
    }
    *out = (struct condition){ .kind = c->kind,
                               .side = c->side,
                               .dir = c->dir,
                               .op = c->op,
                               .holds = c->holds != 0,
                               .param = c->param,
                               .field = c->field,
                               .value = c->value,
                               .threshold = c->threshold };
    return copy_text(out->key, sizeof out->key, c->key) &&
                   copy_text(out->unit, sizeof out->unit, c->unit)
               ? NULL
               : "key or unit is too long";
}

static int32_t refuse(struct hearing *h, const char *why)
{
    if (h->refused++ == 0) {
        char text[160];
        (void)snprintf(text, sizeof text, "explain() refused: %s", why);
        h->e->host.log(&h->e->host, OFD_LOG_WARN, text);
    }
    return OFD_BAD_VALUE;
}

static int32_t say(const ofd_explain_out *out, const ofd_condition *c)
{
    struct hearing *h = out->ctx;
    struct frame_condition frame = { .job_id = h->job_id };
    if (h->said == CONDITIONS_MAX) {
        return OFD_LIMIT;
    }
    const char *fault = c == NULL ? "no condition" : copy(c, &frame.c);
    fault = fault == NULL ? condition_fault(h->e->decl, &frame.c) : fault;
    if (fault != NULL) {
        return refuse(h, fault);
    }
    if (!channel_put(h->e->channel, FRAME_CONDITION, &frame, sizeof frame, NULL)) {
        return OFD_LIMIT;
    }
    h->said++;
    return 0;
}

int32_t explaining(const ofd_plugin *plugin, void *self, const ofd_tick *tick, struct emit *e,
                   uint64_t job_id, uint32_t *refused_out)
{
    const ofd_explain *x = OFD_HAS(plugin, ofd_plugin, ext) && plugin->ext != NULL
                               ? plugin->ext(OFD_EXPLAIN_ID)
                               : NULL;
    *refused_out = 0;
    if (x == NULL || !OFD_HAS(x, ofd_explain, explain) || x->explain == NULL) {
        return JOB_NO_EXPLAIN;
    }
    struct hearing h = { .e = e, .job_id = job_id };
    const ofd_explain_out out = { .size = sizeof out, .ctx = &h, .say = say };
    int32_t status = x->explain(self, tick, &out);
    *refused_out = h.refused;
    return status <= JOB_NO_EXPLAIN ? -1 : status < 0 ? status : 0;
}
