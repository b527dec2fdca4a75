/* SPDX-License-Identifier: MIT */
/*
 * orderflow detector ABI, version 1: all that a detector plugin and its host share.
 *
 * A detector is a shared object that exports one function, ofd_entry_v1(). It declares in static
 * tables what it is, which parameters it takes and what its patterns look like; the host parses
 * the configuration, stores and draws the patterns, and decides when an episode begins and ends.
 * The detector answers one question only: at which of the new rows is the pattern true?
 *
 * Rules that hold everywhere
 *   size      Every struct begins with its size. Later versions only append members: read one that
 *             is newer than 1.0 only after OFD_HAS(). Walk arrays by their stride.
 *   memory    Nothing changes owner. What the host passes lives until the call returns; emit() and
 *             log() copy. Tables that the plugin returns live as long as the plugin is loaded.
 *   threads   One instance is called by one thread at a time. A process may hold many instances.
 *   time      tick->now_ns is the only clock. ts_ns is UTC, nanoseconds since 1970.
 *   price     int64_t in 1e-9 currency units, exact; 0 means that the side is absent.
 *   size      double, in the unit configured for the ticker (shares).
 *   errors    create() returns NULL and detect() a negative number after one log() line. No C++
 *             exception and no longjmp may cross this boundary.
 *
 * Compiles as C11 and later and as C++11 and later. Needs nothing but <stdint.h> and <stddef.h>.
 */
#ifndef ORDERFLOW_DETECTOR_H
#define ORDERFLOW_DETECTOR_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#define OFD_MAJOR 1 /* part of the entry's name: another major is never found, never misread */
#define OFD_MINOR 0 /* grows with each appended member or extension */

/* The size of T while m was its last member: the least that a host of any later version asks for.
 */
#define OFD_UP_TO(T, m) (offsetof(T, m) + sizeof(((T *)0)->m))
/* True when the struct at p, of type T, is large enough to hold member m. */
#define OFD_HAS(p, T, m) ((p)->size >= offsetof(T, m) + sizeof((p)->m))

#if defined(__GNUC__) || defined(__clang__)
#define OFD_EXPORT __attribute__((visibility("default")))
#else
#define OFD_EXPORT
#endif

/* ---- what a detector declares: static tables ---------------------------------------------- */

enum { OFD_INT = 1, OFD_REAL = 2, OFD_PRICE = 3, OFD_CHOICE = 4 };

/* A parameter, set in [detector:ID] of the INI. The host checks range and type and hands over a
 * double: an OFD_INT is whole, an OFD_CHOICE is the index of its word. OFD_PRICE is not a parameter
 * type. `step` is a hint for tuning, 0 for none. */
typedef struct ofd_param {
    uint32_t size, type;
    const char *key, *unit, *help; /* key: [a-z][a-z0-9_]{0,31}; unit may be "" */
    double def, min, max, step;
    const char *const *choices; /* n_choices words, for OFD_CHOICE; else NULL */
    uint32_t n_choices, reserved0;
} ofd_param;

/* A field of evidence that a pattern may carry. The host stores and draws it under `key`. */
typedef struct ofd_field {
    uint32_t size, type; /* OFD_INT, OFD_REAL, OFD_PRICE or OFD_CHOICE */
    const char *key, *unit, *help;
    const char *const *choices; /* words by index, for OFD_CHOICE; else NULL */
    uint32_t n_choices, reserved0;
} ofd_field;

/* A kind of pattern: the `type` that users see. Most detectors have one. */
typedef struct ofd_kind {
    uint32_t size, flags;
    const char *key, *help;
} ofd_kind;

/* ---- what a detector sees -------------------------------------------------------------------- */

/* Optional columns a detector may require (ofd_plugin.columns). Without its column it is refused
 * at load, with that reason. The quote columns below are always there. */
enum { OFD_COL_TRADES = 1 }; /* trade_px, trade_sz */

/* What the host found about a row (ofd_window.flags, bits). */
enum {
    OFD_ROW_DUPLICATE = 1 << 0, /* both sides equal the row before: a heartbeat */
    OFD_ROW_ONE_SIDED = 1 << 1, /* one side is absent: its price and size are 0 */
    OFD_ROW_EMPTY = 1 << 2,     /* both sides are absent */
    OFD_ROW_LOCKED = 1 << 3,    /* bid equals ask */
    OFD_ROW_CROSSED = 1 << 4,   /* bid above ask */
    OFD_ROW_WIDE = 1 << 5,      /* spread far above what is usual for the ticker */
    OFD_ROW_GAP = 1 << 6,       /* first row after a gap in the data */
    OFD_ROW_TIE = 1 << 7        /* rows of the same ms were collapsed into this one */
};

/* The rows of (now - seconds - memory_s, now], oldest first, as columns. Rows [0, begin) lie before
 * the window proper; rows [first_new, n) have not been shown to this instance before. n == 0 and
 * first_new == n are legal. Columns are read-only memory: a store is a crash. */
typedef struct ofd_window {
    uint32_t size, seconds;
    uint64_t n, begin, first_new;
    uint64_t first_seq; /* number of row 0 since the ticker was first seen; grows by 1 a row */
    const int64_t *ts_ns, *bid_px, *ask_px;
    const double *bid_sz, *ask_sz;
    const uint32_t *flags;
    const int64_t *trade_px; /* NULL unless OFD_COL_TRADES was required */
    const double *trade_sz;
} ofd_window;

enum {
    OFD_TICK_PRIMING = 1 << 0
}; /* history is being replayed: what is emitted is not published */

typedef struct ofd_tick {
    uint32_t size, flags;
    int64_t now_ns;  /* the boundary: every row has ts_ns <= now_ns */
    int64_t px_tick; /* the ticker's price step in 1e-9; > 0 */
    uint64_t seq;    /* number of the tick for this ticker */
    uint32_t n_windows, window_stride;
    const ofd_window *windows; /* as declared in window_s, in that order */
} ofd_tick;

/* The i-th window of a tick. */
static inline const ofd_window *ofd_window_at(const ofd_tick *t, uint32_t i)
{
    return (const ofd_window *)(const void *)((const char *)(const void *)t->windows +
                                              (size_t)i * t->window_stride);
}

/* ---- what a detector says ------------------------------------------------------------------- */

#define OFD_NO_PRICE INT64_MIN

enum { OFD_NO_SIDE = 0, OFD_BID = 1, OFD_ASK = 2 };

/* One piece of evidence. OFD_INT, OFD_PRICE and OFD_CHOICE (an index) travel in i, OFD_REAL in f.
 */
typedef struct ofd_value {
    uint32_t field, reserved0; /* index into ofd_plugin.fields */
    int64_t i;
    double f;
} ofd_value;

/* "At row time ts_ns the pattern was true." Emit it again for each row at which it still is true:
 * the host joins them into one episode by (kind, side, price) and ends it once rows come at which
 * it is not. Never count, hold or suppress repeats yourself. */
typedef struct ofd_pattern {
    uint32_t size, kind; /* kind: index into ofd_plugin.kinds */
    int32_t side;        /* OFD_BID, OFD_ASK or OFD_NO_SIDE */
    int32_t dir;         /* what it suggests for the price: +1, -1 or 0 */
    int64_t ts_ns;       /* time of a new row, or now_ns for a verdict about the whole window */
    int64_t start_ns;    /* since when, <= ts_ns; 0: since ts_ns */
    int64_t price;       /* the level it belongs to, or OFD_NO_PRICE */
    double value;        /* how strong: the episode's peak is where this is largest */
    const ofd_value *ev;
    uint32_t n_ev, ev_stride;
} ofd_pattern;

/* What emit() answers besides 0. */
enum { OFD_BAD_VALUE = -1, OFD_LIMIT = -2 };

enum { OFD_LOG_DEBUG = 0, OFD_LOG_INFO = 1, OFD_LOG_WARN = 2, OFD_LOG_ERROR = 3 };

/* Passed to create(); valid until destroy() returns. Callable from create, detect and destroy. */
typedef struct ofd_host ofd_host;
struct ofd_host {
    uint32_t size, minor;
    void *ctx; /* the host's own */
    /* Copies the pattern. Returns 0, OFD_BAD_VALUE (it is dropped and counted against the detector)
     * or OFD_LIMIT (no more in this call: stop emitting). */
    int32_t (*emit)(const ofd_host *host, const ofd_pattern *p);
    /* Copies one line of UTF-8 text without newline; rate-limited. */
    void (*log)(const ofd_host *host, uint32_t level, const char *text);
    /* An extension's table by its id, such as "ofd.state/1", or NULL. */
    const void *(*ext)(const ofd_host *host, const char *id);
};

typedef struct ofd_config {
    uint32_t size, n_params;
    const double *params; /* in the order of ofd_plugin.params; always n_params of them */
    const char *ticker;
    uint64_t columns; /* OFD_COL_* that this host delivers */
} ofd_config;

/* DETERMINISTIC: the same rows give the same patterns in any process. ROWS: judges each new row by
 * the rows within memory_s before it, so that batching cannot change what it finds. OFF: runs only
 * where its section says enabled = true. */
enum { OFD_DETERMINISTIC = 1 << 0, OFD_ROWS = 1 << 1, OFD_OFF = 1 << 2 };

typedef struct ofd_plugin {
    uint32_t size, minor;       /* minor: OFD_MINOR it was built against */
    const char *id;             /* [a-z][a-z0-9_]{0,31}; names its INI section, for ever */
    const char *name, *version; /* version: semver */
    const char *vendor, *description, *url, *license;
    uint64_t flags, columns;
    const uint32_t *window_s; /* n_windows lengths in seconds, each 1..3600; at least one */
    uint32_t n_windows;
    uint32_t memory_s;  /* rows older than this before a row cannot matter to it; 0: 600 */
    uint32_t budget_us; /* what one detect() should take at most; 0: 1000 */
    uint32_t n_params, param_stride;
    uint32_t n_kinds, kind_stride;
    uint32_t n_fields, field_stride;
    uint32_t reserved0;
    const ofd_param *params;
    const ofd_kind *kinds;
    const ofd_field *fields;
    /* A new instance for one ticker, or NULL after one log() line. */
    void *(*create)(const ofd_host *host, const ofd_config *config);
    void (*destroy)(void *self);
    /* Judges the new rows. 0, or negative after one log() line. */
    int32_t (*detect)(void *self, const ofd_tick *tick);
    /* The plugin's table for an extension id, or NULL. May itself be NULL. */
    const void *(*ext)(const char *id);
} ofd_plugin;

/* The one exported function: the plugin's index-th detector (0, 1, ...), NULL past the last. Called
 * before anything else, any number of times, with the same answer. host_minor: the host's
 * OFD_MINOR. */
OFD_EXPORT const ofd_plugin *ofd_entry_v1(uint32_t host_minor, uint32_t index);

#ifdef __cplusplus
}
#endif
#endif
