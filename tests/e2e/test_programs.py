# SPDX-License-Identifier: MIT
"""What each program is able to do, checked on the programs themselves."""
import os, re, subprocess
import harness as h

LIBEXEC = h.DIST / "libexec" / "orderflow"


def undefined(path):
    out = subprocess.run(["nm", "-D", "--undefined-only", path], capture_output=True, text=True, check=True).stdout
    return {line.split()[-1].split("@")[0] for line in out.splitlines() if line.strip()}


def symbols(path):
    out = subprocess.run(["nm", path], capture_output=True, text=True, check=True).stdout
    return {line.split()[-1] for line in out.splitlines() if line.strip()}


class Programs(h.Case):
    def setUp(self):
        super().setUp()
        if "asan" in str(h.DIST):
            self.skipTest("sanitizers bring their own symbols")

    def test_nobody_but_worker_and_check_dlopens(self):
        for name in ("orderflow-worker", "orderflow-check"):
            self.assertIn("dlopen", undefined(LIBEXEC / name))
        for path in (LIBEXEC / "orderflow-engine", h.DIST / "bin" / "orderflow"):
            self.assertFalse({s for s in undefined(path) if s.startswith("dl")}, path)

    def test_what_runs_plugins_sees_no_redis(self):
        for name in ("orderflow-worker", "orderflow-check"):
            self.assertFalse({s for s in undefined(LIBEXEC / name) if s.startswith("redis")}, name)
            self.assertFalse({s for s in symbols(LIBEXEC / name) if s.startswith("redis_")}, name)
            self.assertNotIn("pool_create", symbols(LIBEXEC / name), name)

    def test_front_has_no_detector_pool(self):
        self.assertNotIn("pool_create", symbols(h.DIST / "bin" / "orderflow"))

    def test_front_writes_no_results(self):
        self.assertNotIn("sink_flush", symbols(h.DIST / "bin" / "orderflow"))

    def test_detectors_export_one_function(self):
        for so in sorted((h.DIST / "lib" / "orderflow" / "plugins").glob("*.so")):
            out = subprocess.run(["nm", "-D", "--defined-only", so], capture_output=True, text=True, check=True).stdout
            names = {line.split()[-1] for line in out.splitlines() if " T " in line}
            self.assertEqual(names, {"ofd_entry_v1"}, so)

    def test_shipped_settings_are_the_defaults(self):
        shipped = (h.ROOT / "conf" / "orderflow.ini").read_text()
        out = h.run("config", "--defaults")
        self.assertEqual(out.stdout, shipped, "regenerate: orderflow config --defaults > conf/orderflow.ini")
        out = h.run("config", "--check", str(h.ROOT / "conf" / "orderflow.ini"))
        self.assertEqual(out.returncode, 0, out.stderr)

    def test_user_that_is_not_there_is_wrong_for_root_whose_engine_refuses_it(self):
        ini = h.write_ini(self.tmp, "[plugins]\nuser = nosuchuser\n")
        out = h.run("config", "--check", ini)
        refused = os.geteuid() == 0
        self.assertEqual(out.returncode, 1 if refused else 0, out.stderr)
        self.assertEqual("[plugins] user = nosuchuser: no such user" in out.stderr, refused)

    def test_help_of_every_command(self):
        for command in ("mcp", "engine", "analyze", "replay", "demo", "detectors", "config", "check"):
            out = h.run(command, "--help")
            self.assertEqual(out.returncode, 0)
            self.assertIn(f"usage: orderflow {command}", out.stdout)
        self.assertIn("orderflow ", h.run("--version").stdout)

    def test_tools_that_the_documents_name_are_there(self):
        tools = set(re.findall(r'\.name = "(\w+)"', (h.ROOT / "core/serve/tool_table.c").read_text()))
        for page in ("README.md", "sdk/README.md", "core/ARCHITECTURE.md"):
            named = set(re.findall(r"tool `(\w+)`", (h.ROOT / page).read_text()))
            self.assertEqual(named - tools, set(), page)

    def test_demo_ends_with_patterns_on_screen(self):
        out = h.run("demo", timeout=300)
        self.assertEqual(out.returncode, 0, out.stderr)
        self.assertIn('state="OK"', out.stdout)
        for kind in ("absorption", "stacking", "momentum_shift"):
            self.assertIn(f"<type>{kind}</type>", out.stdout)


if __name__ == "__main__":
    h.main()
