#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Every shipped detector, in each mode, on a tape of which everything is known: what it must find, and how much else it
may say. The bounds lie below what was measured (plugins/README.md); a detector that broke, or a tape that no longer
holds what it tells, falls below them."""
import json, os, pathlib, sys, tempfile, unittest
import harness as h
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "bench"))
import labels  # noqa: E402

# type: recall, precision at least
BOUNDS = {
    "fixed": {"absorption": (0.9, 0.01), "exhaustion": (0.75, 0.1), "flicker": (0.9, 0.7),
              "momentum_shift": (0.85, 0.1), "ofi_pressure": (0.75, 0.08), "pulling": (0.9, 0.025),
              "refill": (0.9, 0.18), "stacking": (0.9, 0.007), "sweep": (0.9, 0.6), "vacuum": (0.85, 0.035)},
    "flow": {"absorption": (0.6, 0.1), "momentum_shift": (0.85, 0.4), "stacking": (0.9, 0.04),
             "sweep": (0.9, 0.75)},
}


class Labels(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.tmp = tempfile.TemporaryDirectory(prefix="of-labels-")
        cls.program = pathlib.Path(h.ORDERFLOW)

    @classmethod
    def tearDownClass(cls):
        cls.tmp.cleanup()

    def test_what_is_planted_is_found_and_little_else(self):
        tape = labels.make(self.program, self.tmp.name, 1, "--seconds", 3600, "--rate", 20)
        modes, result = labels.measure(self.program, [tape], self.tmp.name)
        self.assertEqual(set(result["fixed"]), set(BOUNDS["fixed"]))
        for mode, bounds in BOUNDS.items():
            for kind, (recall, precision) in bounds.items():
                c = result[mode][kind]
                self.assertGreaterEqual(labels.recall(c), recall, (mode, kind, c))
                self.assertGreaterEqual(labels.precision(c), precision, (mode, kind, c))
                self.assertEqual(c["episodes"], c["found"] + c["incidental"] + c["again"] + c["wrong"])

    def test_a_truth_that_is_none_is_refused(self):
        def truth(text):
            path = os.path.join(self.tmp.name, "bad.json")
            with open(path, "w") as f:
                f.write(text)
            return path

        tape, good = labels.make(self.program, self.tmp.name, 2, "--seconds", 600, "--plant", "sweep=6")

        def run(*args):
            return h.run("backtest", tape, "--no-null", "--trials", "none", "--latency", "0", "--horizons", "60",
                         *args)
        out = run("--ticker", "T", "--truth", good)
        self.assertRegex(out.stdout, r"planted: 1, incidental 0; .*within 2000 ms and 1 tick")
        self.assertRegex(out.stdout, r" sweep +sweep +(bid|ask) +1 +1  1\.000 ")
        item = {"kind": "sweep", "side": "ask", "dir": 1, "onset_ms": 2000, "end_ms": 3000}
        for change, text in (({"kind": 7}, "kind: the type"), ({"side": "up"}, "side: bid, ask or none"),
                             ({"dir": 2}, "dir: 1, 0 or -1"), ({"end_ms": 1000}, "in this order"),
                             ({"onset_ms": "now"}, "onset_ms"), ({"price": "high"}, "price: a number")):
            bad = truth(json.dumps({"orderflow_truth": 1, "planted": [item, {**item, **change}]}))
            out = run("--ticker", "T", "--truth", bad)
            self.assertEqual(out.returncode, 1)
            self.assertIn("number 2 of planted: ", out.stderr)
            self.assertIn(text, out.stderr)
        for text, why in (("{}", "no file of"), ("", "no file of"), ("[1", "no file of")):
            out = run("--ticker", "T", "--truth", truth(text))
            self.assertEqual(out.returncode, 1)
            self.assertIn(why, out.stderr)
        out = run("--ticker", "T", "--truth", os.path.join(self.tmp.name, "none.json"))
        self.assertIn("No such file", out.stderr)
        out = h.run("backtest", tape, h.BTC, "--no-null", "--trials", "none", "--truth", good)
        self.assertEqual(out.returncode, 1)
        self.assertIn("--truth is of one ticker, and there are 2", out.stderr)


if __name__ == "__main__":
    unittest.main(verbosity=2)
