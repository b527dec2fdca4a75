/* SPDX-License-Identifier: MIT */
#include "dbn_names.h"

#include "clock.h"
#include "eastern.h"

#include <stdlib.h>
#include <string.h>

enum {
    NAMES_MAX = 1 << 20,
    LIVE_NAMES_MAX = 200000,
    STYPE_INSTRUMENT_ID = 0,
    MAPPING_V1 = 80,
    MAPPING_V2 = 176
};
#define DAY_NS (86400 * NS_PER_S)

uint16_t dbn_u16(const unsigned char *p)
{
    return (uint16_t)(p[0] | p[1] << 8);
}

uint32_t dbn_u32(const unsigned char *p)
{
    return (uint32_t)p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16 | (uint32_t)p[3] << 24;
}

uint64_t dbn_u64(const unsigned char *p)
{
    return (uint64_t)dbn_u32(p) | (uint64_t)dbn_u32(p + 4) << 32;
}

static int by_id(const void *left, const void *right)
{
    const struct dbn_name *a = left, *b = right;
    if (a->id != b->id) {
        return a->id < b->id ? -1 : 1;
    }
    return (a->from_day > b->from_day) - (a->from_day < b->from_day);
}

static struct dbn_name *add(struct dbn_names *m)
{
    if (m->n == m->cap) {
        size_t cap = m->cap > 0 ? m->cap * 2 : 16;
        struct dbn_name *names = m->n < NAMES_MAX ? realloc(m->names, cap * sizeof *names) : NULL;
        if (names == NULL) {
            return NULL;
        }
        m->names = names;
        m->cap = cap;
    }
    return &m->names[m->n];
}

/* A text of `bytes` with zeros behind it. */
static size_t field_length(const unsigned char *p, size_t bytes)
{
    const unsigned char *end = memchr(p, '\0', bytes);
    return end != NULL ? (size_t)(end - p) : bytes;
}

static bool number(const unsigned char *p, size_t bytes, uint32_t *out)
{
    size_t n = field_length(p, bytes);
    uint64_t x = 0;
    for (size_t i = 0; i < n && x <= UINT32_MAX; i++) {
        if (p[i] < '0' || p[i] > '9') {
            return false;
        }
        x = x * 10 + (uint64_t)(p[i] - '0');
    }
    *out = (uint32_t)x;
    return n > 0 && x <= UINT32_MAX;
}

static void put_name(struct dbn_name *m, const unsigned char *p, size_t bytes)
{
    size_t n = field_length(p, bytes);
    n = n < DBN_NAME_MAX ? n : DBN_NAME_MAX - 1;
    memcpy(m->name, p, n);
    m->name[n] = '\0';
}

static int64_t day_of(uint32_t yyyymmdd)
{
    struct civil c = { (int)(yyyymmdd / 10000), (int)(yyyymmdd / 100 % 100),
                       (int)(yyyymmdd % 100) };
    return c.year > 9999 ? INT64_MAX : civil_days(c);
}

/* ---- metadata ---- */

struct cursor {
    const unsigned char *p;
    size_t left;
};

static bool take(struct cursor *c, size_t n, const unsigned char **out)
{
    if (n > c->left) {
        return false;
    }
    *out = c->p;
    c->p += n;
    c->left -= n;
    return true;
}

static bool take_u32(struct cursor *c, uint32_t *out)
{
    const unsigned char *p;
    if (!take(c, 4, &p)) {
        return false;
    }
    *out = dbn_u32(p);
    return true;
}

static bool skip_list(struct cursor *c, size_t symbol_bytes)
{
    const unsigned char *p;
    uint32_t n;
    return take_u32(c, &n) && n <= c->left / symbol_bytes && take(c, n * symbol_bytes, &p);
}

struct mapping {
    const unsigned char *raw;
    size_t symbol_bytes;
    bool id_is_out, id_is_in;
};

static bool take_interval(struct dbn_names *m, struct cursor *c, const struct mapping *of)
{
    uint32_t from, to, id = 0;
    const unsigned char *symbol;
    if (!take_u32(c, &from) || !take_u32(c, &to) || !take(c, of->symbol_bytes, &symbol)) {
        return false;
    }
    const unsigned char *name = of->id_is_out ? of->raw : symbol;
    bool known = (of->id_is_out && number(symbol, of->symbol_bytes, &id)) ||
                 (of->id_is_in && number(of->raw, of->symbol_bytes, &id));
    if (!known || field_length(name, of->symbol_bytes) == 0) {
        return true;
    }
    struct dbn_name *entry = add(m);
    if (entry == NULL) {
        return false;
    }
    entry->id = id;
    entry->from_day = day_of(from);
    entry->to_day = day_of(to);
    put_name(entry, name, of->symbol_bytes);
    m->n++;
    return true;
}

static bool take_mapping(struct dbn_names *m, struct cursor *c, struct mapping of)
{
    uint32_t intervals;
    if (!take(c, of.symbol_bytes, &of.raw) || !take_u32(c, &intervals)) {
        return false;
    }
    for (uint32_t k = 0; k < intervals; k++) {
        if (!take_interval(m, c, &of)) {
            return false;
        }
    }
    return true;
}

bool dbn_names_read(struct dbn_names *m, const unsigned char *meta, size_t n, size_t at,
                    size_t symbol_bytes, size_t stype_at, struct err *err)
{
    struct cursor c = { .p = meta, .left = n };
    struct mapping of = { .symbol_bytes = symbol_bytes };
    const unsigned char *p;
    uint32_t definition = 0, mappings = 0;
    bool ok = take(&c, at, &p) && take_u32(&c, &definition) && take(&c, definition, &p);
    for (int list = 0; ok && list < 3; list++) { /* symbols, partial, not found */
        ok = skip_list(&c, symbol_bytes);
    }
    ok = ok && take_u32(&c, &mappings);
    of.id_is_in = ok && meta[stype_at] == STYPE_INSTRUMENT_ID;
    of.id_is_out = ok && meta[stype_at + 1] == STYPE_INSTRUMENT_ID;
    for (uint32_t k = 0; ok && k < mappings; k++) {
        ok = take_mapping(m, &c, of);
    }
    if (m->n > 0) {
        qsort(m->names, m->n, sizeof *m->names, by_id);
    }
    return ok || err_set(err, ERR_PROTOCOL, "the lists of symbols end beyond their %zu bytes", n);
}

/* The first entry that is not of a smaller id. */
static size_t place_of(const struct dbn_names *m, uint32_t id)
{
    size_t low = 0, high = m->n;
    while (low < high) {
        size_t mid = low + (high - low) / 2;
        if (m->names[mid].id < id) {
            low = mid + 1;
        } else {
            high = mid;
        }
    }
    return low;
}

void dbn_names_record(struct dbn_names *m, const unsigned char *p, size_t n)
{
    bool first = n < MAPPING_V2;
    size_t bytes = first ? 22 : 71, in_at = first ? 16 : 17, out_at = first ? 38 : 89;
    if (n < MAPPING_V1) {
        return;
    }
    const unsigned char *name = p + (field_length(p + out_at, bytes) > 0 ? out_at : in_at);
    uint32_t id = dbn_u32(p + 4);
    size_t at = place_of(m, id);
    bool known = at < m->n && m->names[at].id == id;
    if (field_length(name, bytes) == 0 || (!known && (m->n >= LIVE_NAMES_MAX || add(m) == NULL))) {
        return;
    }
    if (!known) {
        memmove(m->names + at + 1, m->names + at, (m->n - at) * sizeof *m->names);
        m->n++;
    }
    m->names[at] = (struct dbn_name){ .id = id, .from_day = INT64_MIN, .to_day = INT64_MAX };
    put_name(&m->names[at], name, bytes);
}

void dbn_names_fini(struct dbn_names *m)
{
    free(m->names);
    *m = (struct dbn_names){ .names = NULL };
}

const char *dbn_names_find(struct dbn_names *m, uint32_t id, int64_t ts_ns)
{
    int64_t day = ts_ns / DAY_NS;
    size_t low = 0, high = m->n;
    if (m->last < m->n) {
        const struct dbn_name *e = &m->names[m->last];
        if (e->id == id && day >= e->from_day && day < e->to_day) {
            return e->name;
        }
    }
    while (low < high) { /* the last entry that begins no later */
        size_t mid = low + (high - low) / 2;
        const struct dbn_name *e = &m->names[mid];
        if (e->id < id || (e->id == id && e->from_day <= day)) {
            low = mid + 1;
        } else {
            high = mid;
        }
    }
    if (low == 0 || m->names[low - 1].id != id || day >= m->names[low - 1].to_day) {
        return NULL;
    }
    m->last = low - 1;
    return m->names[low - 1].name;
}
