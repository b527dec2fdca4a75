# SPDX-License-Identifier: MIT
"""The same recorded quotes give the same episodes, whatever way they take."""
import os, time
import harness as h


def ends(path):
    rows = list(h.read_csv(path))
    return rows[0][0], rows[-1][0], rows


class Tape(h.Case):
    @classmethod
    def setUpClass(cls):
        cls.first, cls.last, cls.rows = ends(h.BTC)
        cls.file = h.file_answer(h.BTC, "BTCUSDT")
        cls.known = h.essence(cls.file["patterns"], before_ms=cls.last - 10_000)

    def shifted(self, now_ms):
        """The tape ending within the last minute, by whole minutes."""
        shift = (now_ms - self.last) // h.MINUTE * h.MINUTE
        return shift, [(r[0] + shift, *r[1:]) for r in self.rows]

    def compare(self, db, shift):
        live = h.essence(h.stored_patterns(db, "BTCUSDT"), shift, self.last - 10_000)
        # An episode that was still going on at the end of the file has ended live, in the silence behind it.
        going_on = {e[:6] for e in self.known if e[6] is None}
        live = {e[:6] + (None,) if e[:6] in going_on else e for e in live}
        self.assertEqual(live, self.known)

    def test_file_all_detectors_report(self):
        kinds = {p["type"] for p in self.file["patterns"]}
        self.assertEqual(kinds, h.SEED)
        ids = [p["id"] for p in self.file["patterns"]]
        self.assertEqual(len(ids), len(set(ids)))

    def test_file_interval_does_not_change_episodes(self):
        for interval in (100, 5000):
            ini = h.write_ini(self.tmp, f"[engine]\ninterval_ms = {interval}\n")
            other = h.file_answer(h.BTC, "BTCUSDT", "--config", ini)
            self.assertEqual(h.essence(other["patterns"], before_ms=self.last - 10_000), self.known)

    def replay(self, speed):
        server = self.redis()
        self.engine(server)
        out = h.run("replay", h.BTC, "--ticker", "BTCUSDT", "--speed", speed, "--redis", server.url)
        self.assertEqual(out.returncode, 0, out.stderr)
        newest = int(server.db.zrange("orderflow:quotes:BTCUSDT", -1, -1, withscores=True)[0][1])
        self.settled(server.db, "BTCUSDT", newest)
        self.compare(server.db, newest - self.last)

    def test_replay_at_full_speed_same_as_file(self):
        self.replay("max")

    def test_history_before_the_engine_same_as_file(self):
        server = self.redis()
        shift, rows = self.shifted(int(time.time() * 1000))
        h.write_quotes(server.db, "BTCUSDT", rows)
        self.engine(server)
        self.settled(server.db, "BTCUSDT", rows[-1][0])
        self.compare(server.db, shift)

    def test_any_batching_same_as_file(self):
        server = self.redis()
        config = h.write_ini(self.tmp, "[engine]\nbackfill_s = 3600\n[feed]\ndiscover_ms = 100\n")
        shift, rows = self.shifted(int(time.time() * 1000))
        self.engine(server, config)
        sizes, at, i = [1, 7, 500, 3, 9000, 250, 40], 0, 0
        while at < len(rows):
            n = sizes[i % len(sizes)]
            while at + n < len(rows) and rows[at + n - 1][0] == rows[at + n][0]:
                n += 1  # a broker writes the members of one ms together or the first is seen alone
            h.write_quotes(server.db, "BTCUSDT", rows[at:at + n])
            at, i = at + n, i + 1
            if i % 5 == 0:
                time.sleep(0.01)  # spreads the batches over the engine's reads; nothing waits for it
        self.settled(server.db, "BTCUSDT", rows[-1][0])
        self.compare(server.db, shift)

    def test_paced_replay_same_as_file(self):
        self.replay("20")

    def test_two_runs_over_a_file_are_equal_byte_for_byte(self):
        a = h.run("analyze", "BTCUSDT", "--file", h.BTC)
        b = h.run("analyze", "BTCUSDT", "--file", h.BTC)
        self.assertEqual(a.returncode, 0, a.stderr)
        self.assertEqual(a.stdout, b.stdout)
        self.assertNotIn("detector_found", a.stderr)


if __name__ == "__main__":
    h.main()
