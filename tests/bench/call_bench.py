#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""What one call of analyze_order_flow costs, beside a plain Python loop over the same quotes, in one run.

The ticker has an hour of quotes at 50 a second in Redis, more coming in, sizes with the tail of a busy stock (10 % over
5,000, 1 % over 15,000); the engine has judged all of it. A call asks another span every time, so that no call shares an
answer with the one before. Cold: the first call of a front that just started.
./dev bench call [--json FILE]"""
import argparse, json, pathlib, subprocess, sys, tempfile, time

HERE = pathlib.Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parent / "e2e")]
import harness as h
from table import Table, ends, middle

BENCH = h.ROOT / "build" / "release" / "tests" / "bench"
RATE, KEEP_S, MEDIAN, SIGMA = 50, 3700, 1133, 1.16
SPANS = {300: range(201, 400), 3600: range(3400, 3600)}
PEER_MS = {300: 42, 3600: 808}  # the Python server's own call, measured elsewhere on such a machine
TARGET = {300: 200, 3600: 1000}  # times faster than that

PYTHON = """
import json, os, sys, time, redis
span_ms, n = int(sys.argv[1]) * 1000, int(sys.argv[2])
db = redis.Redis(unix_socket_path=os.environ["REDIS_SOCK"], decode_responses=True)
took = []
for _ in range(n):
    began, now = time.monotonic(), int(time.time() * 1000)
    quotes = [json.loads(m) for m in db.zrangebyscore("orderflow:quotes:T00000", now - span_ms, now)]
    took.append(time.monotonic() - began)
took.sort()
print(took[n // 2] * 1e3, len(quotes))
"""


class Bed:
    """A redis-server with quotes, a feeder that goes on, and an engine that has judged them."""

    def __init__(self, history_s, rate=RATE):
        self.redis = h.Redis()
        self.env = h.clean_env(ORDERFLOW_REDIS_URL=self.redis.url, REDIS_SOCK=self.redis.path)
        self.tmp = tempfile.TemporaryDirectory()
        feed = [BENCH / "bench_feeder", "1", str(rate)]
        tail = [str(KEEP_S), str(MEDIAN), str(SIGMA)]
        subprocess.run([*feed, str(-history_s), *tail], env=self.env, check=True, stdout=subprocess.DEVNULL)
        # with older quotes behind the backfill nothing would be shown that could rest on them
        self.ini = h.write_ini(self.tmp.name, f"[engine]\nbackfill_s = {history_s + 300}\n")
        self.feeder = subprocess.Popen([*feed, "3600", *tail], env=self.env, stdout=subprocess.DEVNULL)
        self.engine = h.Engine(self.redis.url, self.ini)
        h.wait_for("the engine has judged the history", self.ready, 120)

    def ready(self):
        detectors = [json.loads(d) for d in self.redis.db.hgetall("orderflow:detectors").values()]
        return self.redis.db.hget("orderflow:state:T00000", "warming") == "0" and detectors and \
            all(d["behind"] == 0 for d in detectors) and self.redis.db.zcard("orderflow:patterns:T00000") > 50

    def stop(self):
        self.engine.stop()
        self.feeder.kill()
        self.feeder.wait()
        self.redis.stop()
        self.tmp.cleanup()


def python_ms(bed, span_s, rate, n):
    out = subprocess.run(["/usr/bin/python3", "-c", PYTHON, str(span_s), str(n)], env=bed.env, check=True,
                         capture_output=True, text=True).stdout.split()
    if int(out[1]) < rate * span_s * 0.8:
        raise SystemExit(f"wrong result: the Python loop saw {out[1]} quotes of {span_s} s")
    return float(out[0])


def call(bed, span_s, calls):
    args = [json.dumps({"ticker": "T00000", "history": f"{s}s"}) for s in SPANS[span_s]]
    out = subprocess.run([BENCH / "mcp_client", "legacy", str(calls), "5", "1", "analyze_order_flow", *args, "--",
                          h.ORDERFLOW, "mcp", "--redis", bed.redis.url, "--config", bed.ini], env=bed.env,
                         capture_output=True, text=True)
    if out.returncode != 0:
        raise SystemExit(f"mcp_client: {out.stderr}")
    return json.loads(out.stdout)


class Front:
    """A front that nobody has asked anything yet."""

    def __init__(self, bed):
        self.process = subprocess.Popen([h.ORDERFLOW, "mcp", "--redis", bed.redis.url, "--config", bed.ini], stdin=subprocess.PIPE,
                                        stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, env=bed.env, text=True, bufsize=1)
        self.ask("initialize", 1, protocolVersion="2025-06-18", capabilities={}, clientInfo={"name": "bench", "version": "1"})
        self.process.stdin.write('{"jsonrpc":"2.0","method":"notifications/initialized"}\n')
        self.ask("ping", 2)

    def ask(self, method, id_, **params):
        self.process.stdin.write(json.dumps({"jsonrpc": "2.0", "id": id_, "method": method, "params": params}) + "\n")
        return json.loads(self.process.stdout.readline())

    def call_ms(self, span_s):
        began = time.monotonic()
        answer = self.ask("tools/call", 3, name="analyze_order_flow", arguments={"ticker": "T00000", "history": f"{span_s}s"})
        took = (time.monotonic() - began) * 1e3
        text = answer["result"]["content"][0]["text"]
        if answer["result"].get("isError") or 'state="OK"' not in text or "<pattern " not in text:
            raise SystemExit(f"wrong result: {text[:300]}")
        return took

    def stop(self):
        self.process.stdin.close()
        self.process.wait()


COLD_N, APART_N = 9, 20


def cold_ms(bed, span_s, n):
    """From a front that knows nothing to the answer of its first call, the start itself left out."""
    took = []
    for _ in range(n):
        front = Front(bed)
        took.append(front.call_ms(span_s))
        front.stop()
    return took


def apart_ms(bed, span_s, n):
    """Calls with a tick between each two, so that all figures are new; on processors that have gone to sleep."""
    front, took = Front(bed), []
    front.call_ms(span_s)
    for _ in range(n):
        time.sleep(1.05)
        took.append(front.call_ms(span_s))
    front.stop()
    return took


def section(table, full=False, tiny=False):
    history_s, rounds, calls = (330, 1, 20) if tiny else (3650, 3, 1000 if not full else 5000)
    table.section(f"One call of analyze_order_flow, {RATE} quotes/s, a real Redis and engine (by the clock)")
    bed = Bed(history_s)
    try:
        for span in (300,) if tiny else SPANS:
            ours, python = [], []
            for _ in range(rounds):
                ours.append(call(bed, span, calls)["p50_us"])
                python.append(python_ms(bed, span, RATE, 3 if full or span < 1000 else 1) * 1e3)
            us, cold = middle(ours), [ms * 1e3 for ms in cold_ms(bed, span, 1 if tiny else COLD_N)]
            table.add(f"call, history {span} s, no shared answer, warm", us, "us, p50", PEER_MS[span] * 1e3,
                      "the Python server (recorded)", spread=ends(ours), at_least=TARGET[span])
            table.add(f"call, history {span} s, no shared answer, warm", us, "us, p50", middle(python), "Python: fetch, json.loads",
                      spread=ends(ours))
            table.add(f"call, history {span} s, first of a new front", middle(cold), "us", middle(python), "Python: fetch, json.loads",
                      spread=ends(cold))
            if full:
                apart = [ms * 1e3 for ms in apart_ms(bed, span, APART_N)]
                table.add(f"call, history {span} s, one a second", middle(apart), "us", middle(python), "Python: fetch, json.loads",
                          spread=ends(apart))
    finally:
        bed.stop()


def main():
    options = argparse.ArgumentParser()
    options.add_argument("--tiny", action="store_true", help="for tests: wrong results alone")
    options.add_argument("--full", action="store_true")
    options.add_argument("--json")
    o = options.parse_args()
    table = Table()
    table.head()
    section(table, o.full, o.tiny)
    table.end(o.json)


if __name__ == "__main__":
    main()
