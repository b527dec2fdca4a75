# SPDX-License-Identifier: MIT
"""The tools of the MCP server on the whole way: broker, engine, detectors, Redis, front, client."""
import json, os, select, subprocess, threading, time
import harness as h

META = {"io.modelcontextprotocol/protocolVersion": "2026-07-28", "io.modelcontextprotocol/clientCapabilities": {}}


class Client:
    """orderflow mcp over stdio; answers may come in any order."""

    def __init__(self, case, server, *args, meta=None):
        self.process = subprocess.Popen([h.ORDERFLOW, "mcp", "--redis", server.url, *args], stdin=subprocess.PIPE,
                                        stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, bufsize=1,
                                        env=h.clean_env())
        self.lock, self.next_id, self.answers, self.progress = threading.Lock(), 0, {}, {}
        threading.Thread(target=self.read, daemon=True).start()
        case.addCleanup(self.close)

    def read(self):
        for line in self.process.stdout:
            m = json.loads(line)
            if m.get("method") == "notifications/progress":
                self.progress.setdefault(m["params"]["progressToken"], []).append(m["params"]["progress"])
            elif "id" in m:
                self.answers[m["id"]] = m

    def send(self, method, params):
        with self.lock:
            self.next_id += 1
            n = self.next_id
            meta = dict(META, progressToken=n)
            self.process.stdin.write(json.dumps({"jsonrpc": "2.0", "id": n, "method": method,
                                                 "params": dict(params, _meta=meta)}) + "\n")
        return n

    def cancel(self, n):
        with self.lock:
            self.process.stdin.write(json.dumps({"jsonrpc": "2.0", "method": "notifications/cancelled",
                                                 "params": {"requestId": n}}) + "\n")

    def start(self, tool, **arguments):
        return self.send("tools/call", {"name": tool, "arguments": arguments})

    def result(self, n, timeout=300):
        return h.wait_for(f"answer {n}", lambda: self.answers.get(n), timeout)["result"]

    def call(self, tool, **arguments):
        return self.result(self.start(tool, **arguments))

    def data(self, tool, **arguments):
        r = self.call(tool, **arguments)
        assert not r.get("isError"), r
        assert json.loads(r["content"][0]["text"]) == r["structuredContent"]
        return r["structuredContent"]

    def close(self):
        self.process.stdin.close()
        self.process.wait(60)
        self.process.stdout.close()


class Feed(threading.Thread):
    """A broker: SPY drifts up a cent every 10 s, then does as it is told; QQQ stands still."""

    def __init__(self, db):
        super().__init__(daemon=True)
        self.db, self.on, self.fall, self.jump, self.cents, self.n = db, True, False, False, 45000, 0
        now = int(time.time() * 1000)
        rows = []
        for t in range(now - 240_000, now, 200):
            rows.append(self.row(t))
        h.write_quotes(db, "SPY", [r for r, _ in rows])
        h.write_quotes(db, "QQQ", [q for _, q in rows])

    def row(self, t):
        self.n += 1
        if self.fall:
            self.cents -= 1
        elif self.n % 50 == 0:
            self.cents += 1
        size = 20000 + self.n % 7 if self.jump else 900 + self.n * 37 % 200
        self.jump = False
        bid, ask = f"{self.cents / 100:.2f}", f"{(self.cents + 1) / 100:.2f}"
        return (t, bid, str(size), ask, str(900 + self.n * 53 % 200)), (t, "350.00", str(500 + self.n % 3), "350.02", "500")

    def run(self):
        while self.on:
            spy, qqq = self.row(int(time.time() * 1000))
            h.write_quotes(self.db, "SPY", [spy])
            h.write_quotes(self.db, "QQQ", [qqq])
            time.sleep(0.1)

    def stop(self):
        self.on = False
        self.join()


class Tools(h.Case):
    def fed(self):
        server = self.redis()
        feed = Feed(server.db)
        self.engine(server, h.write_ini(self.tmp, "[feed]\ndiscover_ms = 100\n"))
        feed.start()
        self.addCleanup(lambda: feed.on and feed.stop())
        for ticker in ("SPY", "QQQ"):
            self.settled(server.db, ticker, int(time.time() * 1000) - 3000)
        return server, feed

    def pressure(self, server, state):
        h.wait_for(f"pressure of SPY is {state}", lambda: json.loads(
            server.db.hget("orderflow:state:SPY", "pressure") or "{}").get("state") == state, 30)

    def test_scan_patterns_explain_list_and_watch(self):
        server, feed = self.fed()
        c = Client(self, server)
        self.pressure(server, "BUYING")
        self.scan(c)
        cursor = c.data("get_patterns", ticker="SPY", type="sweep")["cursor"]
        self.assertEqual(c.data("get_patterns", tickers="SPY", type="sweep", cursor=cursor)["patterns"], [])
        self.watch(server, feed, c)
        swept = self.changed(c, cursor)
        self.explain(c, swept)
        self.detectors(c)

    def scan(self, c):
        d = c.data("scan_order_flow", tickers="spy,QQQ,NOPE", sort="strength")
        rows = [dict(zip(d["columns"], r)) for r in d["rows"]]
        self.assertEqual([r["ticker"] for r in rows], ["SPY", "QQQ"])
        self.assertEqual((rows[0]["pressure"], rows[0]["windows"], rows[0]["data"]), ("BUYING", "+++", "OK"))
        self.assertGreater(rows[0]["ofi_n_60s"], 0)
        self.assertGreater(rows[0]["net_t_60s"], 0)
        self.assertEqual(d["breadth"]["tickers"], 2)
        self.assertEqual(d["breadth"]["buying"], 1)
        self.assertEqual(d["no_quotes"], "NOPE")
        page = c.data("scan_order_flow", limit=1, sort="ticker")
        self.assertEqual([r[0] for r in page["rows"]], ["QQQ"])
        self.assertEqual([r[0] for r in c.data("scan_order_flow", limit=1, sort="ticker", cursor=page["cursor"])["rows"]],
                         ["SPY"])
        compact = c.call("analyze_order_flow", ticker="SPY", detail="compact")["content"][0]["text"]
        self.assertIn('<pressure state="BUYING"', compact)

    def watch(self, server, feed, c):
        level = (feed.cents - 4) / 100
        calls = {"reversal": c.start("watch_order_flow", ticker="SPY", condition="reversal", timeout_s=60),
                 "level": c.start("watch_order_flow", ticker="spy", condition=f"level:{level:.2f}", timeout_s=60),
                 "pattern": c.start("watch_order_flow", ticker="SPY", condition="pattern:sweep", timeout_s=60),
                 "timeout": c.start("watch_order_flow", ticker="QQQ", condition="reversal,level:900", timeout_s=2)}
        dropped = c.start("watch_order_flow", ticker="SPY", condition="stale", timeout_s=600)
        self.assertEqual(c.result(calls["timeout"])["structuredContent"]["event"], "timeout")
        self.assertFalse([k for k, n in calls.items() if n in c.answers and k != "timeout"])
        feed.jump = True
        pattern = c.result(calls["pattern"])["structuredContent"]
        self.assertEqual((pattern["event"], pattern["pattern"]["type"]), ("pattern", "sweep"))
        self.assertGreater(pattern["pattern"]["evidence"]["size"], 15000)
        feed.fall = True
        broke = c.result(calls["level"])["structuredContent"]
        self.assertEqual((broke["event"], broke["level"]), ("level", {"level": level, "broke": "down"}))
        turned = c.result(calls["reversal"])["structuredContent"]
        self.assertEqual((turned["reversal"]["from"], turned["reversal"]["to"]), ("BUYING", "SELLING"))
        self.assertEqual(turned["now"]["pressure"], "SELLING")
        for n in calls.values():
            steps = c.progress.get(n, [])
            self.assertEqual(steps, sorted(set(steps)))
        self.assertTrue(c.progress.get(calls["reversal"]))
        c.cancel(dropped)
        feed.stop()
        stale = c.result(c.start("watch_order_flow", ticker="SPY", condition="level:1", timeout_s=60))["structuredContent"]
        self.assertEqual((stale["event"], stale["now"]["state"], stale["now"]["pressure"]), ("stale", "STALE", "UNKNOWN"))
        self.assertNotIn(dropped, c.answers)
        row = c.data("scan_order_flow", tickers="SPY")
        row = dict(zip(row["columns"], row["rows"][0]))
        self.assertEqual((row["pressure"], row["since_s"], row["windows"], row["ofi_n_60s"], row["data"]),
                         ("UNKNOWN", None, "", None, "STALE"))

    def changed(self, c, cursor):
        """Nothing is missed, nothing comes twice, in pages of one."""
        whole = c.data("get_patterns", tickers="*", cursor=cursor, limit=500)
        ids = [p["id"] for p in whole["patterns"]]
        self.assertEqual(len(ids), len(set(ids)))
        self.assertNotIn("more", whole)
        paged, at = [], cursor
        while True:
            page = c.data("get_patterns", tickers="*", cursor=at, limit=1)
            paged += [p["id"] for p in page["patterns"]]
            at = page["cursor"]
            if "more" not in page:
                break
        self.assertEqual(paged, ids)
        self.assertEqual(c.data("get_patterns", tickers="*", cursor=at)["patterns"], [])
        swept = [p for p in whole["patterns"] if p["type"] == "sweep"]
        self.assertTrue(swept)
        self.assertEqual(whole["not_current"]["SPY"], "STALE")
        return swept[0]

    def explain(self, c, swept):
        now = c.data("explain_pattern", ticker="SPY", detector="absorption")
        self.assertEqual({(v["type"], v["side"]) for v in now["verdicts"]}, {("absorption", "bid"), ("absorption", "ask")})
        bid = {x["key"]: x for x in now["verdicts"][0]["conditions"]}
        self.assertFalse(now["verdicts"][0]["fires"])
        self.assertIn("avg_size", now["verdicts"][0]["missing"])
        self.assertAlmostEqual(bid["avg_size"]["margin"], bid["avg_size"]["value"] - 8000, delta=1)
        self.assertEqual(now["params"]["avg_size"], 8000)
        def asked():  # on a busy machine the engine may be late, and the answer then says so
            past = c.data("explain_pattern", id=swept["id"][:8])
            return past if past.get("status") != "not_asked" else None
        past = h.wait_for("the detector is asked", asked, 60)
        self.assertEqual(past["pattern"]["id"], swept["id"])
        size = [x for x in past["verdicts"][0]["conditions"] if x["key"] == "size"][0]
        self.assertTrue(size["holds"])
        self.assertGreater(size["margin"], 0)

    def detectors(self, c):
        d = c.data("list_detectors")
        by_id = {x["id"]: x for x in d["detectors"]}
        self.assertIn(by_id["sweep"]["state"], ("ready", "busy"))
        self.assertEqual(by_id["sweep"]["params"]["change"], 15000)
        self.assertEqual(by_id["sweep"]["strikes"], 0)
        self.assertTrue(d["serving"])
        self.assertIn("config_hash", d["settings"])

    def test_errors_say_what_would_be_right(self):
        server, feed = self.fed()
        feed.stop()
        c = Client(self, server)
        wrong = {"explain": ("explain_pattern", {"ticker": "SPY", "detector": "nope"}, "absorption"),
                 "neither": ("explain_pattern", {"ticker": "SPY"}, "list_detectors"),
                 "id": ("explain_pattern", {"id": "xyz"}, "16 hex digits"),
                 "unknown id": ("explain_pattern", {"id": "0123456789abcdef"}, "get_patterns"),
                 "cursor": ("get_patterns", {"cursor": "??"}, "cursor of an earlier"),
                 "since": ("get_patterns", {"since": "soon"}, "5mins"),
                 "side": ("get_patterns", {"side": "left"}, "bid ask"),
                 "tickers": ("scan_order_flow", {"tickers": "NOPE"}, "*"),
                 "limit": ("scan_order_flow", {"limit": 5000}, "1 to 1000"),
                 "page": ("scan_order_flow", {"cursor": "x"}, "page before"),
                 "sort": ("scan_order_flow", {"sort": "size"}, "strength recent ticker"),
                 "condition": ("watch_order_flow", {"ticker": "SPY", "condition": "boom"}, "pattern:absorption"),
                 "timeout": ("watch_order_flow", {"ticker": "SPY", "timeout_s": 0}, "1 to 600"),
                 "several": ("watch_order_flow", {"ticker": "*"}, "one, not several"),
                 "detail": ("analyze_order_flow", {"ticker": "SPY", "detail": "huge"}, "standard compact full")}
        for name, (tool, arguments, right) in wrong.items():
            r = c.call(tool, **arguments)
            self.assertTrue(r.get("isError"), name)
            self.assertIn(right, r["content"][0]["text"], name)


if __name__ == "__main__":
    h.main()
