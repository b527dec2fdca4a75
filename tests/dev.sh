# SPDX-License-Identifier: MIT
# shellcheck shell=sh
# The test and check half of ./dev; sourced by it.

BENCH_PACKAGES="python3-numpy python3-pandas"
BENCHES="engine call ticks pass event firehose load mcp plugins answers"

# ctest_in DIR PATTERN: runs its tests, adds to $passed and $failed, keeps the log. One more at a time than there are cores:
# the long ones wait more than they compute.
ctest_in() {
    dir=$1; pattern=$2
    say "dev: tests in $dir"
    rm -f "$dir/Testing/Temporary/LastTestsFailed.log"
    rc=0
    (cd "$dir" && ctest -j "$((JOBS + 1))" --output-on-failure --no-tests=ignore -R "$pattern" >test.out 2>&1) || rc=$?
    grep -E '^ *[0-9]+/[0-9]+ Test' "$dir/test.out" >&2 || true
    if [ "$rc" -ne 0 ]; then
        sed -n '/FAIL\|Error\|error/p' "$dir/test.out" | head -n 80 >&2
        say "dev: all of it is in $dir/test.out"
    fi
    log=$dir/Testing/Temporary/LastTest.log
    bad=0
    [ ! -e "$dir/Testing/Temporary/LastTestsFailed.log" ] ||
        bad=$(wc -l <"$dir/Testing/Temporary/LastTestsFailed.log")
    [ "$rc" -eq 0 ] || [ "$bad" -gt 0 ] || bad=1
    good=0
    [ ! -e "$log" ] || good=$(grep -cE '^\[ +OK \]|^ok [0-9]' "$log" || true)
    passed=$((passed + good))
    failed=$((failed + bad))
}

sanitized() {
    configure build/asan -DCMAKE_C_COMPILER=clang -DCMAKE_CXX_COMPILER=clang++ -DCMAKE_BUILD_TYPE=Debug \
        "-DOF_SANITIZE=address,undefined"
    compile build/asan
    cmake --install build/asan --prefix "$PWD/build/dist-asan" >/dev/null
}

clang_build() {
    configure build/clang -DCMAKE_C_COMPILER=clang -DCMAKE_CXX_COMPILER=clang++ -DCMAKE_BUILD_TYPE=Release -DOF_TESTS=OFF
    compile build/clang
}

run_tests() {
    pattern=${1:-.}
    passed=0
    failed=0
    clang_build
    sanitized
    ctest_in build/release "$pattern"
    ctest_in build/asan "$pattern"
    [ "$((passed + failed))" -gt 0 ] || { say "dev: no test has $pattern in its name"; failed=1; }
    echo "$passed passed, $failed failed"
    [ "$failed" -eq 0 ]
}

run_check() {
    sh tests/check/rules.sh
    build
    say "dev: clang-tidy"
    find core plugins -name '*.c' -print0 |
        xargs -0 -P "$JOBS" -n 4 clang-tidy -p build/release --quiet 2>/dev/null
}

# What only measuring needs: the libraries that ours is compared with, DuckDB (from npm) only with --full. Without it the rest is
# measured all the same.
bench_deps() { # [option]...
    # shellcheck disable=SC2086
    deps $BENCH_PACKAGES
    case " $* " in *" --full "*) ;; *) return ;; esac
    (deps_node && install_duckdb) || say "dev: DuckDB cannot be installed; its rows are left out"
    PATH=$PWD/build/node/node_modules/.bin:$PATH
    export PATH
}

install_duckdb() {
    mkdir -p build/duckdb
    cp tests/bench/duckdb/package.json tests/bench/duckdb/package-lock.json tests/bench/duckdb/.npmrc build/duckdb/
    cmp -s build/duckdb/package-lock.json build/duckdb/node_modules/.done || {
        (cd build/duckdb && npm ci --ignore-scripts --loglevel=error >&2 && cp package-lock.json node_modules/.done)
    }
}

# run_bench [WHAT] [option]...: everything in one table, or one of them.
run_bench() {
    what=all
    case ${1:-} in '' | -*) ;; *) what=$1; shift ;; esac
    case $what in
        all) bench_deps "$@"; /usr/bin/python3 tests/bench/bench.py "$@"; return ;;
        ticks) bench_deps "$@"; /usr/bin/python3 tests/bench/ticks_bench.py "$@"; return ;;
        call | load) /usr/bin/python3 "tests/bench/${what}_bench.py" "$@"; return ;;
        mcp) script=mcp_bench ;;
        answers) script=answer_sizes ;;
        plugins) /usr/bin/python3 tests/bench/plugins_bench.py "$@"; return ;;
        engine) /usr/bin/python3 tests/bench/engine_bench.py "$@"; return ;;
        firehose) /usr/bin/python3 tests/bench/firehose_bench.py "$@"; return ;;
        event) /usr/bin/python3 tests/bench/event_bench.py "$@"; return ;;
        pass) build/release/tests/bench/bench_pass build/dist "$@"; return ;;
        *) say "dev: bench what? nothing (all in one table), or $BENCHES"; exit 2 ;;
    esac
    (cd build/release && ctest -R '^mcp_npm$' >/dev/null) || { say "dev: npm packages are missing"; exit 1; }
    /usr/bin/python3 tests/bench/$script.py "$@"
}

# run_fuzz [TARGET] [SECONDS]: one target, or all in turn.
run_fuzz() {
    targets=${1:-$(for f in tests/fuzz/fuzz_*.c; do basename "$f" .c | sed 's/^fuzz_//'; done)}
    seconds=${2:-60}
    configure build/fuzz -DCMAKE_C_COMPILER=clang -DCMAKE_CXX_COMPILER=clang++ -DCMAKE_BUILD_TYPE=RelWithDebInfo \
        "-DOF_SANITIZE=address,undefined" -DCMAKE_C_FLAGS=-fsanitize=fuzzer-no-link
    for target in $targets; do
        [ -e "tests/fuzz/fuzz_$target.c" ] || { say "dev: there is no tests/fuzz/fuzz_$target.c"; exit 2; }
        cmake --build build/fuzz -j "$JOBS" --target "fuzz_$target" >build/fuzz.log 2>&1 ||
            { tail -n 60 build/fuzz.log >&2; exit 1; }
        mkdir -p "build/fuzz/corpus/$target"
        say "dev: fuzzing $target for $seconds s"
        "build/fuzz/tests/fuzz/fuzz_$target" -max_total_time="$seconds" -max_len=16384 -timeout=30 -print_final_stats=1 \
            -artifact_prefix=build/fuzz/ "build/fuzz/corpus/$target" "tests/fuzz/$target" >"build/fuzz/$target.log" 2>&1 ||
            { tail -n 60 "build/fuzz/$target.log" >&2; exit 1; }
        grep '^Done\|^stat' "build/fuzz/$target.log" >&2
    done
}
