/* SPDX-License-Identifier: MIT */
#include "scores_file.h"

#include "paths.h"

#include <stdio.h>

enum { FILE_MAX_BYTES = 16 << 20, ROOM_BYTES = 65536 };

static bool read_text(const char *path, struct buf *text, struct err *err)
{
    FILE *in = fopen(path, "rb");
    if (in == NULL) {
        return err_sys(err, "cannot open it");
    }
    for (;;) {
        char *room = buf_room(text, ROOM_BYTES);
        size_t n = room != NULL ? fread(room, 1, ROOM_BYTES, in) : 0;
        if (n == 0) {
            break;
        }
        text->len += n;
    }
    bool ok = ferror(in) == 0 || err_sys(err, "cannot read it");
    (void)fclose(in);
    return ok && (!text->failed || err_set(err, ERR_MEMORY, "has more than 16 MiB"));
}

bool scores_file_load(const struct settings *s, struct score_file *out, struct err *err)
{
    char path[PATH_BYTES];
    struct buf text;
    *out = (struct score_file){ .n = 0 };
    if (s->results_scores[0] == '\0') {
        return true;
    }
    buf_init(&text, FILE_MAX_BYTES);
    bool ok = settings_resolve(s, s->results_scores, path, sizeof path, err) &&
              read_text(path, &text, err) &&
              score_file_read(out, text.data != NULL ? text.data : "", text.len, err);
    buf_fini(&text);
    return ok;
}
