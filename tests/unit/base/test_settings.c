/* SPDX-License-Identifier: MIT */
#include "check.h"

#include "settings_spec.h"
#include "settings_text.h"

#include <sys/stat.h>

static struct settings s;
static struct settings_errors errors;

static int clean(void **state)
{
    (void)state;
    settings_fini(&s);
    clean_environment();
    return 0;
}

static void load_good(const char *text)
{
    settings_fini(&s);
    if (!load_text(&s, text, &errors)) {
        fail_msg("%s", errors.text[0]);
    }
}

static void load_bad(const char *text, const char *expected)
{
    settings_fini(&s);
    assert_false(load_text(&s, text, &errors));
    assert_int_equal(errors.n, 1);
    assert_string_equal(errors.text[0], expected);
}

static void load_without_a_file_gives_the_defaults(void **state)
{
    (void)state;
    assert_true(settings_load(&s, "", &errors));
    assert_string_equal(s.path, "");
    assert_string_equal(s.redis_host, "localhost");
    assert_int_equal(s.redis_port, 6379);
    assert_int_equal(s.engine_interval_ms, 1000);
    assert_string_equal(s.log_level, "info");
    assert_string_equal(s.feed_tickers, "*");
    assert_int_equal(s.n_window_s, 0);
    assert_true(s.hash != 0);
}

static void load_of_the_printed_defaults_gives_them_back(void **state)
{
    (void)state;
    static struct settings plain;
    struct buf text;
    buf_init(&text, 1 << 20);
    settings_print_defaults(&text);
    assert_false(text.failed);
    load_good(text.data);
    buf_fini(&text);
    assert_true(settings_load(&plain, "", &errors));
    const struct setting_spec *specs;
    size_t n = settings_specs(&specs);
    for (size_t i = 0; i < n; i++) {
        struct buf a, b;
        buf_init(&a, 1000);
        buf_init(&b, 1000);
        buf_printf(&a, "%s=", specs[i].key);
        buf_printf(&b, "%s=", specs[i].key);
        setting_print(&specs[i], &s, &a);
        setting_print(&specs[i], &plain, &b);
        assert_string_equal(a.data, b.data);
        buf_fini(&a);
        buf_fini(&b);
    }
    assert_true(s.hash == plain.hash);
    settings_fini(&plain);
}

static void printed_defaults_comment_every_key(void **state)
{
    (void)state;
    struct buf text;
    buf_init(&text, 1 << 20);
    settings_print_defaults(&text);
    assert_non_null(strstr(text.data,
                           "\n[engine]\n# a tick at every multiple of this, in data time "
                           "(ms, 50..60000)\ninterval_ms = 1000\n"));
    assert_non_null(strstr(text.data, "(debug | info | warning | error)\nlevel = info\n"));
    assert_non_null(strstr(text.data, "\nurl =\n"));
    assert_non_null(strstr(text.data, "\n# tick = 0.01\n"));
    buf_fini(&text);
}

static void load_of_a_file_lays_it_over_the_defaults(void **state)
{
    (void)state;
    load_good("[redis]\nport = 6380\n[log]\nlevel = WARNING\n[windows]\nextra = 30s, 120s\n");
    assert_int_equal(s.redis_port, 6380);
    assert_string_equal(s.redis_host, "localhost");
    assert_string_equal(s.log_level, "warning");
    assert_int_equal(s.n_window_s, 2);
    assert_int_equal(s.window_s[0], 30);
    assert_int_equal(s.window_s[1], 120);
    assert_string_equal(settings_file_name(&s), "test.ini");
}

static void load_of_a_wrong_file_leaves_nothing(void **state)
{
    (void)state;
    load_bad("[redis]\nhost = there\nport = x\n[detector:a]\nb = 1\n",
             "test.ini:3: [redis] port: 'x' is not a whole number; accepted: 1..65535");
    static const struct settings zero;
    assert_memory_equal(&s, &zero, sizeof s);
}

static void load_of_a_missing_file_or_folder_is_an_error(void **state)
{
    (void)state;
    assert_false(settings_load(&s, "/no/such/file.ini", &errors));
    assert_string_equal(errors.text[0],
                        "/no/such/file.ini: cannot be opened: No such file or directory");
    assert_false(settings_load(&s, "/tmp", &errors));
    assert_string_equal(errors.text[0], "/tmp: cannot be read: Is a directory");
}

static void load_of_an_endless_file_is_an_error(void **state)
{
    (void)state;
    assert_false(settings_load(&s, "/dev/zero", &errors));
    assert_string_equal(errors.text[0], "/dev/zero: is larger than 1 MiB");
}

static void ticker_value_of_one_stands_over_that_of_all(void **state)
{
    (void)state;
    load_good("[ticker:SPY]\ntick = 0.05\n[ticker]\ntick = 0.01\nsize_unit = lots\n");
    assert_string_equal(settings_ticker_value(&s, "SPY", "tick"), "0.05");
    assert_string_equal(settings_ticker_value(&s, "QQQ", "tick"), "0.01");
    assert_string_equal(settings_ticker_value(&s, "SPY", "size_unit"), "lots");
    load_good("[ticker:SPY]\ntick = 0.05\n");
    assert_null(settings_ticker_value(&s, "QQQ", "tick"));
}

static void detector_items_keep_what_the_plugin_will_judge(void **state)
{
    (void)state;
    load_good("[detector:sweep]\nenabled = no\n[detector:sweep@BRK.B]\nchange = 2e4\n");
    assert_int_equal(s.n_detector_items, 2);
    assert_string_equal(s.detector_items[1].section_id, "sweep");
    assert_string_equal(s.detector_items[1].ticker, "BRK.B");
    assert_string_equal(s.detector_items[1].key, "change");
    assert_string_equal(s.detector_items[1].value, "2e4");
    assert_int_equal(s.detector_items[1].line, 4);
}

static void environment_stands_over_the_file(void **state)
{
    (void)state;
    (void)setenv("REDIS_HOST", "db2", 1);
    (void)setenv("REDIS_PORT", "6390", 1);
    (void)setenv("REDIS_DB", "3", 1);
    (void)setenv("REDIS_PASSWORD", "pw", 1);
    (void)setenv("LOG_LEVEL", "CRITICAL", 1);
    (void)setenv("PROCESSOR_INTERVAL", "0.25", 1);
    load_good(
        "[redis]\nurl = redis://elsewhere/1\npassword = other\n[engine]\ninterval_ms = 500\n");
    assert_string_equal(s.redis_url, "");
    assert_string_equal(s.redis_host, "db2");
    assert_int_equal(s.redis_port, 6390);
    assert_int_equal(s.redis_db, 3);
    assert_string_equal(s.redis_password, "pw");
    assert_string_equal(s.log_level, "error");
    assert_int_equal(s.engine_interval_ms, 250);
}

static void environment_that_is_empty_says_nothing(void **state)
{
    (void)state;
    (void)setenv("REDIS_PORT", "", 1);
    (void)setenv("PROCESSOR_INTERVAL", "", 1);
    load_good("[redis]\nport = 6380\n");
    assert_int_equal(s.redis_port, 6380);
    assert_int_equal(s.engine_interval_ms, 1000);
}

static void check_environment(const char *name, const char *value, const char *expected)
{
    (void)setenv(name, value, 1);
    load_bad("", expected);
    (void)unsetenv(name);
}

static void environment_out_of_range_names_the_variable(void **state)
{
    (void)state;
    check_environment("REDIS_PORT", "0", "REDIS_PORT: '0' is out of range; accepted: 1..65535");
    check_environment("REDIS_DB", "x", "REDIS_DB: 'x' is not a whole number; accepted: 0..1023");
    check_environment("PROCESSOR_INTERVAL", "0.01",
                      "PROCESSOR_INTERVAL: '0.01' is out of range; accepted: 0.05..60 s");
    check_environment("PROCESSOR_INTERVAL", "1s",
                      "PROCESSOR_INTERVAL: '1s' is not a number; accepted: 0.05..60 s");
    check_environment("LOG_LEVEL", "inof",
                      "LOG_LEVEL: 'inof' is none of its words; accepted: debug | info | warning | "
                      "error; did you mean info?");
}

static void environment_password_that_is_too_long_is_not_shown(void **state)
{
    (void)state;
    char secret[400];
    memset(secret, 's', sizeof secret);
    secret[sizeof secret - 1] = '\0';
    check_environment("REDIS_PASSWORD", secret,
                      "REDIS_PASSWORD: the value is longer than 255 bytes");
}

static void environment_port_beside_a_url_is_an_error(void **state)
{
    (void)state;
    (void)setenv("REDIS_PORT", "6380", 1);
    load_bad("[redis]\nurl = redis://h\n",
             "REDIS_PORT: [redis] url of test.ini stands over it; set REDIS_HOST too, or leave url "
             "empty");
}

static void password_file_is_read_beside_the_ini(void **state)
{
    (void)state;
    char dir[] = "/tmp/orderflow-test-XXXXXX", ini[64], secret[64];
    assert_non_null(mkdtemp(dir));
    (void)snprintf(ini, sizeof ini, "%s/a.ini", dir);
    (void)snprintf(secret, sizeof secret, "%s/pw", dir);
    assert_true(write_file(ini, "[redis]\npassword_file = pw\n"));
    assert_true(write_file(secret, "pass word ;x\r\nrest"));
    bool ok = settings_load(&s, ini, &errors);
    (void)unlink(secret);
    (void)setenv("REDIS_PASSWORD", "env", 1); /* then the file is not even looked for */
    static struct settings by_env;
    bool ok_by_env = settings_load(&by_env, ini, &errors);
    (void)unlink(ini);
    (void)rmdir(dir);
    assert_true(ok);
    assert_string_equal(s.redis_password, "pass word ;x");
    assert_string_equal(s.dir, dir);
    assert_true(ok_by_env);
    assert_string_equal(by_env.redis_password, "env");
    settings_fini(&by_env);
}

static uint64_t hash_of(const char *text)
{
    load_good(text);
    return s.hash;
}

static void hash_follows_the_values_and_not_the_text(void **state)
{
    (void)state;
    uint64_t plain = hash_of("");
    assert_true(hash_of("[engine]\ninterval_ms = 1000 ; the default\n") == plain);
    assert_true(hash_of("[engine]\ninterval_ms = 2000\n") != plain);
    assert_true(hash_of("[detector:a]\nx = 1\n") != plain);
    assert_true(hash_of("[detector:a]\nx = 1\n") != hash_of("[detector:a]\nx = 2\n"));
    assert_true(hash_of("[detector:a]\nx = 1\n") != hash_of("[detector:a@SPY]\nx = 1\n"));
    assert_true(hash_of("[detector:a]\nx = 10.0\ny = 1\n") ==
                hash_of("[detector:a]\ny = 1\nx = 1e1\n"));
    assert_true(hash_of("[ticker]\ntick = 0.5\n") != plain);
}

static void hash_leaves_out_where_redis_is_and_the_log(void **state)
{
    (void)state;
    uint64_t plain = hash_of("");
    assert_true(hash_of("[redis]\nhost = h\npassword = p\n[log]\nlevel = debug\n") == plain);
}

static void find_prefers_the_explicit_then_the_environment(void **state)
{
    (void)state;
    char dir[] = "/tmp/orderflow-test-XXXXXX", folder[64], file[96], out[256];
    struct err err = { 0 };
    assert_non_null(mkdtemp(dir));
    (void)snprintf(folder, sizeof folder, "%s/orderflow", dir);
    (void)snprintf(file, sizeof file, "%s/orderflow.ini", folder);
    assert_int_equal(mkdir(folder, 0700), 0);
    assert_true(write_file(file, ""));
    (void)unsetenv("ORDERFLOW_CONFIG");
    (void)setenv("XDG_CONFIG_HOME", dir, 1);
    bool by_xdg = settings_find(out, sizeof out, NULL, "/no/prefix", &err) && !strcmp(out, file);
    (void)setenv("ORDERFLOW_CONFIG", "/dev/null", 1);
    bool by_env = settings_find(out, sizeof out, "", "/no", &err) && !strcmp(out, "/dev/null");
    bool by_arg = settings_find(out, sizeof out, file, "/no", &err) && !strcmp(out, file);
    (void)unlink(file);
    (void)unsetenv("ORDERFLOW_CONFIG");
    bool none = settings_find(out, sizeof out, NULL, "/no/prefix", &err) && out[0] == '\0';
    (void)rmdir(folder);
    (void)rmdir(dir);
    assert_true(by_xdg && by_env && by_arg && none);
}

static void find_of_a_named_file_that_is_missing_is_an_error(void **state)
{
    (void)state;
    char out[256];
    struct err err = { 0 };
    assert_false(settings_find(out, sizeof out, "/no/such.ini", "/no", &err));
    assert_string_equal(err.text, "settings: /no/such.ini: No such file or directory");
    (void)setenv("ORDERFLOW_CONFIG", "/no/such2.ini", 1);
    bool found = settings_find(out, sizeof out, NULL, "/no", &err);
    (void)unsetenv("ORDERFLOW_CONFIG");
    assert_false(found);
    assert_string_equal(err.text, "ORDERFLOW_CONFIG: /no/such2.ini: No such file or directory");
}

static void resolve_starts_relative_paths_at_the_files_folder(void **state)
{
    (void)state;
    char out[64];
    static struct settings at = { .dir = "/etc/of" };
    assert_true(settings_resolve(&at, "plugins", out, sizeof out, NULL));
    assert_string_equal(out, "/etc/of/plugins");
    assert_true(settings_resolve(&at, "/abs", out, sizeof out, NULL));
    assert_string_equal(out, "/abs");
    assert_false(settings_resolve(&at, "plugins", out, 10, NULL));
}

static void nearest_finds_slips_and_not_strangers(void **state)
{
    (void)state;
    static const char *const words[] = { "interval_ms", "reorder_ms", "port", "db", "host" };
    assert_string_equal(settings_nearest("intervall_ms", words, 5), "interval_ms");
    assert_string_equal(settings_nearest("interval", words, 5), "interval_ms");
    assert_string_equal(settings_nearest("prot", words, 5), "port");
    assert_string_equal(settings_nearest("HOST", words, 5), "host");
    assert_string_equal(settings_nearest("bd", words, 5), "db");
    assert_null(settings_nearest("frobnicate", words, 5));
    assert_null(settings_nearest("", words, 5));
    assert_null(settings_nearest("x", words, 5));
}

int main(void)
{
    clean_environment();
#define T(name) cmocka_unit_test_setup_teardown(name, NULL, clean)
    const struct CMUnitTest tests[] = {
        T(load_without_a_file_gives_the_defaults),
        T(load_of_the_printed_defaults_gives_them_back),
        T(printed_defaults_comment_every_key),
        T(load_of_a_file_lays_it_over_the_defaults),
        T(load_of_a_wrong_file_leaves_nothing),
        T(load_of_a_missing_file_or_folder_is_an_error),
        T(load_of_an_endless_file_is_an_error),
        T(ticker_value_of_one_stands_over_that_of_all),
        T(detector_items_keep_what_the_plugin_will_judge),
        T(environment_stands_over_the_file),
        T(environment_that_is_empty_says_nothing),
        T(environment_out_of_range_names_the_variable),
        T(environment_password_that_is_too_long_is_not_shown),
        T(environment_port_beside_a_url_is_an_error),
        T(password_file_is_read_beside_the_ini),
        T(hash_follows_the_values_and_not_the_text),
        T(hash_leaves_out_where_redis_is_and_the_log),
        T(find_prefers_the_explicit_then_the_environment),
        T(find_of_a_named_file_that_is_missing_is_an_error),
        T(resolve_starts_relative_paths_at_the_files_folder),
        T(nearest_finds_slips_and_not_strangers),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
