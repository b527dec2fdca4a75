# SPDX-License-Identifier: MIT
"""orderflow new: what it refuses, and that each language's project builds, tests, installs and is found in the XML."""
import os
import support as s

LIMIT = 32


class Refused(s.Case):
    def refused(self, *args, status=2):
        before = sorted(os.listdir(self.work))
        out = self.run_in(self.work, "orderflow", "new", *args, good=False)
        self.assertEqual(out.returncode, status, out.stderr)
        self.assertEqual(sorted(os.listdir(self.work)), before)
        return out.stderr


class Refusals(Refused):
    installs = False

    def test_names(self):
        for name in ("Heavy", "9lives", "a-b", "a b", "a.b", "../up", "", "_x", "x" * (LIMIT + 1), "h\u00e4"):
            self.assertIn("1 to 32 characters of a-z 0-9 _", self.refused(name))
        for name in ("class", "fn", "test", "install", "int", "golden_update"):
            self.assertIn(f"take another name, such as {name}_1", self.refused(name))
        self.assertIn("there is a detector sweep already", self.refused("sweep", status=1))

    def test_languages_and_words(self):
        self.assertIn('--lang is c, cpp, rust or zig, not "ada"', self.refused("x1", "--lang", "ada"))
        self.assertIn("say one NAME", self.refused())
        self.assertIn("say one NAME", self.refused("a1", "b1"))

    def test_what_is_there_stays(self):
        for path in ("folder", "file", "dangling"):
            {"folder": lambda p: os.mkdir(p), "file": lambda p: open(p, "w").close(),
             "dangling": lambda p: os.symlink("/nonexistent/x", p)}[path](f"{self.work}/{path}")
            self.assertIn(f"{path} is there already: nothing was written", self.refused("mine", "--dir", path, status=1))
        self.assertEqual(os.listdir(f"{self.work}/folder"), [])
        self.assertIn("No such file", self.refused("mine", "--dir", "no/where", status=1))

    def test_the_longest_name(self):
        name = "x" * LIMIT
        self.run_in(self.work, "orderflow", "new", name)
        self.assertTrue(os.path.exists(f"{self.work}/{name}/{name}.c"))


class Failure(Refused):
    installs = True

    def test_nothing_is_left_of_a_project_that_failed(self):
        os.symlink("nowhere", f"{self.prefix}/share/orderflow/sdk/template/c/golden/zz")
        self.assertIn("golden/zz", self.refused("mine", status=1))


class Projects(s.Project):
    def with_cmake(self, lang):
        folder, steps = self.made(lang)
        self.shell(folder, steps)
        self.golden_says_no(folder, "ctest --test-dir build")
        self.lives(folder, f"{folder}/build/heavy_bid.so", "cmake --install build")
        with open(f"{folder}/README.md") as f:
            by_hand = f.read().strip().splitlines()[-1]
        self.assertIn("pkg-config", by_hand)
        self.shell(folder, by_hand + "\n$(pkg-config --variable=run_golden orderflow) ./heavy_bid.so golden/*.txt")
        self.assertEqual(self.exports(f"{folder}/heavy_bid.so"), {"ofd_entry_v1"})

    def test_c(self):
        self.with_cmake("c")

    def test_cpp(self):
        self.with_cmake("cpp")

    def test_an_abi_that_this_host_has_not_is_refused_by_cmake(self):
        folder, _ = self.made("c")
        with open(f"{folder}/CMakeLists.txt") as f:
            text = f.read()
        for wanted in ("1.99", "2.0", "0.9"):
            with open(f"{folder}/CMakeLists.txt", "w") as f:
                f.write(text.replace("find_package(orderflow 1.0", f"find_package(orderflow {wanted}"))
            out = self.run_in(folder, "cmake", "-S", ".", "-B", f"build{wanted}", good=False)
            self.assertNotEqual(out.returncode, 0)
            self.assertIn(f'compatible with requested version "{wanted}"', " ".join((out.stdout + out.stderr).split()))

    def test_a_symbol_that_is_missing_is_found_when_linking(self):
        folder, steps = self.made("c")
        with open(f"{folder}/heavy_bid.c", "a") as f:
            f.write("\ndouble nobody_has_this(double);\nstatic double use(double x) { return nobody_has_this(x); }\n"
                    "double (*hook)(double) = use;\n")
        out = self.shell(folder, steps, good=False)
        self.assertNotEqual(out.returncode, 0)
        self.assertIn("nobody_has_this", out.stdout + out.stderr)

    def test_an_exception_of_cpp_becomes_one_log_line_and_an_error(self):
        folder, steps = self.made("cpp")
        path = f"{folder}/heavy_bid.cpp"
        with open(path) as f:
            text = f.read()
        for line, said in (("const ofd::row q = w[i];", "detect: row 999 of 1"),
                           ("ratio_(config[RATIO]) {", "create: parameter 7 of 1")):
            self.assertIn(line, text)
            wrong = text.replace(line, line + " (void)w.ts_ns().at(999);" if "row" in line else "ratio_(config[7]) {")
            with open(path, "w") as f:
                f.write(wrong)
            out = self.shell(folder, steps.replace("--test-dir build", "--test-dir build --output-on-failure"), good=False)
            self.assertNotEqual(out.returncode, 0)
            self.assertIn(said, out.stdout + out.stderr)
            self.assertNotIn("terminate", out.stdout + out.stderr)


if __name__ == "__main__":
    s.main()
