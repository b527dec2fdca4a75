# SPDX-License-Identifier: MIT
"""Silences, a broker whose clock is ahead, a detector that cannot keep up: the rest works on."""
import json, os, random, shutil, subprocess, time
import harness as h


def tape(gaps, n=4000):
    """A lively tape that ends just now; before row i it is silent for gaps[i] ms."""
    chance = random.Random(3)
    at, level, rows = 0, 10_000, []
    for i in range(n):
        at += chance.choice([1, 20, 100, 150, 300]) + gaps.get(i, 0)
        level += chance.choice([-1, 0, 0, 0, 1])
        bid, ask = (str(chance.choice([100, 3000, 6000, 9000, 13000, 30000])) for _ in range(2))
        rows.append((at, f"{level / 100:.2f}", bid, f"{(level + 1) / 100:.2f}", ask))
    shift = (int(time.time() * 1000) - 3000 - at) // 1000 * 1000
    return [(r[0] + shift, *r[1:]) for r in rows]


class Hardship(h.Case):
    def file_of(self, rows):
        path = os.path.join(self.tmp, "tape.csv")
        with open(path, "w") as f:
            f.write("ts_ms,bid_price,bid_size,ask_price,ask_size\n")
            f.writelines(",".join(map(str, row)) + "\n" for row in rows)
        return path

    def test_silences_same_as_file(self):
        config = h.write_ini(self.tmp, "[engine]\nbackfill_s = 7200\n")
        for silence_ms in (30_000, 20 * h.MINUTE):
            rows = tape({2000: silence_ms, 3000: silence_ms // 3})
            last = rows[-1][0]
            want = h.essence(h.file_answer(self.file_of(rows), "SPY", "--config", config)["patterns"], 0, last - 10_000)
            self.assertTrue(any(e[0] == "absorption" for e in want))
            server = self.redis()
            h.write_quotes(server.db, "SPY", rows)
            self.engine(server, config)
            self.settled(server.db, "SPY", last)
            have = h.essence(h.stored_patterns(server.db, "SPY"), 0, last - 10_000)
            still_on = {e[:6] for e in want if e[6] is None}
            self.assertEqual({e[:6] + (None,) if e[:6] in still_on else e for e in have}, want)

    def test_quotes_ahead_of_the_clock_wait_and_are_told(self):
        server = self.redis()
        rows = tape({}, 500)
        h.write_quotes(server.db, "SPY", rows)
        h.write_quotes(server.db, "SPY", [(r[0] + 60 * h.MINUTE, *r[1:]) for r in rows[:5]])
        engine = self.engine(server, h.write_ini(self.tmp, "[feed]\ndiscover_ms = 100\n"))
        self.settled(server.db, "SPY", rows[-1][0])
        h.wait_for("the quality tells", lambda: "clock_skew" in server.db.hget("orderflow:state:SPY", "quality"), 20)
        self.assertEqual(engine.text().count("quotes_ahead"), 1)
        self.assertLess(int(server.db.hget("orderflow:state:SPY", "tick_ms")), time.time() * 1000 + 2000)

    def test_a_ticker_that_comes_beside_many_is_found(self):
        server = self.redis()
        for i in range(80):
            h.write_quotes(server.db, f"T{i}", tape({}, 30))
        self.engine(server, h.write_ini(self.tmp, "[ticker]\ntick = 0.01\n"))
        self.settled(server.db, "T79", time.time() * 1000 - 10_000)
        rows = tape({}, 200)
        h.write_quotes(server.db, "NEW", rows)
        self.settled(server.db, "NEW", rows[-1][0])

    def test_a_refusal_is_said_once_whatever_commands_it_meets(self):
        server = self.redis()
        h.write_quotes(server.db, "SPY", tape({}, 500))
        server.db.execute_command("ACL", "SETUSER", "eng", "on", ">pw", "~*", "&*", "+@all")
        config = h.write_ini(self.tmp, f"[redis]\nurl = {server.url}\nusername = eng\npassword = pw\n"
                             "[engine]\nlease_ms = 500\ninterval_ms = 100\nidle_ms = 50\n")
        engine = h.Engine(None, config)
        self.addCleanup(engine.stop)
        h.wait_for("it works", lambda: server.db.exists("orderflow:state:SPY"))
        server.db.execute_command("ACL", "SETUSER", "eng", "-@write")
        refused = lambda: sum(int(e["count"]) for e in server.db.acl_log())
        h.wait_for("the lease and the results were refused",
                   lambda: all(part in engine.text() for part in ("the lease: NOPERM", "to write: NOPERM")))
        before = refused()
        h.wait_for("they are many times more", lambda: refused() > before + 50)
        server.db.execute_command("ACL", "SETUSER", "eng", "+@write")
        before = int(server.db.hget("orderflow:state:SPY", "tick_ms") or 0)
        h.wait_for("it writes again", lambda: int(server.db.hget("orderflow:state:SPY", "tick_ms")) > before)
        said = [line.split("detail=")[1] for line in engine.text().splitlines() if "redis_refused" in line]
        self.assertTrue(said)
        self.assertEqual(len(said), len(set(said)), said)

    def test_slow_detector_is_behind_alone(self):
        folder = os.path.join(self.tmp, "plugins")
        shutil.copytree(h.DIST / "lib" / "orderflow" / "plugins", folder)
        subprocess.run(["cc", "-std=c11", "-Wall", "-Wextra", "-Werror", "-shared", "-fPIC", "-O2",
                        f"-I{h.DIST}/include", str(h.ROOT / "tests" / "e2e" / "slow.c"), "-o", f"{folder}/slow.so"],
                       check=True)
        rows = tape({})
        last = rows[-1][0]
        server = self.redis()
        h.write_quotes(server.db, "SPY", rows)
        self.engine(server, h.write_ini(self.tmp, f"[plugins]\ndir = {folder}\n"))
        self.settled(server.db, "SPY", last, 40)
        slow = json.loads(server.db.hget("orderflow:detectors", "slow"))
        self.assertGreater(slow["behind"], 10)
        self.assertEqual((slow["skipped"], slow["restarts"], slow["strikes"]), (0, 0, 0))
        want = h.essence(h.file_answer(self.file_of(rows), "SPY")["patterns"], 0, last - 10_000)
        have = h.essence(h.stored_patterns(server.db, "SPY"), 0, last - 10_000)
        self.assertEqual({e[:5] for e in have}, {e[:5] for e in want})


if __name__ == "__main__":
    h.main()
