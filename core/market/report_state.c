/* SPDX-License-Identifier: MIT */
/* Pressure and active patterns of a state as text, both ways. */
#include "orderflow/detector.h"
#include "report_parsed.h"
#include "report_text.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define PLENTY 1e15

/* ---- pressure ---- */

static void put_digits(struct buf *out, int64_t x)
{
    char text[DECIMAL_MAX];
    buf_add(out, text, decimal_print_i64(text, x));
}

static void put_windows(const struct pressure *p, struct buf *out)
{
    char signs[PRESSURE_WINDOWS + 1], text[DECIMAL_MAX];
    pressure_signs(p, signs);
    put_word(out, "signs", signs);
    put_key(out, "net_ticks");
    for (int i = 0; i < PRESSURE_WINDOWS; i++) {
        buf_puts(out, i == 0 ? "[" : ", ");
        put_digits(out, p->windows[i].net_ticks);
    }
    buf_puts(out, "]");
    put_key(out, "ofi_n");
    for (int i = 0; i < PRESSURE_WINDOWS; i++) {
        bool known = isfinite(p->windows[i].ofi_n);
        size_t n = known ? text_number(text, p->windows[i].ofi_n) : 0;
        buf_puts(out, i == 0 ? "[" : ", ");
        buf_add(out, known ? text : "null", known ? n : 4);
    }
    buf_puts(out, "]");
}

/* "29333338:1 29333336:2": minutes since 1970 and how often the state changed in them. */
static void put_flips(const struct pressure *p, struct buf *out)
{
    put_key(out, "flips");
    buf_putc(out, '"');
    const char *space = "";
    for (int i = 0; i < PRESSURE_FLIP_MINUTES; i++) {
        if (p->flips[i] > 0) {
            buf_puts(out, space);
            put_digits(out, p->flip_minute - i);
            buf_putc(out, ':');
            put_digits(out, p->flips[i]);
            space = " ";
        }
    }
    buf_putc(out, '"');
}

void pressure_put(const struct pressure *p, struct buf *out)
{
    buf_putc(out, '{');
    put_word(out, "state", pressure_state_name(p->state));
    put_ms(out, "since_ms", p->since_ns);
    put_word(out, "previous", pressure_state_name(pressure_previous(p)));
    put_int(out, "flips_30m", pressure_flips(p, p->tick_ns));
    put_windows(p, out);
    put_ms(out, "tick_ms", p->tick_ns);
    put_word(out, "known", pressure_state_name(p->known));
    put_word(out, "before", pressure_state_name(p->before));
    put_word(out, "pending", pressure_state_name(p->pending));
    put_ms(out, "pending_ms", p->pending_ns);
    put_flips(p, out);
    buf_putc(out, '}');
}

static enum pressure_state get_state(struct parsed *p, const char *name)
{
    const char *text = parsed_text(p, name);
    for (enum pressure_state s = PRESSURE_UNKNOWN; s <= PRESSURE_SELLING; s++) {
        if (strcmp(text, pressure_state_name(s)) == 0) {
            return s;
        }
    }
    parsed_fail(p, name, "is none of UNKNOWN, MIXED, BUYING, SELLING");
    return PRESSURE_UNKNOWN;
}

static double get_element(struct parsed *p, const char *name, int i, bool may_be_null)
{
    struct parsed_value v = parsed_element(p, name, i);
    if (may_be_null && v.kind == PARSED_NULL) {
        return NAN;
    }
    if (v.kind != PARSED_NUMBER || fabs(v.number) > PLENTY) {
        parsed_fail(p, name, "is not three numbers");
        return 0;
    }
    return v.number;
}

static void get_windows(struct parsed *p, struct pressure *out)
{
    const char *signs = parsed_text(p, "signs");
    if (!p->failed &&
        (strlen(signs) != PRESSURE_WINDOWS || strspn(signs, "+-0") != strlen(signs))) {
        parsed_fail(p, "signs", "are not three of + - 0");
    }
    for (int i = 0; !p->failed && i < PRESSURE_WINDOWS; i++) {
        out->windows[i] = (struct pressure_window){
            .sign = signs[i] == '+'   ? 1
                    : signs[i] == '-' ? -1
                                      : 0,
            .ofi_n = get_element(p, "ofi_n", i, true),
            .net_ticks = (int64_t)get_element(p, "net_ticks", i, false),
        };
    }
}

static void get_flips(struct parsed *p, struct pressure *out)
{
    const char *text = parsed_text(p, "flips");
    out->flip_minute = out->tick_ns / INT64_C(60000000000);
    while (!p->failed && *text != '\0') {
        char *end;
        long long minute = strtoll(text, &end, 10);
        long n = end != text && *end == ':' ? strtol(end + 1, &end, 10) : 0;
        long long age = out->flip_minute - minute;
        if (n < 1 || n > UINT16_MAX || minute < 0 || age < 0 || (*end != '\0' && *end != ' ')) {
            parsed_fail(p, "flips", "are not MINUTE:COUNT ...");
            return;
        }
        if (age < PRESSURE_FLIP_MINUTES) {
            out->flips[age] = (uint16_t)n;
        }
        text = end + (*end == ' ');
    }
}

bool pressure_get(struct pressure *out, const char *text, size_t n, struct err *err)
{
    struct parsed p;
    parsed_open(&p, text, n, err);
    struct pressure got = {
        .state = get_state(&p, "state"),
        .since_ns = parsed_ms(&p, "since_ms"),
        .known = get_state(&p, "known"),
        .before = get_state(&p, "before"),
        .pending = get_state(&p, "pending"),
        .pending_ns = parsed_ms(&p, "pending_ms"),
        .tick_ns = parsed_ms(&p, "tick_ms"),
    };
    get_windows(&p, &got);
    get_flips(&p, &got);
    if (!parsed_close(&p)) {
        return false;
    }
    *out = got;
    return true;
}

/* ---- active patterns ---- */

void active_put(const struct report *r, struct buf *out)
{
    buf_putc(out, '[');
    for (int i = 0; i < r->n_active; i++) {
        const struct active_pattern *a = &r->active[i];
        char price[DECIMAL_MAX];
        buf_puts(out, i == 0 ? "{" : ", {");
        put_text(out, "id", a->id);
        put_text(out, "type", a->kind);
        if (a->side != OFD_NO_SIDE) {
            put_word(out, "side", side_name(a->side));
        }
        put_int(out, "dir", a->dir);
        if (a->price != OFD_NO_PRICE) {
            (void)decimal_print_px(price, a->price, 1);
            put_word(out, "level_px", price);
        }
        put_ms(out, "onset_ms", a->onset_ns);
        buf_putc(out, '}');
    }
    buf_putc(out, ']');
}

static void get_word(struct parsed *p, const char *name, char *out, size_t cap)
{
    const char *text = parsed_text(p, name);
    if (!p->failed && (text[0] == '\0' || strlen(text) >= cap)) {
        parsed_fail(p, name, "is empty or too long");
        return;
    }
    (void)snprintf(out, cap, "%s", text);
}

static void get_active(struct parsed *p, struct active_pattern *out)
{
    const char *side = parsed_has(p, "side") ? parsed_text(p, "side") : "";
    get_word(p, "id", out->id, sizeof out->id);
    get_word(p, "type", out->kind, sizeof out->kind);
    out->side = strcmp(side, "bid") == 0 ? OFD_BID : strcmp(side, "ask") == 0 ? OFD_ASK : 0;
    out->dir = (int32_t)parsed_int(p, "dir", -1, 1);
    out->price = parsed_has(p, "level_px") ? parsed_px(p, "level_px") : OFD_NO_PRICE;
    out->onset_ns = parsed_ms(p, "onset_ms");
}

static bool all_objects(const struct flat *list)
{
    for (int i = 0; i < list->n; i++) {
        if (list->items[i].kind != FLAT_OBJECT) {
            return false;
        }
    }
    return true;
}

static bool get_list(struct report *out, const struct flat *list, struct err *err)
{
    bool ok = true;
    out->n_active = 0;
    for (int i = 0; ok && i < list->n && i < REPORT_ACTIVE_MAX; i++) {
        struct parsed p;
        parsed_open(&p, list->items[i].raw, list->items[i].raw_n, err);
        get_active(&p, &out->active[i]);
        ok = parsed_close(&p);
        out->n_active += ok;
    }
    return ok;
}

/* cJSON wants an object: the list is put into one. */
static bool get_any_list(struct report *out, const char *text, size_t n, struct err *err)
{
    struct buf object;
    struct parsed p;
    buf_init(&object, n + 16);
    buf_puts(&object, "{\"list\":");
    buf_add(&object, text, n);
    buf_putc(&object, '}');
    if (object.failed) {
        buf_fini(&object);
        return err_set(err, ERR_MEMORY, "out of memory");
    }
    parsed_open_general(&p, object.data, object.len, err);
    buf_fini(&object);
    const cJSON *list = p.failed ? NULL : cJSON_GetObjectItemCaseSensitive(p.root, "list");
    out->n_active = 0;
    if (!p.failed && !cJSON_IsArray(list)) {
        parsed_fail(&p, "active", "is not a list");
    }
    for (const cJSON *item = p.failed ? NULL : list->child;
         item != NULL && !p.failed && out->n_active < REPORT_ACTIVE_MAX; item = item->next) {
        p.at = item;
        get_active(&p, &out->active[out->n_active]);
        out->n_active += !p.failed;
    }
    return parsed_close(&p);
}

bool active_get(struct report *out, const char *text, size_t n, struct err *err)
{
    struct flat list;
    return flat_list(&list, text, n) && all_objects(&list) ? get_list(out, &list, err)
                                                           : get_any_list(out, text, n, err);
}
