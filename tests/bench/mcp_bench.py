#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""orderflow mcp beside the smallest servers of the TypeScript SDKs, in one run; ./dev bench mcp runs it.

usage: mcp_bench.py [--calls 5000] [--spawns 21] [--depth 64]

Ours answers a real analysis of a ticker with 300 s of quotes at 50 a second, more coming in while it is measured; the
SDKs' servers answer a fixed text of 4000 characters. Columns: from spawn to the first answer (initialize or
server/discover); median and 99th percentile of calls one after the other; calls a second with --depth in flight;
memory of the process at the end. "anew": every call asks another span of history, so none shares a look at Redis."""
import argparse, json, os, pathlib, shutil, subprocess, sys, threading, time

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests" / "e2e"))
import harness as h

HERE = pathlib.Path(__file__).resolve().parent
CLIENT = ROOT / "build" / "release" / "tests" / "bench" / "mcp_client"
NPM = ROOT / "build" / "npm"
RATE, HISTORY_S = 50, 300
ARGS = '{"ticker":"SPY","history":"5mins","include_patterns":true}'
ANEW = [json.dumps({"ticker": "SPY", "history": f"{s}s", "include_patterns": True}) for s in range(201, 400)]


def quote(i, ts):
    bid = 450 + (i // 37 % 21 - 10) * 0.01
    return ts, f"{bid:.2f}", str(100 + i * 7919 % 4000), f"{bid + 0.01:.2f}", str(100 + i * 104729 % 4000)


def feed(db, ended):
    i = RATE * HISTORY_S
    while not ended.wait(1 / RATE):
        h.write_quotes(db, "SPY", [quote(i, int(time.time() * 1000))])
        i += 1


def measure(options, era, args, command):
    out = subprocess.run([CLIENT, era, str(options.calls), str(options.spawns), str(options.depth), "analyze_order_flow",
                          *args, "--", *command], capture_output=True, text=True, env=h.clean_env(MCP_NODE_DIR=str(NPM)))
    if out.returncode != 0:
        sys.exit(f"{command}: {out.stderr}")
    return json.loads(out.stdout)


def show(name, r):
    print(f"{name:<28}{r['first_ms']:>10.2f}{r['p50_us']:>9.1f}{r['p99_us']:>10.1f}{r['calls_s']:>10.0f}"
          f"{r['rss_kb'] / 1024:>9.1f}{r['pss_kb'] / 1024:>9.1f}{r['bytes']:>8}")


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--calls", type=int, default=5000)
    parser.add_argument("--spawns", type=int, default=21)
    parser.add_argument("--depth", type=int, default=64)
    options = parser.parse_args()
    node = shutil.which("node")
    server, ended = h.Redis(), threading.Event()
    now = int(time.time() * 1000)
    n = RATE * HISTORY_S
    h.write_quotes(server.db, "SPY", [quote(i, now - (n - i) * 1000 // RATE) for i in range(n)])
    feeder = threading.Thread(target=feed, args=(server.db, ended))
    feeder.start()
    engine = h.Engine(server.url)
    try:
        h.wait_for("the engine has read the history",
                   lambda: server.db.hget("orderflow:state:SPY", "warming") == "0", 60)
        ours = [h.ORDERFLOW, "mcp", "--redis", server.url]
        v1, v2 = [node, str(HERE / "mcp_sdk_v1.mjs")], [node, str(HERE / "mcp_sdk_v2.mjs")]
        print(f"{'':<28}{'first ms':>10}{'p50 us':>9}{'p99 us':>10}{'calls/s':>10}{'RSS MB':>9}{'PSS MB':>9}{'bytes':>8}")
        rows = {}
        for name, era, args, command in (("orderflow, legacy", "legacy", [ARGS], ours), ("SDK v1, legacy", "legacy", [ARGS], v1),
                                         ("orderflow, modern", "modern", [ARGS], ours), ("SDK v2, modern", "modern", [ARGS], v2),
                                         ("orderflow, legacy, anew", "legacy", ANEW, ours)):
            rows[name] = measure(options, era, args, command)
            show(name, rows[name])
        for era, sdk in (("legacy", "SDK v1, legacy"), ("modern", "SDK v2, modern")):
            a, b = rows[f"orderflow, {era}"], rows[sdk]
            print(f"{sdk} / orderflow: first answer {b['first_ms'] / a['first_ms']:.0f} x, p50 {b['p50_us'] / a['p50_us']:.1f} x, "
                  f"p99 {b['p99_us'] / a['p99_us']:.1f} x, calls/s {a['calls_s'] / b['calls_s']:.1f} x, "
                  f"RSS {b['rss_kb'] / a['rss_kb']:.0f} x, PSS {b['pss_kb'] / a['pss_kb']:.0f} x")
    finally:
        ended.set()
        feeder.join()
        engine.stop()
        server.stop()


if __name__ == "__main__":
    main()
