#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""A live engine under load, for as long as asked: ./dev bench load [--tickers N] [--rate R] [--seconds S]
[--source zset|firehose] [--huge-pages] [--search] [--replay] [--json FILE]

A redis-server, a pipelined feeder and an engine with its four detectors on this machine, full output. Lateness of a tick:
from the moment it was due (its boundary and the 250 ms that late quotes are waited for) until it was found written in Redis;
looked at every 25 ms, of 64 tickers spread over all. A tick is late when the next one was due before it was written.
  --huge-pages  Redis may use them: without, most of what it waits for with millions of quotes is the translation of addresses
  --search  doubles and halves the number of tickers until it knows the largest with which no tick is late (each --seconds long)
  --replay  two hours of quotes of 20 tickers at ten times their speed: is the memory flat in the second?
            (in the first windows fill, and every episode of the last hour is kept)
It fails on wrong results alone: quotes that were not analysed, tickers that were left out."""
import argparse, json, math, os, pathlib, subprocess, sys, tempfile, time

HERE = pathlib.Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parent / "e2e")]
import engine_bench as eb
import harness as h
from table import Table, ends

WATCHED, LOOK_S, REORDER_MS, INTERVAL_MS = 64, 0.025, 250, 1000
TURNS_KEPT = 60  # by the engine, for its quantiles
BACKFILL_S = 20  # the load begins with as much history as this, half of it at least of each ticker
KEPT_S = 3600    # the longest that anything is kept: episodes
SPEED = 10       # of a replay
LONG_S = 300     # one so long begins with all that Redis keeps, and has long to judge that
LONG_CATCH_UP_S = 300
SETTLE_S = 10    # after an engine has caught up; it has just had more to do at once than it will have again
HUGE_PAGES = {"MALLOC_CONF": "thp:always"}  # with disable-thp no: what a Redis of many GB may be given


def quantile(values, share):
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))] if ordered else None


class Watch:
    """When each boundary of some tickers was first seen written."""

    def __init__(self, db, tickers):
        step = max(1, tickers // WATCHED)
        self.db, self.keys = db, [f"orderflow:state:T{t:05d}" for t in range(0, tickers, step)][:WATCHED]
        self.last, self.late_ms, self.skipped = {}, [], 0

    def look(self):
        pipe = self.db.pipeline(transaction=False)
        for key in self.keys:
            pipe.hget(key, "tick_ms")
        for key, tick in zip(self.keys, pipe.execute()):
            tick, now = int(tick or 0), time.time() * 1000
            before = self.last.get(key, tick)
            self.last[key] = tick
            if tick > before:
                self.late_ms.append(now - tick - REORDER_MS)
                self.skipped += (tick - before) // INTERVAL_MS - 1  # several at once: all but the last were late

    def late(self):
        return sum(ms > INTERVAL_MS for ms in self.late_ms) + self.skipped


class Load:
    """A redis-server, an engine that has caught up, and a feeder that writes in real time."""

    def __init__(self, tickers, rate, source, seconds=0, huge_pages=False):
        history_s, patience_s = (BACKFILL_S, eb.CATCH_UP_S) if seconds < LONG_S else (eb.KEEP_S, LONG_CATCH_UP_S)
        self.tickers, self.rate = tickers, rate
        huge = ("--disable-thp", "no") if huge_pages else ()
        self.redis = h.Redis("--maxmemory", "20gb", *huge, env=HUGE_PAGES if huge_pages else {})
        self.tmp = tempfile.TemporaryDirectory()
        self.env = h.clean_env(ORDERFLOW_REDIS_URL=self.redis.url, FEEDER_SPREAD="1")
        if source == "firehose":
            self.env["ORDERFLOW_FIREHOSE"] = "orderflow:firehose"
        self.ini = h.write_ini(self.tmp.name, f"[feed]\nsource = {source}\nmax_tickers = {tickers}\n[windows]\nmemory_mb = 8192\n")
        feeder = [eb.BENCH / "bench_feeder", str(tickers), str(rate)]
        subprocess.run([*feeder, str(-history_s), str(eb.KEEP_S)], env=self.env, check=True, stdout=subprocess.DEVNULL)
        self.feeder = subprocess.Popen([*feeder, "360000", str(eb.KEEP_S)], env=self.env, stdout=subprocess.DEVNULL)
        self.engine = h.Engine(self.redis.url, self.ini)
        try:
            eb.catch_up(self, self.engine, patience_s)
            time.sleep(SETTLE_S)
        except AssertionError:
            self.stop()
            raise

    def stop(self):
        self.engine.stop()
        self.feeder.kill()
        self.feeder.wait()
        self.redis.stop()
        self.tmp.cleanup()


def cpu_now(load, workers):
    return {"engine": eb.cpu_s(load.engine.process.pid), "workers": sum(map(eb.cpu_s, workers)),
            "redis": eb.cpu_s(load.redis.process.pid), "feeder": eb.cpu_s(load.feeder.pid)}


def memory_now(load, everyone):
    own = sum(eb.resident_kib(pid, "RssAnon") for pid in everyone) / 1024
    windows = max(eb.resident_kib(pid, "RssShmem") for pid in everyone) / 1024
    return {"mib": own + windows, "windows_mib": windows, "rows": eb.status(load)["rows_held"]}


def run(tickers, rate, seconds, source, huge_pages=False):
    load = Load(tickers, rate, source, seconds, huge_pages)
    try:
        workers = eb.children(load.engine.process.pid)
        everyone = [load.engine.process.pid, *workers]
        watch, before, began = Watch(load.redis.db, tickers), eb.status(load), time.monotonic()
        idle = idle_s()
        cpu, memory, next_memory = cpu_now(load, workers), [], began
        while time.monotonic() - began < seconds:
            watch.look()
            if time.monotonic() >= next_memory:
                memory.append(memory_now(load, everyone))
                next_memory += max(1, seconds / 60)
            time.sleep(LOOK_S)
        after, cpu_after, took = eb.status(load), cpu_now(load, workers), time.monotonic() - began
        n = after["quotes_read"] - before["quotes_read"]
        result = {"tickers": tickers, "rate": rate, "seconds": round(took, 1), "source": source, "huge_pages": huge_pages,
                  "lateness_ms": {name: quantile(watch.late_ms, q) for name, q in
                                  (("p50", 0.5), ("p90", 0.9), ("p99", 0.99), ("max", 1))},
                  "ticks_seen": len(watch.late_ms), "ticks_late": watch.late(),
                  "turn_ms": {q: after[f"turn_ms_{q}"] for q in ("p50", "p99", "max")},
                  "turns": after["turns"] - before["turns"], "turns_late": after["turns_late"] - before["turns_late"], "quotes": n,
                  "quotes_late": after["quotes_late"] - before["quotes_late"],
                  "idle": (idle_s() - idle) / took / os.cpu_count(), "cores": {k: (cpu_after[k] - cpu[k]) / took for k in cpu}, "memory": memory}
    finally:
        load.stop()
    if after["tickers"] < tickers:
        result["wrong"] = f"{after['tickers']} tickers of {tickers} are analysed"
    elif result["quotes_late"] > 0 or n < 0.5 * tickers * rate * seconds or not watch.late_ms:
        result["wrong"] = f"{result['quotes_late']} quotes late, {n} read of about {tickers * rate * seconds}"
    return result


def idle_s():
    """Of all cores: were others at work beside us?"""
    fields = open("/proc/stat").readline().split()
    return (int(fields[4]) + int(fields[5])) / os.sysconf("SC_CLK_TCK")


def busiest(result):
    cores = result["cores"]
    name = max(cores, key=cores.get)
    return f"{name} at {cores[name]:.2f} of a core, all {sum(cores.values()):.2f} of {os.cpu_count()}"


FLAT = 1.02  # the end may have this much more than half way


def show_memory(table, what, samples):
    """What engine and workers hold, at four times. Judged is all of it once windows are full, before that what is not windows."""
    at = {share: samples[max(0, math.ceil(len(samples) * share) - 1)] for share in (0.25, 0.5, 0.75, 1)}
    half, end = at[0.5], at[1]
    full = end["rows"] <= FLAT * half["rows"]
    part = (lambda m: m["mib"]) if full else (lambda m: m["mib"] - m["windows_mib"])
    table.add(f"{what}: memory{'' if full else ' beyond windows'}, at the end", part(end), "MiB", part(half), "half way",
              ratio=part(end) / part(half), spread=ends([part(m) for m in samples]), targets=part(end) / part(half), at_most=FLAT)
    table.note("of the time: " + "; ".join(f"{share:.0%} {m['mib']:.0f} MiB, of it windows {m['windows_mib']:.0f}, "
                                           f"{m['rows']:,} quotes" for share, m in at.items()))


def show(table, r):
    what = f"{r['tickers']:,} tickers x {r['rate']}/s, {r['seconds']:.0f} s, {r['source']}" + (", Redis on huge pages" if r["huge_pages"] else "")
    table.add(f"{what}: ticks late", r["ticks_late"], f"of {r['ticks_seen']}", targets=r["ticks_late"], at_most=0)
    table.add(f"{what}: lateness p99", r["lateness_ms"]["p99"], "ms", spread=(r["lateness_ms"]["p50"], r["lateness_ms"]["max"]),
              targets=r["lateness_ms"]["p99"], at_most=INTERVAL_MS)
    table.add(f"{what}: turn p99", r["turn_ms"]["p99"], "ms", spread=(r["turn_ms"]["p50"], r["turn_ms"]["max"]),
              targets=r["turn_ms"]["p99"], at_most=200 if r["rate"] >= 100 else INTERVAL_MS)
    if r["turns"] < TURNS_KEPT:
        table.note(f"turns are of the last {TURNS_KEPT}, of which {TURNS_KEPT - r['turns']} were before the measurement, catching up")
    show_memory(table, what, r["memory"])
    table.note("cores: " + "  ".join(f"{k} {v:.2f}" for k, v in r["cores"].items()) + f"; busiest: {busiest(r)}; the machine "
               f"was idle for {r['idle']:.0%} of its time")
    if "wrong" in r:
        table.note(f"WRONG: {r['wrong']}")


def holds(r):
    return r is not None and r["ticks_late"] == 0 and "wrong" not in r


def attempt(tickers, rate, seconds, source):
    try:
        return run(tickers, rate, seconds, source)
    except AssertionError as e:
        print(f"  {tickers:,} tickers: {e}", flush=True)
        return None


def one(table, tickers, rate, seconds, source):
    """In a table of others: one that does not even catch up is a missed target, and the rest goes on."""
    r = attempt(tickers, rate, seconds, source)
    if r is not None:
        show(table, r)
    else:
        table.add(f"{tickers:,} tickers x {rate}/s, {seconds} s, {source}: ticks late", None, "all", at_most=0)


def search(table, start, rate, seconds, source):
    low, high, results, n = 0, None, {}, start
    while high is None or high - low > max(100, high // 10):
        r = results[n] = attempt(n, rate, seconds, source)
        if r is not None:
            table.note(f"{n:,} tickers: {'holds' if holds(r) else 'late ' + str(r['ticks_late'])}, p99 "
                       f"{r['lateness_ms']['p99'] or 0:.0f} ms, {busiest(r)}" + (f"; {r['wrong']}" if "wrong" in r else ""))
        low, high = (n, high) if holds(r) else (low, n)
        n = n * 2 if high is None else (low + high) // 2
    table.add(f"most tickers at {rate}/s that hold, {source}", low, "tickers")
    worse = results.get(high)
    table.note(f"with {high:,} " + (f"{worse['ticks_late']} ticks were late; {busiest(worse)}" if worse else "it does not catch up"))
    return results.get(low)


def replay(table, seconds, tickers=20, rate=10):
    """Quotes at ten times their speed; the memory once all is there that is ever kept, and at the end."""
    redis_ = h.Redis()
    data_s = seconds * SPEED
    with tempfile.TemporaryDirectory(prefix="of-bench-") as folder:
        files = []
        for t in range(tickers):
            files.append(os.path.join(folder, f"T{t:05d}.csv"))
            with open(files[-1], "w") as out:
                subprocess.run([sys.executable, h.ROOT / "tests/e2e/noise_tape.py", "--mean", "6000", "--rate", str(rate),
                                "--seconds", str(data_s), "--seed", str(t)], stdout=out, check=True)
        engine = h.Engine(redis_.url)
        player = subprocess.Popen([h.ORDERFLOW, "replay", *files, "--speed", str(SPEED), "--redis", redis_.url], env=h.clean_env(),
                                  stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        memory, began = [], time.monotonic()
        try:
            h.wait_for("quotes are judged", lambda: redis_.db.hget("orderflow:status", "rows_held"), 60)
            everyone = [engine.process.pid, *eb.children(engine.process.pid)]
            while player.poll() is None and time.monotonic() - began < seconds + 60:
                memory.append((time.monotonic() - began, sum(map(eb.pss_kib, everyone)) / 1024))
                time.sleep(1)
            episodes = redis_.db.zcard("orderflow:patterns:T00000")
        finally:
            player.kill()
            player.wait()
            engine.stop()
            redis_.stop()
    full = [mib for at, mib in memory if at * SPEED > KEPT_S]
    if episodes == 0 or not full:
        raise SystemExit("wrong result: " + ("no episodes" if episodes == 0 else "the replay ended before memory was full"))
    table.add(f"{data_s / 3600:.2g} h of {tickers} x {rate}/s at {SPEED}x: PSS", memory[-1][1], "MiB", full[0], "after the first hour",
              ratio=memory[-1][1] / full[0], spread=(min(full), max(full)), targets=memory[-1][1] / full[0], at_most=1.05)
    table.note(f"{episodes} episodes kept of the first ticker")
    return {"pss_mib": memory}


def main():
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--tickers", type=int, default=1000)
    options.add_argument("--rate", type=int, default=10)
    options.add_argument("--seconds", type=int, default=0, help="60; a search 30, a replay 720")
    options.add_argument("--source", choices=("zset", "firehose"), default="zset")
    options.add_argument("--huge-pages", action="store_true")
    options.add_argument("--search", action="store_true")
    options.add_argument("--replay", action="store_true")
    options.add_argument("--json")
    o = options.parse_args()
    if o.replay and o.seconds and o.seconds * SPEED < 2 * KEPT_S:
        options.error(f"--replay: its second hour has to be flat, so --seconds is {2 * KEPT_S // SPEED} or more")
    table = Table()
    table.head()
    table.section("A live engine under load (by the clock)")
    if o.replay:
        result = replay(table, o.seconds or 720)
    elif o.search:
        result = search(table, o.tickers, o.rate, o.seconds or 30, o.source)
    else:
        result = run(o.tickers, o.rate, o.seconds or 60, o.source, o.huge_pages)
        show(table, result)
    table.end(o.json, load=result)
    if result and "wrong" in result:
        raise SystemExit(f"wrong result: {result['wrong']}")


if __name__ == "__main__":
    main()
