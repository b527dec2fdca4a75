# SPDX-License-Identifier: MIT
"""An hour without information: what is found there is noise, and must be counted in episodes, not ticks."""
import collections, os, subprocess
import harness as h

HOUR_S = 3600
TICKS = 3541  # of the Python server on the same tape, which wrote a row per tick while its trigger held


class Noise(h.Case):
    def episodes(self, mean, seconds):
        path = os.path.join(self.tmp, f"noise{mean}.csv")
        with open(path, "w") as f:
            subprocess.run(["/usr/bin/python3", str(h.ROOT / "tests" / "e2e" / "noise_tape.py"), "--mean", str(mean),
                            "--seconds", str(seconds)], stdout=f, check=True)
        return h.file_answer(path, "NOISE")["patterns"]

    def test_no_detector_repeats_an_episode_per_tick(self):
        for mean in (3000, 6000, 9000):
            found = self.episodes(mean, HOUR_S)
            count = collections.Counter((p["type"], p.get("side")) for p in found)
            print(f"# mean {mean}: " + ", ".join(f"{t} {s or ''} {n}" for (t, s), n in sorted(count.items(), key=str)),
                  flush=True)
            ids = [p["id"] for p in found]
            self.assertEqual(len(ids), len(set(ids)))
            # One (type, side) is one thing at a time at one price: episodes of one key never overlap.
            by_key = collections.defaultdict(list)
            for p in found:
                by_key[(p["type"], p.get("side"), p["dir"], p.get("level_px"))].append(p)
            for key, episodes in by_key.items():
                episodes.sort(key=lambda p: p["onset_ms"])
                for a, b in zip(episodes, episodes[1:]):
                    self.assertGreater(b["onset_ms"], a["timestamp"], key)


if __name__ == "__main__":
    h.main()
