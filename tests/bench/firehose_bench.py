# SPDX-License-Identifier: MIT
"""How many tickers the engine carries through the firehose, and what saturates.

A private redis-server, a feeder that writes RATE quotes a second of each ticker in batches of a thousand, an engine with
full output, all on this machine. Once history is judged it is watched for SECONDS: turns that were late, the lag of the
newest tick, CPU of each program, memory. With --source zset the same through sorted sets.
Usage: ./dev bench firehose [--tickers N] [--rate N] [--seconds N] [--history S] [--source zset|firehose] [--first]
[--json FILE]"""
import argparse, json, os, pathlib, subprocess, sys, tempfile, time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "e2e"))
import harness as h
from engine_bench import children, pss_kib

BENCH = h.ROOT / "build" / "release" / "tests" / "bench"


def cpu_s(pid):
    """CPU time of all its threads."""
    fields = open(f"/proc/{pid}/stat").read().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def status(server):
    return {k: int(v) for k, v in server.db.hgetall("orderflow:status").items() if v.lstrip("-").isdigit()}


def caught_up(server, tickers):
    s = status(server)
    behind = [json.loads(d)["behind"] for d in server.db.hgetall("orderflow:detectors").values()]
    return s.get("tickers") == tickers and s["reports_written"] > 2 * tickers and behind and max(behind) <= 3


def watch(server, pids, seconds):
    before, cpu, began = status(server), {n: sum(map(cpu_s, p)) for n, p in pids.items()}, time.monotonic()
    lags, pss = [], []
    while time.monotonic() - began < seconds:
        time.sleep(1)
        ticks = [server.db.hget(f"orderflow:state:T{i:05d}", "tick_ms") for i in (0, 1, 2)]
        lags.append(time.time() * 1000 - min(int(t) for t in ticks))
        pss.append(sum(map(pss_kib, pids["engine"] + pids["workers"])))
    took, after = time.monotonic() - began, status(server)
    row = {f"{n}_cores": round((sum(map(cpu_s, p)) - cpu[n]) / took, 3) for n, p in pids.items()}
    row.update({k: after[k] - before.get(k, 0) for k in ("turns", "turns_late", "quotes_read", "quotes_late",
                                                          "boundaries_skipped", "reports_written")})
    row.update({"phases": {k[7:]: round((after[k] - before[k]) / took / 1e6, 3) for k in after if k.startswith("cpu_us_")},
                "turn_ms_p50": after["turn_ms_p50"], "turn_ms_p99": after["turn_ms_p99"], "turn_ms_max": after["turn_ms_max"],
                "tick_lag_ms_max": round(max(lags)), "pss_mib_first": pss[0] // 1024, "pss_mib_last": pss[-1] // 1024,
                "lost": after.get("firehose_lost", 0), "seconds": round(took, 1)})
    row["quotes_per_s"] = round(row["quotes_read"] / took)
    return row


def main():
    options = argparse.ArgumentParser()
    options.add_argument("--tickers", type=int, default=10_000)
    options.add_argument("--rate", type=int, default=10)
    options.add_argument("--seconds", type=int, default=60)
    options.add_argument("--history", type=int, default=30, help="seconds of quotes there are at the start")
    options.add_argument("--keep", type=int, default=320, help="seconds of quotes that Redis keeps")
    options.add_argument("--source", choices=["zset", "firehose"], default="firehose")
    options.add_argument("--memory", type=int, default=4096, help="[windows] memory_mb")
    options.add_argument("--first", action="store_true", help="before all other programs of the machine (root; SCHED_RR)")
    options.add_argument("--json")
    o = options.parse_args()
    if o.first:
        os.sched_setscheduler(0, os.SCHED_RR, os.sched_param(5))
    with tempfile.TemporaryDirectory() as tmp:
        ini = h.write_ini(tmp, f"[feed]\nsource = {o.source}\nmax_tickers = {o.tickers}\n[windows]\nmemory_mb = {o.memory}\n"
                          f"[engine]\nbackfill_s = {o.history}\n")
        server = h.Redis()
        env = dict(os.environ, ORDERFLOW_REDIS_URL=server.url)
        if o.source == "firehose":
            env["ORDERFLOW_FIREHOSE"] = "orderflow:firehose"
        args = [BENCH / "bench_feeder", str(o.tickers), str(o.rate)]
        subprocess.run([*args, str(-o.history), str(o.keep)], env=env, check=True, stdout=subprocess.DEVNULL)
        feeder = subprocess.Popen([*args, "36000", str(o.keep)], env=env)
        engine = h.Engine(server.url, ini)
        try:
            began = time.monotonic()
            h.wait_for("history is judged", lambda: caught_up(server, o.tickers), 120)
            start_s = time.monotonic() - began
            time.sleep(3)
            pids = {"engine": [engine.process.pid], "workers": children(engine.process.pid), "redis": [server.process.pid],
                    "feeder": [feeder.pid]}
            row = {"source": o.source, "tickers": o.tickers, "rate": o.rate, "start_s": round(start_s, 1),
                   **watch(server, pids, o.seconds)}
            row["redis_mib"] = server.db.info("memory")["used_memory"] >> 20
        finally:
            engine.stop()
            feeder.kill()
            feeder.wait()
            server.stop()
    print(json.dumps(row, indent=1))
    if o.json:
        pathlib.Path(o.json).write_text(json.dumps(row, indent=1))
    if row["lost"] or row["quotes_late"] or row["boundaries_skipped"]:
        raise SystemExit("quotes were lost, late or not judged: more than this machine carries")


if __name__ == "__main__":
    main()
