# SPDX-License-Identifier: MIT
"""orderflow check: every check is broken by one animal of the zoo and by no other; what users see of it."""
import concurrent.futures, json, os, pathlib, re, shutil, subprocess, sys, xml.dom.minidom

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "e2e"))
import harness as h

ZOO = pathlib.Path(os.environ["OF_VALIDATOR_ZOO"])
FAULTS = pathlib.Path(os.environ["OF_FAULT_ZOO"])
ASAN = "asan" in str(h.DIST)
QUICK = ("--scale", "0.05", "--jobs", "2")
VALGRIND = any(os.access(p, os.X_OK) for p in ("/usr/bin/valgrind", "/usr/local/bin/valgrind", "/bin/valgrind"))
SAMPLE = (0, 12, 20, 21, 25, 26, 30, 34, 38, 39)  # enough under a sanitizer
SLOW = 46  # valgrind


def check(*args, **kwargs):
    return h.run("check", *map(str, args), timeout=300, **kwargs)


def verdicts(so, *args):
    """{number: (status, messages)} of a plugin's only detector."""
    out = check(so, "--json", *QUICK, *args)
    assert out.stdout.startswith("{"), (so, out.stdout, out.stderr)
    plugin, = json.loads(out.stdout)["plugins"]
    found = {c["number"]: (c["status"], c["messages"]) for c in plugin["checks"]}
    wrong = [n for n, (status, _) in found.items() if status in ("fail", "warning")]
    assert out.returncode == (1 if any(found[n][0] == "fail" for n in wrong) else 0), (so, out.returncode)
    return found


class Zoo(h.Case):
    def animals(self):
        """(number of the check it breaks, file); two of them are made here from the healthy one."""
        cut, open_to_all = pathlib.Path(self.tmp) / "01_whole.so", pathlib.Path(self.tmp) / "06_mode.so"
        whole = (ZOO / "00_healthy.so").read_bytes()
        cut.write_bytes(whole[:-100])
        cut.chmod(0o755)
        open_to_all.write_bytes(whole)
        open_to_all.chmod(0o777)
        return sorted((int(p.name[:2]), p) for p in [*ZOO.glob("[0-9][0-9]*_*.so"), cut, open_to_all])

    def test_each_check_is_broken_by_its_animal_alone(self):
        animals = self.animals()
        self.assertEqual({number for number, _ in animals}, set(range(47)))
        if ASAN:
            animals = [(n, so) for n, so in animals if n in SAMPLE and so.name[2] == "_"]
        if not VALGRIND:
            animals = [(n, so) for n, so in animals if n != SLOW]

        def look(item):
            number, so = item
            return number, so, verdicts(so, *([] if so.name[:3] in ("00_", "46_") and not ASAN else ["--skip", SLOW]))
        with concurrent.futures.ThreadPoolExecutor(2) as pool:
            for number, so, found in pool.map(look, animals):
                with self.subTest(animal=so.name):
                    wrong = {n: v for n, v in found.items() if v[0] in ("fail", "warning")}
                    self.assertEqual(set(wrong), {number} - {0}, wrong)
                    skipped = {n: v for n, v in found.items() if v[0] == "skip"}
                    if not ASAN:
                        unclaimed = {37, 38} if so.name == "00b_verdict.so" else set()
                        self.assertEqual({n for n in skipped if n != SLOW or VALGRIND}, unclaimed, skipped)

    def test_shipped_detectors_are_clean(self):
        plugins = sorted((h.DIST / "lib" / "orderflow" / "plugins").glob("*.so"))
        self.assertGreaterEqual(len(plugins), 4)
        out = check(*plugins, "--json", "--strict", *QUICK, *(["--skip", SLOW] if ASAN else []))
        wrong = [(p["detector"], c) for p in json.loads(out.stdout)["plugins"] for c in p["checks"]
                 if c["status"] in ("fail", "warning") or (c["status"] == "skip" and not ASAN and c["number"] != SLOW)]
        self.assertEqual((out.returncode, wrong), (0, []))


class Runner(h.Case):
    def test_death_is_told_with_the_call_it_happened_in(self):
        def told(animal, *args):
            status, messages = verdicts(FAULTS / f"{animal}.so", "--only", "emit-fields", *args)[30]
            self.assertEqual(status, "fail", animal)
            return messages[0]
        self.assertIn("detect(): it called exit()", told("exit_zero"))
        self.assertIn("detect(): did not return in time", told("endless", "--timeout", "1"))
        if not ASAN:
            self.assertIn("detect(): SIGSEGV", told("null_write"))
            self.assertIn("detect(): SIGABRT", told("abort"))

    def test_file_that_is_no_plugin_fails_in_one_check_and_skips_the_rest(self):
        path = pathlib.Path(self.tmp) / "not.so"
        path.write_text("not a plugin\n")
        path.chmod(0o644)
        found = verdicts(path, "--skip", SLOW)
        self.assertEqual([n for n, v in found.items() if v[0] == "fail"], [1], found)
        self.assertEqual({n for n, v in found.items() if v[0] == "pass"}, {6}, found)

    def test_same_seed_says_the_same_and_the_seed_is_printed(self):
        so = ZOO / "21_instances.so"
        a, b = (check(so, "--only", "life-instances", "--seed", "42").stdout for _ in range(2))
        cut = lambda text: re.sub(r"in [0-9.]+ s", "", text)
        self.assertEqual(cut(a), cut(b))
        self.assertIn("seed 42", a)
        self.assertIn("cure: Keep what changes", a)

    def test_options_select_and_refuse(self):
        so = ZOO / "00_healthy.so"
        self.assertEqual(set(verdicts(so, "--only", "data,elf-text,31")), {4, 31, *range(23, 30)})
        self.assertEqual(set(verdicts(so, "--only", "data", "--skip", "data-few")), set(range(24, 30)))
        out = check(so, "--only", "emit-tims")
        self.assertEqual(out.returncode, 2)
        self.assertIn("did you mean emit-times", out.stderr)
        self.assertEqual(check().returncode, 2)
        self.assertEqual(check("/nonexistent.so").returncode, 2)
        self.assertEqual(check(so, "--seed", "-1").returncode, 2)
        warned = ZOO / "05_unload.so"
        self.assertEqual(check(warned, "--only", "elf-unload").returncode, 0)
        self.assertEqual(check(warned, "--only", "elf-unload", "--strict").returncode, 1)

    def refused(self, says, *args):
        """One error before any check."""
        out = check(*args, "--only", "data-few")
        self.assertEqual((out.returncode, out.stdout), (2, ""), (args, out.stderr))
        self.assertIn(says, out.stderr)

    def test_settings_that_do_not_fit_are_one_error_before_any_check(self):
        so, garbage = ZOO / "00_healthy.so", pathlib.Path(self.tmp) / "garbage"
        garbage.write_bytes(b"\x7fELF\0\xff\n12 x\n")
        self.refused("/nonexistent: No such file", so, "--window", "/nonexistent")
        self.refused("is a folder; right is a golden or quarantine file", so, "--window", self.tmp)
        self.refused("garbage:2: no quote: TS_MS BID BID_SIZE ASK ASK_SIZE", so, "--window", garbage)
        self.refused("00_healthy.so has 1 detector; right is --index 0", so, "--index", "3")
        self.refused("pair.so has 2 detectors; right is --index 0 to 1", ZOO / "pair.so", "--index", "2")
        self.refused("leave no check", so, "--skip", "data-few")
        self.refused("no parameter foo; it has size, sides", so, "--set", "foo=1")
        self.refused("size has no value: say size=VALUE, a number from ", so, "--set", "sides=both,size")
        self.refused("size is a number from ", so, "--set", "size=-1")
        self.refused("sides is one of ", so, "--set", "sides=none")
        self.refused("--null-tape goes with none of", so, "--null-tape", "--set", "size=5000")
        self.assertEqual(check(so, "--only", "").returncode, 2)
        self.assertEqual(check(so, "--only", "elf-whole", "--index", "1").returncode, 2)
        self.assertEqual(check(so, "--only", "data-few", "--set", "sides=both,size=5000").returncode, 0)
        self.assertEqual(check(so, "--in-process", "data-few", "--set", "foo=1").returncode, 2)

    def test_file_that_cannot_be_loaded_never_passes_and_is_no_wrong_usage(self):
        path = pathlib.Path(self.tmp) / "not.so"
        path.write_text("not a plugin\n")
        for args in ([], ["--set", "foo=1"], ["--index", "3"]):
            out = check(path, "--only", "data-few", *args)
            self.assertEqual(out.returncode, 1, (args, out.stderr))
            self.assertIn("no detector could be read", out.stdout)

    def test_every_check_is_listed_explained_and_in_the_manual(self):
        names = [line.split()[1] for line in check("--list").stdout.splitlines()]
        self.assertEqual(len(names), 46)
        self.assertEqual(len(set(names)), 46)
        for name in names:
            text = check("--explain", name).stdout
            self.assertIn(name, text)
            self.assertIn("cure", text)
        self.assertEqual(check("--manual").stdout, (h.ROOT / "sdk" / "CHECKS.md").read_text(),
                         "regenerate: orderflow check --manual > sdk/CHECKS.md")

    def test_every_detector_of_a_file_is_checked(self):
        def looked_at(*args):
            out = check(ZOO / "pair.so", "--json", "--only", "elf-whole,table-text,emit-fields", *QUICK, *args)
            return out.returncode, [(p["detector"], [(c["number"], c["status"]) for c in p["checks"]])
                                    for p in json.loads(out.stdout)["plugins"]]
        first = ("animal 1.0.0", [(1, "pass"), (12, "pass"), (30, "pass")])
        second = ("animal_two 2", [(12, "fail"), (30, "pass")])
        self.assertEqual(looked_at(), (1, [first, second]))
        self.assertEqual(looked_at("--index", "1"), (1, [second]))
        self.assertEqual(looked_at("--index", "0"), (0, [first]))

    def test_installed_plugin_is_found_by_its_name(self):
        out = check("sweep", "--only", "elf-whole")
        self.assertEqual(out.returncode, 0, out.stderr)
        self.assertIn("detector sweep", out.stdout)
        out = check("swept")
        self.assertEqual(out.returncode, 2)
        self.assertIn("no plugin of that name", out.stderr)

    def test_junit_counts_what_failed(self):
        path = os.path.join(self.tmp, "junit.xml")
        check(ZOO / "12_text.so", "--only", "declare", "--junit", path, *QUICK)
        suite = xml.dom.minidom.parse(path).getElementsByTagName("testsuite")[0]
        self.assertEqual((suite.getAttribute("tests"), suite.getAttribute("failures")), ("10", "1"))
        self.assertIn("MAJOR.MINOR.PATCH", suite.getElementsByTagName("failure")[0].getAttribute("message"))

    def test_one_check_runs_in_process_for_a_debugger(self):
        out = check(ZOO / "34_identity.so", "--in-process", "emit-identity")
        self.assertEqual(out.returncode, 1)
        self.assertIn("F the quote stands still", out.stderr)

    def test_quotes_of_a_window_file_are_fed_too(self):
        path = pathlib.Path(self.tmp) / "window.txt"
        path.write_text("case odd\n0 10.00 9000 10.01 100 x20 +100\n2000 10.01 9000 10.01 100\n")
        so = ZOO / "24_odd.so"
        status, messages = verdicts(ZOO / "00_healthy.so", "--only", "data-odd", "--window", path)[24]
        self.assertEqual((status, messages), ("pass", []))
        status, messages = verdicts(so, "--only", "data-odd", "--window", path)[24]
        self.assertEqual(status, "fail")
        status, messages = verdicts(so, "--only", "emit-fields", "--window", path)[30]
        self.assertEqual(status, "fail", "the window itself holds a locked row")
        path.write_text("case largest\nset size=1000000 sides=both\ntick 0.01\n0 10.00 9000 10.01 100 x20 +100\n")
        status, messages = verdicts(ZOO / "20_params.so", "--only", "data-odd", "--window", path)[24]
        self.assertEqual(status, "fail", "the window's parameters are those it dies of")
        path.write_text("case unknown\nset sise=1\n0 10.00 9000 10.01 100\n")
        self.refused("there is no parameter sise; did you mean size?", ZOO / "00_healthy.so", "--window", path)


class NullTape(h.Case):
    def setUp(self):
        super().setUp()
        self.tape = os.path.join(self.tmp, "ramps.csv")
        with open(self.tape, "w") as f:
            f.write("ts_ms,bid_price,bid_size,ask_price,ask_size\n")
            for i in range(1200):  # sizes that grow for 20 s, then fall back
                f.write(f"{1_760_000_000_000 + i * 1000},100.00,{1000 * (1 + i % 20)},100.01,{5000 + i * 7919 % 900}\n")

    def rates(self, animal, *args):
        out = check(ZOO / f"{animal}.so", "--null-tape", "--tape", self.tape, "--json", *args)
        tape, = json.loads(out.stdout)["tapes"]
        kind, = tape["kinds"]
        return kind, out.returncode

    def test_detector_of_chance_is_told_so(self):
        kind, status = self.rates("00_healthy")
        self.assertEqual(kind["shuffled"], "as often", kind)
        self.assertEqual(status, 0)
        self.assertEqual(self.rates("00_healthy", "--strict")[1], 1)
        text = check(ZOO / "00_healthy.so", "--null-tape", "--tape", self.tape).stdout
        self.assertIn("warning: as often", text)

    def test_detector_of_structure_is_not(self):
        kind, status = self.rates("rising", "--strict")
        self.assertEqual((kind["shuffled"], kind["noise"], status), ("rarer", "rarer", 0), kind)
        self.assertGreater(kind["real_per_h"], 150)  # one in 20 s
        self.assertLess(kind["noise_per_h"], 5)

    def test_installed_samples_are_the_tapes_if_none_is_given(self):
        if ASAN:
            self.skipTest("the same code, slowly")
        out = check("stacking", "--null-tape", "--json")
        tapes = json.loads(out.stdout)["tapes"]
        self.assertEqual(len(tapes), len(list((h.DIST / "share" / "orderflow" / "samples").glob("*.csv.gz"))))
        self.assertTrue(all(t["kinds"][0]["kind"] == "stacking" and t["kinds"][0]["real_per_h"] > 0 for t in tapes))

    def test_tape_that_is_not_there_is_an_error(self):
        out = check(ZOO / "rising.so", "--null-tape", "--tape", "/nonexistent.csv")
        self.assertEqual(out.returncode, 1)
        self.assertIn("/nonexistent.csv", out.stderr)
        self.assertEqual(check(ZOO / "rising.so", "--tape", self.tape).returncode, 2)


if __name__ == "__main__":
    h.main()
