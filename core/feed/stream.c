/* SPDX-License-Identifier: MIT */
#include "feed.h"

#include "clock.h"
#include "prefetch.h"
#include "seen.h"

#include <orderflow/detector.h>
#include <stdlib.h>
#include <string.h>

#define STEP_MAX_NS (60 * NS_PER_S)
/* A score may lie this much beside its row's time (row_json.c), either way. */
#define SCORE_SLACK_NS (2 * NS_PER_MS)
enum { ROWS_MIN = 64, ROWS_KEPT = 128, SMALL_TAKES = 8, TEXTS_MAX = 1 << 30 };

struct pending {
    struct quote q;
    uint64_t seq, hash;
    size_t member_at;  /* in texts; only of rows without seq: decides between rows of one time */
    uint32_t member_n; /* 0: it is what row_to_json() writes */
    bool has_seq;
};

struct stream {
    int64_t reorder_ns;
    int64_t taken_ns, newest_ns; /* 0: none */
    int64_t step_ns;             /* between the last two boundaries taken */
    int64_t told_ms;             /* last answer of stream_read_from_ms(); -1: never asked */
    struct pending *rows;        /* owned; rows[head..end) in order */
    size_t head, end, cap;
    size_t most;              /* rows since the last boundary with rows */
    size_t small, small_most; /* boundaries in a row at which rows took little of it; the most */
    struct buf texts;         /* members of pending rows, one behind the other as they came */
    struct seen seen;
    struct stream_counts counts;
};

struct stream *stream_create(int64_t reorder_ns)
{
    struct stream *s = malloc(sizeof *s);
    if (s != NULL) {
        *s = (struct stream){ .reorder_ns = reorder_ns, .step_ns = NS_PER_S, .told_ms = -1 };
        buf_init(&s->texts, TEXTS_MAX);
    }
    return s;
}

void stream_destroy(struct stream *s)
{
    if (s == NULL) {
        return;
    }
    free(s->rows);
    buf_fini(&s->texts);
    seen_fini(&s->seen);
    free(s);
}

/* ---- where to read from ---- */

/* Boundaries not yet taken may still want rows between the last one and newest - reorder, but after
 * an outage that is at most one step: the reading itself has just seen the rest. */
static int64_t read_from_ms(const struct stream *s)
{
    int64_t settled_ns = s->newest_ns - s->reorder_ns, from_ns = settled_ns - s->step_ns;
    if (s->taken_ns > from_ns) {
        from_ns = s->taken_ns < settled_ns ? s->taken_ns : settled_ns;
    }
    from_ns -= s->reorder_ns + SCORE_SLACK_NS;
    return s->newest_ns == 0 || from_ns < 0 ? 0 : from_ns / NS_PER_MS;
}

int64_t stream_read_from_ms(struct stream *s)
{
    s->told_ms = read_from_ms(s);
    return s->told_ms;
}

static int64_t forget_before_ns(const struct stream *s)
{
    int64_t from_ms = s->told_ms >= 0 ? s->told_ms : read_from_ms(s);
    return from_ms * NS_PER_MS - SCORE_SLACK_NS;
}

/* ---- in ---- */

static bool reserve(struct stream *s, struct err *err)
{
    if (s->end < s->cap) {
        return true;
    }
    if (s->head > s->cap / 2) {
        memmove(s->rows, s->rows + s->head, (s->end - s->head) * sizeof *s->rows);
        s->end -= s->head;
        s->head = 0;
        return true;
    }
    size_t cap = s->cap > 0 ? s->cap * 2 : ROWS_MIN;
    struct pending *rows =
        s->end - s->head < STREAM_PENDING_MAX ? realloc(s->rows, cap * sizeof *rows) : NULL;
    if (rows == NULL) {
        return err_set(err, ERR_MEMORY, "no memory for another quote; %zu wait already",
                       s->end - s->head);
    }
    s->rows = rows;
    s->cap = cap;
    return true;
}

/* < 0: a stands before b. 0 only for two rows of one time without seq. */
static int order(const struct pending *a, const struct row *b)
{
    if (a->q.ts_ns != b->q.ts_ns) {
        return a->q.ts_ns < b->q.ts_ns ? -1 : 1;
    }
    if (a->has_seq != b->has_seq) {
        return a->has_seq ? 1 : -1;
    }
    if (!a->has_seq) {
        return 0;
    }
    if (a->seq != b->seq) {
        return a->seq < b->seq ? -1 : 1;
    }
    return a->hash < b->hash ? -1 : 1;
}

/* Where the row belongs: the first that does not stand before it. */
static size_t place_of(const struct stream *s, const struct row *row)
{
    size_t low = s->head, high = s->end;
    if (high > low && order(&s->rows[high - 1], row) < 0) {
        return high;
    }
    while (low < high) {
        size_t mid = low + (high - low) / 2;
        if (order(&s->rows[mid], row) < 0) {
            low = mid + 1;
        } else {
            high = mid;
        }
    }
    return low;
}

static bool text_before(const char *a, size_t a_n, const char *b, size_t b_n)
{
    size_t n = a_n < b_n ? a_n : b_n;
    int cmp = n > 0 ? memcmp(a, b, n) : 0;
    return cmp != 0 ? cmp < 0 : a_n < b_n;
}

/* ---- members ---- */

/* Nothing before it is needed any more. */
static size_t first_needed(const struct stream *s)
{
    size_t first = s->texts.len;
    for (size_t i = s->head; i < s->end; i++) {
        const struct pending *p = &s->rows[i];
        first = p->member_n > 0 && p->member_at < first ? p->member_at : first;
    }
    return first;
}

static void move_up(struct stream *s)
{
    size_t first = first_needed(s);
    buf_drop(&s->texts, first);
    for (size_t i = s->head; i < s->end; i++) {
        s->rows[i].member_at -= s->rows[i].member_n > 0 ? first : 0;
    }
}

static bool keep_member(struct stream *s, struct pending *p, const char *member, size_t n)
{
    struct buf *texts = &s->texts;
    if (n >= texts->cap_bytes - texts->len && first_needed(s) >= texts->cap_bytes / 2) {
        move_up(s);
    }
    p->member_at = texts->len;
    p->member_n = (uint32_t)n;
    buf_add(texts, member, n);
    bool ok = !texts->failed;
    texts->failed = false; /* there may be room for the next */
    return ok;
}

/* Rows of files have no member: it is made where two of one time meet, in *made. False: no memory.
 */
static bool member_of(const struct stream *s, const struct pending *p, struct buf *made,
                      const char **text_out, size_t *n_out)
{
    if (p->member_n > 0) {
        *text_out = s->texts.data + p->member_at;
        *n_out = p->member_n;
        return true;
    }
    row_to_json(&(struct row){ .q = p->q }, "", made);
    *text_out = made->data;
    *n_out = made->len;
    return !made->failed;
}

static bool collapse(struct stream *s, struct pending *there, const struct pending *other)
{
    const char *a, *b;
    size_t a_n, b_n;
    struct buf a_made, b_made;
    buf_init(&a_made, ROW_MEMBER_MAX);
    buf_init(&b_made, ROW_MEMBER_MAX);
    bool ok = member_of(s, there, &a_made, &a, &a_n) && member_of(s, other, &b_made, &b, &b_n);
    if (ok && text_before(a, a_n, b, b_n)) {
        *there = *other;
    }
    buf_fini(&a_made);
    buf_fini(&b_made);
    if (ok) {
        there->q.flags |= OFD_ROW_TIE;
        s->counts.tied++;
    }
    return ok;
}

/* ---- in order ---- */

static bool insert(struct stream *s, const struct row *row, const struct pending *p)
{
    size_t at = place_of(s, row);
    if (at < s->end && !row->has_seq && order(&s->rows[at], row) == 0) {
        return collapse(s, &s->rows[at], p);
    }
    if (at < s->end) {
        memmove(s->rows + at + 1, s->rows + at, (s->end - at) * sizeof *s->rows);
    }
    s->rows[at] = *p;
    s->end++;
    s->most = s->end - s->head > s->most ? s->end - s->head : s->most;
    return true;
}

bool stream_repeats(struct stream *s, uint64_t hash)
{
    bool known = seen_has(&s->seen, hash);
    s->counts.repeated += known;
    return known;
}

bool stream_push(struct stream *s, const struct row *row, struct err *err)
{
    if (!seen_reserve(&s->seen, forget_before_ns(s))) {
        return err_set(err, ERR_MEMORY, "no memory to remember a quote");
    }
    if (!seen_add(&s->seen, row->hash, row->q.ts_ns)) {
        s->counts.repeated++;
        return true;
    }
    return stream_push_new(s, row, err);
}

bool stream_push_new(struct stream *s, const struct row *row, struct err *err)
{
    struct pending p = { .q = row->q, .seq = row->seq, .hash = row->hash, .has_seq = row->has_seq };
    if (!reserve(s, err)) {
        return false;
    }
    bool late = row->q.ts_ns <= s->taken_ns;
    bool decides = !late && !row->has_seq && row->member != NULL;
    if (decides && !keep_member(s, &p, row->member, row->member_n)) {
        return err_set(err, ERR_MEMORY, "no memory for another quote");
    }
    s->counts.read++;
    s->newest_ns = row->q.ts_ns > s->newest_ns ? row->q.ts_ns : s->newest_ns;
    if (late) {
        s->counts.late++;
        return true;
    }
    return insert(s, row, &p) || err_set(err, ERR_MEMORY, "no memory for another quote");
}

void stream_count_malformed(struct stream *s, enum malformed why)
{
    s->counts.malformed[why]++;
}

void stream_count_future(struct stream *s)
{
    s->counts.future++;
}

/* ---- out ---- */

bool stream_next(struct stream *s, int64_t boundary_ns, struct quote *out)
{
    if (s->head == s->end || s->rows[s->head].q.ts_ns > boundary_ns) {
        return false;
    }
    *out = s->rows[s->head].q;
    s->head++;
    if (s->head == s->end) {
        s->head = 0;
        s->end = 0;
        buf_clear(&s->texts);
    }
    return true;
}

/* Memory that history needed, or a burst, is given back. */
static void shrink(struct stream *s)
{
    size_t n = s->end - s->head, cap = s->cap;
    while (cap > ROWS_MIN && cap / 2 >= 2 * s->small_most) {
        cap /= 2;
    }
    struct pending *rows = malloc(cap * sizeof *rows); /* realloc() may keep large pages */
    if (rows == NULL) {
        return;
    }
    if (n > 0) {
        memcpy(rows, s->rows + s->head, n * sizeof *rows);
    }
    free(s->rows);
    s->rows = rows;
    s->head = 0;
    s->end = n;
    s->cap = cap;
    move_up(s);
    buf_trim(&s->texts);
}

static void note_use(struct stream *s)
{
    if (s->most == 0 || s->cap <= ROWS_KEPT) {
        return;
    }
    bool small = s->most < s->cap / 4;
    s->small = small ? s->small + 1 : 0;
    s->small_most = small && s->most > s->small_most ? s->most : small ? s->small_most : 0;
    s->most = 0;
    if (s->small == SMALL_TAKES) {
        shrink(s);
        s->small = s->small_most = 0;
    }
}

void stream_take(struct stream *s, int64_t boundary_ns)
{
    if (boundary_ns <= s->taken_ns) {
        return;
    }
    note_use(s);
    if (s->taken_ns != 0) {
        int64_t step_ns = boundary_ns - s->taken_ns;
        s->step_ns = step_ns < STEP_MAX_NS ? step_ns : STEP_MAX_NS;
    }
    s->taken_ns = boundary_ns;
}

int64_t stream_newest_ns(const struct stream *s)
{
    return s->newest_ns;
}

int64_t stream_oldest_pending_ns(const struct stream *s)
{
    return s->head < s->end ? s->rows[s->head].q.ts_ns : 0;
}

const struct stream_counts *stream_counts(const struct stream *s)
{
    return &s->counts;
}

void stream_expect(const struct stream *s, int step)
{
    if (step == 1) {
        prefetch_bytes(s, sizeof *s);
    } else if (s->end < s->cap) {
        const struct pending *last = s->rows + (s->end > 0 ? s->end - 1 : 0);
        prefetch_bytes(last, 2 * sizeof *last);
        seen_expect(&s->seen);
        if (s->texts.len > 0) {
            prefetch(s->texts.data + s->texts.len);
        }
    }
}
