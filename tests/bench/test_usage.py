# SPDX-License-Identifier: MIT
"""What ./dev starts to measure and to stress: --help says how and does nothing, wrong words are status 2 and do nothing."""
import pathlib, subprocess, unittest
import harness as h

TESTS = pathlib.Path(__file__).resolve().parents[1]
PASS = [TESTS.parent / "build/release/tests/bench/bench_pass", h.DIST]
DEV = {"pass": PASS, **{name: ["/usr/bin/python3", TESTS / path] for name, path in (
    ("bench", "bench/bench.py"), ("answers", "bench/answer_sizes.py"), ("load", "bench/load_bench.py"),
    ("oracle", "golden/flow/long.py"), ("soak", "soak/soak.py"))}}


class Usage(unittest.TestCase):
    def run_it(self, name, *words):
        return subprocess.run([*DEV[name], *words], capture_output=True, text=True, timeout=60)

    def test_help_says_how_and_does_nothing(self):
        for name in DEV:
            out = self.run_it(name, "--help")
            self.assertEqual((out.returncode, out.stdout[:6]), (0, "usage:"), (name, out.stderr))

    def test_wrong_words_are_refused(self):
        for name, words, says in (("pass", ["0"], "not understood: 0"), ("pass", ["many"], "not understood: many"),
                                  ("pass", ["1000", "no such tape"], "not understood: no such tape"),
                                  ("pass", ["--check", "12000", "more"], "not understood: more"),
                                  ("bench", ["--only", ""], "--only: no section ''; there are read"),
                                  ("bench", ["--only", "read,nosuch"], "--only: no section 'nosuch'"),
                                  ("answers", ["much"], "much"), ("oracle", ["much"], "much"), ("soak", [], "kind"),
                                  ("soak", ["kill"], "kills"), ("soak", ["kills", "0"], "at least 1")):
            out = self.run_it(name, *words)
            self.assertEqual((out.returncode, out.stdout), (2, ""), (name, words, out.stderr))
            self.assertIn(says, out.stderr)

    def test_dev_names_every_option_of_bench_load(self):
        text = subprocess.run(["sh", TESTS.parent / "dev"], capture_output=True, text=True)
        self.assertEqual(text.returncode, 2)
        told = (text.stdout + text.stderr).split("bench load", 1)[1].split("bench call")[0]
        for word in self.run_it("load", "--help").stdout.split():
            if word.startswith("[--"):
                self.assertIn(word.strip("[]"), told)


if __name__ == "__main__":
    h.main()
