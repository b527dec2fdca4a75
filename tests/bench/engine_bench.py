# SPDX-License-Identifier: MIT
"""The engine's tick beside the least a client must do, and beside a plain Python loop, in one run.

Every figure is CPU time: these machines are noisy, so what counts are the ratios, each of medians over spans of the same
length, of the least client before and after the engine's, on the same server and the same feed. The engine is measured
SETTLE_S after it has caught up, from one status that it writes to another: so its own counters of phases and what the system
says are of the same turns, and the table shows both. It fails on wrong results alone, never on time.
Usage: ./dev bench engine [--full] [--rounds N] [--json FILE]"""
import argparse, concurrent.futures, json, os, pathlib, socket, statistics, subprocess, sys, tempfile, threading, time

HERE = pathlib.Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parent / "e2e")]
import harness as h
from table import Table, ends, middle

BENCH = h.ROOT / "build" / "release" / "tests" / "bench"
ROW_BYTES = 44      # of the columns of a window
MEMORY_S = 25       # after which the engine has given back what reading history took
SETTLE_S = 5        # after which its turns are those of any other moment
SPAN_S = 4          # of each measurement: so many ticks
TAPED_S = 3
DETECTORS = 4
HISTORY_QUOTES = 3_100_000  # in Redis at most, before it begins
KEEP_S = 320        # of quotes, in Redis
CATCH_UP_S = 60     # an engine that takes longer is not measured
PEER_MS = {10: 31, 50: 115}  # CPU of the Python server's own tick, measured elsewhere on such a machine


def cpu_s(pid):
    """CPU time of the first thread of a process, which does all there is to do, to the nanosecond."""
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


def pss_kib(pid, part="Pss:"):
    """Pss_Shmem: of it, what lies in memory that programs share: the windows."""
    for line in open(f"/proc/{pid}/smaps_rollup"):
        if line.startswith(part):
            return int(line.split()[1])
    return 0


def resident_kib(pid, part):
    """RssAnon or RssShmem: what the kernel has counted already. PSS has every page of the process looked at, and a process of
    some GB stands still for that."""
    for line in open(f"/proc/{pid}/status"):
        if line.startswith(part + ":"):
            return int(line.split()[1])
    return 0


class Bed:
    """A redis-server with a feeder that writes in real time."""

    def __init__(self, tickers, rate, history_s):
        self.tickers, self.rate = tickers, rate
        self.redis = h.Redis("--maxmemory", "12gb")
        self.env = dict(os.environ, ORDERFLOW_REDIS_URL=self.redis.url, REDIS_SOCK=self.redis.path)
        self.run("bench_feeder", tickers, rate, -history_s, KEEP_S)
        self.feeder = subprocess.Popen([BENCH / "bench_feeder", str(tickers), str(rate), "3600", str(KEEP_S)], env=self.env,
                                       stdout=subprocess.DEVNULL)

    def run(self, program, *args):
        return json.loads(subprocess.run([BENCH / program, *map(str, args)], env=self.env, check=True,
                                         stdout=subprocess.PIPE, text=True).stdout)

    def redis_s(self):
        return cpu_s(self.redis.process.pid)

    def feed_us(self):
        """Redis CPU per ticker and second for the feed alone."""
        before = self.redis_s()
        time.sleep(SPAN_S)
        return (self.redis_s() - before) / SPAN_S / self.tickers * 1e6

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
    return s.get("pid") == pid and s["reports_written"] > 2 * bed.tickers and behind and max(behind) <= 2


def catch_up(bed, engine, patience_s=CATCH_UP_S):
    h.wait_for("the engine has caught up", lambda: caught_up(bed, engine.process.pid), patience_s / h.PATIENCE)


class Turns:
    """Waits for the engine's status, written once a turn. Redis says when: to look again and again would cost it more than a
    ticker's tick."""

    def __init__(self, bed):
        self.connection = socket.socket(socket.AF_UNIX)
        self.connection.settimeout(SPAN_S * h.PATIENCE)
        self.connection.connect(bed.redis.path)
        self.connection.sendall(b"HELLO 3\r\nCLIENT TRACKING ON\r\n")

    def wait(self):
        self.connection.sendall(b"HGET orderflow:status updated_ms\r\n")  # of what was read Redis tells that it has changed
        said = b""
        while b"invalidate" not in said:
            more = self.connection.recv(4096)
            if not more:
                raise SystemExit("wrong result: redis-server closed a connection")
            said += more


def used_so_far(engine, workers):
    return {"engine_s": cpu_s(engine), "workers_s": sum(map(cpu_s, workers)), "at": time.monotonic()}


def engine_span(bed, feed_us, turns, engine, workers):
    """SPAN_S seconds of whole turns. What asking for the status costs Redis is not in them."""
    turns.wait()
    before = {**used_so_far(engine, workers), **status(bed), "redis_s": bed.redis_s()}
    time.sleep(SPAN_S - 0.5)
    turns.wait()
    after = {**used_so_far(engine, workers), "redis_s": bed.redis_s(), **status(bed)}
    used = {key: after[key] - before[key] for key in after if key in before}
    if used["quotes_late"]:
        raise SystemExit("wrong result: quotes were late")
    n = used["at"] * bed.tickers
    span = {key[7:]: us / n for key, us in used.items() if key.startswith("cpu_us_")}
    return {**span, "counted_us": sum(span.values()), "engine_us": used["engine_s"] / n * 1e6,
            "workers_us": used["workers_s"] / n * 1e6, "redis_us": used["redis_s"] / n * 1e6 - feed_us, "late": used["turns_late"]}


def isolated_us(bed):
    """The least client with processes that it asks, as long as the engine needs to settle."""
    return sum(bed.run("bench_floor", 1, SETTLE_S, DETECTORS).values())


def engine_spans(bed, feed_us, n):
    """One engine from its start: n spans, and what the isolated floor cost meanwhile, of one ticker."""
    engine = h.Engine(bed.redis.url)
    try:
        catch_up(bed, engine)
        settled_at = time.monotonic() + SETTLE_S
        isolated = [isolated_us(bed)] if bed.tickers == 1 else []
        time.sleep(max(0, settled_at - time.monotonic()))
        turns, workers = Turns(bed), children(engine.process.pid)
        return [engine_span(bed, feed_us, turns, engine.process.pid, workers) for _ in range(n)], isolated
    finally:
        engine.stop()


def floor_span(bed, feed_us):
    redis, began = bed.redis_s(), time.monotonic()
    client = bed.run("bench_floor", bed.tickers, SPAN_S)["us"]
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


PHASES = ("fetch", "parse", "window", "detect", "track", "format", "send", "other")


SPANS = 2  # of one engine


def measure(bed, rounds, alone):
    """Engines, before and after each the least client, and for one ticker the Python loop and the isolated floor."""
    feed = bed.feed_us()
    ours, isolated, floors, python = [], [], [], []
    for round_ in range(rounds + 1):
        floors.append(floor_span(bed, feed))
        if bed.tickers == 1:
            python.append(python_tick_ms(bed))
        if round_ < rounds:
            with alone:
                spans, least = engine_spans(bed, feed, SPANS)
            ours += spans
            isolated += least
    return ours, isolated, floors, python


def tick(tickers, rate, rounds, alone):
    """What measure() gives; None: not measured."""
    bed = Bed(tickers, rate, min(310, HISTORY_QUOTES // (tickers * rate)))
    try:
        return measure(bed, rounds, alone)
    except AssertionError:
        return None
    finally:
        bed.stop()


def show_tick(table, tickers, rate, found):
    what = f"tick of a ticker, {tickers:,} x {rate}/s"
    if found is None:
        table.note(f"{what}: not measured, the engine does not catch up with so many on this machine, or not beside what else runs on it")
        return
    ours, isolated, floors, python = found
    client = [r["engine_us"] + r["workers_us"] for r in ours]
    us, floor = middle(client), median(floors, "client_us")
    if tickers == 1 and rate in PEER_MS:
        table.add(what, us, "us CPU", PEER_MS[rate] * 1e3, "the Python server (recorded)", spread=ends(client),
                  floor=middle(isolated), at_least=500)
        table.note(f"floor here: the least client (C) with {DETECTORS} processes asked over a socket pair each tick, which judge nothing")
    if python:
        table.add(what, us, "us CPU", middle(python) * 1e3, "Python: 3 fetches, json.loads", spread=ends(client))
    wanted = {"targets": us / floor, "at_most": 2.5} if tickers == 1000 and rate == 10 else {}
    table.add(what, us, "us CPU", floor, "the least client (C)", spread=ends(client), floor=floor, **wanted)
    redis, least = median(ours, "redis_us"), median(floors, "redis_us")
    table.add(f"  Redis for it, {tickers:,} x {rate}/s", redis, "us CPU", least, "the least client (C)",
              spread=ends([r["redis_us"] for r in ours]), floor=least)
    phases = [p for p in PHASES if all(p in r for r in ours)]
    table.note("of it: " + "  ".join(f"{p} {median(ours, p):.1f}" for p in phases) + f"  workers {median(ours, 'workers_us'):.1f}"
               f"  Redis {redis:.1f} us; turns late {sum(r['late'] for r in ours)}")
    table.note(f"the engine's phases are its own count: {median(ours, 'counted_us'):.1f} us in all; the system counts "
               f"{median(ours, 'engine_us'):.1f} for the same turns")


STATE_KEYS = 20  # tickers whose keys both servers must hold alike


def contents(db, tickers):
    """What an engine and a feeder have left behind of some tickers."""
    found = {}
    for t in range(0, tickers, max(1, tickers // STATE_KEYS)):
        name = f"T{t:05d}"
        found[name] = [db.hgetall(f"orderflow:state:{name}"), db.hgetall(f"orderflow:metrics:{name}:10s"),
                       db.zrange(f"orderflow:patterns:{name}", 0, -1), db.zrange(f"orderflow:levels:{name}:bid", 0, -1),
                       db.zcard(f"orderflow:quotes:{name}")]
    return found


class Taped:
    """An engine and a feeder whose commands to a Redis are written down on their way."""

    def __init__(self, folder, tickers, rate, history_s):
        self.tickers, self.file = tickers, os.path.join(folder, "tape")
        socks = [os.path.join(folder, name) for name in ("feed", "engine")]
        for path in [self.file, *socks]:
            if os.path.exists(path):
                os.unlink(path)
        self.redis = h.Redis()
        self.relay = subprocess.Popen([BENCH / "bench_tape", "record", self.file, self.redis.path, *socks])
        h.wait_for("the relay listens", lambda: all(map(os.path.exists, socks)), 20)
        env = dict(os.environ, ORDERFLOW_REDIS_URL=f"unix://{socks[0]}")
        feed = [BENCH / "bench_feeder", str(tickers), str(rate)]
        subprocess.run([*feed, str(-history_s)], env=env, check=True, stdout=subprocess.DEVNULL)
        self.feeder = subprocess.Popen([*feed, "3600"], env=env, stdout=subprocess.DEVNULL)
        self.url = f"unix://{socks[1]}"

    def redis_s(self):
        return cpu_s(self.redis.process.pid)

    def live_us(self, seconds):
        """Redis CPU per ticker and tick, what the feed alone costs taken off; and from when to when (epoch ms)."""
        time.sleep(1)
        before = self.redis_s()
        time.sleep(2)
        feed_us = (self.redis_s() - before) / 2 / self.tickers * 1e6
        engine = h.Engine(self.url)
        try:
            catch_up(self, engine)
            began, before = time.time(), self.redis_s()
            time.sleep(seconds)
            took, after = time.time() - began, self.redis_s()
        finally:
            engine.stop()
            self.feeder.kill()
            self.feeder.wait()
        return (after - before) / took / self.tickers * 1e6 - feed_us, int(began * 1000), int((began + took) * 1000)

    def replayed(self, from_ms, to_ms):
        """The same for the same commands, said by a bare client to another Redis, which must come to hold the same."""
        redis_ = h.Redis()
        try:
            r = json.loads(subprocess.run([BENCH / "bench_tape", "replay", self.file, redis_.path, str(redis_.process.pid),
                                           str(from_ms), str(to_ms)], check=True, stdout=subprocess.PIPE, text=True).stdout)
            left = contents(self.redis.db, self.tickers)
            if r["errors"] or left != contents(redis_.db, self.tickers) or not all(map(all, left.values())):
                raise SystemExit(f"wrong result: the replayed commands left something else behind, {r['errors']} errors")
        finally:
            redis_.stop()
        return r["engine_us"] / self.tickers / ((to_ms - from_ms) / 1000), r["commands"]

    def stop_relay(self):
        self.relay.terminate()
        self.relay.wait()

    def stop(self):
        self.feeder.kill()
        self.feeder.wait()
        self.stop_relay()
        self.redis.stop()


TAPED_HISTORY_S = 30


def commands(table, tickers=1000, rate=10, rounds=2, seconds=TAPED_S):
    """Our own stream of commands, live and from a bare client, in turns. The tape begins with an empty Redis."""
    live, bare, n = [], [], 0
    with tempfile.TemporaryDirectory(prefix="of-bench-") as folder:
        for _ in range(rounds):
            taped = Taped(folder, tickers, rate, TAPED_HISTORY_S)
            try:
                us, from_ms, to_ms = taped.live_us(seconds)
                taped.stop_relay()
                live.append(us)
                us, n = taped.replayed(from_ms, to_ms)
                bare.append(us)
            finally:
                taped.stop()
    us, least = middle(live), middle(bare)
    table.add(f"  Redis for our commands, {tickers:,} x {rate}/s", us, "us CPU", least, "the same, a bare client", spread=ends(live),
              floor=least, targets=us / least, at_most=1.3)
    table.note(f"{n / tickers / seconds:.1f} commands per ticker and tick, {TAPED_HISTORY_S} s of history; both servers hold the same "
               "afterwards")


def lines_of(program, *args):
    out = subprocess.run([BENCH / program, *map(str, args)], check=True, stdout=subprocess.PIPE, text=True).stdout
    return [json.loads(line) for line in out.splitlines()]


def parse(table, rounds=3):
    found = [lines_of("bench_parse")[0] for _ in range(rounds)]
    ours = [p["quick_ns"] for p in found]
    for key, whose in (("general_ns", "our reader of all JSON"), ("cjson_ns", "cJSON")):
        table.add("one quote read", middle(ours), "ns CPU", median(found, key), whose, spread=ends(ours))


def quotes(table, n=400_000, rounds=3):
    """Recorded quotes through windows, detectors in their workers, and episodes; no Redis."""
    found = [lines_of("bench_pass", h.DIST, n) for _ in range(rounds)]
    for tapes in zip(*found):
        speed = [p["quotes_per_s_per_core"] / 1e6 for p in tapes]
        table.add(f"windows, detectors, episodes: {tapes[0]['tape']}", middle(speed), "M quotes/s", spread=ends(speed),
                  targets=middle(speed), at_least=5)


ASKED = (("initialize", {"protocolVersion": "2025-06-18", "capabilities": {}, "clientInfo": {"name": "bench", "version": "1"}}),
         ("tools/call", {"name": "analyze_order_flow", "arguments": {"ticker": "T00000"}}))


class Memory:
    """Proportional memory of front, engine and workers, beyond the windows they share, once the engine has given back what
    reading history took."""

    def __init__(self, tickers=100, rate=10):
        self.tickers, self.rate = tickers, rate
        self.bed = Bed(tickers, rate, 310)
        self.engine = h.Engine(self.bed.redis.url)
        self.front = None
        try:
            catch_up(self.bed, self.engine)
        except BaseException:
            self.stop()
            raise
        self.settled_at = time.monotonic() + MEMORY_S

    def start_front(self):
        """One that has answered."""
        self.front = subprocess.Popen([h.ORDERFLOW, "mcp", "--redis", self.bed.redis.url], stdin=subprocess.PIPE,
                                      stdout=subprocess.PIPE, env=self.bed.env, text=True, bufsize=1)
        for i, (method, params) in enumerate(ASKED):
            self.front.stdin.write(json.dumps({"jsonrpc": "2.0", "id": i, "method": method, "params": params}) + "\n")
            if "result" not in json.loads(self.front.stdout.readline()):
                raise SystemExit("wrong result: the front does not answer")

    def measure(self, table):
        time.sleep(max(0, self.settled_at - time.monotonic()))
        self.start_front()
        pids = [self.front.pid, self.engine.process.pid, *children(self.engine.process.pid)]
        s = status(self.bed)
        total, windows = (sum(pss_kib(p, part) for p in pids) * 1024 for part in ("Pss:", "Pss_Shmem:"))
        per_row = windows / max(1, s["rows_held"])
        beyond = total - windows
        table.add(f"memory beyond the windows, {self.tickers} x {self.rate}/s", beyond / 2**20, "MiB PSS", targets=beyond / 2**20,
                  at_most=40)
        table.note(f"{len(pids)} processes; PSS {total / 2**20:.1f} MiB, windows {windows / 2**20:.1f} MiB, "
                   f"{s['rows_held']:,} quotes; address space of the windows {s['memory_used'] / 2**20:.1f} MiB")
        table.add("windows, per quote kept", per_row, "bytes", floor=ROW_BYTES, targets=per_row, at_most=64)
        table.add("windows, per ticker", windows / self.tickers / 1024, "KiB")
        table.add("all else, per ticker", beyond / self.tickers / 1024, "KiB")

    def stop(self):
        if self.front is not None:
            self.front.stdin.close()
            self.front.wait()
        self.engine.stop()
        self.bed.stop()


QUICK = [(1, 10), (1, 50), (1000, 10)]
FULL = ([(1, r) for r in (1, 10, 50, 200)] + [(100, r) for r in (1, 10, 50, 200)] + [(1000, r) for r in (1, 10, 50, 200)] +
        [(10000, r) for r in (1, 10, 50, 200)])
TOO_MANY = 100_000  # quotes a second; more are no load for one Redis that shares two cores with feeder and engine


def section(table, full=False, rounds=0):
    table.section("The engine's tick of 1 s: CPU per ticker and tick, all processes (Redis apart)")
    rounds, alone = rounds or (3 if full else 1), threading.Lock()
    sizes = FULL if full else QUICK
    # One ticker's bed is idle but for some ms a second: two are measured at a time, their engines one after the other.
    with concurrent.futures.ThreadPoolExecutor(1 if full else 2) as pool:
        ones = [(*size, pool.submit(tick, *size, rounds, alone)) for size in sizes if size[0] == 1]
        for tickers, rate, found in ones:
            show_tick(table, tickers, rate, found.result())
    for tickers, rate in [size for size in sizes if size[0] > 1]:
        if tickers * rate > TOO_MANY:
            table.note(f"tick of a ticker, {tickers:,} x {rate}/s: not measured, the feed alone would fill a core of Redis")
            continue
        show_tick(table, tickers, rate, tick(tickers, rate, rounds, alone))
    commands(table, 1000 if full else 300, 10, rounds + 1)


def main():
    options = argparse.ArgumentParser()
    options.add_argument("--full", action="store_true", help="1 to 10,000 tickers, 1 to 200 quotes a second")
    options.add_argument("--rounds", type=int, default=0)
    options.add_argument("--memory", action="store_true", help="memory alone")
    options.add_argument("--json")
    o = options.parse_args()
    table = Table()
    table.head()
    if not o.memory:
        section(table, o.full, o.rounds)
    memory = Memory()
    try:
        memory.measure(table)
    finally:
        memory.stop()
    table.end(o.json)


if __name__ == "__main__":
    main()
