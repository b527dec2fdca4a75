#!/bin/sh
# SPDX-License-Identifier: MIT
# sdk_readme.sh SOURCE_DIR CC RUN_GOLDEN WORK_DIR: the code in sdk/README.md is what the template holds, has about 40
# lines, compiles without a warning and passes the template's golden file.
set -eu
source=$1 cc=$2 run_golden=$3 work=$4
template=$source/sdk/template/c
rm -rf "$work" && mkdir -p "$work"

# block N: the N-th piece of C in the README.
block() {
    awk -v want="$1" '/^```/ { inside = !inside; c = $0 == "```c"; n += inside && c; next }
        inside && c && n == want' "$source/sdk/README.md"
}
block 1 >"$work/my_detector.c"
diff "$work/my_detector.c" "$template/my_detector.c"
[ "$(wc -l <"$work/my_detector.c")" -le 50 ]

flags='-O2 -fPIC -shared -fvisibility=hidden -Wl,-z,defs -Wall -Wextra -Wpedantic -Wconversion -Werror'
for std in c11 c17; do
    # shellcheck disable=SC2086
    "$cc" -std=$std $flags -I "$source/include" -o "$work/my_detector.so" "$work/my_detector.c"
    "$run_golden" "$work/my_detector.so" "$template/golden/my_detector.txt"
done

# A golden file that expects something else must fail, and say what differs.
sed 's/ratio=10$/ratio=11/' "$template/golden/my_detector.txt" >"$work/wrong.txt"
if "$run_golden" "$work/my_detector.so" "$work/wrong.txt" >"$work/wrong.log"; then
    echo "a wrong expectation was accepted"
    exit 1
fi
grep -q '  - expect 0 my_detector bid 10.00 +1 value=10 ratio=11' "$work/wrong.log"
"$run_golden" "$work/my_detector.so" "$work/wrong.txt" --update
"$run_golden" "$work/my_detector.so" "$work/wrong.txt"

# "Say why": the detector with its explanation agrees with itself; one that lies is caught.
block 2 >"$work/explain.c"
awk -v file="$work/explain.c" '/^static const ofd_plugin plugin/ {
        while ((getline line <file) > 0) print line }
    { sub(/\.detect = detect/, ".detect = detect, .ext = ext"); print }' \
    "$work/my_detector.c" >"$work/explained.c"
sed 's/holds = ratio >= s->ratio/holds = ratio > 2 * s->ratio/' "$work/explained.c" >"$work/liar.c"
for name in explained liar; do
    # shellcheck disable=SC2086
    "$cc" -std=c11 $flags -I "$source/include" -o "$work/$name.so" "$work/$name.c"
done
"$run_golden" "$work/explained.so" "$template/golden/my_detector.txt"
if "$run_golden" "$work/liar.so" "$template/golden/my_detector.txt" >"$work/liar.log"; then
    echo "an explanation that lies was accepted"
    exit 1
fi
grep -q 'explain() ' "$work/liar.log"

# "Less to write in C": the same detector from declare.h.
block 3 >"$work/short.c"
between() { awk -v from="$1" -v to="$2" 'index($0, to) == 1 { exit } index($0, from) == 1 { on = 1 } on' "$3"; }
{
    awk '/^\/\* struct self, create/ { exit } { print }' "$work/short.c"
    printf '#include <math.h>\n#include <stdlib.h>\n'
    between 'struct self' 'static const ofd_plugin' "$work/my_detector.c"
    between 'static int32_t explain' 'static const ofd_explain' "$work/explain.c"
    awk 'on { print } /^\/\* struct self, create/ { on = 1 }' "$work/short.c"
} >"$work/declared.c"
# shellcheck disable=SC2086
"$cc" -std=c11 $flags -I "$source/include" -I "$source/sdk/c" -o "$work/declared.so" "$work/declared.c"
"$run_golden" "$work/declared.so" "$template/golden/my_detector.txt"
