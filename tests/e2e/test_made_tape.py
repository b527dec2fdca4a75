#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""`orderflow tape`: options, files, and what a wrong one is told."""
import collections, csv, hashlib, json, os, subprocess, tempfile, unittest
from harness import ORDERFLOW


def tape(*args, ok=True):
    out = subprocess.run([ORDERFLOW, "tape", *map(str, args)], capture_output=True, text=True)
    if ok and out.returncode != 0:
        raise AssertionError(out.stderr)
    return out


class MadeTape(unittest.TestCase):
    def setUp(self):
        self.tmp = tempfile.TemporaryDirectory(prefix="of-tape-")
        self.csv, self.json = os.path.join(self.tmp.name, "t.csv"), os.path.join(self.tmp.name, "t.json")

    def tearDown(self):
        self.tmp.cleanup()

    def test_file_standard_output_and_truth_agree(self):
        tape("--seconds", 3600, "-o", self.csv, "--truth", self.json)
        with open(self.csv) as f:
            text = f.read()
        self.assertEqual(text, tape("--seconds", 3600).stdout)
        self.assertNotEqual(text, tape("--seconds", 3600, "--seed", 2).stdout)
        rows = list(csv.DictReader(text.splitlines()))
        self.assertEqual(rows[0], {"ts_ms": "1767623400000", "bid_price": "450.00", "bid_size": "2600",
                                   "ask_price": "450.01", "ask_size": "3800"})
        with open(self.json) as f:
            truth = json.load(f)
        count = collections.Counter(t["kind"] for t in truth["planted"] if not t["incidental"])
        self.assertEqual(count, {"absorption": 6, "stacking": 8, "sweep": 8, "refill": 6, "momentum_shift": 4,
                                 "pulling": 6, "flicker": 6, "vacuum": 4, "exhaustion": 4, "ofi_pressure": 4})
        at = {int(r["ts_ms"]): r for r in rows}
        for t in truth["planted"]:
            if t["kind"] == "absorption":  # the row of the onset shows the wall
                row = at[t["onset_ms"]]
                self.assertEqual(float(row[t["side"] + "_price"]), t["price"])
                self.assertGreaterEqual(int(row[t["side"] + "_size"]), 12000)

    def test_the_analysis_reads_it_and_its_noise(self):
        for more in ([], ["--noise"], ["--lognormal", "--size", 6000]):
            tape("--seconds", 600, "--plant", "sweep=12", "-o", self.csv) if not more else \
                tape("--seconds", 600, *more, "-o", self.csv)
            answer = subprocess.run([ORDERFLOW, "analyze", "TAPE", "--file", self.csv, "--format", "json"],
                                    capture_output=True, text=True, check=True)
            quality = json.loads(answer.stdout)
            self.assertEqual(quality["ticker"], "TAPE")

    def test_noise_by_seed(self):
        one = [hashlib.sha256(tape("--seconds", 60, m).stdout.encode()).hexdigest()
               for m in ("--noise", "--noise", "--lognormal", "--lognormal")]
        self.assertEqual(one[0], one[1])
        self.assertEqual(one[2], one[3])
        self.assertNotEqual(one[0], one[2])

    def test_wrong_options_are_named(self):
        for args, text in (
                (["--plant", "icebergs=3"], "no icebergs; there are absorption stacking sweep"),
                (["--plant", "sweep=many"], "--plant sweep is a whole number from 0 to 3600"),
                (["--plant", "sweep=1", "--noise"], "plant nothing"),
                (["--lognormal", "--days", 2], "no --days"),
                (["--seconds", "0"], "--seconds is a whole number from 1"),
                (["--tick", "0"], "--tick is a price above 0"),
                (["--tick", "0.07"], "--price is a multiple of --tick"),
                (["--size", "250"], "--size is a multiple of --lot"),
                (["--start", "yesterday"], "--start is a time in ms"),
                (["--drift-effect", "seconds=5"], "needs ticks=N"),
                (["--drift-effect", "ticks=2,p=1.5"], "p is above 0 and at most 1"),
                (["FILE"], "takes options alone")):
            out = tape(*args, ok=False)
            self.assertEqual(out.returncode, 2, args)
            self.assertIn(text, out.stderr)
        for args, text in ((["--plant", "shift=100"], "a session has 3600"),
                           (["-o", self.tmp.name], "Is a directory"),
                           (["--seconds", 60, "-o", "/dev/full"], "No space left")):
            out = tape(*args, ok=False)
            self.assertEqual(out.returncode, 1, args)
            self.assertIn(text, out.stderr)


if __name__ == "__main__":
    unittest.main(verbosity=2)
