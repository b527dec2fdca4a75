# SPDX-License-Identifier: MIT
"""Event mode: from the PUBLISH of a quote to the pattern readable in Redis, as a distribution.

A private redis-server, an engine with the shipped detectors and one that says something at every row (tests/e2e/beat.c),
and a program that writes quotes as a broker does and hears of every write of a patterns key (tests/bench/event.c): what it
measures ends when the answer that shows the pattern is here. Interval mode beside it, for contrast. It fails on wrong
results alone (a quote that nothing ever rested on), never on time.
Usage: ./dev bench event [--tickers N] [--rate N] [--seconds N] [--source zset|firehose] [--first] [--json FILE]"""
import argparse, json, os, pathlib, shutil, subprocess, sys, tempfile

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "e2e"))
import harness as h
import live

BENCH = h.ROOT / "build" / "release" / "tests" / "bench"


def cpu_s(pid):
    fields = open(f"/proc/{pid}/stat").read().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def measure(o, source, trigger, seconds):
    with tempfile.TemporaryDirectory() as tmp:
        plugins = os.path.join(tmp, "plugins")
        shutil.copytree(live.SHIPPED, plugins)
        live.compile_plugin("beat.c", os.path.join(plugins, "beat.so"))
        ini = h.write_ini(tmp, f"[engine]\ntrigger = {trigger}\n[feed]\nsource = {source}\ndiscover_ms = 500\n"
                          f"[plugins]\ndir = {plugins}\n[ticker]\ntick = 0.01\n")
        server = h.Redis("--notify-keyspace-events", "Kz")
        engine = h.Engine(server.url, ini)
        try:
            h.wait_for("the engine serves", lambda: server.db.exists("orderflow:status"))
            before = [cpu_s(p) for p in (engine.process.pid, server.process.pid)]
            out = subprocess.run([BENCH / "bench_event", source, str(o.tickers), str(o.rate), str(seconds)], check=True,
                                 env=dict(os.environ, ORDERFLOW_REDIS_URL=server.url), stdout=subprocess.PIPE, text=True)
            row = {"source": source, "trigger": trigger, "tickers": o.tickers, "rate": o.rate, **json.loads(out.stdout)}
            row["engine_cpu"], row["redis_cpu"] = (
                (cpu_s(p) - b) / (seconds + 3) for p, b in zip((engine.process.pid, server.process.pid), before))
            status = server.db.hgetall("orderflow:status")
            row["late"] = int(status["quotes_late"])
        finally:
            engine.stop()
            server.stop()
    if row["unseen"] > o.rate * 2 * (trigger == "interval") or row["measured"] == 0:
        raise SystemExit(f"wrong result: {row['unseen']} quotes that nothing rested on: {row}")
    return row


def main():
    options = argparse.ArgumentParser()
    options.add_argument("--tickers", type=int, default=100)
    options.add_argument("--rate", type=int, default=1000, help="quotes a second, of all tickers")
    options.add_argument("--seconds", type=int, default=20)
    options.add_argument("--beside", type=int, default=8, help="seconds of interval mode")
    options.add_argument("--source", choices=["zset", "firehose"])
    options.add_argument("--first", action="store_true", help="before all other programs of the machine (root; SCHED_RR)")
    options.add_argument("--json")
    o = options.parse_args()
    if o.first:
        os.sched_setscheduler(0, os.SCHED_RR, os.sched_param(5))
    rows = []
    print(f"{o.tickers} tickers, {o.rate} quotes/s of all; ms from PUBLISH (or XADD) to the pattern readable")
    print(f"{'':24}   p50      p90      p99    p99.9      max    late  engine  Redis (share of a core)")
    for source in [o.source] if o.source else ["zset", "firehose"]:
        for trigger in ("event", "interval"):
            r = measure(o, source, trigger, o.seconds if trigger == "event" else o.beside)
            rows.append(r)
            print(f"{trigger + ', ' + source:24}" + "".join(f"{r[k]:8.2f} " for k in (
                "p50_ms", "p90_ms", "p99_ms", "p999_ms", "max_ms")) +
                f"{r['late']:6d}   {r['engine_cpu']:5.2f}  {r['redis_cpu']:5.2f}", flush=True)
    if o.json:
        pathlib.Path(o.json).write_text(json.dumps(rows, indent=1))


if __name__ == "__main__":
    main()
