# SPDX-License-Identifier: MIT
"""The golden kit: record cuts a window out of a file or Redis as the engine saw it; failing windows are shrunk."""
import os, re, shutil, subprocess
import support as s
h = s.h

SWEEP = str(h.DIST / "lib" / "orderflow" / "plugins" / "sweep.so")


class Record(s.Case):
    installs = False

    def record(self, *args, good=True):
        return self.run_in(self.work, "orderflow", "record", "BTCUSDT", *args, good=good)

    def rows(self, text):
        return [line for line in text.splitlines() if line[:1].isdigit()]

    def test_a_file_and_a_live_redis_give_the_same_rows(self):
        server = self.redis()
        self.run_in(self.work, "orderflow", "replay", h.BTC, "--ticker", "BTCUSDT", "--speed", "max", "--quiet",
                    "--redis", server.url)
        filed, live = self.record("--file", h.BTC).stdout, self.record("--redis", server.url).stdout
        self.assertGreater(len(self.rows(filed)), 500)
        plain = [re.sub(" tie$", "", row) for row in self.rows(filed)]  # replay gives every quote a seq
        self.assertEqual(plain, self.rows(live))
        self.assertIn("of a live Redis", live)
        self.assertEqual(filed.split("tick ")[1].split()[0], live.split("tick ")[1].split()[0])

    def test_a_detector_says_of_the_window_what_it_said_to_the_engine(self):
        from_ms, span_s = 1723161360000, 120
        text = self.record("--file", h.BTC, "--from", "2024-08-08T23:56:00Z", "--for", f"{span_s}s", "--case", "two").stdout
        self.assertIn("\ncase two\n", text)
        zero = int(re.search(r"\((\d+)\)", text).group(1))
        self.assertGreaterEqual(zero, from_ms)
        path = f"{self.work}/two.txt"
        with open(path, "w") as f:
            f.write(text)
        self.run_in(self.work, "orderflow", "golden", SWEEP, path, "--update")
        with open(path) as f:
            said = {(zero + int(line.split()[1]), line.split()[3]) for line in f if line.startswith("expect ")}
        episodes = {(p["onset_ms"], p["side"]) for p in h.file_answer(h.BTC, "BTCUSDT")["patterns"]
                    if p["type"] == "sweep" and zero < p["onset_ms"] < from_ms + span_s * 1000}
        self.assertGreater(len(episodes), 5)
        self.assertEqual(episodes - said, set())
        self.assertIn("1 cases, 0 failed", self.run_in(self.work, "orderflow", "golden", SWEEP, path).stdout)

    def test_what_the_host_found_is_kept(self):
        path = f"{self.work}/gap.csv"
        with open(path, "w") as f:
            f.write("ts_ms,bid_price,bid_size,ask_price,ask_size\n")
            for i in range(100):
                f.write(f"{1700000000000 + 100 * i},10.00,{5 + i},10.05,5\n")
            f.write("1700000200000,10.00,7.25,10.05,5\n1700000200100,10.00,7.25,,\n1700000200200,10.00,1,19.00,5\n1700000200200,10.00,2,19.00,5\n")
        text = self.record("--file", path, "--from", "1700000200000").stdout
        self.assertEqual(self.rows(text), ["0 10.00 7.25 10.05 5 gap", "100 10.00 7.25 0 0", "200 10.00 2 19.00 5 wide tie"])
        self.assertIn("\ntick 0.05\n", text)
        ini = h.write_ini(self.tmp, "[ticker:BTCUSDT]\ntick = 0.01\n")
        self.assertIn("\ntick 0.01\n", self.record("--file", path, "--config", ini).stdout)

    def test_refusals(self):
        for args, status, said in (
                (("--file", h.BTC, "--from", "yesterday"), 2, "--from is a time in ms since 1970, or UTC"),
                (("--file", h.BTC, "--from", "2020-01-01T00:00:00Z"), 1, "there are some from 2024-08-08T23:54:16"),
                (("--file", h.BTC, "--for", "2h"), 2, "3600"), (("--file", "-"), 2, "standard input will not do"),
                (("--file", h.BTC, "--case", "a b"), 2, "one word"), (("--file", "/nonexistent"), 1, "No such file"),
                (("--redis", "unix:///nonexistent"), 1, "cannot connect")):
            out = self.record(*args, good=False)
            self.assertEqual((out.returncode, out.stdout), (status, ""))
            self.assertIn(said, out.stderr)
        server = self.redis()
        self.assertIn("no quotes under orderflow:quotes:BTCUSDT", self.record("--redis", server.url, good=False).stderr)
        ini = h.write_ini(self.tmp, "[feed]\nsource = firehose\n")
        said = self.record("--redis", server.url, "--config", ini, good=False).stderr
        self.assertIn("no quotes under orderflow:quotes:BTCUSDT; record reads sorted sets, no firehose ([feed] source)", said)
        self.assertIn("orderflow journal --out", said)


class Command(s.Case):
    installs = False

    def setUp(self):
        super().setUp()
        shutil.copy(SWEEP, f"{self.work}/here.so")
        with open(f"{self.work}/good.txt", "w") as f:
            f.write("case nothing\n0 10.00 100 10.01 100\n")
        self.programs = (("orderflow", "golden"), (f"{self.prefix}/libexec/orderflow/run_golden",))

    def test_a_plugin_of_the_current_folder_needs_no_slash(self):
        for program in self.programs:
            for args in ((), ("--in-process",)):
                out = self.run_in(self.work, *program, *args, "here.so", "good.txt")
                self.assertEqual(out.stdout, "ok   good.txt: 1 cases, 0 failed\n")
        out = self.run_in(self.work, "orderflow", "golden", "away.so", "good.txt", good=False)
        self.assertEqual(out.returncode, 1)
        self.assertIn("./away.so", out.stderr)

    def test_a_file_that_holds_no_case_is_told_why(self):
        os.mkdir(f"{self.work}/folder")
        for name, text in (("empty.txt", ""), ("remarks.txt", "# nothing yet\n\n")):
            with open(f"{self.work}/{name}", "w") as f:
                f.write(text)
        for name, why in (("empty.txt", "no case in it"), ("remarks.txt", "no case in it"), ("folder", "Is a directory")):
            for args in ((), ("--update",)):
                out = self.run_in(self.work, "orderflow", "golden", "here.so", name, *args, good=False)
                self.assertEqual((out.returncode, out.stdout), (1, ""))
                self.assertIn(f"{name}: {why}", out.stderr)

    def test_an_output_that_cannot_be_written_is_no_success(self):
        for program in self.programs:
            for to, why in ((">&-", "Bad file descriptor"), (">/dev/full", "No space left")):
                out = self.shell(self.work, f"{' '.join(program)} here.so good.txt {to}", good=False)
                self.assertEqual(out.returncode, 1)
                self.assertIn(f"cannot write the output: {why}", out.stderr)

    def test_wrong_usage_is_told_in_the_words_of_the_command(self):
        for args, why in ((("--updat", "here.so", "good.txt"), "did you mean --update?"), (("here.so",), "at least one FILE"),
                          (("here.so", "good.txt", "--index", "-1"), "--index is a whole number"),
                          (("here.so", "good.txt", "--index"), "--index needs N")):
            out = self.run_in(self.work, "orderflow", "golden", *args, good=False)
            self.assertEqual((out.returncode, out.stdout), (2, ""))
            self.assertIn("orderflow golden: ", out.stderr)
            self.assertIn(why, out.stderr)
            self.assertNotIn("run_golden", out.stderr)
        out = self.run_in(self.work, "orderflow", "golden", "here.so", "good.txt", "--index", "1", good=False)
        self.assertIn("no detector number 1", out.stderr)
        for option in ("--update", "--index N", "--in-process"):
            self.assertIn(option, self.run_in(self.work, "orderflow", "golden", "--help").stdout)
        os.rename(f"{self.work}/good.txt", f"{self.work}/-good.txt")
        self.run_in(self.work, "orderflow", "golden", "here.so", "--", "-good.txt")


class Shrink(s.Case):
    """Wrong detectors over a recorded window of many rows."""
    installs = False

    def setUp(self):
        super().setUp()
        template = (h.ROOT / "sdk" / "template" / "c" / "my_detector.c").read_text()
        self.code = template.replace(".def = 10", ".def = 2")
        self.window = f"{self.work}/window.txt"
        text = self.run_in(self.work, "orderflow", "record", "BTCUSDT", "--file", h.BTC, "--for", "5s", "--case", "w").stdout
        self.n = len([line for line in text.splitlines() if line[:1].isdigit()])
        self.assertGreater(self.n, 200)
        with open(self.window, "w") as f:
            f.write(text)
        self.build(self.code)
        self.golden("--update")

    def build(self, code):
        source = f"{self.work}/d.c"
        with open(source, "w") as f:
            f.write(code)
        subprocess.run(["cc", "-std=c11", "-D_DEFAULT_SOURCE", "-fPIC", "-shared", f"-I{h.DIST}/include", source, "-o",
                        f"{self.work}/d.so"], check=True)

    def golden(self, *args, good=True):
        return self.run_in(self.work, "orderflow", "golden", "./d.so", self.window, *args, good=good).stdout

    def broken(self, old, new):
        self.assertIn(old, self.code)
        self.build(self.code.replace(old, new))
        out = self.golden(good=False)
        self.assertIn("1 cases, 1 failed", out)
        return out

    def smallest(self, out):
        m = re.search(r"the smallest window found that still does it, (\d+) of (\d+) rows:\n((?:    .*\n)+)", out)
        self.assertTrue(m, out)
        self.assertEqual(int(m.group(2)), self.n)
        case = re.sub("^    ", "", m.group(3), flags=re.M)
        self.assertEqual(len([line for line in case.splitlines() if line[:1].isdigit()]), int(m.group(1)))
        return int(m.group(1)), case

    def test_a_pattern_too_many(self):
        with open(self.window) as f:
            lines = f.read().splitlines()
        gone = [i for i, line in enumerate(lines) if line.startswith("expect ")][3]
        with open(self.window, "w") as f:
            f.write("\n".join(lines[:gone] + lines[gone + 1:]) + "\n")
        out = self.golden(good=False)
        n, case = self.smallest(out)
        self.assertEqual(n, 1)
        self.assertIn("# says: " + lines[gone].split(" value=")[0], case)

    def test_a_pattern_too_few(self):
        out = self.broken("if (ratio < s->ratio)", "if (ratio < 4 * s->ratio)")
        self.assertIn("rows that can matter to the first one that is missing", out)

    def test_a_crash(self):
        out = self.broken("if (ratio < s->ratio)",
                          "if (i > 0 && w->bid_sz[i] > w->bid_sz[i - 1] + 400) *(volatile int *)0 = 1;\n if (ratio < s->ratio)")
        self.assertIn("crashed (signal 11)", out)
        self.assertEqual(self.smallest(out)[0], 2)

    def test_an_exit(self):
        out = self.broken("if (ratio < s->ratio)", "if (ratio > 4) exit(0);\n if (ratio < s->ratio)")
        self.assertIn("crashed (exit status 0)", out)
        self.assertEqual(self.smallest(out)[0], 1)

    def test_batches_that_change_the_answer(self):
        out = self.broken("for (uint64_t i = w->first_new; i < w->n; i++) {",
                          "for (uint64_t i = w->n > w->first_new ? w->n - 1 : w->n; i < w->n; i++) {")
        self.assertIn("other batches, other answer", out)
        n, case = self.smallest(out)
        self.assertEqual(n, 2)
        with open(self.window, "w") as f:
            f.write(case)
        self.assertIn("FAIL", self.golden(good=False))  # the case that is printed fails, too

    def test_a_refused_emission(self):
        out = self.broken(".value = ratio,", ".value = ratio > 4 ? 0.0 / 0.0 : ratio,")
        self.assertIn("value not finite", out)
        self.assertEqual(self.smallest(out)[0], 1)

    def test_an_update_that_crashes_leaves_the_file(self):
        before = open(self.window).read()
        self.build(self.code.replace("if (ratio < s->ratio)", "if (ratio > 4) abort();\n if (ratio < s->ratio)"))
        self.golden("--update", good=False)
        self.assertEqual(open(self.window).read(), before)

    def test_usage(self):
        for args in ((), ("x.so",), ("--nonsense", "x.so", "y"), ("d.so", "y", "--index", "one")):
            self.assertEqual(self.run_in(self.work, "orderflow", "golden", *args, good=False).returncode, 2)
        out = self.run_in(self.work, "orderflow", "golden", "./d.so", self.window, "--index", "1", good=False)
        self.assertIn("no detector number 1", out.stderr)


if __name__ == "__main__":
    s.main()
