# SPDX-License-Identifier: MIT
"""What a person meets: options, output that cannot be written, the demo, passwords, the installed tree, the SDK."""
import glob, json, os, pathlib, re, shutil, signal, subprocess
import xml.etree.ElementTree as ET
import harness as h

CALL = {"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": {
    "name": "analyze_order_flow", "arguments": {"ticker": "BTCUSDT"},
    "_meta": {"io.modelcontextprotocol/protocolVersion": "2026-07-28", "io.modelcontextprotocol/clientCapabilities": {}}}}


def with_text(text):
    """Process ids whose command line holds the text."""
    found = set()
    for path in glob.glob("/proc/[0-9]*/cmdline"):
        try:
            with open(path, "rb") as f:
                if text.encode() in f.read().replace(b"\0", b" "):
                    found.add(int(path.split("/")[2]))
        except OSError:
            pass
    return found


class Output(h.Case):
    def to_full_disk(self, *args):
        with open("/dev/full", "w") as full:
            return subprocess.run([h.ORDERFLOW, *args], stdout=full, stderr=subprocess.PIPE, text=True,
                                  env=h.clean_env(), timeout=300)

    def test_output_that_is_not_taken_is_a_failure(self):
        for args in (("--help",), ("--version",), ("mcp", "--help"), ("config", "--defaults"), ("detectors",),
                     ("analyze", "BTCUSDT", "--file", h.BTC)):
            out = self.to_full_disk(*args)
            self.assertEqual(out.returncode, 1, args)
            self.assertIn("No space left", out.stderr)

    def test_a_reader_that_leaves_early_is_not_complained_about(self):
        out = subprocess.run(f"'{h.ORDERFLOW}' analyze BTCUSDT --history 1h --format json --file '{h.BTC}' | head -c 1",
                             shell=True, capture_output=True, text=True, env=h.clean_env(LOG_LEVEL="warning"))
        self.assertEqual((out.stdout, out.stderr), ("{", ""))

    def test_short_options(self):
        self.assertIn("usage: orderflow analyze", h.run("analyze", "-h").stdout)
        self.assertEqual(h.run("-h").returncode, 0)
        out = h.run("analyze", "-history", "5m", "SPY")
        self.assertEqual(out.returncode, 2)
        self.assertIn("did you mean --history?", out.stderr)

    def test_standard_input_is_a_file_too(self):
        with open(h.BTC, "rb") as f:
            out = subprocess.run([h.ORDERFLOW, "analyze", "BTCUSDT", "--file", "-"], stdin=f, capture_output=True,
                                 env=h.clean_env(), timeout=300)
        self.assertEqual(out.returncode, 0, out.stderr)
        self.assertEqual(out.stdout.decode(), h.run("analyze", "BTCUSDT", "--file", h.BTC).stdout)

    def test_an_offline_engine_ends_when_it_is_told_to(self):
        read_end, write_end = os.pipe()
        process = subprocess.Popen([h.ENGINE, "--offline", "-", "--ticker", "X"], stdin=read_end,
                                   stdout=subprocess.DEVNULL, env=h.clean_env())
        h.wait_for("it waits for quotes", lambda: b") S " in pathlib.Path(f"/proc/{process.pid}/stat").read_bytes(), 10)
        process.terminate()
        self.assertEqual(process.wait(60), -signal.SIGTERM)
        os.close(read_end)
        os.close(write_end)

    def test_prices_of_patterns_have_the_precision_of_the_tick(self):
        root = ET.fromstring(h.run("analyze", "BTCUSDT", "--file", h.BTC).stdout)
        self.assertEqual(root.get("tick"), "0.1")
        prices = [e.text for p in root.iter("pattern") for e in p if e.tag in ("price", "price_level")]
        self.assertTrue(prices)
        for price in prices:
            self.assertRegex(price, r"^\d+\.\d$")


    def test_small_ratios_are_not_nothing(self):
        with open(f"{self.tmp}/x.csv", "w") as f:
            f.write("ts_ms,bid_price,bid_size,ask_price,ask_size\n1760000000000,1.5,0.001,1.6,0.25\n")
        out = h.run("analyze", "X", "--file", f"{self.tmp}/x.csv")
        self.assertEqual(ET.fromstring(out.stdout).findtext("current_quote/bid_ask_ratio"), "0.004")

    def test_the_first_answer_of_a_new_engine_is_a_whole_one(self):
        if "asan" in str(h.DIST):
            self.skipTest("too slow for the default warmup_ms")
        server = self.redis()
        h.run("replay", h.BTC, "--ticker", "BTCUSDT", "--speed", "max", "--redis", server.url)
        root = ET.fromstring(h.run("analyze", "BTCUSDT", "--history", "1h", "--redis", server.url).stdout)
        self.assertIn(root.get("state"), ("OK", "STALE"))
        self.assertGreater(int(root.find("detected_patterns").get("count")), 100)

    def test_a_ticker_that_the_settings_leave_out_is_explained(self):
        server = self.redis()
        now = h.time.time_ns() // 1_000_000
        for ticker in ("SPY", "QQQ"):
            h.write_quotes(server.db, ticker, [(now - 9000 + i * 100, "450.01", str(100 + i), "450.02", "200")
                                               for i in range(90)])
        ini = h.write_ini(self.tmp, "[feed]\ntickers = SPY\n[engine]\nwarmup_ms = 2000\n")
        root = ET.fromstring(h.run("analyze", "QQQ", "--config", ini, "--redis", server.url).stdout)
        self.assertEqual(root.get("state"), "WARMING")
        self.assertIn("[feed] tickers", root.get("note"))


class Demo(h.Case):
    def start(self, *args, **env):
        process = subprocess.Popen([h.ORDERFLOW, *args], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                   stderr=subprocess.DEVNULL, text=True, env=h.clean_env(**env))
        self.addCleanup(process.stdout.close)
        self.addCleanup(process.stdin.close)
        self.addCleanup(process.wait)
        self.addCleanup(process.kill)
        return process

    def server_of(self, process):
        """The folder of its redis-server, once that runs."""
        def folder():
            with open(f"/proc/{process.pid}/task/{process.pid}/children") as f:
                for pid in f.read().split():
                    with open(f"/proc/{pid}/cmdline") as c:
                        found = re.search(r"/tmp/orderflow-demo-\w+", c.read())
                    if found and os.path.exists(f"{found.group()}/redis.sock"):
                        return found.group()
            return None
        return h.wait_for("a private redis-server", folder, 30)

    def leaves_nothing(self, folder):
        h.wait_for("server and folder are gone",
                   lambda: not os.path.exists(folder) and not with_text(folder), 15)

    def test_other_servers_settings_do_not_reach_it(self):
        os.makedirs(f"{self.tmp}/orderflow")
        with open(f"{self.tmp}/orderflow/orderflow.ini", "w") as f:
            f.write("[feed]\ntickers = SPY\n[redis]\nusername = me\npassword = x\n")
        out = subprocess.run([h.ORDERFLOW, "demo"], capture_output=True, text=True, timeout=300, env={
            **h.clean_env(), "XDG_CONFIG_HOME": self.tmp, "REDIS_PASSWORD": "y", "REDIS_HOST": "nowhere", "REDIS_DB": "3"})
        self.assertEqual(out.returncode, 0, out.stderr)
        self.assertIn('state="OK"', out.stdout)

    def test_first_call_has_the_whole_answer_and_a_killed_one_leaves_nothing(self):
        process = self.start("mcp", "--demo")
        process.stdin.write(json.dumps(CALL) + "\n")
        process.stdin.flush()
        text = json.loads(process.stdout.readline())["result"]["content"][0]["text"]
        self.assertEqual(ET.fromstring(text).get("state"), "OK")
        folder = self.server_of(process)
        process.kill()
        self.leaves_nothing(folder)

    def test_ended_at_any_moment_it_leaves_nothing(self):
        for sign in (signal.SIGTERM, signal.SIGINT):
            for command in (("demo",), ("mcp", "--demo")):
                process = self.start(*command)
                folder = self.server_of(process)
                process.send_signal(sign)
                process.wait(60)
                self.leaves_nothing(folder)


class Secrets(h.Case):
    def test_a_password_stands_on_no_command_line_and_in_no_output(self):
        with open(f"{self.tmp}/log", "w+") as log:
            process = subprocess.Popen([h.ORDERFLOW, "mcp", "--redis", "redis://u:s3cret-word@localhost:1/0"],
                                       stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=log, text=True,
                                       env=h.clean_env(LOG_LEVEL="debug"))
            process.stdin.write(json.dumps(CALL) + "\n")
            process.stdin.flush()
            answer = process.stdout.readline()
            self.assertEqual(with_text("u:s3cret-word@"), set())
            process.stdin.close()
            process.wait(60)
            process.stdout.close()
            log.seek(0)
            self.assertNotIn("s3cret-word", answer + log.read())

    def test_a_redis_url_stands_in_place_of_the_section(self):
        server = self.redis()
        ini = h.write_ini(self.tmp, "[redis]\nusername = me\npassword = x\ndb = 7\n")
        out = h.run("analyze", "SPY", "--config", ini, "--redis", server.url)
        self.assertIn("No recent quote data", out.stdout, out.stderr)


class Tree(h.Case):
    def test_nothing_is_missing_from_it(self):
        for path in ("bin/orderflow", "libexec/orderflow/orderflow-engine", "libexec/orderflow/orderflow-worker",
                     "libexec/orderflow/run_golden", "include/orderflow/detector.h", "etc/orderflow/orderflow.ini",
                     "share/orderflow/sdk/README.md", "share/orderflow/sdk/template/c/my_detector.c",
                     "include/orderflow/detector.hpp", "include/orderflow/declare.h",
                     "include/orderflow/rows.h", "include/orderflow/slices.h", "lib/pkgconfig/orderflow.pc",
                     "lib/cmake/orderflow/orderflow-config.cmake", "share/orderflow/sdk/detector.map",
                     "lib/orderflow/plugins/sweep.so"):
            self.assertTrue((h.DIST / path).exists(), path)

    def test_it_runs_from_a_path_with_spaces(self):
        moved = f"{self.tmp}/a tree/here"
        shutil.copytree(h.DIST, moved)
        out = subprocess.run([f"{moved}/bin/orderflow", "analyze", "BTCUSDT", "--file", h.BTC], capture_output=True,
                             text=True, env=h.clean_env(), cwd="/", timeout=300)
        self.assertEqual(out.returncode, 0, out.stderr)
        self.assertEqual(ET.fromstring(out.stdout).get("config"), f"{moved}/etc/orderflow/orderflow.ini")


class Sdk(h.Case):
    def compiled(self, code, folder):
        os.makedirs(folder)
        with open(f"{self.tmp}/my_detector.c", "w") as f:
            f.write(code)
        subprocess.run(["cc", "-std=c11", "-fPIC", "-shared", "-fvisibility=hidden", f"-I{h.DIST}/include", "-o",
                        f"{folder}/my_detector.so", f"{self.tmp}/my_detector.c"], check=True)
        return h.write_ini(self.tmp, f"[plugins]\ndir = {folder}\n")

    def readme_code(self):
        return re.search(r"```c\n(.*?)```", (h.ROOT / "sdk" / "README.md").read_text(), re.S).group(1)

    def test_readme_and_template_are_the_same(self):
        template = (h.ROOT / "sdk" / "template" / "c" / "my_detector.c").read_text()
        self.assertEqual(template.strip(), self.readme_code().strip())

    def test_template_passes_its_own_tests(self):
        if "asan" in str(h.DIST):
            self.skipTest("a plugin without the sanitizers of its host")
        self.compiled(self.readme_code(), f"{self.tmp}/p")
        out = subprocess.run([h.DIST / "libexec" / "orderflow" / "run_golden", f"{self.tmp}/p/my_detector.so",
                              h.DIST / "share" / "orderflow" / "sdk" / "template" / "c" / "golden" / "my_detector.txt"],
                             capture_output=True, text=True)
        self.assertEqual(out.returncode, 0, out.stdout + out.stderr)

    def refusal(self, wrong, right, name):
        code = self.readme_code()
        self.assertIn(right, code)
        ini = self.compiled(code.replace(right, wrong), f"{self.tmp}/{name}")
        listed = json.loads(h.run("detectors", "--json", "--config", ini).stdout)["detectors"]
        out = h.run("analyze", "BTCUSDT", "--file", h.BTC, "--config", ini)
        shown = {e.get("detector"): e.get("reason") for e in ET.fromstring(out.stdout).iter("unavailable")}
        refused = [d["reason"] for d in listed if d["state"] == "refused"]
        self.assertEqual(len(refused), 1, listed)
        self.assertEqual(shown, {"my_detector.so": refused[0]})
        return refused[0]

    def test_a_forgotten_size_is_named(self):
        self.assertIn("ofd_plugin has a size of 0", self.refusal("{ .minor", "{ .size = sizeof plugin, .minor", "a"))

    def test_a_forgotten_end_of_the_detectors_is_said_once(self):
        self.assertIn("past the last it is NULL",
                      self.refusal("(void)index; return &plugin;", "return index == 0 ? &plugin : NULL;", "b"))

    def test_a_missing_entry_is_named(self):
        self.assertIn("exports no ofd_entry_v1", self.refusal("my_entry(uint", "ofd_entry_v1(uint", "c"))

    def test_a_detector_that_always_crashes_is_left_out_and_the_answer_comes(self):
        code = self.readme_code().replace("ofd_value ev", "*(volatile int *)0 = 1; ofd_value ev")
        ini = self.compiled(code, f"{self.tmp}/e")
        shutil.copy(h.DIST / "lib" / "orderflow" / "plugins" / "sweep.so", f"{self.tmp}/e")
        out = h.run("analyze", "BTCUSDT", "--file", h.BTC, "--config", ini, timeout=300)
        root = ET.fromstring(out.stdout)
        self.assertIn(" in detect()", root.find("detected_patterns/unavailable[@detector='my_detector']").get("reason"))
        self.assertIn("sweep", {e.text for e in root.iter("type")})

    def test_a_refused_file_with_a_long_name_harms_nobody(self):
        ini = self.compiled(self.readme_code(), f"{self.tmp}/d")
        with open(f"{self.tmp}/d/{'x' * 240}&.so", "w") as f:
            f.write("no ELF")
        out = h.run("analyze", "BTCUSDT", "--file", h.BTC, "--config", ini)
        self.assertEqual(out.returncode, 0, out.stderr)
        self.assertIn("<type>my_detector</type>", out.stdout)


if __name__ == "__main__":
    h.main()
