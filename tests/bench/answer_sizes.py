#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""How large answers are, in characters and tokens (js-tiktoken, o200k_base), beside the Python server's.

answer_sizes.py      prints a table. Needs the tree that ./dev build leaves and build/npm (test mcp_npm).

The Python server's answers to three tapes were recorded (peer/), the first 15 s after it had started. While a pattern
is true it writes a row a second and never takes one back. How many it wrote over an hour of two tapes of noise
(tests/e2e/noise_tape.py) was counted (README): "after 5 min" is its recorded answer with as many of its own rows as
it wrote in 5 minutes of that tape.
"""
import argparse, json, os, pathlib, re, shutil, subprocess, sys, tempfile, time

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "e2e"))
import harness as h  # noqa: E402

TAPES = {"10 quotes/s, 5 min": ("peer/1_normal_10qps_300s.csv.gz", "peer/1_normal_10qps_300s.xml"),
         "50 quotes/s, 2 min": ("peer/2_busy_50qps_60s_nopat.csv.gz", "peer/2_busy_50qps_60s_nopat.xml"),
         "0.3 quotes/s, 5 min": ("peer/3_sparse_no5min.csv.gz", "peer/3_sparse_no5min.xml")}
# Mean size: rows of absorption bid, ask, stacking, momentum_shift that the Python server wrote in 3,541 ticks.
NOISE_ROWS, NOISE_TICKS = {3000: (0, 0, 0, 142), 6000: (1757, 1784, 51, 142)}, 3541


def count(texts):
    env = dict(os.environ, MCP_NODE_DIR=os.environ.get("OF_NPM", str(h.ROOT / "build" / "npm")))
    out = subprocess.run([shutil.which("node"), str(HERE.parent / "mcp" / "tokens.mjs"), "count"], env=env, check=True,
                         input=json.dumps(texts), capture_output=True, text=True)
    return json.loads(out.stdout)


def answer(path, ticker, *args):
    out = h.run("analyze", ticker, "--file", str(path), *args)
    assert out.returncode == 0, out.stderr
    return out.stdout


def with_rows(xml, n):
    """The recorded answer with n pattern rows, its own over and over."""
    own = re.findall(r"    <pattern>.*?</pattern>\n", xml, re.S)
    head = xml[:xml.index("    <pattern>")]
    return re.sub(r'count="\d+"', f'count="{n}"', head) + "".join(own[i % len(own)] for i in range(n)) + \
        "  </detected_patterns>\n</order_flow_data>"


def noise(mean, seconds, folder):
    path = f"{folder}/noise{mean}.csv"
    with open(path, "w") as f:
        subprocess.run(["/usr/bin/python3", str(HERE.parent / "e2e/noise_tape.py"), "--mean", str(mean), "--seconds",
                        str(seconds)], stdout=f, check=True)
    return path


def texts(details):
    """(tape, answer, text)"""
    recorded = (HERE / "peer/1_normal_10qps_300s.xml").read_text()

    def ours(tape, path, ticker):
        return [(tape, d, answer(path, ticker, "--detail", d)) for d in details]
    for tape, (path, peer) in TAPES.items():
        yield from ours(tape, HERE / path, "SPY")
        yield tape, "Python server, recorded", (HERE / peer).read_text()
    with tempfile.TemporaryDirectory() as folder:
        for mean, rows in NOISE_ROWS.items():
            tape, n = f"noise, mean size {mean}", sum(rows) * 300 // NOISE_TICKS
            yield from ours(tape, noise(mean, 600, folder), "SPY")
            yield tape, f"Python server, after 5 min ({n} rows)", with_rows(recorded, n)
    yield from ours("BTCUSDT, 190 quotes/s", h.BTC, "BTCUSDT")


def measure(details=("standard", "compact", "full")):
    """{tape: {answer: (characters, tokens)}}"""
    all_texts, result = list(texts(details)), {}
    for (tape, name, text), n in zip(all_texts, count([t for _, _, t in all_texts])):
        result.setdefault(tape, {})[name] = (len(text), n)
    return result


def scan_rows():
    """Rows of scan_order_flow over two busy tapes that end now, as the client is sent them."""
    server, client = h.Redis(), None
    engine = None
    try:
        now = int(time.time() * 1000)
        for ticker, path in (("BTCUSDT", h.BTC), ("ETHUSD", h.ETH), ("SPY", HERE / "peer/1_normal_10qps_300s.csv.gz")):
            rows = list(h.read_csv(path))
            h.write_quotes(server.db, ticker, [(r[0] + now - rows[-1][0], *r[1:]) for r in rows])
        engine = h.Engine(server.url)
        for ticker in ("BTCUSDT", "ETHUSD", "SPY"):
            h.wait_for("the engine reports", lambda: server.db.hget(f"orderflow:state:{ticker}", "warming") == "0", 30)
        request = {"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": {
            "name": "scan_order_flow", "arguments": {}, "_meta": {
                "io.modelcontextprotocol/protocolVersion": "2026-07-28",
                "io.modelcontextprotocol/clientCapabilities": {}}}}
        out = h.run("mcp", "--redis", server.url, input=json.dumps(request) + "\n")
        data = json.loads(out.stdout.splitlines()[0])["result"]["structuredContent"]
        rows = [json.dumps(r, separators=(",", ":")) for r in data["rows"]]
        return list(zip(rows, count(rows)))
    finally:
        if engine:
            engine.stop()
        server.stop()


def main():
    argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter).parse_args()
    sizes = measure()
    print("| tape | answer | characters | tokens | compact is smaller by |")
    print("|---|---|---|---|---|")
    for tape, answers in sizes.items():
        for name, (chars, tokens) in answers.items():
            factor = "" if name in ("compact", "full") else f"{tokens / answers['compact'][1]:.1f} x"
            print(f"| {tape} | {name} | {chars:,} | {tokens:,} | {factor} |")
    for row, tokens in scan_rows():
        print(f"scan row, {tokens} tokens: {row}")


if __name__ == "__main__":
    main()
