/* SPDX-License-Identifier: MIT */
#include "null_tape.h"

#include "clock.h"
#include "launch.h"
#include "reel_file.h"

#include <cjson/cJSON.h>
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { REPORT_MAX_BYTES = 64 << 20 };

size_t null_tape_list(const char *asked, const struct paths *paths, char *tapes[NULL_TAPES_MAX])
{
    char folder[PATH_BYTES], path[PATH_BYTES];
    size_t n = 0;
    if (asked != NULL) {
        tapes[n++] = strdup(asked);
        return n;
    }
    (void)snprintf(folder, sizeof folder, "%.*s/samples", PATH_BYTES - 16, paths->share);
    struct dirent **names = NULL;
    int found = scandir(folder, &names, NULL, alphasort);
    for (int i = 0; i < found; i++) {
        bool fits = snprintf(path, sizeof path, "%s/%s", folder, names[i]->d_name) < PATH_BYTES;
        if (fits && n < NULL_TAPES_MAX && strstr(names[i]->d_name, ".csv") != NULL) {
            tapes[n++] = strdup(path);
        }
        free(names[i]);
    }
    free(names);
    return n;
}

static bool copy(FILE *in, FILE *out)
{
    char block[65536];
    size_t n;
    while ((n = fread(block, 1, sizeof block, in)) > 0) {
        if (fwrite(block, 1, n, out) != n) {
            return false;
        }
    }
    return ferror(in) == 0;
}

static bool copy_plugin(const struct null_bed *b, const char *plugin, struct err *err)
{
    FILE *in = fopen(plugin, "rb"), *out = in != NULL ? fopen(b->plugin, "wb") : NULL;
    bool ok = out != NULL && copy(in, out);
    ok = (out == NULL || fclose(out) == 0) && ok;
    ok = (in == NULL || fclose(in) == 0) && ok;
    return (ok && chmod(b->plugin, 0600) == 0) || err_sys(err, "copying %s", plugin);
}

static bool write_config(const struct null_bed *b, const char *detector, struct err *err)
{
    FILE *out = fopen(b->config, "w");
    if (out == NULL) {
        return err_sys(err, "%s", b->config);
    }
    int n = (int)strcspn(detector, " ");
    (void)fprintf(out,
                  "[plugins]\ndir = %s/plugins\n[results]\nttl_patterns_s = 604800\n[log]\n"
                  "level = error\n[detector:%.*s]\nenabled = true\n",
                  b->dir.path, n, detector);
    return fclose(out) == 0 || err_sys(err, "%s", b->config);
}

bool null_bed_open(struct null_bed *b, const struct paths *paths, const char *plugin,
                   const char *detector, struct err *err)
{
    char folder[80];
    *b = (struct null_bed){ .paths = paths };
    if (!temp_folder_make(&b->dir, "null", err)) {
        return false;
    }
    (void)snprintf(folder, sizeof folder, "%s/plugins", b->dir.path);
    (void)snprintf(b->plugin, sizeof b->plugin, "%s/plugins/detector.so", b->dir.path);
    (void)snprintf(b->config, sizeof b->config, "%s/orderflow.ini", b->dir.path);
    (void)snprintf(b->quotes, sizeof b->quotes, "%s/quotes.csv", b->dir.path);
    if (mkdir(folder, 0700) != 0) {
        return err_sys(err, "%s", folder);
    }
    return copy_plugin(b, plugin, err) && write_config(b, detector, err);
}

void null_bed_close(struct null_bed *b)
{
    temp_folder_remove(&b->dir);
}

static void add_kind(struct null_count *out, const char *kind)
{
    size_t i = 0;
    while (i < out->n_kinds && strcmp(out->kinds[i], kind) != 0) {
        i++;
    }
    if (i == KINDS_MAX) {
        return;
    }
    if (i == out->n_kinds) {
        (void)snprintf(out->kinds[i], sizeof out->kinds[i], "%s", kind);
        out->n_kinds++;
    }
    out->episodes[i]++;
}

static bool take_report(const struct buf *report, struct null_count *out, struct err *err)
{
    cJSON *root = cJSON_ParseWithLength(report->data, report->len);
    const cJSON *patterns = cJSON_GetObjectItemCaseSensitive(root, "patterns"), *item;
    bool ok = cJSON_IsArray(patterns);
    cJSON_ArrayForEach(item, patterns)
    {
        const cJSON *type = cJSON_GetObjectItemCaseSensitive(item, "type");
        if (cJSON_IsString(type)) {
            add_kind(out, type->valuestring);
        }
    }
    cJSON_Delete(root);
    return ok || err_set(err, ERR_PROTOCOL, "the engine's report is not understood");
}

bool null_bed_run(const struct null_bed *b, const struct reel *t, struct null_count *out,
                  struct err *err)
{
    const char *argv[] = { b->paths->engine, "--offline", b->quotes,  "--ticker", "TAPE",
                           "--history-s",    "3600",      "--config", b->config,  NULL };
    struct buf report;
    if (!reel_write(t, b->quotes, err)) {
        return false;
    }
    buf_init(&report, REPORT_MAX_BYTES);
    int status = launch_capture(argv, &report, err);
    bool ok = status == 0 && take_report(&report, out, err);
    if (status > 0) {
        (void)err_set(err, ERR_REMOTE, "the engine has said above why");
    }
    out->hours += (double)(t->ts_ns[t->n - 1] - t->ts_ns[0]) / (3600.0 * (double)NS_PER_S);
    buf_fini(&report);
    return ok;
}
