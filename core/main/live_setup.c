/* SPDX-License-Identifier: MIT */
#include "live_setup.h"

#include <stdio.h>
#include <string.h>

bool redis_config_from(const struct settings *s, struct redis_config *out, struct err *err)
{
    *out = (struct redis_config){ .port = (int)s->redis_port,
                                  .db = (int)s->redis_db,
                                  .timeout_ms = s->redis_timeout_ms };
    (void)snprintf(out->host, sizeof out->host, "%s", s->redis_host);
    (void)snprintf(out->username, sizeof out->username, "%s", s->redis_username);
    (void)snprintf(out->password, sizeof out->password, "%s", s->redis_password);
    return s->redis_url[0] == '\0' || redis_parse_url(s->redis_url, out, err);
}

void keys_from(const struct settings *s, struct keys *out)
{
    (void)snprintf(out->prefix, sizeof out->prefix, "%.63s", s->results_prefix);
    out->firehose = strcmp(s->feed_source, "firehose") == 0;
}
