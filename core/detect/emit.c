/* SPDX-License-Identifier: MIT */
#include "emit.h"

#include "emission.h"

#include <stdio.h>
#include <string.h>

enum { LOGS_MAX = 8 }; /* lines of one call */

static void send_text(struct emit *e, uint32_t level, const char *text, int n)
{
    struct frame_text frame = { .code = level };
    int len = e->ticker[0] != '\0'
                  ? snprintf(frame.text, sizeof frame.text, "%s: %.*s", e->ticker, n, text)
                  : snprintf(frame.text, sizeof frame.text, "%.*s", n, text);
    size_t used = len < 0 ? 0 : (size_t)len;
    used = used < sizeof frame.text ? used : sizeof frame.text - 1;
    /* A full channel loses a log line, nothing more. */
    bool sent =
        channel_put(e->channel, FRAME_LOG, &frame, FRAME_CUT(struct frame_text, text, used), NULL);
    (void)sent;
}

static void log_line(const ofd_host *host, uint32_t level, const char *text)
{
    struct emit *e = host->ctx;
    if (text == NULL || e->logged > LOGS_MAX) {
        return;
    }
    if (e->logged++ == LOGS_MAX) {
        static const char more[] = "further lines of this call are dropped";
        send_text(e, OFD_LOG_WARN, more, (int)sizeof more - 1);
        return;
    }
    send_text(e, level <= OFD_LOG_ERROR ? level : OFD_LOG_ERROR, text,
              (int)strnlen(text, FRAME_TEXT_MAX));
}

static int32_t refuse(struct emit *e, int32_t answer, const char *why)
{
    if (e->refused++ == 0) {
        char text[128];
        int n = snprintf(text, sizeof text, "emit() refused: %s", why);
        send_text(e, OFD_LOG_WARN, text, n);
    }
    return answer;
}

static const ofd_value *value_at(const ofd_pattern *p, uint32_t i)
{
    return (const ofd_value *)(const void *)((const char *)(const void *)p->ev +
                                             (size_t)i * p->ev_stride);
}

static const char *copy_evidence(const struct declaration *d, const ofd_pattern *p,
                                 struct emission *out)
{
    if (p->n_ev > EVIDENCE_MAX) {
        return "more evidence than a pattern may carry";
    }
    if (p->n_ev > 0 && (p->ev == NULL || p->ev_stride < OFD_UP_TO(ofd_value, f) ||
                        p->ev_stride % _Alignof(ofd_value) != 0)) {
        return "ev_stride is not that of ofd_value";
    }
    for (uint32_t i = 0; i < p->n_ev; i++) {
        const ofd_value *v = value_at(p, i);
        memset(&out->ev[i], 0, sizeof out->ev[i]); /* padding, too: all of it is sent */
        out->ev[i].field = v->field;
        if (v->field < d->n_fields && d->fields[v->field].type == OFD_REAL) {
            out->ev[i].f = v->f;
        } else {
            out->ev[i].i = v->i;
        }
    }
    out->n_ev = p->n_ev;
    return NULL;
}

static const char *copy_pattern(const struct declaration *d, const ofd_pattern *p,
                                struct emission *out)
{
    if (!OFD_HAS(p, ofd_pattern, ev_stride)) {
        return "size is not that of ofd_pattern";
    }
    out->kind = p->kind;
    out->side = p->side;
    out->dir = p->dir;
    out->ts_ns = p->ts_ns;
    out->start_ns = p->start_ns != 0 ? p->start_ns : p->ts_ns;
    out->price = p->price;
    out->value = p->value;
    return copy_evidence(d, p, out);
}

static bool send_emission(struct emit *e, const struct frame_emit *frame)
{
    size_t bytes = FRAME_CUT(struct frame_emit, e.ev, frame->e.n_ev);
    return channel_put(e->channel, FRAME_EMIT, frame, bytes, NULL);
}

static int32_t emit_pattern(const ofd_host *host, const ofd_pattern *p)
{
    struct emit *e = host->ctx;
    struct frame_emit frame;
    memset(&frame, 0, FRAME_CUT(struct frame_emit, e.ev, 0));
    frame.job_id = e->job_id;
    if (!e->detecting) {
        return OFD_LIMIT;
    }
    if (e->emitted >= EMITS_MAX && !e->priming) {
        return refuse(e, OFD_LIMIT, "too many patterns in one call");
    }
    const char *fault = p == NULL ? "no pattern" : copy_pattern(e->decl, p, &frame.e);
    if (fault == NULL) {
        fault = emission_fault(e->decl, &frame.e, e->oldest_ns, e->now_ns);
    }
    if (fault != NULL) {
        return refuse(e, OFD_BAD_VALUE, fault);
    }
    if (!e->priming && !send_emission(e, &frame)) {
        return refuse(e, OFD_LIMIT, "no memory to keep it");
    }
    e->emitted++;
    return 0;
}

static const void *no_extension(const ofd_host *host, const char *id)
{
    (void)host;
    (void)id;
    return NULL;
}

void emit_init(struct emit *e, const struct declaration *decl, struct channel *channel)
{
    *e = (struct emit){ .decl = decl, .channel = channel, .ticker = "" };
    e->host = (ofd_host){ .size = sizeof e->host,
                          .minor = OFD_MINOR,
                          .ctx = e,
                          .emit = emit_pattern,
                          .log = log_line,
                          .ext = no_extension };
}

void emit_begin(struct emit *e, const char *ticker, const struct job *job, int64_t oldest_ns)
{
    e->ticker = ticker;
    e->emitted = 0;
    e->refused = 0;
    e->logged = 0;
    e->detecting = job != NULL;
    if (job != NULL) {
        e->priming = (job->flags & OFD_TICK_PRIMING) != 0;
        e->job_id = job->id;
        e->now_ns = job->now_ns;
        e->oldest_ns = oldest_ns;
    }
}

void emit_end(struct emit *e)
{
    e->detecting = false;
    e->ticker = "";
}
