/* SPDX-License-Identifier: MIT */
/* The page: share/orderflow/backtest.html with the JSON document in its place. */
#include "backtest.h"

#include <string.h>

enum { PAGE_MAX_BYTES = 1 << 20 };
static const char mark[] = "@DATA@";

static bool read_page(const struct backtest *b, struct buf *page, struct err *err)
{
    char path[PATH_BYTES];
    (void)snprintf(path, sizeof path, "%.*s/backtest.html", PATH_BYTES - 16,
                   b->program->paths.share);
    FILE *in = fopen(path, "rb");
    if (in == NULL) {
        return err_sys(err, "%s", path);
    }
    size_t n = 0;
    char *room = buf_room(page, PAGE_MAX_BYTES - 1);
    if (room != NULL) {
        n = fread(room, 1, PAGE_MAX_BYTES - 1, in);
        page->len += n;
        room[n] = '\0';
    }
    bool ok = ferror(in) == 0 && room != NULL && strstr(room, mark) != NULL;
    (void)fclose(in);
    return ok || err_set(err, ERR_INVALID, "%s: is not the page of this program", path);
}

/* Within a script element nothing may look like its end. */
static void put_data(const struct buf *json, struct buf *out)
{
    const char *from = json->data, *end = json->data + json->len;
    for (const char *at; (at = memchr(from, '<', (size_t)(end - from))) != NULL; from = at + 1) {
        buf_add(out, from, (size_t)(at - from));
        buf_puts(out, "\\u003c");
    }
    buf_add(out, from, (size_t)(end - from));
}

bool backtest_html(const struct backtest *b, struct buf *out, struct err *err)
{
    struct buf page, json;
    buf_init(&page, PAGE_MAX_BYTES);
    buf_init(&json, out->max_bytes);
    backtest_json_drawn(b, &json);
    bool ok = (!json.failed || err_set(err, ERR_MEMORY, "out of memory for the report")) &&
              read_page(b, &page, err);
    if (ok) {
        char *at = strstr(page.data, mark);
        buf_add(out, page.data, (size_t)(at - page.data));
        put_data(&json, out);
        buf_puts(out, at + strlen(mark));
    }
    buf_fini(&page);
    buf_fini(&json);
    return ok;
}
