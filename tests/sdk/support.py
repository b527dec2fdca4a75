# SPDX-License-Identifier: MIT
"""What the SDK's tests share: a private copy of the installed tree, and a shell in it."""
import os, pathlib, re, shutil, subprocess, sys, time
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "e2e"))
import harness as h  # noqa: E402


class Case(h.Case):
    """self.prefix: a copy of the installed tree that a test may install into; self.work: an empty folder."""
    installs = True  # False: the tree itself will do

    def setUp(self):
        super().setUp()
        self.prefix = os.path.join(self.tmp, "tree")
        self.work = os.path.join(self.tmp, "work")
        if self.installs:
            shutil.copytree(h.DIST, self.prefix, symlinks=True)
        else:
            self.prefix = str(h.DIST)
        os.mkdir(self.work)
        self.env = h.clean_env(CMAKE_GENERATOR="Unix Makefiles", PKG_CONFIG_PATH=f"{self.prefix}/lib/pkgconfig")
        self.env["PATH"] = f"{self.prefix}/bin:{self.env['PATH']}"
        self.env.pop("CC", None)
        self.env.pop("CXX", None)

    def run_in(self, folder, *args, good=True):
        out = subprocess.run(args, cwd=folder, env=self.env, capture_output=True, text=True, timeout=240)
        if good:
            self.assertEqual(out.returncode, 0, f"{args}\n{out.stdout}{out.stderr}")
        return out

    def shell(self, folder, script, good=True):
        return self.run_in(folder, "sh", "-euc", script, good=good)

    def exports(self, path):
        out = subprocess.run(["nm", "-D", "--defined-only", path], capture_output=True, text=True, check=True)
        return {line.split()[-1].split("@")[0] for line in out.stdout.splitlines()}

    def types_found(self):
        import xml.etree.ElementTree as ET
        out = self.run_in(self.work, "orderflow", "analyze", "BTCUSDT", "--file", h.BTC)
        return {e.text for e in ET.fromstring(out.stdout).iter("type")}


class Project(Case):
    """What is expected of a new project in any language."""

    def made(self, lang, name="heavy_bid"):
        out = self.run_in(self.work, "orderflow", "new", name, "--lang", lang)
        folder = f"{self.work}/{name}"
        self.assertIn(f"{name}: made", out.stdout)
        for root, _, files in os.walk(folder):
            for file in files:
                with open(f"{root}/{file}") as f:
                    self.assertNotIn("my_detector", file + f.read())
        self.assertEqual({".gitignore", "README.md", "golden", f"{name}.ini"} - set(os.listdir(folder)), set())
        return folder, out.stdout.split("&&", 1)[1]

    def lives(self, folder, plugin, install):
        """Exports one symbol, is listed with the values of its INI, and its pattern is in the XML."""
        self.assertEqual(self.exports(plugin), {"ofd_entry_v1"})
        out = self.run_in(folder, "orderflow", "check", "--strict", "--scale", "0.05", plugin)
        self.assertIn(" 0 warnings, 0 failed", out.stdout)
        self.shell(folder, install)
        self.assertTrue(os.path.exists(f"{self.prefix}/lib/orderflow/plugins/heavy_bid.so"))
        self.assertIn("heavy_bid", self.types_found())
        ini = f"{folder}/heavy_bid.ini"
        self.assertIn("good", self.run_in(folder, "orderflow", "config", "--check", ini).stdout)
        with open(ini) as f:
            text = f.read()
        with open(f"{folder}/other.ini", "w") as f:
            f.write(re.sub(r"ratio = .*", "ratio = 1000", text))
        listed = self.run_in(folder, "orderflow", "detectors", "--config", f"{folder}/other.ini").stdout
        self.assertIn("ratio", listed)
        self.assertIn("1000", listed)

    def golden_says_no(self, folder, run):
        """The project's own test can fail."""
        path = f"{folder}/golden/heavy_bid.txt"
        shutil.copy(path, f"{folder}/kept")
        with open(path, "a") as f:
            f.write("\ncase wrong\n0 10.00 1000 10.01 100\n")
        self.assertNotEqual(self.shell(folder, run, good=False).returncode, 0)
        os.replace(f"{folder}/kept", path)

    def with_make(self, lang, *variables):
        """A project with a Makefile; variables: NAME=VALUE for make."""
        folder, steps = self.made(lang)
        steps = steps.replace("make", "make " + " ".join(variables))
        self.shell(folder, steps)
        self.golden_says_no(folder, "make check")
        self.lives(folder, f"{folder}/heavy_bid.so", "make install")
        self.shell(folder, "make golden_update && make clean && test ! -e heavy_bid.so")
        return folder


def seconds(function):
    start = time.monotonic()
    result = function()
    return result, time.monotonic() - start


def skip_unless(found, why):
    """Ends the program as skipped, in a way that ctest shows."""
    if not found:
        print(f"SKIPPED: {why}")
        sys.exit(0)


main = h.main
