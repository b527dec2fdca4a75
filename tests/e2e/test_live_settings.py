# SPDX-License-Identifier: MIT
"""The settings file changes while the engine runs."""
import json, os, signal, subprocess, time
import xml.etree.ElementTree as ET
import harness as h
import live

BASE = "[results]\nttl_patterns_s = 3600\n"


class LiveSettings(live.Case):
    def start(self):
        self.live(ini=BASE, tickers=("SPY", "QQQ"))
        with open(self.ini) as f:
            self.base = f.read()
        live.compile_plugin("beat.c", self.path("beat.so"))
        h.wait_for("both beat", lambda: self.one("beat", "SPY") and self.one("beat", "QQQ"))
        self.hash = self.status("config_hash")

    def beat(self):
        return live.detector(self.db, "beat") or {}

    def status(self, field):
        return self.db.hget("orderflow:status", field)

    def write(self, text):
        """As an editor does it: another file in its place."""
        with open(self.ini + ".new", "w") as f:
            f.write(self.base + text)
        os.rename(self.ini + ".new", self.ini)

    def value(self, ticker="SPY"):
        return self.one("beat", ticker)["value"]

    def front(self):
        """An MCP server that has read the file as it is at the start."""
        front = subprocess.Popen([h.ORDERFLOW, "mcp", "--config", self.ini, "--redis", self.server.url], text=True,
                                 stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
                                 env=h.clean_env())
        self.addCleanup(front.stdout.close)
        self.addCleanup(front.wait)
        self.addCleanup(front.kill)
        self.addCleanup(front.stdin.close)
        self.call(front, "initialize", protocolVersion="2025-06-18", capabilities={},
                  clientInfo={"name": "t", "version": "1"})
        return front

    def call(self, front, method, **params):
        front.stdin.write(json.dumps({"jsonrpc": "2.0", "id": 1, "method": method, "params": params}) + "\n")
        front.stdin.flush()
        return json.loads(front.stdout.readline())["result"]

    def ask(self, front):
        return self.call(front, "tools/call", name="analyze_order_flow",
                         arguments={"ticker": "SPY"})["content"][0]["text"]

    def test_good_and_wrong_files(self):
        self.start()
        front = self.front()
        self.assertIsNone(ET.fromstring(self.ask(front)).get("own_config_hash"))
        before = {t: self.one("beat", t) for t in ("SPY", "QQQ")}
        # a parameter for all, another for one ticker
        self.write("[detector:beat]\nloud = 2\n[detector:beat@QQQ]\nloud = 5\n")
        h.wait_for("SPY is louder", lambda: self.value() == 3)
        h.wait_for("QQQ is louder still", lambda: self.value("QQQ") == 6)
        for ticker, old in before.items():
            now = self.one("beat", ticker)
            self.assertEqual((now["id"], now["onset_ms"], now["state"]), (old["id"], old["onset_ms"], "active"))
        h.wait_for("it is told", lambda: self.beat().get("params") == {"loud": 2})
        self.assertEqual(live.detector(self.db, "beat")["restarts"], 0)
        hash_now = h.wait_for("another hash", lambda: (lambda x: x if x != self.hash else None)(self.status("config_hash")))
        h.wait_for("the lease has it", lambda: hash_now in self.db.get("orderflow:engine"))
        self.assertIsNone(ET.fromstring(self.ask(front)).get("own_config_hash"))
        # wrong: refused whole, the old one is kept, and it is said
        self.write("[detector:beat]\nloud = 9\n[detector:beat@QQQ]\nloud = 55\n")
        refused = h.wait_for("it is refused", lambda: self.status("config_refused"))
        self.assertRegex(refused, r"test\.ini:\d+: \[detector:beat@QQQ\] loud: ")
        self.goes_on()
        self.assertEqual((self.value(), self.value("QQQ")), (3, 6))
        self.assertEqual(self.status("config_hash"), hash_now)
        answer = self.answer()
        self.assertIn("the changed settings file was refused: test.ini:", answer.get("note"))
        listed = h.run("detectors", "--config", self.ini, "--redis", self.server.url)
        self.assertIn("loud", listed.stdout + listed.stderr)
        self.write("nonsense\n")
        h.wait_for("another refusal", lambda: "loud" not in self.status("config_refused"))
        # right again, at a signal too; what needs a restart is named and not in force
        self.write("[windows]\nmemory_mb = 64\n[redis]\nhost = elsewhere\n[detector:beat]\nloud = 7\n")
        self.serving.process.send_signal(signal.SIGHUP)
        h.wait_for("louder", lambda: self.value() == 8)
        h.wait_for("the refusal is gone", lambda: self.status("config_refused") == "")
        self.assertEqual(self.status("config_needs_restart"), "[redis] host, [windows] memory_mb")
        self.assertIsNone(self.answer().get("note"))
        self.assertEqual(self.serving.process.poll(), None)

    def answer(self):
        out = h.run("analyze", "SPY", "--redis", self.server.url)
        return ET.fromstring(out.stdout)

    def test_disabled_and_enabled_again(self):
        self.start()
        first = self.one("beat", "QQQ")
        self.write("[detector:beat@QQQ]\nenabled = no\n")
        ended = h.wait_for("it ends for QQQ", lambda: (lambda p: p if p["state"] == "ended" else None)(
            self.one("beat", "QQQ")))
        self.assertEqual((ended["id"], ended["end_reason"]), (first["id"], "detector"))
        spy = self.goes_on("beat", "SPY")
        self.write("[detector:beat]\nenabled = no\n")
        h.wait_for("it ends for SPY", lambda: self.one("beat", "SPY")["state"] == "ended")
        h.wait_for("it is disabled", lambda: self.beat().get("state") == "disabled")
        self.write("")
        again = h.wait_for("it beats again", lambda: [p for p in live.patterns(self.db, "SPY", "beat")
                                                      if p["state"] == "active"])[0]
        self.assertGreater(again["onset_ms"], spy["timestamp"])
        h.wait_for("for QQQ, too", lambda: any(p["state"] == "active" for p in live.patterns(self.db, "QQQ", "beat")))

    def test_host_keys_and_tickers(self):
        self.start()
        # a ticker less, and it comes back
        text = self.base.replace("discover_ms = 100", "discover_ms = 100\ntickers = S*, IWM")
        self.base, base = text, self.base
        self.write("[detector:beat]\nmin_hold_ms = 5000\n")
        h.wait_for("QQQ is left out", lambda: "ticker_left_out ticker=QQQ" in self.serving.text())
        self.goes_on("beat", "SPY")
        at = self.one("beat", "QQQ")["timestamp"]
        self.goes_on("beat", "SPY")
        self.goes_on("beat", "SPY")
        self.assertLessEqual(self.one("beat", "QQQ")["timestamp"], at + 500)
        self.base = base
        self.write("")
        h.wait_for("QQQ is back", lambda: self.one("beat", "QQQ")["timestamp"] > at + 1000)
        self.assertEqual(live.detector(self.db, "beat")["skipped"], 0)
        # fewer than there are: these stay, and no other comes
        self.base = base.replace("discover_ms = 100", "discover_ms = 100\nmax_tickers = 1")
        reloads = self.serving.text().count("config_reloaded")
        self.write("")
        h.wait_for("it is taken", lambda: self.serving.text().count("config_reloaded") > reloads)
        h.write_quotes(self.db, "DIA", [(int(time.time() * 1000), "400.10", 100, "400.11", 100)])
        h.wait_for("it has no room", lambda: "tickers_left_out" in self.serving.text())
        self.assertFalse(self.db.exists("orderflow:state:DIA"))


if __name__ == "__main__":
    h.main()
