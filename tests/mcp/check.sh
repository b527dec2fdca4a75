#!/bin/sh
# SPDX-License-Identifier: MIT
# check.sh NODE LOG SCRIPT [ARGUMENT...] -- SERVER...
# Runs a client against the server through the wiretap, then checks what the server wrote.
set -eu
here=$(dirname "$0")
node=$1
log=$2
script=$3
shift 3
rm -f "$log"
case $script in
raw_lines.mjs | transcripts.mjs | conformance.mjs | inspector.mjs)
    "$node" "$here/$script" "$log" "$@"
    ;;
*)
    flags=
    while [ "$1" != -- ]; do
        flags="$flags $1"
        shift
    done
    shift
    # shellcheck disable=SC2086
    "$node" "$here/$script" $flags -- "$node" "$here/wiretap.mjs" "$log" -- "$@"
    ;;
esac
"$node" "$here/wirecheck.mjs" "$log"
