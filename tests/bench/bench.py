#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Everything that is measured, in one table: ./dev bench [--full] [--json FILE] [--only SECTION,...]

Machines are noisy, and this one may be busy: what counts are the ratios. Each is of medians over rounds that alternate both
sides, in one run, on the same server and feed, except where it says "recorded": such figures of the original Python server were
measured elsewhere. CPU time is of all processes of a side, unless it says "by the clock". floor: the least that it can cost,
measured here, too; share: how much of ours that is. A wrong result ends the run with an error; a missed target is said and no
error.

Sections: read (quotes), pass (files), ticks (beside numpy, pandas, with --full DuckDB), memory, call, event, engine, load (with --full)."""
import argparse, json, os, pathlib, platform, subprocess, sys, tempfile, time

HERE = pathlib.Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parent / "e2e")]
import call_bench, engine_bench, load_bench, ticks_bench
from table import Table


def read(table, full):
    table.section("A quote read (its JSON as the broker writes it)")
    engine_bench.parse(table)


def whole_pass(table, full):
    table.section("Recorded quotes from memory through windows, detectors in their workers, and episodes (CPU, all processes)")
    engine_bench.quotes(table, 3_600_000 if full else 400_000)


def ticks(table, full):
    ticks_bench.section(table, full)


def engine(table, full):
    engine_bench.section(table, full)


def call(table, full):
    call_bench.section(table, full)


def event(table, full):
    table.section("Event mode, 100 tickers and 1,000 quotes/s of all: from PUBLISH (or XADD) to the pattern readable (by the clock)")
    with tempfile.NamedTemporaryFile(suffix=".json") as out:
        command = ["/usr/bin/python3", HERE / "event_bench.py", "--json", out.name]
        more = ["--seconds", "30"] if full else ["--seconds", "6", "--beside", "5", "--source", "zset"]
        subprocess.run([*command, *more], check=True, stdout=subprocess.DEVNULL)
        rows = json.load(open(out.name))
    interval = {r["source"]: r for r in rows if r["trigger"] == "interval"}
    for r in rows:
        if r["trigger"] == "event":
            table.add(f"PUBLISH to pattern, {r['source']}, p99", r["p99_ms"], "ms", interval[r["source"]]["p99_ms"],
                      "our interval mode (1 s)", spread=(r["p50_ms"], r["max_ms"]), targets=r["p99_ms"], at_most=5)


def load(table, full):
    if not full:
        table.note("under load for longer: --full, or ./dev bench load --tickers 5000 --seconds 600")
        return
    table.section("A live engine under load for a minute each (by the clock); ./dev bench load --seconds 600 for longer")
    for tickers, rate, source in ((1000, 100, "zset"), (5000, 10, "zset"), (10_000, 10, "firehose")):
        load_bench.one(table, tickers, rate, 60, source)


class Memory:
    """Its engine needs time to settle, and next to no CPU: programs that need no Redis are measured meanwhile."""

    MEANWHILE = ("read", "pass", "ticks")

    def __init__(self):
        self.engine = None

    def begin(self):
        self.engine = self.engine or engine_bench.Memory()

    def __call__(self, table, full):
        table.section("Memory")
        self.begin()
        self.engine.measure(table)
        self.stop()

    def stop(self):
        if self.engine is not None:
            self.engine.stop()
        self.engine = None


memory = Memory()
SECTIONS = {"read": read, "pass": whole_pass, "ticks": ticks, "memory": memory, "call": call, "event": event, "engine": engine,
            "load": load}


def measure(chosen, table, full):
    """Seconds that each section took."""
    took = {}
    for name in chosen:
        at = time.monotonic()
        try:
            if "memory" in chosen and name in Memory.MEANWHILE:
                memory.begin()
            SECTIONS[name](table, full)
        except AssertionError as e:  # a deadline, beside whatever else runs here
            table.note(f"the rest of {name} is not measured: {e}")
        took[name] = round(time.monotonic() - at)
    return took


def machine():
    model = [line.split(":")[1].strip() for line in open("/proc/cpuinfo") if line.startswith("model name")]
    redis = subprocess.run(["redis-server", "--version"], stdout=subprocess.PIPE, text=True).stdout.split()[2]
    return {"cpu": f"{len(model) or os.cpu_count()} x {model[0] if model else platform.machine()}", "load": os.getloadavg()[0],
            "redis": redis, "at": time.strftime("%Y-%m-%dT%H:%MZ", time.gmtime())}


def main():
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    options.add_argument("--full", action="store_true", help="longer, more rates and tickers, DuckDB")
    options.add_argument("--only", help="sections, separated by commas: " + " ".join(SECTIONS))
    options.add_argument("--json", default=str(HERE.parents[1] / "build" / "bench.json"))
    o = options.parse_args()
    chosen = o.only.split(",") if o.only is not None else list(SECTIONS)
    unknown = [name for name in chosen if name not in SECTIONS]
    if unknown:
        options.error(f"--only: no section '{unknown[0]}'; there are {' '.join(SECTIONS)}")
    about, began = machine(), time.monotonic()
    print(__doc__.split("\n\n")[1] + "\n")
    print(f"{about['cpu']}, load {about['load']:.1f}, Redis {about['redis'][2:]}, {about['at']}\n")
    table = Table()
    table.head()
    try:
        took = measure(chosen, table, o.full)
    finally:
        memory.stop()
    about.update(section_s=took, load_after=os.getloadavg()[0], seconds=round(time.monotonic() - began), full=o.full)
    table.end(o.json, machine=about)
    print(f"{about['seconds']} s (" + ", ".join(f"{k} {v}" for k, v in took.items()) + f"), load at the end {about['load_after']:.1f}")


if __name__ == "__main__":
    main()
