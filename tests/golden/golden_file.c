/* SPDX-License-Identifier: MIT */
#include "golden_file.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

enum { WORDS_MAX = 48, PX_DIGITS = 9, MS_DIGITS = 6 };

static const int64_t CENT_PX = 10000000;

/* ---- text ------------------------------------------------------------------------------------ */

bool golden_fixed(const char *text, int digits, int64_t *out)
{
    bool negative = *text == '-';
    text += negative || *text == '+';
    int64_t value = 0;
    int decimals = -1;
    for (; *text != '\0'; text++) {
        if (*text == '.' && decimals < 0) {
            decimals = 0;
        } else if (*text >= '0' && *text <= '9' && decimals < digits && value < INT64_MAX / 100) {
            value = value * 10 + (*text - '0');
            decimals += decimals >= 0;
        } else {
            return false;
        }
    }
    for (int i = decimals < 0 ? 0 : decimals; i < digits; i++) {
        if (value > INT64_MAX / 10) {
            return false;
        }
        value *= 10;
    }
    *out = negative ? -value : value;
    return true;
}

static bool number(const char *text, double *out)
{
    char *end = NULL;
    *out = strtod(text, &end);
    return end != text && *end == '\0';
}

static bool copy(char to[GOLDEN_TEXT_MAX], const char *from)
{
    size_t n = strlen(from);
    if (n >= GOLDEN_TEXT_MAX) {
        return false;
    }
    memcpy(to, from, n + 1);
    return true;
}

/* KEY=VALUE or KEY=VALUE~TOLERANCE; cuts the word in place. */
static bool pair(char *word, struct golden_pair *out)
{
    char *value = strchr(word, '=');
    if (value == NULL) {
        return false;
    }
    *value++ = '\0';
    char *tolerance = strchr(value, '~');
    out->tolerance = -1.0;
    if (tolerance != NULL) {
        *tolerance++ = '\0';
        if (!number(tolerance, &out->tolerance)) {
            return false;
        }
    }
    return copy(out->key, word) && copy(out->text, value);
}

/* An array of n elements with room for one more: the old one or a grown copy of it. NULL when out
 * of memory; the old one stays as it is then. */
static void *room(void *array, size_t n, size_t *cap, size_t bytes)
{
    if (n < *cap) {
        return array;
    }
    size_t more = *cap == 0 ? 16 : 2 * *cap;
    void *grown = realloc(array, more * bytes);
    *cap = grown != NULL ? more : *cap;
    return grown;
}

/* ---- lines ----------------------------------------------------------------------------------- */

static bool case_line(struct golden_file *g, char **words, size_t n)
{
    struct golden_case *cases = room(g->cases, g->n_cases, &g->cap_cases, sizeof *cases);
    if (cases == NULL) {
        return false;
    }
    g->cases = cases;
    struct golden_case *c = &cases[g->n_cases++];
    *c = (struct golden_case){ .px_tick = CENT_PX };
    return n == 2 && copy(c->name, words[1]);
}

static bool set_line(struct golden_case *c, char **words, size_t n)
{
    for (size_t i = 1; i < n; i++) {
        if (c->n_sets == GOLDEN_SETS_MAX || !pair(words[i], &c->sets[c->n_sets++])) {
            return false;
        }
    }
    return true;
}

uint32_t golden_row_flags(const struct harness_row *row, const struct harness_row *before)
{
    bool bid = row->bid_px != 0, ask = row->ask_px != 0;
    uint32_t flags = bid != ask ? OFD_ROW_ONE_SIDED : !bid ? OFD_ROW_EMPTY : 0;
    if (bid && ask && row->bid_px >= row->ask_px) {
        flags |= row->bid_px == row->ask_px ? OFD_ROW_LOCKED : OFD_ROW_CROSSED;
    }
    if (before != NULL && row->bid_px == before->bid_px && row->ask_px == before->ask_px &&
        row->bid_sz == before->bid_sz && row->ask_sz == before->ask_sz) {
        flags |= OFD_ROW_DUPLICATE;
    }
    return flags;
}

/* How a row is repeated: how often, how much later and how much higher each time. */
struct repeat {
    int64_t times, step_ns, step_px;
};

static bool rows_add(struct golden_case *c, struct harness_row row, const struct repeat *r)
{
    uint32_t given = row.flags;
    for (int64_t i = 0; i < r->times; i++) {
        struct harness_row *rows = room(c->rows, c->n_rows, &c->cap_rows, sizeof *rows);
        if (rows == NULL) {
            return false;
        }
        c->rows = rows;
        const struct harness_row *before = c->n_rows > 0 ? &rows[c->n_rows - 1] : NULL;
        if (before != NULL && row.ts_ns < before->ts_ns) {
            return false;
        }
        row.flags = golden_row_flags(&row, before) | (i == 0 ? given : 0);
        rows[c->n_rows++] = row;
        row.ts_ns += r->step_ns;
        row.bid_px += row.bid_px != 0 ? r->step_px : 0;
        row.ask_px += row.ask_px != 0 ? r->step_px : 0;
    }
    return true;
}

static bool repeat_word(const char *word, struct repeat *out)
{
    switch (word[0]) {
    case 'x':
        return golden_fixed(word + 1, 0, &out->times);
    case '+':
        return golden_fixed(word + 1, MS_DIGITS, &out->step_ns);
    case '^':
        return golden_fixed(word + 1, PX_DIGITS, &out->step_px);
    default:
        return false;
    }
}

/* What only the host can know of a row: gap, wide, tie. 0: another word. */
static uint32_t row_word(const char *word)
{
    return strcmp(word, "gap") == 0    ? OFD_ROW_GAP
           : strcmp(word, "wide") == 0 ? OFD_ROW_WIDE
           : strcmp(word, "tie") == 0  ? OFD_ROW_TIE
                                       : 0;
}

static bool row_line(struct golden_case *c, char **words, size_t n)
{
    struct harness_row row = { 0 };
    struct repeat repeat = { .times = 1 };
    if (n < 5 || !golden_fixed(words[0], MS_DIGITS, &row.ts_ns) ||
        !golden_fixed(words[1], PX_DIGITS, &row.bid_px) || !number(words[2], &row.bid_sz) ||
        !golden_fixed(words[3], PX_DIGITS, &row.ask_px) || !number(words[4], &row.ask_sz)) {
        return false;
    }
    for (size_t i = 5; i < n; i++) {
        uint32_t flag = row_word(words[i]);
        row.flags |= flag;
        if (flag == 0 && !repeat_word(words[i], &repeat)) {
            return false;
        }
    }
    return rows_add(c, row, &repeat);
}

static int32_t side_of(const char *word)
{
    return strcmp(word, "bid") == 0   ? OFD_BID
           : strcmp(word, "ask") == 0 ? OFD_ASK
           : strcmp(word, "-") == 0   ? OFD_NO_SIDE
                                      : -1;
}

static bool expect_line(struct golden_case *c, char **words, size_t n)
{
    int64_t dir = 0;
    struct golden_expect e = { .price = OFD_NO_PRICE };
    if (n < 6 || !golden_fixed(words[1], MS_DIGITS, &e.ts_ns) || !copy(e.kind, words[2]) ||
        (strcmp(words[4], "-") != 0 && !golden_fixed(words[4], PX_DIGITS, &e.price)) ||
        !golden_fixed(words[5], 0, &dir)) {
        return false;
    }
    e.side = side_of(words[3]);
    e.dir = (int32_t)dir;
    for (size_t i = 6; i < n; i++) {
        if (e.n_checks == GOLDEN_CHECKS_MAX || !pair(words[i], &e.checks[e.n_checks++])) {
            return false;
        }
    }
    struct golden_expect *expects =
        room(c->expects, c->n_expects, &c->cap_expects, sizeof *expects);
    if (expects == NULL) {
        return false;
    }
    c->expects = expects;
    expects[c->n_expects++] = e;
    return e.side >= 0;
}

bool golden_is_expect(const char *line)
{
    return strncmp(line, "expect ", 7) == 0;
}

static bool line_take(struct golden_file *g, char *text)
{
    char *words[WORDS_MAX], *rest = NULL;
    size_t n = 0;
    for (char *w = strtok_r(text, " \t", &rest); w != NULL && n < WORDS_MAX && w[0] != '#';
         w = strtok_r(NULL, " \t", &rest)) {
        words[n++] = w;
    }
    if (n == 0) {
        return true;
    }
    if (strcmp(words[0], "case") == 0) {
        bool ok = case_line(g, words, n);
        if (ok) {
            g->cases[g->n_cases - 1].last_line = g->n_lines - 1;
        }
        return ok;
    }
    if (g->n_cases == 0) {
        return false;
    }
    struct golden_case *c = &g->cases[g->n_cases - 1];
    if (strcmp(words[0], "expect") == 0) {
        return expect_line(c, words, n);
    }
    c->last_line = g->n_lines - 1;
    if (strcmp(words[0], "set") == 0) {
        return set_line(c, words, n);
    }
    if (strcmp(words[0], "tick") == 0) {
        return n == 2 && golden_fixed(words[1], PX_DIGITS, &c->px_tick) && c->px_tick > 0;
    }
    return row_line(c, words, n);
}

/* ---- files ----------------------------------------------------------------------------------- */

static bool lines_read(struct golden_file *g, FILE *in)
{
    char *line = NULL;
    size_t cap = 0;
    bool ok = true;
    while (ok && getline(&line, &cap, in) != -1) {
        line[strcspn(line, "\r\n")] = '\0';
        char *kept = strdup(line);
        char **lines = room(g->lines, g->n_lines, &g->cap_lines, sizeof *lines);
        g->lines = lines != NULL ? lines : g->lines;
        if (kept == NULL || lines == NULL) {
            free(kept);
            ok = false;
            break;
        }
        lines[g->n_lines++] = kept;
        ok = line_take(g, line);
    }
    free(line);
    return ok;
}

bool golden_read(struct golden_file *g, const char *path)
{
    *g = (struct golden_file){ .path = path };
    FILE *in = fopen(path, "r");
    if (in == NULL) {
        (void)fprintf(stderr, "%s: %s\n", path, strerror(errno));
        return false;
    }
    errno = 0;
    bool ok = lines_read(g, in);
    int why = ferror(in) != 0 ? errno : 0;
    (void)fclose(in);
    if (why != 0) {
        (void)fprintf(stderr, "%s: %s\n", path, strerror(why));
        ok = false;
    } else if (ok && g->n_cases == 0) {
        (void)fprintf(stderr, "%s: no case in it: a golden file has a line `case NAME`, and rows\n",
                      path);
        ok = false;
    } else if (!ok) {
        (void)fprintf(stderr, "%s:%zu: not understood, or time runs backwards\n", path, g->n_lines);
    }
    return ok;
}

void golden_fini(struct golden_file *g)
{
    for (size_t i = 0; i < g->n_lines; i++) {
        free(g->lines[i]);
    }
    for (size_t i = 0; i < g->n_cases; i++) {
        free(g->cases[i].rows);
        free(g->cases[i].expects);
    }
    free(g->lines);
    free(g->cases);
    *g = (struct golden_file){ 0 };
}
