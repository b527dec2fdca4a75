#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""A tape from memory beside numpy, pandas and DuckDB: the metrics of 10, 60 and 300 s and the conditions of the four detectors at
every second. All figures of all of them are compared: each is an oracle of the others. ./dev bench ticks [--full] [--json FILE]"""
import argparse, json, math, os, pathlib, subprocess, sys, tempfile
from array import array

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE))
from make_tape import make
from table import Table, ends, middle

ROOT = HERE.parents[1]
BIN = ROOT / "build" / "release" / "tests" / "bench"
DIST = pathlib.Path(os.environ.get("OF_DIST", ROOT / "build" / "dist"))
PLUGINS = DIST / "lib" / "orderflow" / "plugins"
DUCKDB = ROOT / "build" / "duckdb"
PYTHON = "/usr/bin/python3"
FIGURES = 89


def run(*command, **env):
    out = subprocess.run([str(c) for c in command], stdout=subprocess.PIPE, text=True, env={**os.environ, **env})
    if out.returncode != 0:
        raise SystemExit(f"failed: {' '.join(map(str, command))}")
    return json.loads(out.stdout)


def read(path):
    figures = array("d")
    figures.frombytes(pathlib.Path(path).read_bytes())
    return figures


def compare(ours, theirs, whose):
    """All figures of the ticks that the other side has."""
    b = read(theirs)
    a = read(ours)[:len(b)]
    bad = [i for i, (x, y) in enumerate(zip(a, b)) if not math.isclose(x, y, rel_tol=1e-9, abs_tol=1e-6)]
    if len(a) != len(b) or not b or len(b) % FIGURES or bad:
        where = f", the first at tick {bad[0] // FIGURES} figure {bad[0] % FIGURES}: {a[bad[0]]} and {b[bad[0]]}" if bad else ""
        raise SystemExit(f"wrong result: {whose} differs in {len(bad)} of {len(b)} figures{where}")
    return len(b), sum(sum(b[i + FIGURES - 8:i + FIGURES]) for i in range(0, len(b), FIGURES))


def tape(folder, rate, seconds):
    path = os.path.join(folder, f"tape{rate}")
    make(rate, seconds, path)
    return path


def others(full, tiny):
    """Name, command, ticks at most, and how much faster ours is to be."""
    if tiny:
        return [("plain Python", [PYTHON, HERE / "ticks_plain.py"], None, None)]
    found = [("numpy, window by window", [PYTHON, HERE / "ticks_numpy.py", "slices"], None, 50),
             ("numpy, whole tape at once", [PYTHON, HERE / "ticks_numpy.py", "cumulative"], None, None),
             ("pandas, window by window", [PYTHON, HERE / "ticks_numpy.py", "pandas"], 20, 50)]
    if full and (DUCKDB / "node_modules" / ".done").exists():
        found.append(("DuckDB, one thread", ["node", HERE / "duckdb" / "ticks_duckdb.mjs"], None, 100))
    return found


def one_rate(table, folder, rate, seconds, rounds, full, tiny):
    path, ours_out, out = tape(folder, rate, seconds), os.path.join(folder, "ours"), os.path.join(folder, "other")
    ours, agreed, took = [], [], {name: [] for name, *_ in others(full, tiny)}
    for round_ in range(rounds):
        for name, command, ticks, _ in others(full, tiny):
            ours.append(run(BIN / "bench_ticks", PLUGINS, path, ours_out)["ns_per_quote"])
            if round_ > 0 and "DuckDB" in name:
                continue
            more = [str(ticks)] if ticks else []
            took[name].append(run(*command, path, out, *more, BENCH_DUCKDB_DIR=str(DUCKDB))["ns_per_quote"])
            agreed.append(compare(ours_out, out, name))
    for name, _, _, target in others(full, tiny):
        table.add(f"windows, metrics, detectors, {rate} quotes/s", middle(ours), "ns/quote", middle(took[name]), name,
                  spread=ends(ours), at_least=target)
    return max(agreed)


def section(table, full=False, tiny=False):
    table.section("A tape from memory: metrics of 3 windows and 4 detectors at every second (CPU, one core)")
    sizes = [(10, 70), (3, 40)] if tiny else [(10, 600), (50, 600), (1000, 60)] if not full else [(10, 1800), (50, 900), (1000, 120)]
    with tempfile.TemporaryDirectory(prefix="of-bench-") as folder:
        for rate, seconds in sizes:
            figures, emissions = one_rate(table, folder, rate, seconds, 1 if tiny else 3, full, tiny)
            if full and "DuckDB" not in str(others(full, tiny)):
                table.note("DuckDB is not installed: not compared with it")
            table.note(f"{figures} figures and {emissions:.0f} emissions agree to 1e-9")


def main():
    options = argparse.ArgumentParser()
    options.add_argument("--full", action="store_true", help="longer tapes, and DuckDB")
    options.add_argument("--tiny", action="store_true", help="for tests: a short tape, and plain Python")
    options.add_argument("--json")
    o = options.parse_args()
    table = Table()
    table.head()
    section(table, o.full, o.tiny)
    table.end(o.json)


if __name__ == "__main__":
    main()
