/* SPDX-License-Identifier: MIT */
/* Each NAME.ini of the folder given must give exactly the messages of NAME.ok (none: it loads).
 * With GOLDEN_UPDATE set, the .ok files are written instead. */
#include "check.h"

#include "settings_text.h"

#include <glob.h>

enum { TEXT_MAX = 1 << 16 };

static const char *folder;

static void read_text(const char *path, char out[TEXT_MAX])
{
    FILE *f = fopen(path, "rb");
    size_t n = f != NULL ? fread(out, 1, TEXT_MAX - 1, f) : 0;
    out[n] = '\0';
    if (f == NULL) {
        fail_msg("%s is missing", path);
    } else {
        (void)fclose(f);
    }
}

static void join_errors(const struct settings_errors *errors, char out[TEXT_MAX])
{
    size_t at = 0;
    out[0] = '\0';
    for (int i = 0; i < errors->n; i++) {
        at += (size_t)snprintf(out + at, TEXT_MAX - at, "%s\n", errors->text[i]);
    }
}

static void check_pair(const char *ini)
{
    static char got[TEXT_MAX], expected[TEXT_MAX];
    static struct settings s;
    static struct settings_errors errors;
    char ok_path[4096];
    (void)snprintf(ok_path, sizeof ok_path, "%.*s.ok", (int)(strlen(ini) - strlen(".ini")), ini);
    bool loaded = settings_load(&s, ini, &errors);
    assert_int_equal(loaded, errors.n == 0);
    join_errors(&errors, got);
    settings_fini(&s);
    if (getenv("GOLDEN_UPDATE") != NULL) {
        assert_true(write_file(ok_path, got));
        return;
    }
    read_text(ok_path, expected);
    if (strcmp(got, expected) != 0) {
        fail_msg("%s gives\n%s", ini, got);
    }
}

static void wrong_files_give_exactly_their_messages(void **state)
{
    (void)state;
    char pattern[4096];
    glob_t found;
    (void)snprintf(pattern, sizeof pattern, "%s/*.ini", folder);
    assert_int_equal(glob(pattern, 0, NULL, &found), 0);
    assert_in_range(found.gl_pathc, 20, 1000);
    for (size_t i = 0; i < found.gl_pathc; i++) {
        check_pair(found.gl_pathv[i]);
    }
    globfree(&found);
}

int main(int argc, char **argv)
{
    folder = argc > 1 ? argv[1] : ".";
    clean_environment();
    const struct CMUnitTest tests[] = { cmocka_unit_test(wrong_files_give_exactly_their_messages) };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
