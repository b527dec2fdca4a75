/* SPDX-License-Identifier: MIT */
#include "redis.h"

#include <stdio.h>
#include <string.h>

struct span {
    const char *p;
    size_t n;
};

/* What stands before the first `c` of *rest, which then begins behind it. False, and nothing
 * moves, when there is none. */
static bool cut(struct span *rest, char c, struct span *before_out)
{
    const char *at = rest->n ? memchr(rest->p, c, rest->n) : NULL;
    if (!at) {
        return false;
    }
    size_t n = (size_t)(at - rest->p);
    *before_out = (struct span){ .p = rest->p, .n = n };
    *rest = (struct span){ .p = at + 1, .n = rest->n - n - 1 };
    return true;
}

static int hex_digit(char c)
{
    static const char digits[] = "0123456789abcdefABCDEF";
    const char *at = c ? strchr(digits, c) : NULL;
    if (!at) {
        return -1;
    }
    return at - digits < 16 ? (int)(at - digits) : (int)(at - digits) - 6;
}

static bool copy_decoded(char *out, size_t cap, struct span s, const char *what, struct err *err)
{
    size_t len = 0;
    for (size_t i = 0; i < s.n; i++) {
        char c = s.p[i];
        if (c == '%') {
            int high = i + 2 < s.n ? hex_digit(s.p[i + 1]) : -1;
            int low = i + 2 < s.n ? hex_digit(s.p[i + 2]) : -1;
            c = (char)(high * 16 + low);
            if (high < 0 || low < 0 || c == '\0') {
                return err_set(err, ERR_INVALID, "%s: a broken %%-escape", what);
            }
            i += 2;
        }
        if (len + 1 >= cap) {
            return err_set(err, ERR_INVALID, "%s: too long", what);
        }
        out[len++] = c;
    }
    out[len] = '\0';
    return true;
}

static bool read_number(struct span s, long max, const char *what, int *out, struct err *err)
{
    long value = 0;
    for (size_t i = 0; i < s.n && value <= max; i++) {
        if (s.p[i] < '0' || s.p[i] > '9') {
            return err_set(err, ERR_INVALID, "%s: not a whole number", what);
        }
        value = value * 10 + (s.p[i] - '0');
    }
    if (s.n == 0 || value > max) {
        return err_set(err, ERR_INVALID, "%s: not within 0..%ld", what, max);
    }
    *out = (int)value;
    return true;
}

static bool read_user(struct span user_pass, struct redis_config *cfg, struct err *err)
{
    struct span user;
    bool has_password = cut(&user_pass, ':', &user);
    if (!has_password) {
        user = user_pass;
    }
    return copy_decoded(cfg->username, sizeof cfg->username, user, "user", err) &&
           (!has_password ||
            copy_decoded(cfg->password, sizeof cfg->password, user_pass, "password", err));
}

static bool read_host(struct span host_port, struct redis_config *cfg, struct err *err)
{
    struct span host = host_port;
    struct span port = { .p = "", .n = 0 };
    if (host_port.n && host_port.p[0] == '[') {
        host_port = (struct span){ .p = host_port.p + 1, .n = host_port.n - 1 };
        if (!cut(&host_port, ']', &host) || (host_port.n && host_port.p[0] != ':')) {
            return err_set(err, ERR_INVALID, "host: no ']'");
        }
        if (host_port.n) {
            port = (struct span){ .p = host_port.p + 1, .n = host_port.n - 1 };
        }
    } else if (cut(&host_port, ':', &host)) {
        port = host_port;
    }
    if (host.n == 0) {
        return err_set(err, ERR_INVALID, "no host");
    }
    cfg->port = 6379;
    return copy_decoded(cfg->host, sizeof cfg->host, host, "host", err) &&
           (port.n == 0 || read_number(port, 65535, "port", &cfg->port, err));
}

static bool read_tcp(struct span rest, struct redis_config *cfg, struct err *err)
{
    struct span place = rest;
    struct span db = { .p = "", .n = 0 };
    struct span user;
    /* A password may hold '/' and '@' when a careless hand wrote it: the last '@' counts. */
    for (size_t i = rest.n; i > 0; i--) {
        if (rest.p[i - 1] == '@') {
            user = (struct span){ .p = rest.p, .n = i - 1 };
            if (!read_user(user, cfg, err)) {
                return false;
            }
            rest = (struct span){ .p = rest.p + i, .n = rest.n - i };
            place = rest;
            break;
        }
    }
    if (cut(&rest, '/', &place)) {
        db = rest;
    }
    cfg->unix_path[0] = '\0';
    return read_host(place, cfg, err) &&
           (db.n == 0 || read_number(db, INT16_MAX, "db", &cfg->db, err));
}

static bool read_unix(struct span rest, struct redis_config *cfg, struct err *err)
{
    struct span path = rest;
    if (cut(&rest, '?', &path)) {
        if (rest.n < 3 || memcmp(rest.p, "db=", 3) != 0) {
            return err_set(err, ERR_INVALID, "only ?db=N may follow the path");
        }
        struct span db = { .p = rest.p + 3, .n = rest.n - 3 };
        if (!read_number(db, INT16_MAX, "db", &cfg->db, err)) {
            return false;
        }
    }
    if (path.n == 0 || path.p[0] != '/') {
        return err_set(err, ERR_INVALID, "the path of the socket must be absolute");
    }
    return copy_decoded(cfg->unix_path, sizeof cfg->unix_path, path, "path", err);
}

bool redis_parse_url(const char *url, struct redis_config *cfg, struct err *err)
{
    struct redis_config read = *cfg;
    bool ok;
    if (strncmp(url, "redis://", 8) == 0) {
        ok = read_tcp((struct span){ .p = url + 8, .n = strlen(url + 8) }, &read, err);
    } else if (strncmp(url, "unix://", 7) == 0) {
        ok = read_unix((struct span){ .p = url + 7, .n = strlen(url + 7) }, &read, err);
    } else if (strncmp(url, "rediss://", 9) == 0) {
        ok = err_set(err, ERR_INVALID, "rediss:// needs TLS, which is not built in yet");
    } else {
        ok = err_set(err, ERR_INVALID, "it must begin with redis:// or unix://");
    }
    if (!ok) {
        return err_wrap(err, "the Redis URL");
    }
    *cfg = read;
    return true;
}

void redis_print_url(const struct redis_config *cfg, char *out, size_t n)
{
    if (cfg->unix_path[0] && cfg->db) {
        snprintf(out, n, "unix://%s?db=%d", cfg->unix_path, cfg->db);
    } else if (cfg->unix_path[0]) {
        snprintf(out, n, "unix://%s", cfg->unix_path);
    } else if (strchr(cfg->host, ':')) {
        snprintf(out, n, "redis://[%s]:%d/%d", cfg->host, cfg->port, cfg->db);
    } else {
        snprintf(out, n, "redis://%s:%d/%d", cfg->host, cfg->port, cfg->db);
    }
}
