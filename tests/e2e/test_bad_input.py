# SPDX-License-Identifier: MIT
"""Wrong input of every kind: a clear error that says what would be right, and nothing stops."""
import json, os, shutil, subprocess, time
import xml.etree.ElementTree as ET
import harness as h

HEADING = "ts_ms,bid_price,bid_size,ask_price,ask_size"


class CommandLine(h.Case):
    def fails(self, status, *args, **env):
        out = h.run(*args, **env)
        self.assertEqual(out.returncode, status, out.stdout + out.stderr)
        self.assertEqual(out.stdout if status == 2 else "", "")
        return out.stderr

    def csv(self, *lines):
        path = os.path.join(self.tmp, "x.csv")
        with open(path, "w") as f:
            f.writelines(line + "\n" for line in lines)
        return path

    def test_unknown_command_names_the_nearest(self):
        self.assertIn("did you mean analyze?", self.fails(2, "analyse", "SPY"))

    def test_unknown_option_names_the_nearest(self):
        self.assertIn("--history", self.fails(2, "analyze", "SPY", "--histroy", "5m"))

    def test_bad_history_names_the_forms(self):
        for bad in ("", "soon", "-5", "0", "10 parsecs", "5.5.5", "99999h"):
            text = self.fails(2, "analyze", "SPY", "--file", h.BTC, "--history", bad)
            self.assertIn("min", text)

    def test_the_format_of_the_answer_and_that_of_the_file(self):
        answer = ("analyze", "BTCUSDT", "--file", h.BTC)
        plain = {form: h.run(*answer, "--format", form).stdout for form in ("xml", "json")}
        self.assertEqual(json.loads(plain["json"])["ticker"], ET.fromstring(plain["xml"]).get("ticker"))
        for args, form in ((("--format", "orderflow"), "xml"), (("--file-format", "orderflow"), "xml"),
                           (("--file-format", "orderflow", "--format", "json"), "json")):
            out = h.run(*answer, *args)
            self.assertEqual(out.stdout, plain[form], out.stderr)
        for args in (("--format", "dbn"), ("--file-format", "dbn", "--format", "json")):
            out = h.run(*answer, *args)
            self.assertEqual(out.returncode, 1)
            self.assertIn("btcusdt_20240808.csv.gz", out.stderr)
        for args, why in (((*answer, "--format", "jsn"), "xml, json or the file's: orderflow, databento"),
                          ((*answer, "--file-format", "jsn"), "none of orderflow, databento"),
                          ((*answer, "--file-format", "orderflow", "--format", "dbn"), "--format is xml or json"),
                          (("analyze", "BTCUSDT", "--format", "orderflow"), "with --file also the file's"),
                          (("analyze", "BTCUSDT", "--file-format", "orderflow"), "goes with --file")):
            self.assertIn(why, self.fails(2, *args))
        told = h.run("analyze", "--help").stdout
        self.assertEqual(told.count("\n  --format "), 1)
        self.assertIn("--file-format NAME", told)

    def test_ten_minutes_are_ten_minutes(self):
        out = h.run("analyze", "BTCUSDT", "--file", h.BTC, "--history", "10mins")
        self.assertEqual(ET.fromstring(out.stdout).get("history_window"), "600s")

    def test_bad_ticker(self):
        self.assertIn("1 to 32 characters", self.fails(2, "analyze", "NO SUCH;TICKER"))

    def test_missing_file(self):
        out = h.run("analyze", "SPY", "--file", "/nonexistent.csv")
        self.assertEqual(out.returncode, 1)
        self.assertIn("/nonexistent.csv", out.stderr)

    def test_an_output_that_is_an_input_is_refused_before_anything_is_written(self):
        quotes, other, plugin = f"{self.tmp}/q.csv.gz", f"{self.tmp}/other", f"{self.tmp}/x.so"
        shutil.copy(h.BTC, quotes)
        shutil.copy(h.DIST / "lib" / "orderflow" / "plugins" / "sweep.so", plugin)
        shutil.copy(h.BTC, f"{self.tmp}/q.part")
        os.symlink(quotes, f"{self.tmp}/link")
        ini = h.write_ini(self.tmp, "")
        journal = f"{self.tmp}/{1700000000000000000:016x}-000000.journal"
        for path in (journal, other):
            with open(path, "w") as f:
                f.write("kept")
        before = {name: open(f"{self.tmp}/{name}", "rb").read() for name in os.listdir(self.tmp)}
        for args, said in (
                *((("backtest", quotes, option, quotes), (option, "FILE"))
                  for option in ("--html", "--json", "--scores", "--audit", "--trials")),
                (("backtest", h.BTC, quotes, "--html", f"{self.tmp}/link"), ("--html", "link", "q.csv.gz")),
                (("backtest", f"{self.tmp}/q.part", "--html", f"{self.tmp}/q"), ("--html", "q.part")),
                (("backtest", h.BTC, "--truth", other, "--html", f"{self.tmp}/./other"), ("--html", "--truth")),
                (("backtest", h.BTC, "--config", ini, "--json", ini), ("--json", "--config")),
                (("backtest", h.BTC, "--json", f"{self.tmp}/new", "--html", f"{self.tmp}/./new"), ("--json", "--html")),
                (("calibrate", h.ETH, quotes, "--out", quotes), ("--out", "FILE")),
                (("calibrate", quotes, "--config", ini, "--out", ini), ("--out", "--config")),
                (("journal", self.tmp, "--ticker", "SPY", "--out", journal), ("--out", "segment")),
                (("check", plugin, "--junit", plugin), ("--junit", "PLUGIN.so")),
                (("check", plugin, "--window", other, "--junit", other), ("--junit", "--window")),
                (("tape", "-o", f"{self.tmp}/new", "--truth", f"{self.tmp}/new"), ("--out", "--truth")),
                (("tape", "--truth", "-"), ("--out -", "--truth -"))):
            text = self.fails(2, *args)
            for part in said:
                self.assertIn(part, text)
        after = {name: open(f"{self.tmp}/{name}", "rb").read() for name in os.listdir(self.tmp)}
        self.assertEqual(before.keys(), after.keys())
        self.assertTrue(before == after)

    def test_wrong_header(self):
        out = h.run("analyze", "SPY", "--file", self.csv("time,price", "1,2"))
        self.assertEqual(out.returncode, 1)
        self.assertIn("ts_ms", out.stderr)

    def test_malformed_rows_are_counted_not_fatal(self):
        rows = [f"{1760000000000 + i * 100},450.01,{100 + i},450.02,300" for i in range(200)]
        out = h.run("analyze", "SPY", "--file", self.csv(HEADING, *rows[:51], "garbage,,,", *rows[51:]))
        self.assertEqual(out.returncode, 0, out.stderr)
        self.assertIn("x.csv:53", out.stderr)
        self.assertEqual(ET.fromstring(out.stdout).get("current_price"), "450.015")

    def test_a_configured_unit_of_sizes_is_in_the_answer(self):
        path = self.csv(HEADING, "1760000000000,450.01,100,450.02,300")
        ini = h.write_ini(self.tmp, "[ticker]\nsize_unit = shares\n[ticker:ES=F]\nsize_unit = lots\n")
        for ticker, args, unit in (("ES=F", ["--config", ini], "lots"), ("SPY", ["--config", ini], "shares"),
                                   ("SPY", [], None)):
            out = h.run("analyze", ticker, "--file", path, *args)
            self.assertEqual(ET.fromstring(out.stdout).get("size_unit"), unit, out.stderr)
            self.assertEqual(h.file_answer(path, ticker, *args).get("size_unit"), unit)

    def test_behaviors_are_unknown_while_the_input_is_degraded(self):
        rows = [f"{1760000000000 + i * 100},450.01,{100 + i},450.02,300" for i in range(300)]
        one_sided = rows[:-30] + ["1760000027050,450.01,370,,"] + rows[-30:]
        for lines, quality, unknown in ((rows, "OK", False), (one_sided, "DEGRADED", True)):
            root = ET.fromstring(h.run("analyze", "SPY", "--file", self.csv(HEADING, *lines)).stdout)
            self.assertEqual((root.get("state"), root.get("quality")), ("OK", quality))
            self.assertEqual(root.find("behaviors/bid_pulling").text == "UNKNOWN", unknown)
            self.assertEqual({b.text for b in root.find("behaviors")} == {"UNKNOWN"}, unknown)

    def test_empty_file(self):
        out = h.run("analyze", "SPY", "--file", self.csv(HEADING))
        self.assertEqual(out.returncode, 1)
        self.assertIn("no quotes", out.stderr)

    def test_wrong_settings_say_file_line_range_and_nearest_key(self):
        ini = h.write_ini(self.tmp, "[engine]\nintervall_ms = 5\ninterval_ms = 7\n"
                          "[detector:absorption]\nstatess = 4\navg_size = much\n[detector:absorbtion]\nx=1\n")
        out = h.run("config", "--check", ini)
        self.assertEqual(out.returncode, 1)
        for part in ("test.ini:2", "interval_ms", "test.ini:3", "50"):
            self.assertIn(part, out.stderr)
        ini = h.write_ini(self.tmp, "[detector:absorption]\nstatess = 4\navg_size = much\n"
                          "[detector:absorbtion]\nx=1\n")
        out = h.run("config", "--check", ini)
        self.assertEqual(out.returncode, 1)
        for part in ("test.ini:2", "states", "test.ini:3", "absorption", "test.ini:5"):
            self.assertIn(part, out.stderr)
        out = h.run("analyze", "SPY", "--file", h.BTC, "--config", ini)
        self.assertEqual(out.returncode, 1)

    def test_a_wrong_url_or_ticker_in_the_settings_is_named_with_its_line(self):
        for text, part in (("[redis]\nport = 1\nurl = localhost:6379\n", "test.ini:3: [redis] url"),
                           ("[feed]\ntickers = SPY \"QQQ\"\n", "test.ini:2: [feed] tickers: '\"'"),
                           ("[feed]\nfirehose = status\n", "test.ini:2: [feed] firehose: 'status' is a key of the engine's own"),
                           ("[feed]\nfirehose = aäb\n", "test.ini:2: [feed] firehose: 'ä' is in no name"),
                           ("[feed]\ntickers = SPY€\n", "test.ini:2: [feed] tickers: '€' is in no ticker"),
                           ("[feed]\nfirehose = a:b\n", "test.ini:2: [feed] firehose: ':' is in no name; accepted: A-Z")):
            out = h.run("config", "--check", h.write_ini(self.tmp, text))
            self.assertEqual(out.returncode, 1)
            self.assertIn(part, out.stderr)

    def test_a_wrong_file_of_scores_is_named(self):
        scores = f"{self.tmp}/scores.json"
        ini = h.write_ini(self.tmp, "[results]\nscores = scores.json\n[detector:absorbtion]\nx=1\n")
        out = h.run("config", "--check", ini)
        self.assertEqual(out.returncode, 1)
        for part in ("[results] scores: scores.json: cannot open it: No such file", "test.ini:4"):
            self.assertIn(part, out.stderr)
        ini = h.write_ini(self.tmp, "[results]\nscores = scores.json\n")
        for text, good in (("{}", False), ('{"format": "orderflow-scores", "version": 1, "scores": []}', True)):
            with open(scores, "w") as f:
                f.write(text)
            out = h.run("config", "--check", ini)
            self.assertEqual(out.returncode == 0, good, out.stderr)
            self.assertEqual("[results] scores: scores.json: " in out.stderr, not good)

    def test_rediss_is_refused(self):
        self.assertIn("rediss", self.fails(1, "analyze", "SPY", "--redis", "rediss://localhost:6379/0"))

    def test_missing_plugins_directory_is_named(self):
        ini = h.write_ini(self.tmp, "[plugins]\ndir = /nonexistent/plugins\n")
        out = h.run("analyze", "SPY", "--file", h.BTC, "--config", ini)
        self.assertEqual(out.returncode, 1)
        self.assertIn("/nonexistent/plugins", out.stderr)

    def test_a_so_that_is_no_plugin_is_refused_and_the_others_run(self):
        folder = os.path.join(self.tmp, "plugins")
        shutil.copytree(h.DIST / "lib" / "orderflow" / "plugins", folder)
        with open(os.path.join(folder, "junk.so"), "wb") as f:
            f.write(b"this is no ELF file" * 100)
        ini = h.write_ini(self.tmp, f"[plugins]\ndir = {folder}\n")
        answer = h.file_answer(h.BTC, "BTCUSDT", "--config", ini)
        self.assertEqual({p["type"] for p in answer["patterns"]}, h.SEED)
        self.assertTrue(any(d["state"] == "refused" for d in answer["detectors"]))
        out = h.run("detectors", "--json", "--config", ini)
        junk = [d for d in json.loads(out.stdout)["detectors"] if d["path"].endswith("junk.so")]
        self.assertIn("ELF", junk[0]["reason"])


class WithRedis(h.Case):
    def test_redis_down_at_start_is_said_and_does_not_hang(self):
        started = time.monotonic()
        out = h.run("analyze", "SPY", "--redis", "unix:///nonexistent/redis.sock")
        self.assertEqual(out.returncode, 1)
        self.assertIn("unix:///nonexistent/redis.sock", out.stderr)
        self.assertLess(time.monotonic() - started, 60)

    def test_what_an_engine_says_is_not_known_without_redis(self):
        out = h.run("detectors", "--json", "--redis", "unix:///nonexistent/redis.sock")
        self.assertIn("unix:///nonexistent/redis.sock: cannot connect", out.stderr)
        said = json.loads(out.stdout)
        self.assertEqual((said["engine"], {d["state"] for d in said["detectors"]}), (None, {"unknown"}))

    def test_wrong_password_is_said_without_the_password(self):
        server = self.redis("--requirepass", "right")
        url = f"redis://:wr0ngsecret@localhost"
        tcp = h.Redis("--requirepass", "right", "--port", "0")
        self.addCleanup(tcp.stop)
        ini = h.write_ini(self.tmp, f"[redis]\nurl = {server.url}\npassword = wr0ngsecret\n")
        out = h.run("analyze", "SPY", "--config", ini)
        self.assertEqual(out.returncode, 1)
        self.assertIn("WRONGPASS", out.stderr)
        self.assertNotIn("wr0ngsecret", out.stderr + out.stdout)

    def test_unknown_ticker_is_an_error_with_suggestions(self):
        server = self.redis()
        now = int(time.time() * 1000)
        for t in ("SPY", "SPX", "QQQ"):
            h.write_quotes(server.db, t, [(now - 5000 + i * 100, "450.01", "100", "450.02", str(100 + i))
                                          for i in range(40)])
        out = h.run("analyze", "SPZ", "--redis", server.url)
        self.assertEqual(out.returncode, 1)
        root = ET.fromstring(out.stdout)
        self.assertEqual(root.get("error"), "true")
        self.assertIn("SPY", out.stdout)

    def test_malformed_members_are_counted_by_cause_and_others_analysed(self):
        server = self.redis()
        now = int(time.time() * 1000) // 1000 * 1000
        rows = [(now - 20_000 + i * 100, "450.01", str(100 + i), "450.02", "200") for i in range(200)]
        h.write_quotes(server.db, "SPY", rows)
        key, ts = "orderflow:quotes:SPY", now - 10_000
        bad = ["not json", "[]", "{}", '{"ticker":"SPY"}', h.member("QQQ", ts, "1", "1", "2", "1"),
               h.member("SPY", ts - 9999, "1", "1", "2", "1"),
               h.member("SPY", ts, "-1", "1", "2", "1"),
               f'{{"ticker": "SPY", "timestamp": {ts}, "bid_price": 1e999, "bid_size": 1, "ask_price": 2, "ask_size": 1}}',
               f'{{"ticker": "SPY", "timestamp": {ts}, "bid_price": "x", "bid_size": 1, "ask_price": 2, "ask_size": 1}}']
        for member in bad:
            server.db.zadd(key, {member: ts})
        engine = self.engine(server)
        self.settled(server.db, "SPY", rows[-1][0])
        h.wait_for("all malformed are counted",
                   lambda: server.db.hget("orderflow:status", "quotes_malformed") == str(len(bad)), 20)
        self.assertIn("quote_malformed", engine.text())
        self.assertEqual(server.db.hget("orderflow:status", "quotes_read"), str(len(rows)))

    def test_a_key_of_another_type_does_not_stop_the_others(self):
        server = self.redis()
        now = int(time.time() * 1000)
        server.db.set("orderflow:quotes:BAD", "x")
        rows = [(now - 20_000 + i * 100, "450.01", str(100 + i), "450.02", "200") for i in range(200)]
        h.write_quotes(server.db, "SPY", rows)
        engine = self.engine(server)
        self.settled(server.db, "SPY", rows[-1][0])
        self.assertIsNone(engine.process.poll())

    def test_old_data_never_looks_live(self):
        server = self.redis()
        old = int(time.time() * 1000) - 600_000
        h.write_quotes(server.db, "SPY", [(old + i * 100, "450.01", str(100 + i), "450.02", "200") for i in range(600)])
        out = h.run("analyze", "SPY", "--redis", server.url)
        root = ET.fromstring(out.stdout)
        self.assertEqual(root.get("state"), "STALE", out.stdout)
        self.assertEqual({b.text for b in root.find("behaviors")}, {"UNKNOWN"})
        self.assertGreater(int(root.get("quote_age_ms")), 500_000)


if __name__ == "__main__":
    h.main()
