/* SPDX-License-Identifier: MIT */
#include "protocol.h"

#include "notices.h"

#include <string.h>

#define META "io.modelcontextprotocol/"

static const char *const names[] = { "2024-11-05", "2025-03-26", "2025-06-18", "2025-11-25",
                                     "2026-07-28" };

const char *revision_name(enum revision r)
{
    return names[r];
}

enum revision revision_negotiate(const struct json *j, const struct json_value *name)
{
    for (int r = REV_2024_11_05; r <= REVISION_LEGACY; r++) {
        if (json_equals(j, name, names[r])) {
            return (enum revision)r;
        }
    }
    return REVISION_LEGACY;
}

void put_server_info(struct buf *out, enum revision rev)
{
    buf_puts(out, "{\"name\":\"orderflow\",\"version\":\"" OF_VERSION "\"");
    if (rev >= REV_2025_06_18) {
        buf_puts(out, ",\"title\":\"Order flow\"");
    }
    buf_putc(out, '}');
}

void put_introduction(struct buf *out, enum revision rev)
{
    buf_puts(out,
             "\"capabilities\":{\"tools\":{},\"resources\":{\"subscribe\":true},\"prompts\":{}");
    buf_puts(out, rev < REVISION_MODERN ? ",\"logging\":{}" : "");
    buf_puts(out, rev >= REV_2025_03_26 ? ",\"completions\":{}}" : "}");
    buf_puts(out, ",\"instructions\":\"Order flow of tickers from level-1 quotes, for options "
                  "decisions. Call analyze_order_flow with a ticker. state says what the data is "
                  "worth: act on nothing that is not OK. Prompts give whole procedures; resources "
                  "tell you when something changes.\"");
}

void result_open(struct buf *out, struct rpc_id id, enum revision rev)
{
    rpc_put_result(out, id);
    buf_puts(out, rev == REVISION_MODERN ? "{\"resultType\":\"complete\"," : "{");
}

void result_close(struct buf *out, enum revision rev, enum cache cache)
{
    if (rev == REVISION_MODERN) {
        if (cache != CACHE_NONE) {
            static const int ttl_ms[] = { [CACHE_CATALOGUE] = 300000, [CACHE_DISCOVERY] = 3600000 };
            buf_printf(out, ",\"ttlMs\":%d,\"cacheScope\":\"%s\"", ttl_ms[cache],
                       cache == CACHE_LIVE ? "private" : "public");
        }
        buf_puts(out, ",\"_meta\":{\"" META "serverInfo\":");
        put_server_info(out, rev);
        buf_putc(out, '}');
    }
    buf_puts(out, "}}");
}

static const struct json_value *meta_of(const struct json *j, const struct json_value *params)
{
    return json_get(j, params, "_meta");
}

bool claims_version(const struct json *j, const struct json_value *params)
{
    return json_get(j, meta_of(j, params), META "protocolVersion") != NULL;
}

static bool refuse_version(const struct json *j, const struct rpc_message *m,
                           const struct json_value *version, struct buf *out)
{
    struct buf data;
    buf_init(&data, 64 + (size_t)version->len);
    buf_printf(&data, "{\"supported\":[\"%s\"],\"requested\":", names[REVISION_MODERN]);
    buf_add(&data, json_raw(j, version), version->len);
    buf_putc(&data, '}');
    rpc_put_error(out, m->id, RPC_UNSUPPORTED_VERSION, "Unsupported protocol version", data.data);
    buf_fini(&data);
    return false;
}

bool accept_claim(const struct json *j, const struct rpc_message *m, struct buf *out)
{
    const struct json_value *meta = meta_of(j, m->params);
    const struct json_value *version = json_get(j, meta, META "protocolVersion");
    const struct json_value *client = json_get(j, meta, META "clientInfo");
    const struct json_value *level = json_get(j, meta, META "logLevel");
    const char *wrong = NULL;
    if (!json_is(version, JSON_STRING)) {
        wrong = "_meta \"" META "protocolVersion\" must be a string";
    } else if (!json_equals(j, version, names[REVISION_MODERN])) {
        return refuse_version(j, m, version, out);
    } else if (!json_is(json_get(j, meta, META "clientCapabilities"), JSON_OBJECT)) {
        wrong = "_meta \"" META "clientCapabilities\" must be an object";
    } else if (client != NULL && !(json_is(json_get(j, client, "name"), JSON_STRING) &&
                                   json_is(json_get(j, client, "version"), JSON_STRING))) {
        wrong = "_meta \"" META "clientInfo\" must have name and version as strings";
    } else if (level != NULL && notice_level_of(j, level) == NOTICE_NONE) {
        wrong = "_meta \"" META "logLevel\" is not a log level";
    }
    if (wrong != NULL) {
        rpc_put_error(out, m->id, RPC_INVALID_PARAMS, wrong, NULL);
    }
    return wrong == NULL;
}
