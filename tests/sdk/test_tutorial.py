# SPDX-License-Identifier: MIT
"""sdk/README.md word by word: every shell block, in order, in an empty folder with an installed orderflow."""
import re
import support as s


class Tutorial(s.Case):
    def test_every_command_does_what_the_text_says(self):
        text = (s.h.DIST / "share" / "orderflow" / "sdk" / "README.md").read_text()
        blocks = re.findall(r"^```(sh|text)\n(.*?)^```$", text, re.S | re.M)
        self.assertGreaterEqual(len([b for kind, b in blocks if kind == "sh"]), 5)
        folder, commands, total, said = self.work, 0, 0.0, ""
        for kind, block in blocks:
            if kind == "text":
                for line in block.splitlines():
                    for part in line.split("..."):
                        self.assertIn(part.strip(), said)
                continue
            # One shell a block; the folder it ends in is the next one's.
            # A command behind "! " must fail.
            script = re.sub(r"^! (.*)$", r"if \1; then exit 99; fi", block, flags=re.M) + "\npwd >&3\n"
            out, spent = s.seconds(lambda: self.run_in(folder, "bash", "-euc", f"exec 3>'{self.tmp}/pwd'\n{script}"))
            said = out.stdout + out.stderr
            with open(f"{self.tmp}/pwd") as f:
                folder = f.read().strip()
            n = len([c for c in block.splitlines() if c.strip() and not c.startswith((" ", "#"))])
            commands, total = commands + n, total + spent
            print(f"# {n} commands, {spent:.1f} s: {block.splitlines()[0]} ...")
        print(f"# in all {commands} commands, {total:.1f} s of machine time")
        self.assertIn("my_detector", self.types_found())


if __name__ == "__main__":
    s.main()
