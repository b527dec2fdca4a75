# SPDX-License-Identifier: MIT
"""orderflow calibrate: the rates that it promises are those that its thresholds give; what is silent, chatty, refused or of
another unit is said."""
import os, re, signal, subprocess, unittest
import harness as h

DAY_MS = 86_400_000
ROW = re.compile(r"^  (\w+) +(\w+) +(\S+) +([\d.]+) +(\d+)-(\d+) +([\d.]+)% .*  (\S.*)$", re.M)


class Calibrate(h.Case):
    def days(self, n, seconds=3700, mean=6000, factor=1, first=0):
        out = []
        for d in range(first, first + n):
            path = os.path.join(self.tmp, f"N_{d}.csv")
            text = subprocess.run(["/usr/bin/python3", str(h.ROOT / "tests/e2e/noise_tape.py"), "--mean", str(mean * factor),
                                   "--seconds", str(seconds), "--rate", "2", "--seed", str(d + 1),
                                   "--start-ms", str(1_760_000_000_000 + d * DAY_MS)],
                                  capture_output=True, text=True, check=True).stdout
            with open(path, "w") as f:
                f.write(text)
            out.append(path)
        return out

    def calibrate(self, files, *args):
        out = h.run("calibrate", *files, "--ticker", "N", *args)
        self.assertEqual(out.returncode, 0, out.stderr)
        return out.stdout, {m[1]: m for m in ROW.finditer(out.stdout)}

    def test_promised_rates_and_alarms(self):
        files, thresholds = self.days(2), os.path.join(self.tmp, "thr.ini")
        ini = h.write_ini(self.tmp, "[detector:sweep]\nchange = 90000\n[detector:stacking]\nrun = 90\n")
        text, table = self.calibrate(files, "--out", thresholds, "--config", ini)
        self.assertEqual(set(table), {"absorption", "stacking", "momentum_shift", "sweep"}, text)
        with open(thresholds) as f:
            written = f.read()
        for name, m in table.items():
            self.assertNotEqual(m[8], "ok", "nothing is proven by chance: " + text)
            self.assertEqual("REFUSED" not in m[8] and "NONE" not in m[8], f"[detector:{name}@N]" in written, text)
            if m[8].startswith("ok"):
                self.assertTrue(int(m[5]) <= float(m[4]) <= int(m[6]), text)
        self.assertEqual(table["stacking"][8], "NONE: no threshold makes it fire")
        self.assertIn("sessions = 2", written)
        self.check_rates(files, thresholds, written, table)
        # What is in force on noise: one that fires all the time, two that never do.
        self.assertRegex(text, r"absorption +mode=fixed thr=fixed: .*ALARM chatty")
        sizes = [(int(r[2]), int(r[4])) for path in files for r in h.read_csv(path)]
        largest = max(abs(b[k] - a[k]) for a, b in zip(sizes, sizes[1:]) for k in (0, 1))
        silent = text[text.index("  sweep           mode=fixed"):]
        self.assertIn("ALARM silent", silent)
        self.assertIn(f"missed by {(90000 - largest) / 900:.1f}%: ", silent)
        self.assertIn(f": size {largest}, threshold 90000", silent)
        self.assertRegex(text, r"stacking +mode=fixed .*ALARM silent\n +even with size \S+ it fires 0.0 times a day")

    def check_rates(self, files, thresholds, written, table):
        """The same files under the file of thresholds, by another way."""
        ini = h.write_ini(self.tmp, f"[plugins]\nthresholds = {thresholds}\n[results]\nttl_quotes_s = 7200\nttl_patterns_s = 7200\n[detector:stacking]\nrun = 90\n" +
                          "".join(f"[detector:{name}]\nmode = hybrid\n" for name in table if name != "stacking"))
        self.assertEqual(h.run("config", "--check", ini).returncode, 0)
        found = []
        for path in files:
            answer = h.file_answer(path, "N", "--config", ini, "--history", "2h")
            self.assertEqual(answer["thr"], "cal#" + re.search(r"hash = (\w+)", written)[1][-4:])
            found += [p["type"] for p in answer["patterns"]]
        hours, compared = 2 * (3700 - 0.5) / 3600, 0
        for name, m in table.items():
            if f"[detector:{name}@N]" in written and name != "stacking":
                compared += 1
                per = 2 if name == "absorption" else 1
                self.assertAlmostEqual(found.count(name) / per / hours * 6.5, float(m[4]), delta=0.051, msg=name)
        self.assertGreater(compared, 0)

    @unittest.skipIf("asan" in str(h.DIST), "it starts many processes; the other test does, too")
    def test_another_unit_is_a_seam(self):
        files = self.days(2, 600) + self.days(1, 600, factor=100, first=2)
        with open(files[0], "a") as f:
            f.write("a malformed row is left out\n")
        out = h.run("calibrate", *files, "--ticker", "N", "--no-null", "--by-time", "--mode", "flow", "--rate", "sweep=1-2",
                    "--lot", "10", "--out", f"{self.tmp}/thr.ini")
        text = out.stdout
        self.assertRegex(text, r"SEAM before 2025-10-11: another unit of size: median size \d+.*then [45]\.\d+e\+06")
        self.assertIn("1 days with 0.17 h", text)
        self.assertRegex(text, r"TOO FEW: \d+ quotes, 0 days with an hour of them; the least is one such day and 1000 quotes")
        self.assertRegex(text, r"sweep +removed +- +[\d.]+ +1-2 .* TOO FEW quotes")
        self.assertEqual(out.returncode, 1)
        self.assertIn("too few quotes for a threshold: give at least a day with an hour of quotes", out.stderr)
        self.assertFalse(os.path.exists(f"{self.tmp}/thr.ini"))
        self.assertRegex(text, r"08:30 touch size +\d+ +\d+")
        back = h.run("calibrate", files[1], files[0], "--ticker", "N")
        self.assertEqual(back.returncode, 1)
        self.assertIn("give files in order of time", back.stderr)

    @unittest.skipIf("asan" in str(h.DIST), "the other tests go through the same code")
    def test_temporary_files_go_with_it_however_it_ends(self):
        tape = os.path.join(self.tmp, "T.csv")
        subprocess.run([h.ORDERFLOW, "tape", "--seconds", "7200", "-o", tape], check=True)
        for how in (signal.SIGINT, signal.SIGKILL):
            run = subprocess.Popen([h.ORDERFLOW, "calibrate", tape, "--ticker", "T"], stdout=subprocess.DEVNULL,
                                   stderr=subprocess.DEVNULL, env=h.clean_env(), start_new_session=True)
            folder = h.wait_for("it has made its folder", lambda: self.folder_of(run.pid))
            h.wait_for("and uses it", lambda: os.listdir(folder))
            (os.killpg if how == signal.SIGINT else os.kill)(run.pid, how)
            self.assertEqual(run.wait(60), -how)
            h.wait_for("the folder has gone", lambda: not os.path.exists(folder))

    def folder_of(self, pid):
        """What the keeper, a child of it, is to take away."""
        with open(f"/proc/{pid}/task/{pid}/children") as f:
            for child in f.read().split():
                try:
                    with open(f"/proc/{child}/cmdline") as g:
                        words = g.read().split("\0")
                except OSError:
                    continue
                if "orderflow-keeper" in words:
                    return words[words.index("orderflow-keeper") + 1]

    def test_wrong_arguments(self):
        for args, message in ((["--mode", "fixed"], "--mode is quantile or flow"), (["--rate", "sweeps=1-2"], "--rate is"),
                              (["--rate", "sweep=3-2"], "--rate is"), (["--day-hours", "0"], "--day-hours is"),
                              (["--day-start", "9"], "--day-start is")):
            out = h.run("calibrate", h.ETH, *args)
            self.assertEqual(out.returncode, 2, args)
            self.assertIn(message, out.stderr)
        self.assertEqual(h.run("calibrate").returncode, 2)
        one_sided = os.path.join(self.tmp, "X_1.csv")
        with open(one_sided, "w") as f:
            f.write("ts_ms,bid_price,bid_size,ask_price,ask_size\n" +
                    "".join(f"{1760000000000 + i},450.{i:02},100,0,0\n" for i in range(30)))
        out = h.run("calibrate", one_sided)
        self.assertEqual(out.returncode, 1)
        self.assertIn("no quotes with both sides over time: of 30 rows 30 have no bid or no ask, 0 are out of order", out.stderr)
        out = h.run("calibrate", "-", "--ticker", "X", input="")
        self.assertEqual(out.returncode, 2)
        self.assertIn("standard input cannot be", out.stderr)


if __name__ == "__main__":
    h.main()
