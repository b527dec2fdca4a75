#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""What one call of analyze_order_flow costs, beside a plain Python loop over the same quotes, in one run.

The ticker has an hour of quotes at 50 a second in Redis, more coming in, sizes with the tail of a busy stock (10 % over
5,000, 1 % over 15,000); the engine has judged all of it. A call asks another span every time, so that no call shares an
answer with the one before. Cold: the first call of a front that just started.
Usage: ./dev bench call [--calls N] [--json FILE]"""
import argparse, json, os, pathlib, statistics, subprocess, sys, tempfile, time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "e2e"))
import harness as h

BENCH = h.ROOT / "build" / "release" / "tests" / "bench"
RATE, KEEP_S, MEDIAN, SIGMA = 50, 3700, 1133, 1.16
SPANS = {300: range(201, 400), 3600: range(3400, 3600)}
PEER_MS = {300: 42, 3600: 808}  # the Python server's own call, measured elsewhere on such a machine

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
    """A redis-server with an hour of quotes, a feeder that goes on, and an engine that has judged them."""

    def __init__(self, history_s, rate=RATE):
        self.redis = h.Redis()
        self.env = h.clean_env(ORDERFLOW_REDIS_URL=self.redis.url, REDIS_SOCK=self.redis.path)
        self.tmp = tempfile.TemporaryDirectory()
        feed = [BENCH / "bench_feeder", "1", str(rate)]
        tail = [str(KEEP_S), str(MEDIAN), str(SIGMA)]
        subprocess.run([*feed, str(-history_s), *tail], env=self.env, check=True, stdout=subprocess.DEVNULL)
        self.ini = h.write_ini(self.tmp.name, f"[engine]\nbackfill_s = {min(history_s, 3600)}\n")
        self.feeder = subprocess.Popen([*feed, "3600", *tail], env=self.env, stdout=subprocess.DEVNULL)
        self.engine = h.Engine(self.redis.url, self.ini)
        h.wait_for("the engine has judged the history", self.ready, 120)

    def ready(self):
        return self.redis.db.hget("orderflow:state:T00000", "warming") == "0" and \
            all(json.loads(d).get("behind", 0) == 0 for d in self.redis.db.hgetall("orderflow:detectors").values())

    def stop(self):
        self.engine.stop()
        self.feeder.kill()
        self.feeder.wait()
        self.redis.stop()
        self.tmp.cleanup()


def python_ms(bed, span_s, n):
    out = subprocess.run(["/usr/bin/python3", "-c", PYTHON, str(span_s), str(n)], env=bed.env, check=True,
                         capture_output=True, text=True).stdout.split()
    return float(out[0]), int(out[1])


def call(bed, span_s, calls):
    args = [json.dumps({"ticker": "T00000", "history": f"{s}s"}) for s in SPANS[span_s]]
    out = subprocess.run([BENCH / "mcp_client", "legacy", str(calls), "5", "1", "analyze_order_flow", *args, "--",
                          h.ORDERFLOW, "mcp", "--redis", bed.redis.url, "--config", bed.ini], env=bed.env, capture_output=True, text=True)
    if out.returncode != 0:
        raise SystemExit(f"mcp_client: {out.stderr}")
    return json.loads(out.stdout)


if __name__ == "__main__":
    bed = Bed(3650)
    try:
        print(bed.redis.db.zcard("orderflow:patterns:T00000"), bed.redis.db.zcard("orderflow:quotes:T00000"), bed.redis.url)
        for span in SPANS:
            print(span, python_ms(bed, span, 5))
            print(call(bed, span, 3000))
        if "--wait" in sys.argv: input()
    finally:
        bed.stop()
