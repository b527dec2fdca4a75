# SPDX-License-Identifier: MIT
"""The flow modes on an hour without information, and under the validator."""
import collections, os, re, subprocess, time
import harness as h

DETECTORS = ("absorption", "momentum_shift", "stacking", "sweep")


class Flow(h.Case):
    def setUp(self):
        super().setUp()
        self.ini = h.write_ini(self.tmp, "".join(f"[detector:{d}]\nmode = flow\n" for d in DETECTORS))

    def test_noise_fires_as_rarely_as_the_definitions_say(self):
        path = os.path.join(self.tmp, "noise.csv")
        with open(path, "w") as f:
            subprocess.run(["/usr/bin/python3", str(h.ROOT / "tests" / "e2e" / "noise_tape.py"), "--mean", "6000",
                            "--seconds", "3600"], stdout=f, check=True)
        found = h.file_answer(path, "NOISE", "--config", self.ini)["patterns"]
        count = collections.Counter((p["type"], p.get("side")) for p in found)
        print(f"# {dict(count)}", flush=True)
        # Every quote is another look at a p of .01: 3.3 an hour, by simulation.
        self.assertTrue(0 < count["momentum_shift", None] <= 9, count)
        # A quantile of 0.995 is 6.7 an hour and side; of that many, half as many again are still chance.
        for side in ("bid", "ask"):
            self.assertTrue(0 < count["absorption", side] <= 12, count)

    def test_validator_takes_a_mode(self):  # all 46 checks in every mode: ./dev oracle
        for d in DETECTORS:
            out = h.run("check", str(h.DIST / "lib" / "orderflow" / "plugins" / f"{d}.so"), "--set", "mode=flow",
                        "--only", "claim-rows,claim-restart,emit-identity", "--scale", "0.05")
            self.assertEqual(out.returncode, 0, out.stdout)
            self.assertRegex(out.stdout, r"(?m)^3 passed, 0 warnings, 0 failed")
        out = h.run("check", str(h.DIST / "lib/orderflow/plugins/absorption.so"), "--only", "data-few", "--set", "mode=x")
        self.assertEqual((out.returncode, out.stdout), (2, ""))
        self.assertIn("--set: mode is one of fixed, flow, quantile, hybrid, not x", out.stderr)


class Thresholds(h.Case):
    """[plugins] thresholds: as strictly read as the settings, in force where the mode wants it, named in answers."""

    def files(self, sections, mode, hash_text="0"):
        path = os.path.join(self.tmp, "thresholds.ini")
        with open(path, "w") as f:
            f.write(f"[calibration]\nhash = {hash_text}\n" + sections)
        return h.write_ini(self.tmp, f"[plugins]\nthresholds = {path}\n[detector:absorption]\nmode = {mode}\n")

    def good(self, sections, mode):
        out = h.run("config", "--check", self.files(sections, mode))
        self.assertEqual(out.returncode, 1)
        found = re.search(r"thresholds.ini:2: \[calibration\] hash: does not fit .* put ([0-9a-f]{16})", out.stderr)
        self.assertTrue(found, out.stderr)
        return self.files(sections, mode, found[1]), "cal#" + found[1][-4:]

    def test_in_force_where_the_mode_wants_them(self):
        section = "[detector:absorption@ETHUSD]\nmode = {}\nsessions = {}\navg_size = 1e9\nremoved = 1e9\n"
        cases = (("quantile", 1, "hybrid", False), ("flow", 1, "flow", True))
        if "asan" not in str(h.DIST):  # each starts many processes
            cases += (("quantile", 2, "fixed", False), ("quantile", 0, "quantile", True), ("quantile", 2, "hybrid", True),
                      ("quantile", 2, "flow", False))
        for made, sessions, mode, wanted in cases:
            ini, thr = self.good(section.format(made, sessions), mode)
            answer = h.file_answer(h.ETH, "ETHUSD", "--config", ini)
            self.assertEqual(answer["thr"], thr if wanted else "fixed", (made, sessions, mode))
            self.assertEqual(any(p["type"] == "absorption" for p in answer["patterns"]), not wanted)
        ini, thr = self.good(section.format("quantile", 1), "quantile")
        out = h.run("analyze", "ETHUSD", "--file", h.ETH, "--config", ini)
        self.assertIn(f' thr="{thr}"', out.stdout)
        self.assertEqual(h.file_answer(h.ETH, "OTHER", "--config", ini)["thr"], "fixed")
        with open(ini, "a") as f:
            f.write("[detector:absorption@ETHUSD]\navg_size = 8000\n")  # who says it by hand has the last word
        self.assertTrue(any(p["type"] == "absorption" for p in
                            h.file_answer(h.ETH, "ETHUSD", "--config", ini)["patterns"]))

    def test_mistakes_are_named(self):
        head = "[detector:absorption@ETHUSD]\n"
        for sections, message in (
                (head + "avg_sise = 1\n", r"thresholds.ini:4: .* avg_sise: unknown key; did you mean avg_size"),
                (head + "removed = -1\n", r"thresholds.ini:4: .* removed: "),
                (head + "mode = fixed\n", r"thresholds.ini:4: .* mode: .*quantile"),
                (head + "sessions = -1\n", r"thresholds.ini:4: .* sessions: "),
                ("[detector:absorbtion@ETHUSD]\nremoved = 1\n", r"thresholds.ini:4: .*unknown detector; did you mean")):
            ini, _ = self.good(sections, "flow")
            out = h.run("config", "--check", ini)
            self.assertEqual(out.returncode, 1, sections)
            self.assertRegex(out.stderr, message)
        for sections, message in ((head + "removed = 1\nremoved = 2\n", r"thresholds.ini:5: .*set twice, first in line 4"),
                                  ("[detector:absorption]\nremoved = 1\n", r"thresholds.ini:3: .*no section of thresholds")):
            out = h.run("config", "--check", self.files(sections, "flow"))
            self.assertEqual(out.returncode, 1)
            self.assertRegex(out.stderr, message)
        ini = h.write_ini(self.tmp, "[plugins]\nthresholds = /nowhere/t.ini\n")
        self.assertRegex(h.run("config", "--check", ini).stderr, r"\[plugins\] thresholds: /nowhere/t.ini: cannot be opened")


class Live(h.Case):
    MINUTES, RATE = 30, 3

    def rows(self):
        start = (int(time.time()) - self.MINUTES * 60 - 2) * 1000
        out = subprocess.run(["/usr/bin/python3", str(h.ROOT / "tests/e2e/noise_tape.py"), "--rate", str(self.RATE),
                              "--seconds", str(self.MINUTES * 60), "--start-ms", str(start)],
                             capture_output=True, text=True, check=True).stdout
        return [(int(r[0]), *r[1:]) for r in (line.split(",") for line in out.splitlines()[1:])], start

    def config(self, backfill_s, idle_ms=1000, more=""):
        return h.write_ini(self.tmp, f"[engine]\nbackfill_s = {backfill_s}\nidle_ms = {idle_ms}\n[feed]\ndiscover_ms = 100\n"
                           "[detector:absorption]\nmode = flow\nquantile = 0.8\n[detector:stacking]\nmode = flow\n"
                           "[detector:momentum_shift]\nmode = flow\np_enter = 0.3\nmin_moves = 5\n"
                           "[detector:sweep]\nmode = flow\nremoved = 6000\n" + more)

    def test_a_restart_leaves_no_trace_and_thresholds_are_taken_over(self):
        rows, start = self.rows()
        cut = start + 20 * h.MINUTE
        whole, broken = self.redis(), self.redis()
        h.write_quotes(whole.db, "N", rows)
        h.write_quotes(broken.db, "N", [r for r in rows if r[0] <= cut])
        one = self.engine(whole, self.config(3600))
        self.settled(whole.db, "N", rows[-1][0], 120)
        one.stop()
        two = self.engine(broken, self.config(3600, 60000))
        self.settled(broken.db, "N", cut - 3000, 120)
        two.kill()
        h.write_quotes(broken.db, "N", [r for r in rows if r[0] > cut])
        broken.db.delete("orderflow:engine")
        ini = self.config(900)
        self.engine(broken, ini)
        self.settled(broken.db, "N", rows[-1][0], 120)
        # What is true at the last quotes ends when silence has become a gap, and the engines are asked at other times.
        found = [[p for p in h.stored_patterns(s.db, "N") if p["timestamp"] < rows[-1][0] - 3000] for s in (whole, broken)]
        self.assertEqual({p["type"] for p in found[0]}, h.SEED | {"absorption_failed"})
        self.assertEqual(h.essence(found[0]), h.essence(found[1]))
        self.assertEqual({p["id"] for p in found[0]}, {p["id"] for p in found[1]})
        self.assertFalse(broken.db.hget("orderflow:state:N", "thr"))
        path = os.path.join(self.tmp, "thr.ini")
        section = "[detector:sweep@N]\nmode = flow\nsessions = 1\nremoved = 9000\n"
        with open(path, "w") as f:
            f.write("[calibration]\nhash = 0\n" + section)
        self.config(900, 1000, f"[plugins]\nthresholds = {path}\n")  # refused until the hash fits
        good = re.search(r"put (\w{16})", h.run("config", "--check", ini).stderr)[1]
        with open(path, "w") as f:
            f.write(f"[calibration]\nhash = {good}\n" + section)
        self.config(900, 1000, f"[plugins]\nthresholds = {path}\n")
        h.wait_for("thresholds are taken over", lambda: (h.write_quotes(broken.db, "N", [(int(time.time() * 1000), *rows[-1][1:])]),
                   broken.db.hget("orderflow:state:N", "thr") == "cal#" + good[-4:])[1])


if __name__ == "__main__":
    h.main()
