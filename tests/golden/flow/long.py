#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""The flow modes' long forms: the oracle's long windows against each detector, and all 46 checks in every mode.

After ./dev build; ./dev oracle does the same."""
import argparse, pathlib, re, subprocess, sys, tempfile

ROOT = pathlib.Path(__file__).resolve().parents[3]
DIST = ROOT / "build" / "dist"
DETECTORS = ("absorption", "momentum_shift", "stacking", "sweep")


def main():
    argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter,
                            usage="long.py").parse_args()
    failed = False
    with tempfile.TemporaryDirectory(prefix="of-oracle-") as tmp:
        for d in DETECTORS:
            plugin = DIST / "lib" / "orderflow" / "plugins" / f"{d}.so"
            windows = pathlib.Path(tmp) / f"{d}.txt"
            with open(windows, "w") as f:
                subprocess.run([sys.executable, pathlib.Path(__file__).with_name("oracle.py"), d, "--long"], stdout=f, check=True)
            out = subprocess.run([DIST / "bin" / "orderflow", "golden", plugin, windows], capture_output=True, text=True)
            print(out.stdout.strip().replace(str(windows), d) or out.stderr)
            failed |= out.returncode != 0
            for mode in ("fixed", "flow", "quantile", "hybrid"):
                out = subprocess.run([DIST / "bin" / "orderflow", "check", plugin, "--set", f"mode={mode}"],
                                     capture_output=True, text=True)
                print(f"{d} mode={mode}: " + re.findall(r"\d+ passed.*", out.stdout)[-1], flush=True)
                failed |= out.returncode != 0
    sys.exit(failed)


if __name__ == "__main__":
    main()
