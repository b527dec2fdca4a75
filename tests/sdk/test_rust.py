# SPDX-License-Identifier: MIT
"""A Rust project of orderflow new: it lives like any other, and no panic crosses the boundary."""
import os, shutil, subprocess
import support as s

RUSTC = next((path for path in ("/usr/bin/rustc", shutil.which("rustc")) if path and os.path.exists(path)), None)


class Rust(s.Project):
    def setUp(self):
        super().setUp()
        self.env["HOME"] = os.environ.get("HOME", "/")  # where rustup keeps its compilers

    def test_project(self):
        self.with_make("rust", f"RUSTC={RUSTC}")

    def test_a_panic_and_an_err_become_one_log_line_and_an_error(self):
        folder, _ = self.made("rust")
        path = f"{folder}/src/lib.rs"
        with open(path) as f:
            text = f.read()
        line = "let w = tick.window(0);"
        self.assertIn(line, text)
        for wrong, said in (("let _ = w.ts_ns()[999];", "detect: panic: index out of bounds"),
                            ('if w.len() < 9 { return Err("too few".to_string()); }', "detect: too few"),
                            ('std::panic::panic_any(7);', "detect: panic")):
            with open(path, "w") as f:
                f.write(text.replace(line, f"{line} {wrong}"))
            out = self.shell(folder, f"make RUSTC={RUSTC} && make check", good=False)
            self.assertIn(f"heavy_bid: log 3: {said}", out.stdout + out.stderr)
            self.assertIn("detect() answered -1", out.stdout)
        with open(path, "w") as f:
            f.write(text.replace("config.params[RATIO as usize]", "config.params[7]"))
        out = self.shell(folder, f"make RUSTC={RUSTC} && make check", good=False)
        self.assertIn("log 3: create: panic: index out of bounds", out.stdout + out.stderr)
        self.assertIn("create() failed", out.stdout)


if __name__ == "__main__":
    s.skip_unless(RUSTC, "no rustc here")
    s.main()
