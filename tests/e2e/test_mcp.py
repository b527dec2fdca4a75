# SPDX-License-Identifier: MIT
"""orderflow mcp as its clients run it: the same answer four ways, an engine of its own, silence on stdout."""
import concurrent.futures, json, os, re, shutil, subprocess, threading, time
import xml.etree.ElementTree as ET
import harness as h

NPM = os.environ.get("OF_NPM", "")
NODE = shutil.which("node")
HERE = os.path.dirname(os.path.abspath(__file__))
MODERN = {"io.modelcontextprotocol/protocolVersion": "2026-07-28", "io.modelcontextprotocol/clientCapabilities": {}}


def timeless(xml):
    """The answer without what the wall clock moves on between two calls."""
    return re.sub(r'(timestamp|quote_age_ms|last_seen_s|seconds_ago)="[^"]*"|<detected_seconds_ago>\d+<', "", xml)


class Mcp(h.Case):
    ARGS = {"ticker": "BTCUSDT", "history": "1 hour", "include_patterns": True}

    def fed(self):
        server = self.redis()
        out = h.run("replay", h.BTC, "--ticker", "BTCUSDT", "--speed", "max", "--redis", server.url)
        self.assertEqual(out.returncode, 0, out.stderr)
        return server

    def command(self, server, *args):
        return [h.ORDERFLOW, "mcp", "--redis", server.url, *args]

    def lines(self, command, *requests, timeout=300):
        """One answer line for each request; input stays open until all are there."""
        text = "".join((r if isinstance(r, str) else json.dumps(r)) + "\n" for r in requests)
        process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
                                   text=True, env=h.clean_env())
        killer = threading.Timer(timeout, process.kill)
        killer.start()
        try:
            process.stdin.write(text)
            process.stdin.flush()
            answers = [process.stdout.readline() for _ in requests]
            process.stdin.close()
            answers += process.stdout.readlines()
            self.assertEqual(process.wait(60), 0)
        finally:
            killer.cancel()
            process.stdout.close()
        return [json.loads(line) for line in answers if line]

    def sdk(self, script, command):
        out = subprocess.run([NODE, f"{HERE}/{script}", json.dumps(self.ARGS), "--", *command], capture_output=True,
                             text=True, timeout=300, env=h.clean_env(MCP_NODE_DIR=NPM))
        self.assertEqual(out.returncode, 0, out.stderr)
        return json.loads(out.stdout)["text"]

    def test_the_same_answer_four_ways(self):
        server = self.fed()
        self.engine(server)
        newest = int(server.db.zrange("orderflow:quotes:BTCUSDT", -1, -1, withscores=True)[0][1])
        self.settled(server.db, "BTCUSDT", newest)
        # Until the silence behind the tape has ended every episode nothing stands still.
        h.wait_for("all episodes have ended",
                   lambda: all(p["state"] == "ended" for p in h.stored_patterns(server.db, "BTCUSDT")), 60)
        h.wait_for("the last tick is stale", lambda: server.db.hget("orderflow:state:BTCUSDT", "stale") == "1", 60)
        ways = {"analyze": h.run("analyze", "BTCUSDT", "--history", "1h", "--redis", server.url).stdout,
                "v1": self.sdk("call_v1.mjs", self.command(server)),
                "v2": self.sdk("call_v2.mjs", self.command(server)),
                "raw": self.lines(self.command(server), {
                    "jsonrpc": "2.0", "id": 1, "method": "tools/call",
                    "params": {"name": "analyze_order_flow", "arguments": self.ARGS, "_meta": MODERN}})[0][
                        "result"]["content"][0]["text"]}
        first = self.frozen(ways.pop("analyze"))
        self.assertIn("<pattern", first)
        for way, text in ways.items():
            self.assertEqual(self.frozen(text), first, way)

    def frozen(self, xml):
        """timeless, and without the figures that silence itself moves on (windows shrink tick by tick)."""
        root = ET.fromstring(timeless(xml).strip())
        for path in ("momentum", "velocity", "size_metrics", "price_levels"):
            root.remove(root.find(path))
        for name in ("asof", "quality", "quality_causes"):
            root.attrib.pop(name, None)
        return ET.tostring(root, encoding="unicode").strip()

    def test_first_request_starts_an_engine_that_ends_with_the_client(self):
        server = self.fed()
        process = subprocess.Popen(self.command(server), stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                   stderr=subprocess.PIPE, text=True, env=h.clean_env())
        process.stdin.write(json.dumps({"jsonrpc": "2.0", "id": 1, "method": "server/discover",
                                        "params": {"_meta": MODERN}}) + "\n")
        process.stdin.flush()
        self.assertIn("supportedVersions", process.stdout.readline())
        self.assertIsNone(server.db.get("orderflow:engine"))
        process.stdin.write(json.dumps({"jsonrpc": "2.0", "id": 2, "method": "tools/call", "params": {
            "name": "analyze_order_flow", "arguments": {"ticker": "btcusdt"}, "_meta": MODERN}}) + "\n")
        process.stdin.flush()
        answer = json.loads(process.stdout.readline())["result"]
        self.assertFalse(answer.get("isError", False), answer)
        pid = json.loads(server.db.get("orderflow:engine"))["pid"]
        process.stdin.close()
        self.assertEqual(process.wait(60), 0)
        process.stdout.close()
        process.stderr.close()
        h.wait_for("the engine has ended", lambda: not os.path.exists(f"/proc/{pid}"), 15)

    def quotes_that_sweep(self, server):
        """SPY, ten times a second until the test ends: its size jumps every second, so that sweeps come and go."""
        ended = threading.Event()

        def feed():
            while not ended.wait(0.1):
                now = int(time.time() * 1000)
                size = 30_000 if now // 1000 % 2 else 100
                h.write_quotes(server.db, "SPY", [(now, "450.01", str(size + now % 9), "450.02", "200")])
        thread = threading.Thread(target=feed)
        thread.start()
        self.addCleanup(thread.join)
        self.addCleanup(ended.set)

    def test_official_clients_inspector_and_conformance_suite_against_the_real_program(self):
        server = self.redis()
        now = int(time.time() * 1000)
        h.write_quotes(server.db, "SPY", [(now - 60_000 + i * 100, "450.01", str(100 + i % 9), "450.02", "200")
                                          for i in range(600)])
        self.engine(server)
        self.settled(server.db, "SPY", now - 5000)
        self.quotes_that_sweep(server)
        runs = [("client_v1.mjs", ["--watch", "orderflow://SPY/patterns"]),
                ("client_v2.mjs", ["--mode", "auto", "--watch", "orderflow://spy/analysis"]),
                ("raw_lines.mjs", []), ("conformance.mjs", [])]
        if "asan" not in str(h.DIST):  # it starts many processes
            runs.append(("inspector.mjs", []))

        def check(script_args):
            script, args = script_args
            return script, subprocess.run(
                ["sh", f"{h.ROOT}/tests/mcp/check.sh", NODE, f"{self.tmp}/{script}.jsonl", script, *args, "--",
                 *self.command(server)], capture_output=True, text=True, timeout=240, env=h.clean_env(MCP_NODE_DIR=NPM))
        with concurrent.futures.ThreadPoolExecutor(3) as pool:  # they wait most of the time
            for script, out in pool.map(check, runs):
                self.assertEqual(out.returncode, 0, f"{script}: {out.stdout[-3000:]}{out.stderr[-2000:]}")

    def test_a_detector_that_is_dropped_in_is_told_to_subscribers(self):
        folder = os.path.join(self.tmp, "plugins")
        os.mkdir(folder)
        plugins = h.DIST / "lib" / "orderflow" / "plugins"
        shutil.copy(plugins / "absorption.so", folder)
        ini = h.write_ini(self.tmp, f"[plugins]\ndir = {folder}\n")
        server = self.fed()
        process = subprocess.Popen(self.command(server, "--config", ini), stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                   stderr=subprocess.DEVNULL, text=True, env=h.clean_env())
        self.addCleanup(process.stdout.close)
        self.addCleanup(process.kill)

        def say(message):
            process.stdin.write(json.dumps({"jsonrpc": "2.0", **message}) + "\n")
            process.stdin.flush()
        # The subscription alone starts the engine.
        say({"id": "L", "method": "subscriptions/listen", "params": {
            "_meta": MODERN, "notifications": {"resourceSubscriptions": ["orderflow://detectors", "orderflow://status"]}}})
        self.assertIn("acknowledged", process.stdout.readline())
        told = []

        def told_of(uri):
            while uri not in told:
                message = json.loads(process.stdout.readline())
                self.assertEqual(message["method"], "notifications/resources/updated")
                self.assertEqual(message["params"]["_meta"]["io.modelcontextprotocol/subscriptionId"], "L")
                told.append(message["params"]["uri"])
        told_of("orderflow://status")
        h.wait_for("absorption runs", lambda: '"state":"ready"' in (server.db.hget("orderflow:detectors", "absorption") or ""))
        told_of("orderflow://detectors")
        shutil.copy(plugins / "sweep.so", folder)
        while True:
            told.clear()
            told_of("orderflow://detectors")
            if server.db.hexists("orderflow:detectors", "sweep"):  # else it was about something before
                break
        process.stdin.close()
        self.assertEqual(process.wait(10), 0)

    def test_junk_is_answered_and_the_next_request_served(self):
        server = self.fed()
        answers = self.lines(self.command(server), "{", "[]", '"x"', "null", '{"jsonrpc":"2.0"}', "\x00\x01", "[" * 5000,
                             {"jsonrpc": "2.0", "id": 7, "method": "ping"})
        self.assertEqual(answers[-1], {"jsonrpc": "2.0", "id": 7, "result": {}})
        self.assertTrue(all("error" in a for a in answers[:-1]))

    def test_bad_arguments_are_tool_errors_that_say_what_is_right(self):
        server = self.fed()
        calls = [{"ticker": "BTCUSDT", "history": "soon"}, {"ticker": "NOPE"}, {"ticker": 5}, {},
                 {"ticker": "BTCUSDT", "include_patterns": "maybe"}]
        answers = self.lines(self.command(server), *[{
            "jsonrpc": "2.0", "id": i, "method": "tools/call",
            "params": {"name": "analyze_order_flow", "arguments": a, "_meta": MODERN}} for i, a in enumerate(calls)])
        by_id = {a["id"]: a for a in answers}
        for i, _ in enumerate(calls):
            self.assertTrue(by_id[i]["result"]["isError"], by_id[i])
        self.assertIn("min", by_id[0]["result"]["content"][0]["text"])
        self.assertIn("BTCUSDT", by_id[1]["result"]["content"][0]["text"])

    def test_redis_down_is_a_tool_error_and_the_server_lives(self):
        command = [h.ORDERFLOW, "mcp", "--redis", "unix:///nonexistent/redis.sock"]
        answers = self.lines(command, {"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": {
            "name": "analyze_order_flow", "arguments": {"ticker": "SPY"}, "_meta": MODERN}},
            {"jsonrpc": "2.0", "id": 2, "method": "ping"})
        by_id = {a["id"]: a for a in answers}
        self.assertEqual(by_id[2]["result"], {})
        self.assertTrue(by_id[1]["result"]["isError"])
        self.assertIn("/nonexistent/redis.sock", by_id[1]["result"]["content"][0]["text"])

    def test_a_printing_plugin_does_not_reach_stdout(self):
        folder = os.path.join(self.tmp, "plugins")
        shutil.copytree(h.DIST / "lib" / "orderflow" / "plugins", folder)
        code = (h.ROOT / "README.md").read_text().split("```c\n")[1].split("```")[0]
        code = "#include <stdio.h>\n" + code.replace("struct self *s = self;",
                                                     'struct self *s = self; printf("NOISE\\n"); fflush(stdout);', 1)
        source = os.path.join(self.tmp, "loud.c")
        with open(source, "w") as f:
            f.write(code)
        subprocess.run(["cc", "-std=c11", "-shared", "-fPIC", f"-I{h.DIST}/include", source, "-o",
                        f"{folder}/loud.so"], check=True)
        ini = h.write_ini(self.tmp, f"[plugins]\ndir = {folder}\n")
        server = self.fed()
        answers = self.lines(self.command(server, "--config", ini), {
            "jsonrpc": "2.0", "id": 1, "method": "tools/call",
            "params": {"name": "analyze_order_flow", "arguments": self.ARGS, "_meta": MODERN}})
        self.assertEqual(len(answers), 1)
        self.assertFalse(answers[0]["result"].get("isError", False))


if __name__ == "__main__":
    h.main()
