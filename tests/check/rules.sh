#!/bin/sh
# SPDX-License-Identifier: MIT
# The rules of the house that a script can check. Prints each breach; exit status 1 if there is one.
set -u
cd "$(dirname "$0")/../.."
breaches=0
breach() { printf '%s\n' "$*"; breaches=$((breaches + 1)); }

sources=$(find core include plugins sdk tests -name node_modules -prune -o \( -name '*.c' -o -name '*.h' \) -print)
ours=$(find core include plugins sdk/c -name '*.c' -o -name '*.h' | grep -v '^plugins/.*/build/')

for file in $ours; do
    lines=$(wc -l <"$file")
    case $file in
        core/main/*.c) limit=200 ;;
        include/*.h) limit=300 ;;
        *.h) limit=200 ;;
        *) limit=600 ;;
    esac
    [ "$lines" -le "$limit" ] || breach "$file: $lines lines, at most $limit"
    head -n 1 "$file" | grep -q 'SPDX-License-Identifier: MIT' || breach "$file: no SPDX line"
done

# Functions of more than 100 lines: from a { in column 0 to a } in column 0.
for file in $sources; do
    awk -v file="$file" '/^\{/ { start = NR } /^\}/ { if (start && NR - start > 100)
        printf "%s:%d: a function of %d lines, at most 100\n", file, start, NR - start; start = 0 }' "$file"
done | { grep . && exit 1; exit 0; } || breaches=$((breaches + 1))

ban() { # ban PATTERN WHY FILES...
    pattern=$1; why=$2; shift 2
    found=$(grep -nE "$pattern" "$@" /dev/null)
    [ -z "$found" ] || breach "$found
    ^ $why"
}
# shellcheck disable=SC2086
{
    ban '(^|[^a-z_])(strcpy|strcat|sprintf|vsprintf|gets|strtok|system|popen|alloca|rand)\(' 'a banned function' $ours
    ban '^[^"/*]*(^|[^:"])//' 'comments are /* */' $ours
    ban '(^|[^a-zA-Z])(TODO|FIXME|XXX)([^a-zA-Z]|$)' 'no open ends in the code' $ours
    ban 'DESIGN [0-9]' 'a page that is not in the repository' $ours core/ARCHITECTURE.md README.md
    ban '(clock_gettime|gettimeofday|[^a-z_]time\(NULL)' 'only base/, io/ and main/ read a clock' \
        $(find core/market core/feed core/result plugins -name '*.c')
    ban 'dlopen|dlsym' 'dlopen lives in the worker alone' $(find core -name '*.c' ! -path core/detect/loader.c)
    ban 'hiredis' 'hiredis is seen by core/io alone' $(find core -name '*.[ch]' ! -path 'core/io/*')
}

if command -v clang-format >/dev/null 2>&1; then
    # shellcheck disable=SC2086
    clang-format --dry-run -Werror $(printf '%s\n' $ours | grep -v '\.def$') 2>&1 | grep -E 'error:' &&
        breaches=$((breaches + 1))
fi
[ "$breaches" -eq 0 ] || { echo "$breaches breaches"; exit 1; }
echo "ok 1 - house rules"
