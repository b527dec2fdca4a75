/* SPDX-License-Identifier: MIT */
#include "decimal.h"
#include "emission.h"
#include "orderflow/detector.h"
#include "quarantine.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { FILE_MAX_BYTES = 64 << 20, ROWS_MAX = 200000 };

/* ---- text ------------------------------------------------------------------------------------ */

/* One line, whatever stands in the text. */
static void put_line(struct buf *out, const char *key, const char *text)
{
    buf_printf(out, "# %s ", key);
    for (const char *at = text; *at != '\0'; at++) {
        unsigned char c = (unsigned char)*at;
        buf_putc(out, c < 0x20 || c == 0x7f ? ' ' : *at);
    }
    buf_putc(out, '\n');
}

static void put_time(struct buf *out, const char *key, int64_t ns)
{
    char when[CLOCK_ISO_MAX];
    (void)clock_print_iso(when, ns);
    put_line(out, key, when);
}

static void put_strikes(const struct strikes *strikes, struct buf *out)
{
    for (size_t i = 0; i < strikes->n; i++) {
        char text[CLOCK_ISO_MAX + STRIKE_TEXT_MAX + 2];
        char when[CLOCK_ISO_MAX];
        (void)clock_print_iso(when, strikes->items[i].wall_ns);
        (void)snprintf(text, sizeof text, "%s %s", when, strikes->items[i].text);
        put_line(out, "strike", text);
    }
}

static void put_head(const struct quarantine_case *c, struct buf *out)
{
    const struct strikes *s = c->strikes;
    buf_puts(out, "# orderflow quarantine 1\n");
    put_line(out, "detector", c->decl->id);
    put_line(out, "sha256", c->sha256);
    put_line(out, "path", c->path);
    put_line(out, "version", c->decl->version != NULL ? c->decl->version : "");
    put_time(out, "since", c->wall_ns);
    put_line(out, "cause", s->n > 0 ? s->items[s->n - 1].text : "");
    put_line(out, "signal", c->signal);
    put_line(out, "phase", c->phase);
    put_strikes(s, out);
    if (c->ticker != NULL) {
        put_line(out, "ticker", c->ticker);
    }
    if (c->boundary_ns != 0) {
        put_time(out, "boundary", c->boundary_ns);
    }
    buf_printf(out, "# Release: orderflow detectors --release %s\n", c->decl->id);
}

static void put_params(const struct quarantine_case *c, struct buf *out)
{
    char text[DECIMAL_MAX];
    for (uint32_t i = 0; i < c->decl->n_params; i++) {
        const struct declared *p = &c->decl->params[i];
        double value = c->params[i];
        if (value == p->def) {
            continue;
        }
        if (p->type == OFD_CHOICE && value >= 0 && value < p->n_choices) {
            buf_printf(out, "set %s=%s\n", p->key, p->choices[(size_t)value]);
        } else {
            (void)decimal_print_repr(text, value);
            buf_printf(out, "set %s=%s\n", p->key, text);
        }
    }
}

/* Milliseconds, with up to six decimals. */
static void put_ms(struct buf *out, int64_t ns)
{
    buf_printf(out, "%" PRId64, ns / NS_PER_MS);
    if (ns % NS_PER_MS != 0) {
        buf_printf(out, ".%06" PRId64, ns % NS_PER_MS);
    }
}

static void put_row(const struct rows *r, size_t i, struct buf *out)
{
    char bid[DECIMAL_MAX], ask[DECIMAL_MAX], bid_size[DECIMAL_MAX], ask_size[DECIMAL_MAX];
    (void)decimal_print_px(bid, r->bid_px[i], 0);
    (void)decimal_print_px(ask, r->ask_px[i], 0);
    (void)decimal_print_repr(bid_size, r->bid_sz[i]);
    (void)decimal_print_repr(ask_size, r->ask_sz[i]);
    put_ms(out, r->ts_ns[i]);
    buf_printf(out, " %s %s %s %s%s\n", bid, bid_size, ask, ask_size,
               (r->flags[i] & OFD_ROW_GAP) != 0 ? " gap" : "");
}

/* The engine goes on writing while a worker is late: rows that moved meanwhile are not in order. */
static bool in_order(const struct rows *r, int64_t end_ns)
{
    for (size_t i = 1; i < r->n; i++) {
        if (r->ts_ns[i] < r->ts_ns[i - 1]) {
            return false;
        }
    }
    return r->n > 0 && r->ts_ns[0] > 0 && r->ts_ns[r->n - 1] <= end_ns;
}

static void put_rows(const struct quarantine_case *c, struct buf *out)
{
    char step[DECIMAL_MAX];
    (void)decimal_print_px(step, c->px_tick, 0);
    buf_printf(out, "tick %s\n", step);
    if (c->rows == NULL || !in_order(c->rows, c->boundary_ns)) {
        buf_puts(out, "# the rows had moved on before they could be written\n");
        return;
    }
    size_t from = rows_after(c->rows, emission_oldest_ns(c->decl, c->boundary_ns) - 1);
    if (c->rows->n - from > ROWS_MAX) {
        from = c->rows->n - ROWS_MAX;
        buf_printf(out, "# the last %d rows of those it was shown\n", ROWS_MAX);
    }
    for (size_t i = from; i < c->rows->n; i++) {
        put_row(c->rows, i, out);
    }
}

void quarantine_print(const struct quarantine_case *c, struct buf *out)
{
    put_head(c, out);
    if (c->ticker == NULL) {
        return;
    }
    buf_printf(out, "case %s\n", c->decl->id);
    put_params(c, out);
    if (c->boundary_ns != 0) {
        put_rows(c, out);
    }
}

/* ---- file ------------------------------------------------------------------------------------ */

/* The folder and those above it. */
static bool make_folder(const char *dir, struct err *err)
{
    char path[4096];
    size_t n = strlen(dir);
    if (n >= sizeof path) {
        return err_set(err, ERR_INVALID, "path too long: %s", dir);
    }
    memcpy(path, dir, n + 1);
    for (char *at = path + 1; *at != '\0'; at++) {
        if (*at == '/') {
            *at = '\0';
            (void)mkdir(path, 0755);
            *at = '/';
        }
    }
    return mkdir(path, 0700) == 0 || errno == EEXIST || err_sys(err, "%s", dir);
}

static bool write_all(int fd, const char *data, size_t n)
{
    while (n > 0) {
        ssize_t put = write(fd, data, n);
        if (put < 0 && errno == EINTR) {
            continue;
        }
        if (put <= 0) {
            return false;
        }
        data += put;
        n -= (size_t)put;
    }
    return fsync(fd) == 0;
}

static bool put_file(const char *file, const struct buf *text, struct err *err)
{
    char temp[4200];
    (void)snprintf(temp, sizeof temp, "%s.new", file);
    (void)unlink(temp);
    int fd = open(temp, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (fd < 0) {
        return err_sys(err, "%s", temp);
    }
    bool ok = write_all(fd, text->data, text->len) || err_sys(err, "writing %s", temp);
    (void)close(fd);
    ok = ok && (rename(temp, file) == 0 || err_sys(err, "%s", file));
    if (!ok) {
        (void)unlink(temp);
    }
    return ok;
}

bool quarantine_write(const char *dir, const struct quarantine_case *c, char file_out[4096],
                      struct err *err)
{
    struct buf text;
    char file[4096];
    int n = snprintf(file, sizeof file, "%s/%s.%s.txt", dir, c->decl->id, c->sha256);
    if (n >= (int)sizeof file) {
        return err_set(err, ERR_INVALID, "path too long: %s", dir);
    }
    buf_init(&text, FILE_MAX_BYTES);
    quarantine_print(c, &text);
    bool ok = (!text.failed || err_set(err, ERR_MEMORY, "no memory for a quarantine's file")) &&
              make_folder(dir, err) && put_file(file, &text, err);
    buf_fini(&text);
    if (ok && file_out != NULL) {
        memcpy(file_out, file, (size_t)n + 1);
    }
    return ok;
}
