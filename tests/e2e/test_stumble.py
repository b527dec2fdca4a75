# SPDX-License-Identifier: MIT
"""A detector is shown many boundaries of a file at once. Where it stumbles over one of them they are shown one by one:
what is lost is what a live engine would have lost, and no more."""
import os
import harness as h
import live

START, ROWS, BAD = 1_760_000_000_000, 600, 424  # rows 100 ms apart: BAD is amid the boundary of its second


class Stumble(h.Case):
    def episodes(self, *flags):
        folder = os.path.join(self.tmp, "plugins")
        os.makedirs(folder, exist_ok=True)
        live.compile_plugin("stumble.c", os.path.join(folder, "stumble.so"), *flags)
        tape = os.path.join(self.tmp, "tape.csv")
        with open(tape, "w") as f:
            f.write("ts_ms,bid_price,bid_size,ask_price,ask_size\n")
            for i in range(ROWS):
                f.write(f"{START + 100 * i},100.00,{666 if i == BAD else 2000 - i},100.01,500\n")
        ini = h.write_ini(self.tmp, f"[plugins]\ndir = {folder}\n[detector:stumble]\nexit_hold_ms = 0\nmerge_ms = 0\n")
        answer = h.file_answer(tape, "T", "--config", ini)
        return [(p["onset_ms"] - START, p["timestamp"] - START) for p in answer["patterns"] if p["type"] == "row"], answer

    def after(self, found, last, first):
        """Rows are told up to `last` and again from `first` on."""
        self.assertEqual(sorted(found), [(0, 100 * last), (100 * first, 100 * (ROWS - 1))])

    def test_nothing_is_lost(self):
        found, _ = self.episodes()
        self.assertEqual(found, [(0, 100 * (ROWS - 1))])

    def test_refused_pattern_is_lost_alone(self):
        self.after(self.episodes("-DWRONG")[0], BAD - 1, BAD + 1)

    def test_failed_call_loses_the_rest_of_its_boundary(self):
        self.after(self.episodes("-DFAIL")[0], BAD - 1, BAD // 10 * 10 + 11)

    def test_crash_loses_its_boundary(self):
        found, answer = self.episodes("-DCRASH")
        self.after(found, BAD // 10 * 10, BAD // 10 * 10 + 11)
        self.assertEqual([d["state"] for d in answer["detectors"] if d["id"] == "stumble"], ["ready"])


if __name__ == "__main__":
    h.main()
