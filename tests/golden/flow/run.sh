#!/bin/sh
# SPDX-License-Identifier: MIT
# usage: run.sh RUN_GOLDEN PLUGIN.so DETECTOR FILE     the oracle's windows, written to FILE, against the plugin
set -eu
/usr/bin/python3 "$(dirname "$0")/oracle.py" "$3" >"$4"
exec "$1" "$2" "$4"
