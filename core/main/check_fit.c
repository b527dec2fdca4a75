/* SPDX-License-Identifier: MIT */
#include "check_options.h"
#include "options.h"

#include <inttypes.h>
#include <stdio.h>
#include <unistd.h>

enum { MESSAGE_MAX = 800 };

static int bad_window(const char *why)
{
    char message[MESSAGE_MAX];
    (void)snprintf(message, sizeof message,
                   "--window %s; right is a golden or quarantine file, or plain CSV of "
                   "ts_ms,bid_price,bid_size,ask_price,ask_size",
                   why);
    return usage_error("check", message);
}

static int bad_index(uint32_t index, const char *path, uint32_t n)
{
    char message[MESSAGE_MAX], right[40];
    (void)snprintf(right, sizeof right, n == 1 ? "0" : "0 to %" PRIu32, n - 1);
    (void)snprintf(message, sizeof message,
                   "--index %" PRIu32 ": %.400s has %" PRIu32 " detector%s; right is --index %s",
                   index, path, n, n == 1 ? "" : "s", right);
    return usage_error("check", message);
}

static int refused(const char *path, const struct plugin_told *told)
{
    char message[MESSAGE_MAX];
    (void)snprintf(message, sizeof message, "%s (detector %s of %.300s)", told->refused,
                   told->detector[0] != '\0' ? told->detector : "?", path);
    return usage_error("check", message);
}

/* -1: fine. */
static int fit_file(const struct check_options *o, const char *path, struct check_span *out)
{
    struct plugin_told told;
    uint32_t index = o->one_index ? o->index : 0;
    bool settings = o->run.set != NULL || o->run.window != NULL;
    run_ask(&o->run, path, index, &told);
    uint32_t n = told.detectors < RUN_DETECTORS_MAX ? told.detectors : RUN_DETECTORS_MAX;
    *out = (struct check_span){ .first = 0, .end = n > 0 ? n : 1 };
    if (n > 0 && o->one_index) {
        *out = (struct check_span){ .first = index, .end = index + 1 };
        if (index >= told.detectors) {
            return bad_index(index, path, told.detectors);
        }
    }
    for (uint32_t i = out->first; told.refused[0] == '\0' && settings && i + 1 < out->end; i++) {
        run_ask(&o->run, path, i + 1, &told);
    }
    return told.refused[0] != '\0' ? refused(path, &told) : -1;
}

int check_fit(const struct check_options *o, char *const files[], size_t n, struct check_span out[])
{
    struct err err = { 0 };
    int status = -1;
    if (o->run.window != NULL && !run_window_ok(o->run.window, &err)) {
        return bad_window(err.text);
    }
    for (size_t i = 0; i < n && status == -1; i++) {
        status = fit_file(o, files[i], &out[i]);
    }
    return status;
}

int check_become_probe(const struct check_options *o, const char *path)
{
    char index[16], seed[24], scale[32];
    (void)snprintf(index, sizeof index, "%" PRIu32, o->index);
    (void)snprintf(seed, sizeof seed, "%" PRIu64, o->run.seed);
    (void)snprintf(scale, sizeof scale, "%g", o->run.scale);
    (void)execl(o->run.program, o->run.program, o->in_process, path, index, seed, scale, "2",
                o->run.window != NULL ? o->run.window : "", o->run.set != NULL ? o->run.set : "",
                (char *)NULL);
    perror(o->run.program);
    return 1;
}
