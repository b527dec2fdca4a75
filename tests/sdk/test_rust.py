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

    def test_words_prices_and_counts(self):
        """What the template does not use of src/ofd.rs."""
        folder, _ = self.made("rust")
        path = f"{folder}/src/lib.rs"
        with open(path) as f:
            text = f.read()
        for old, new in (
                ("struct HeavyBid {", 'const SIDES: &Words<2> = &Words::new([z!("no"), z!("yes")]);\n\nstruct HeavyBid {'),
                ("use ofd::{", "use ofd::{Words, "),
                ('z!("bid size / ask size, at least"))];', 'z!("bid size / ask size, at least")),\n'
                 '          Param::number(ofd::INT, z!("rows"), 0.0, 0.0, 9.0, z!(""), z!("rows before, at least")),\n'
                 '          Param::choice(z!("loud"), SIDES, 1, z!("say more"))];'),
                ('z!("bid size / ask size"))];', 'z!("bid size / ask size")),\n'
                 '          Field::choice(z!("equal"), SIDES, z!("as before")),\n'
                 '          Field::new(ofd::PRICE, z!("ask"), z!(""), z!("ask price"))];'),
                ("Value::real(RATIO, ratio)", "Value::real(RATIO, ratio), Value::int(1, same), Value::int(2, w.ask_px()[i])"),
                ("            let pattern", "            if i < 1 || self.loud == 0.0 { continue; }\n"
                 "            let same = (bid[i] == bid[i - 1]) as i64;\n            let pattern"),
                ("    ratio: f64,", "    ratio: f64,\n    loud: f64,"),
                ("ratio: config.params[RATIO as usize]", "ratio: config.params[RATIO as usize], loud: config.params[2]")):
            text = text.replace("MyDetector", "HeavyBid")
            self.assertIn(old, text)
            text = text.replace(old, new)
        with open(path, "w") as f:
            f.write(text)
        with open(f"{folder}/golden/heavy_bid.txt", "w") as f:
            f.write("case words\n0 10.00 1000 10.01 100\n5 10.00 1000 10.02 100\n9 10.00 1001 10.02 100\n"
                    "expect 5 heavy_bid bid 10.00 +1 ratio=10 equal=yes ask=10.02\n"
                    "expect 9 heavy_bid bid 10.00 +1 equal=no ask=10.02\n"
                    "case quiet\nset loud=no rows=3\n0 10.00 1000 10.01 100\n5 10.00 1000 10.02 100\n")
        self.shell(folder, f"make RUSTC={RUSTC} && make check")
        self.run_in(folder, "orderflow", "check", "--strict", "--scale", "0.05", "heavy_bid.so")

    def test_a_panic_and_an_err_become_one_log_line_and_an_error(self):
        folder, _ = self.made("rust")
        path = f"{folder}/src/lib.rs"
        with open(path) as f:
            text = f.read()
        for old, new in (
                ("let w = tick.window(0);", """let w = tick.window(0);
        let _ = match w.bid_sz().last().map_or(0, |s| *s as i64) {
            13 => w.ts_ns()[999],
            14 => return Err("too few".to_string()),
            15 => std::panic::panic_any(7),
            16 => tick.window(1).ts_ns()[0],
            _ => 0,
        };"""),
                ("Result<Self, String> {", """Result<Self, String> {
        if config.params[0] == 77.0 {
            let _ = config.params[7 + config.ticker.len()];
        }""")):
            self.assertIn(old, text)
            text = text.replace(old, new, 1)
        with open(path, "w") as f:
            f.write(text)
        sizes = {13: "detect: panic: index out of bounds", 14: "detect: too few", 15: "detect: panic",
                 16: "detect: panic: window 1 of 1"}
        with open(f"{folder}/golden/heavy_bid.txt", "w") as f:
            for size in sizes:
                f.write(f"case size_{size}\n0 10.00 {size} 10.01 100\n")
            f.write("case create\nset ratio=77\n0 10.00 1 10.01 100\n")
        out = self.shell(folder, f"make RUSTC={RUSTC} && make check", good=False)
        for said in (*sizes.values(), "create: panic: index out of bounds"):
            self.assertIn(f"heavy_bid: log 3: {said}", out.stdout + out.stderr)
        self.assertEqual(out.stdout.count("detect() answered -1"), 4)
        self.assertIn("create() failed", out.stdout)
        self.assertIn("5 cases, 5 failed", out.stdout)


if __name__ == "__main__":
    s.skip_unless(RUSTC, "no rustc here")
    s.main()
