# SPDX-License-Identifier: MIT
"""The detector of the README, typed off: listed, configurable, its patterns in the XML, no line of core changed."""
import json, os, re, shutil, subprocess
import xml.etree.ElementTree as ET
import harness as h


def code_of(readme):
    """The first C block that exports the entry."""
    for block in re.findall(r"```c\n(.*?)```", readme.read_text(), re.S):
        if "ofd_entry_v1" in block:
            return block
    raise AssertionError(f"{readme}: no detector in it")


class DropIn(h.Case):
    def test_detector_from_the_readme(self):
        code = code_of(h.ROOT / "README.md")
        self.assertLessEqual(len([l for l in code.splitlines() if l.strip()]), 60)
        folder = os.path.join(self.tmp, "plugins")
        shutil.copytree(h.DIST / "lib" / "orderflow" / "plugins", folder)
        source = os.path.join(self.tmp, "plugin.c")
        with open(source, "w") as f:
            f.write(code)
        name = re.search(r'\.id = "(\w+)"', code).group(1)
        param = re.search(r'\.key = "(\w+)"', code).group(1)
        subprocess.run(["cc", "-std=c11", "-Wall", "-Wextra", "-Wpedantic", "-Werror", "-shared", "-fPIC", "-O2",
                        "-fvisibility=hidden", f"-I{h.DIST}/include", source, "-o", f"{folder}/{name}.so"], check=True)
        out = h.run("check", f"{folder}/{name}.so", "--strict", "--scale", "0.05")
        self.assertEqual(out.returncode, 0, out.stdout)
        ini = h.write_ini(self.tmp, f"[plugins]\ndir = {folder}\n")
        listed = json.loads(h.run("detectors", "--json", "--config", ini).stdout)["detectors"]
        mine = [d for d in listed if d["id"] == name][0]
        self.assertIn(param, mine["params"])
        self.assertEqual(len(listed), len(os.listdir(folder)))
        out = h.run("analyze", "BTCUSDT", "--file", h.BTC, "--config", ini)
        self.assertEqual(out.returncode, 0, out.stderr)
        types = [p.findtext("type") for p in ET.fromstring(out.stdout).iter("pattern")]
        self.assertIn(name, types)
        text = h.run("config", "--defaults", "--config", ini).stdout
        self.assertIn(f"[detector:{name}]", text)
        ini = h.write_ini(self.tmp, f"[plugins]\ndir = {folder}\n[detector:{name}]\nenabled = no\n")
        out = h.run("analyze", "BTCUSDT", "--file", h.BTC, "--config", ini)
        self.assertNotIn(f"<type>{name}</type>", out.stdout)

    def test_detector_that_gives_no_instance_is_shown_as_unavailable(self):
        code = code_of(h.ROOT / "README.md").replace("struct self *s = malloc(sizeof *s);",
                                                     "struct self *s = NULL; (void)config;", 1)
        folder = os.path.join(self.tmp, "plugins")
        shutil.copytree(h.DIST / "lib" / "orderflow" / "plugins", folder)
        source = os.path.join(self.tmp, "plugin.c")
        with open(source, "w") as f:
            f.write(code)
        subprocess.run(["cc", "-std=c11", "-shared", "-fPIC", f"-I{h.DIST}/include", source, "-o",
                        f"{folder}/imbalance.so"], check=True)
        ini = h.write_ini(self.tmp, f"[plugins]\ndir = {folder}\n")
        out = h.run("analyze", "BTCUSDT", "--file", h.BTC, "--config", ini)
        self.assertIn('<unavailable detector="imbalance" reason="create() gave no instance', out.stdout)


if __name__ == "__main__":
    h.main()
