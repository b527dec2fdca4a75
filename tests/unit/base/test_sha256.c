/* SPDX-License-Identifier: MIT */
/* The examples of FIPS 180-4 and of NIST's SHA256ShortMsg.rsp / LongMsg. */
#include "check.h"

#include "sha256.h"

#include <stdlib.h>
#include <string.h>

static void expect(const void *data, size_t n, const char *hex)
{
    char got[SHA256_HEX_MAX];
    sha256_hex(data, n, got);
    assert_string_equal(got, hex);
}

static void hex_of_published_messages(void **state)
{
    (void)state;
    const char *two = "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq";
    const char *four = "abcdefghbcdefghicdefghijdefghijkefghijklfghijklmghijklmn"
                       "hijklmnoijklmnopjklmnopqklmnopqrlmnopqrsmnopqrstnopqrstu";
    expect("", 0, "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
    expect("abc", 3, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    expect(two, strlen(two), "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1");
    expect(four, strlen(four), "cf5b16a778af8380036ce59e7b0492370b249b11e8f07a51afac45037afee9d1");
    expect("\xd3", 1, "28969cdfa74a12c82f3bad960b0b000aca2ac329deea5c2328ebc6f2ba9802c1");
}

static void hex_of_a_million_a(void **state)
{
    (void)state;
    char *a = malloc(1000000);
    assert_non_null(a);
    memset(a, 'a', 1000000);
    expect(a, 1000000, "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");
    free(a);
}

static void add_in_any_pieces_gives_the_same(void **state)
{
    (void)state;
    unsigned char data[200], whole[SHA256_BYTES], pieces[SHA256_BYTES];
    for (size_t i = 0; i < sizeof data; i++) {
        data[i] = (unsigned char)(i * 7);
    }
    for (size_t n = 0; n <= sizeof data; n++) {
        struct sha256 s;
        sha256_init(&s);
        sha256_add(&s, data, n);
        sha256_end(&s, whole);
        for (size_t step = 1; step < 70; step += 23) {
            sha256_init(&s);
            for (size_t at = 0; at < n; at += step) {
                sha256_add(&s, data + at, at + step < n ? step : n - at);
            }
            sha256_end(&s, pieces);
            assert_memory_equal(whole, pieces, SHA256_BYTES);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(hex_of_published_messages),
        cmocka_unit_test(hex_of_a_million_a),
        cmocka_unit_test(add_in_any_pieces_gives_the_same),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
