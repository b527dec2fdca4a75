# SPDX-License-Identifier: MIT
"""The engine's tick beside the least a client must do, and beside a plain Python loop, in one run.

Every figure is CPU time: these machines are noisy, so what counts are the ratios, each of medians over rounds that
alternate both sides on the same server and the same feed. It fails on wrong results alone, never on time.
Usage: ./dev bench engine [--full] [--rounds N] [--json FILE]"""
import argparse, json, os, pathlib, statistics, subprocess, sys, tempfile, time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "e2e"))
import harness as h

BENCH = h.ROOT / "build" / "release" / "tests" / "bench"
TICK_S = 6          # seconds of each measurement
PEER_MS = {10: 31, 50: 115}  # CPU of the Python server's own tick, measured elsewhere on such a machine


def cpu_s(pid):
    """CPU time of a process of one thread, to the nanosecond."""
    return int(open(f"/proc/{pid}/schedstat").read().split()[0]) / 1e9


def children(pid):
    found = []
    for entry in os.listdir("/proc"):
        try:
            if entry.isdigit() and int(open(f"/proc/{entry}/stat").read().rsplit(")", 1)[1].split()[1]) == pid:
                found.append(int(entry))
        except (OSError, IndexError):
            pass
    return found


def pss_kib(pid):
    for line in open(f"/proc/{pid}/smaps_rollup"):
        if line.startswith("Pss:"):
            return int(line.split()[1])
    return 0


class Bed:
    """A redis-server with a feeder that writes in real time."""

    def __init__(self, tickers, rate, history_s):
        self.tickers, self.rate = tickers, rate
        self.redis = h.Redis("--maxmemory", "12gb")
        self.env = dict(os.environ, ORDERFLOW_REDIS_URL=self.redis.url, REDIS_SOCK=self.redis.path)
        self.run("bench_feeder", tickers, rate, -history_s)
        self.feeder = subprocess.Popen([BENCH / "bench_feeder", str(tickers), str(rate), "3600"], env=self.env)

    def run(self, program, *args):
        return json.loads(subprocess.run([BENCH / program, *map(str, args)], env=self.env, check=True,
                                         stdout=subprocess.PIPE, text=True).stdout)

    def redis_s(self):
        cpu = self.redis.db.info("cpu")
        return cpu["used_cpu_user"] + cpu["used_cpu_sys"]

    def feed_us(self, seconds=TICK_S):
        """Redis CPU per ticker and second for the feed alone."""
        before = self.redis_s()
        time.sleep(seconds)
        return (self.redis_s() - before) / seconds / self.tickers * 1e6

    def stop(self):
        self.feeder.kill()
        self.feeder.wait()
        self.redis.stop()


def status(bed):
    return {k: int(v) for k, v in bed.redis.db.hgetall("orderflow:status").items() if v.isdigit()}


def caught_up(bed, pid):
    """This engine (not the one before it) has written each ticker a few times, and no detector owes it history."""
    s = status(bed)
    behind = [json.loads(d)["behind"] for d in bed.redis.db.hgetall("orderflow:detectors").values()]
    return s.get("pid") == pid and s["reports_written"] > 4 * bed.tickers and behind and max(behind) <= 2


def engine_round(bed, feed_us):
    """One engine from its start: after its history is judged, TICK_S seconds are measured."""
    engine = h.Engine(bed.redis.url)
    try:
        h.wait_for("the engine has caught up", lambda: caught_up(bed, engine.process.pid), 180)
        workers = children(engine.process.pid)
        before, redis, began = status(bed), bed.redis_s(), time.monotonic()
        engine_s, workers_s = cpu_s(engine.process.pid), sum(map(cpu_s, workers))
        time.sleep(TICK_S)
        seconds, after = time.monotonic() - began, status(bed)
        n = bed.tickers * seconds
        round_ = {"engine_us": (cpu_s(engine.process.pid) - engine_s) / n * 1e6,
                  "workers_us": (sum(map(cpu_s, workers)) - workers_s) / n * 1e6,
                  "redis_us": (bed.redis_s() - redis) / n * 1e6 - feed_us,
                  "late": after["turns_late"] - before["turns_late"],
                  "pss_kib": sum(map(pss_kib, [engine.process.pid, *workers])),
                  "rows": after["rows_held"], "memory": after["memory_used"]}
        for key in after:
            if key.startswith("cpu_us_"):
                round_[key[7:]] = (after[key] - before[key]) / n
        if after["quotes_late"] > before["quotes_late"]:
            raise SystemExit("wrong result: quotes were late")
        return round_
    finally:
        engine.stop()


def floor_round(bed, feed_us):
    redis, began = bed.redis_s(), time.monotonic()
    client = bed.run("bench_floor", bed.tickers, TICK_S)["us"]
    seconds = time.monotonic() - began
    return {"client_us": client, "redis_us": (bed.redis_s() - redis) / bed.tickers / seconds * 1e6 - feed_us}


PYTHON_TICK = """
import json, os, sys, time, redis
db = redis.Redis(unix_socket_path=os.environ["REDIS_SOCK"], decode_responses=True)
began, n = time.process_time(), int(sys.argv[1])
for _ in range(n):
    now = int(time.time() * 1000)
    for seconds in (10, 60, 300):
        quotes = [json.loads(m) for m in db.zrangebyscore("orderflow:quotes:T00000", now - seconds * 1000, now)]
print((time.process_time() - began) / n * 1e3, len(quotes))
"""


def python_tick_ms(bed):
    out = subprocess.run(["/usr/bin/python3", "-c", PYTHON_TICK, "8"], env=bed.env, check=True, capture_output=True,
                         text=True).stdout.split()
    if int(out[1]) < bed.rate * 200:
        raise SystemExit(f"wrong result: the Python loop saw {out[1]} quotes of 300 s")
    return float(out[0])


def median(rounds, key):
    return statistics.median(r[key] for r in rounds)


def spread(rounds, key):
    values = [r[key] for r in rounds]
    return f"{min(values):.1f}..{max(values):.1f}"


def tick(tickers, rate, rounds, results):
    bed = Bed(tickers, rate, 310 if tickers * rate <= 10_000 else 60)
    try:
        feed = bed.feed_us()
        ours, floors = [], []
        for _ in range(rounds):
            ours.append(engine_round(bed, feed))
            floors.append(floor_round(bed, feed))
        client = [r["engine_us"] + r["workers_us"] for r in ours]
        base, base_redis = median(floors, "client_us"), median(floors, "redis_us")
        row = {"tickers": tickers, "rate": rate, "client_us": statistics.median(client),
               "redis_us": median(ours, "redis_us"), "floor_us": base, "floor_redis_us": base_redis,
               "turns_late": sum(r["late"] for r in ours), "pss_kib": median(ours, "pss_kib"),
               "bytes_per_row": median(ours, "memory") / max(1, median(ours, "rows"))}
        for phase in ("fetch", "parse", "window", "detect", "track", "format", "send", "other"):
            row[phase] = median(ours, phase)
        row["workers"] = median(ours, "workers_us")
        results["ticks"].append(row)
        print(f"{tickers:6d} x {rate:3d}/s  client {row['client_us']:7.1f} us ({min(client):.1f}..{max(client):.1f})  "
              f"floor {base:6.1f} us ({spread(floors, 'client_us')})  ratio {row['client_us'] / base:5.2f}   "
              f"Redis {row['redis_us']:6.1f} us, floor {base_redis:6.1f} us, ratio {row['redis_us'] / base_redis:5.2f}   "
              f"late {row['turns_late']}")
        print("      " + "  ".join(f"{p} {row[p]:.1f}" for p in ("fetch", "parse", "window", "detect", "track", "format",
                                                                 "send", "other", "workers")), flush=True)
        if tickers == 1 and rate in PEER_MS:
            python = statistics.median(python_tick_ms(bed) for _ in range(rounds))
            row["python_ms"] = python
            print(f"      a Python loop of the same fetches and json.loads: {python:.2f} ms of CPU a tick, "
                  f"{python * 1000 / row['client_us']:.0f} times ours; the Python server's own tick was measured at "
                  f"{PEER_MS[rate]} ms, {PEER_MS[rate] * 1000 / row['client_us']:.0f} times ours")
    finally:
        bed.stop()


def parse(results):
    p = json.loads(subprocess.run([BENCH / "bench_parse"], check=True, stdout=subprocess.PIPE, text=True).stdout)
    results["parse"] = p
    print(f"one quote read: quick {p['quick_ns']} ns, general {p['general_ns']} ns, cJSON {p['cjson_ns']} ns, "
          f"ratio cJSON / quick {p['cjson_ns'] / p['quick_ns']:.1f}")


def files(results):
    """Recorded quotes through windows, detectors and episodes, no Redis."""
    rows = 400_000
    with tempfile.TemporaryDirectory() as tmp:
        path = os.path.join(tmp, "spy.csv")
        with open(path, "w") as out:
            subprocess.run([sys.executable, h.ROOT / "tests/e2e/noise_tape.py", "--mean", "6000", "--rate", "100",
                            "--seconds", str(rows // 100)], stdout=out, check=True)
        began = time.monotonic()
        before = os.times()
        answer = h.run("analyze", "SPY", "--file", path, "--format", "json", timeout=600)
        after, seconds = os.times(), time.monotonic() - began
        if answer.returncode != 0 or not json.loads(answer.stdout)["patterns"]:
            raise SystemExit("wrong result: no patterns on the tape")
    cpu = after.children_user + after.children_system - before.children_user - before.children_system
    results["file"] = {"rows": rows, "seconds": seconds, "cpu_s": cpu}
    print(f"a file of {rows} quotes: {rows / seconds / 1e6:.2f} M quotes/s, {rows / cpu / 1e6:.2f} M quotes/s per core")


def main():
    options = argparse.ArgumentParser()
    options.add_argument("--full", action="store_true", help="1 to 10,000 tickers, 1 to 200 quotes a second")
    options.add_argument("--rounds", type=int, default=0)
    options.add_argument("--json")
    o = options.parse_args()
    grid = ([(1, r) for r in (1, 10, 50, 200)] + [(100, r) for r in (1, 10, 50, 200)] +
            [(1000, r) for r in (1, 10, 50)] + [(10000, 1)]) if o.full else [(1, 10), (1, 50), (1000, 10)]
    results = {"ticks": []}
    print("CPU per ticker and tick of 1 s; ratios of medians from this run, which alternates both sides")
    parse(results)
    files(results)
    for tickers, rate in grid:
        tick(tickers, rate, o.rounds or (5 if o.full else 2), results)
    if o.json:
        pathlib.Path(o.json).write_text(json.dumps(results, indent=1))


if __name__ == "__main__":
    main()
