# SPDX-License-Identifier: MIT
"""The flow modes on an hour without information, and under the validator."""
import collections, os, subprocess
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

    def test_validator_passes_every_mode(self):
        for d in DETECTORS:
            out = h.run("check", str(h.DIST / "lib" / "orderflow" / "plugins" / f"{d}.so"), "--set", "mode=flow",
                        "--scale", "0.05")
            self.assertEqual(out.returncode, 0, out.stdout)
            self.assertRegex(out.stdout, r"(?m)^\d+ passed, 0 warnings, 0 failed")
        out = h.run("check", str(h.DIST / "lib/orderflow/plugins/absorption.so"), "--only", "data-few", "--set", "mode=x")
        self.assertEqual(out.returncode, 1)
        self.assertIn("--set: it has no parameter mode that can be x", out.stdout)


if __name__ == "__main__":
    h.main()
