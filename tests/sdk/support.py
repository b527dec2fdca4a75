# SPDX-License-Identifier: MIT
"""What the SDK's tests share: a private copy of the installed tree, and a shell in it."""
import os, pathlib, shutil, subprocess, sys, time
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "e2e"))
import harness as h  # noqa: E402


class Case(h.Case):
    """self.prefix: a copy of the installed tree that a test may install into; self.work: an empty folder."""

    def setUp(self):
        super().setUp()
        self.prefix = os.path.join(self.tmp, "tree")
        self.work = os.path.join(self.tmp, "work")
        shutil.copytree(h.DIST, self.prefix, symlinks=True)
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


def seconds(function):
    start = time.monotonic()
    result = function()
    return result, time.monotonic() - start


main = h.main
