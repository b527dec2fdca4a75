# SPDX-License-Identifier: MIT
"""Plugins replaced under load, and workers killed, again and again: the short form of tests/soak/soak.py."""
import pathlib, sys
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "soak"))
import harness as h
import soak


class Short(soak.Soak):
    def test_replacements_under_load_leave_no_trace(self):
        self.replacements(4, 8)


if __name__ == "__main__":
    h.main()
