/* SPDX-License-Identifier: MIT */
/* Checks 36 to 39: what a detector promises. */
#include "checks.h"
#include "clock.h"
#include "digest.h"
#include "rig.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { ROWS = 800 };
static const int64_t FRESH_TICK_NS = NS_PER_S / 5;

static bool claims(struct probe *p, const struct plug *g, uint64_t flag, const char *name)
{
    if ((g->plugin->flags & flag) != 0) {
        return true;
    }
    probe_skip(p, "it does not claim %s", name);
    return false;
}

/* ---- 36 -------------------------------------------------------------------------------------- */

void check_claim_deterministic(struct probe *p)
{
    struct plug g;
    struct digest first = { .n = 0 }, other;
    struct err err = { 0 };
    if (!plug_load(&g, p, p->path, false) ||
        !claims(p, &g, OFD_DETERMINISTIC, "OFD_DETERMINISTIC")) {
        return;
    }
    for (unsigned k = 0; k < DIGEST_VARIATIONS && p->failed == 0; k++) {
        if (!digest_run(p, k, NULL, k == 0 ? &first : &other, &err)) {
            probe_skip(p, "%s", err.text);
            return;
        }
        if (first.n == 0) {
            probe_skip(p, "it said nothing on the test tapes, whatever its parameters");
            return;
        }
        if (k > 0 && (other.n != first.n || other.hash != first.hash)) {
            probe_fail(p,
                       "two processes differ (%s): %zu emissions with hash %016" PRIx64
                       ", then %zu with %016" PRIx64,
                       digest_variation(k), first.n, first.hash, other.n, other.hash);
        }
    }
}

/* ---- 37, 38 ---------------------------------------------------------------------------------- */

/* Ticks that brought rows: the k-th was call[k] and showed n[k] rows, of which those from n[k - 1]
 * on were new. */
struct shown_ticks {
    size_t *n, *call;
    int64_t *now_ns;
    size_t count;
};

static void ticks_fini(struct shown_ticks *s)
{
    free(s->n);
    free(s->call);
    free(s->now_ns);
}

/* Runs the tape in ticks of a few rows and notes what was shown: most runs of rows are cut
 * somewhere. */
static bool play_noted(struct rig *r, const struct reel *t, struct shown_ticks *out)
{
    *out = (struct shown_ticks){ .n = calloc(t->n + 1, sizeof *out->n),
                                 .call = calloc(t->n + 1, sizeof *out->call),
                                 .now_ns = calloc(t->n + 1, sizeof *out->now_ns) };
    CHECK(out->n != NULL && out->call != NULL && out->now_ns != NULL);
    if (!rig_need(r)) {
        return false;
    }
    int64_t now_ns = (t->ts_ns[5] / FRESH_TICK_NS + 1) * FRESH_TICK_NS;
    for (size_t n = 0; n < t->n; now_ns += FRESH_TICK_NS) {
        size_t first_new = n;
        while (n < t->n && t->ts_ns[n] <= now_ns) {
            n++;
        }
        probe_note(r->probe, "tick %zu, rows %zu to %zu", out->count, first_new, n);
        (void)rig_tick(r, t, n, first_new, now_ns, 0);
        if (n > first_new) {
            out->n[out->count] = n;
            out->call[out->count] = (size_t)r->calls - 1;
            out->now_ns[out->count++] = now_ns;
        }
    }
    rig_destroy(r);
    return true;
}

/* The emissions of s about rows in (after_ns, until_ns]; borrowed. */
static struct said part_of(const struct said *s, int64_t after_ns, int64_t until_ns)
{
    size_t first = 0, end;
    while (first < s->n && s->all[first].ts_ns <= after_ns) {
        first++;
    }
    end = first;
    while (end < s->n && s->all[end].ts_ns <= until_ns) {
        end++;
    }
    return (struct said){ .all = end > first ? s->all + first : NULL, .n = end - first };
}

static void judge_fresh(struct rig *fresh, const struct said *whole, const struct reel *t,
                        const struct shown_ticks *ticks, size_t k)
{
    size_t first_new = k > 0 ? ticks->n[k - 1] : 0;
    char why[700];
    fresh->said.n = 0;
    fresh->tick_offset = ticks->call[k];
    probe_note(fresh->probe, "a fresh instance at row %zu", first_new);
    if (!rig_need(fresh)) {
        return;
    }
    (void)rig_tick(fresh, t, ticks->n[k], first_new, ticks->now_ns[k], 0);
    rig_destroy(fresh);
    struct said part = { 0 };
    size_t first = 0;
    while (first < whole->n && whole->tick[first] < ticks->call[k]) {
        first++;
    }
    part.all = first < whole->n ? whole->all + first : NULL;
    while (first + part.n < whole->n && whole->tick[first + part.n] == ticks->call[k]) {
        part.n++;
    }
    if (!said_equal(fresh->plug, &part, &fresh->said, why, sizeof why)) {
        probe_fail(fresh->probe, "a fresh instance at row %zu: %s", first_new, why);
    }
}

void check_claim_fresh(struct probe *p)
{
    struct plug g;
    struct reel t;
    struct rig whole, fresh;
    struct shown_ticks ticks;
    double params[RIG_PARAMS_MAX];
    uint64_t random = p->seed;
    if (!plug_load(&g, p, p->path, false) || !claims(p, &g, OFD_ROWS, "OFD_ROWS") ||
        !rig_provoke(&g, &t, ROWS, params, p)) {
        return;
    }
    rig_init(&whole, &g);
    rig_init(&fresh, &g);
    memcpy(whole.params, params, sizeof params);
    memcpy(fresh.params, params, sizeof params);
    fresh.strict_memory = true;
    if (play_noted(&whole, &t, &ticks)) {
        for (size_t i = 0; i < 2 * ticks.count && p->failed == 0; i++) {
            size_t k = (size_t)(reel_random(&random) % ticks.count);
            judge_fresh(&fresh, &whole.said, &t, &ticks, k);
        }
    }
    ticks_fini(&ticks);
    rig_fini(&whole);
    rig_fini(&fresh);
    reel_fini(&t);
}

/* Batches of 1, of all, or of random length; a batch ends at its newest row. */
static bool play_batches(struct rig *r, const struct reel *t, size_t longest, uint64_t random)
{
    if (!rig_need(r)) {
        return false;
    }
    for (size_t n = 0; n < t->n;) {
        size_t first_new = n;
        size_t batch = longest <= 1 || longest >= t->n
                           ? longest
                           : 1 + (size_t)(reel_random(&random) % longest);
        batch = n == 0 && batch < 5 ? 5 : batch;
        n = n + batch < t->n ? n + batch : t->n;
        probe_note(r->probe, "a batch of rows %zu to %zu", first_new, n);
        (void)rig_tick(r, t, n, first_new, t->ts_ns[n - 1], 0);
    }
    rig_destroy(r);
    return true;
}

void check_claim_rows(struct probe *p)
{
    struct plug g;
    struct reel t;
    struct rig base;
    double params[RIG_PARAMS_MAX];
    if (!plug_load(&g, p, p->path, false) || !claims(p, &g, OFD_ROWS, "OFD_ROWS") ||
        !rig_provoke(&g, &t, ROWS, params, p)) {
        return;
    }
    const size_t longest[] = { 1, 7, 40, t.n };
    rig_init(&base, &g);
    memcpy(base.params, params, sizeof params);
    bool ok = rig_play(&base, &t, NS_PER_S);
    for (size_t i = 0; ok && p->failed == 0 && i < sizeof longest / sizeof *longest; i++) {
        struct rig r;
        char why[700];
        rig_init(&r, &g);
        memcpy(r.params, params, sizeof params);
        if (play_batches(&r, &t, longest[i], p->seed) &&
            !said_equal(&g, &base.said, &r.said, why, sizeof why)) {
            probe_fail(p, "second by second, then in batches of %s%zu rows: %s",
                       longest[i] == 1 || longest[i] == t.n ? "" : "up to ", longest[i], why);
        }
        rig_fini(&r);
    }
    rig_fini(&base);
    reel_fini(&t);
}

/* ---- 39 -------------------------------------------------------------------------------------- */

enum { AFTER_TICKS = 120, RESTART_ROWS_MAX = 20000 };

/* So long that a restart in its second half is primed from its middle. */
static void long_tape(struct probe *p, const struct plug *g, double size, int64_t slower,
                      struct reel *t)
{
    struct err err = { 0 };
    int64_t reach_ns = g->memory_ns + g->longest_ns;
    int64_t rows = (2 * reach_ns + 2 * AFTER_TICKS * NS_PER_S) / (100 * NS_PER_MS);
    int64_t stretch = rows / RESTART_ROWS_MAX + slower;
    CHECK(reel_lively(t, (size_t)(rows / stretch), p->seed, size, &err));
    for (size_t i = 1; i < t->n; i++) {
        t->ts_ns[i] = t->ts_ns[0] + (t->ts_ns[i] - t->ts_ns[0]) * stretch;
    }
    reel_pad(t);
}

/* A new instance: primed boundary by boundary up to the kill, then live, to end_ns or the tape's
 * last row. */
static bool restart(struct rig *r, const struct reel *t, int64_t first_ns, int64_t kill_ns,
                    int64_t end_ns)
{
    int64_t reach_ns = r->plug->memory_ns + r->plug->longest_ns;
    int64_t now_ns = kill_ns - reach_ns;
    now_ns = now_ns < first_ns ? first_ns : now_ns;
    size_t n = 0;
    if (!rig_need(r)) {
        return false;
    }
    while (n < t->n && t->ts_ns[n] <= now_ns - NS_PER_S) {
        n++;
    }
    n = now_ns == first_ns ? 0 : n;
    r->tick_offset = (uint64_t)((now_ns - first_ns) / NS_PER_S);
    for (; now_ns <= end_ns && n < t->n; now_ns += NS_PER_S) {
        size_t first_new = n;
        bool priming = now_ns <= kill_ns;
        while (n < t->n && t->ts_ns[n] <= now_ns) {
            n++;
        }
        probe_note(r->probe, "%s rows %zu to %zu after a restart", priming ? "priming with" : "at",
                   first_new, n);
        r->forget = priming;
        (void)rig_tick(r, t, n, first_new, now_ns, priming ? OFD_TICK_PRIMING : 0);
    }
    rig_destroy(r);
    return true;
}

static void judge_restart(struct probe *p, struct plug *g, const struct reel *t,
                          const double *params, const struct said *whole, uint64_t *random)
{
    struct rig r;
    char why[700];
    int64_t first_ns = (t->ts_ns[4] / NS_PER_S + 1) * NS_PER_S;
    int64_t ticks = (t->ts_ns[t->n - 1] - first_ns) / NS_PER_S;
    int64_t kill = ticks / 2 + (int64_t)(reel_random(random) % (uint64_t)(ticks / 2 - 10));
    int64_t kill_ns = first_ns + kill * NS_PER_S;
    rig_init(&r, g);
    memcpy(r.params, params, g->plugin->n_params * sizeof *params);
    if (restart(&r, t, first_ns, kill_ns, kill_ns + AFTER_TICKS * NS_PER_S)) {
        struct said part = part_of(whole, kill_ns, kill_ns + AFTER_TICKS * NS_PER_S);
        struct said live = part_of(&r.said, kill_ns, INT64_MAX);
        if (!said_equal(g, &part, &live, why, sizeof why)) {
            probe_fail(p, "restarted at tick %lld: %s", (long long)kill, why);
        }
    }
    rig_fini(&r);
}

/* At the natural speed and at the slow one of the tapes to provoke with. */
static void judge_at(struct probe *p, struct plug *g, double size, int64_t slower,
                     const double *params, bool *spoke_out)
{
    struct reel t;
    struct rig whole;
    uint64_t random = p->seed;
    size_t kills = probe_rounds(p, 12, 2);
    long_tape(p, g, size, slower, &t);
    rig_init(&whole, g);
    memcpy(whole.params, params, g->plugin->n_params * sizeof *params);
    (void)rig_play(&whole, &t, NS_PER_S);
    *spoke_out = whole.said.n > 0;
    for (size_t i = 0; *spoke_out && i < kills && p->failed == 0; i++) {
        judge_restart(p, g, &t, params, &whole.said, &random);
    }
    rig_fini(&whole);
    reel_fini(&t);
}

void check_claim_restart(struct probe *p)
{
    struct plug g;
    struct reel found;
    double params[RIG_PARAMS_MAX];
    bool spoke = false;
    p->window_path = NULL; /* a window is too short to restart in */
    if (!plug_load(&g, p, p->path, false) || !rig_provoke(&g, &found, ROWS, params, p)) {
        return;
    }
    double size = found.bid_sz[0] / 6000; /* the tape at which it spoke */
    reel_fini(&found);
    for (int64_t slower = 1; slower <= 8 && !spoke && p->failed + p->skipped == 0; slower += 7) {
        judge_at(p, &g, size > 0 ? size : 1, slower, params, &spoke);
    }
    if (!spoke && p->failed + p->skipped == 0) {
        probe_skip(p, "it said nothing on the long test tape");
    }
}
