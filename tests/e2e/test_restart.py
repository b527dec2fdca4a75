# SPDX-License-Identifier: MIT
"""An engine killed in the middle leaves no trace in the episodes; two engines do not disturb each other."""
import json, random, time
import harness as h

LOOP_MS = 345_000


def looped(minutes, end_ms):
    """The tape again and again until `minutes` are full, ending at end_ms."""
    rows = list(h.read_csv(h.BTC))
    first, out, n = rows[0][0], [], 0
    while n * LOOP_MS < minutes * h.MINUTE:
        out += [(r[0] - first + n * LOOP_MS, *r[1:]) for r in rows if r[0] - first + n * LOOP_MS < minutes * h.MINUTE]
        n += 1
    start = (end_ms - out[-1][0]) // 1000 * 1000
    return [(r[0] + start, *r[1:]) for r in out], start


def long_absorption(rows, start, minutes):
    """A second ticker: one bid absorption that lasts from minute 1 to the end less 2 minutes."""
    out = []
    for i in range(minutes * 60 * 2):
        ts = start + i * 500
        big = 60_000 <= i * 500 < (minutes - 2) * h.MINUTE
        out.append((ts, "450.01", "9000" if big else str(100 + i % 7), "450.02", str(200 + i % 11)))
    return out


class Restart(h.Case):
    MINUTES = 30

    def stored(self, db):
        return {t: h.essence(h.stored_patterns(db, t)) for t in ("BTCUSDT", "SPY")}

    def ids(self, db):
        return {t: {p["id"] for p in h.stored_patterns(db, t)} for t in ("BTCUSDT", "SPY")}

    def pressure(self, db, ticker):
        """What the engine keeps of pressure once the quotes have ended and it is UNKNOWN."""
        def read():
            return json.loads(db.hget(f"orderflow:state:{ticker}", "pressure") or '{"state": ""}')
        h.wait_for("pressure is unknown", lambda: read()["state"] == "UNKNOWN", 60)
        p = read()
        return [p[k] for k in ("since_ms", "known", "before", "previous", "flips")]

    def first_config(self, idle_ms=1000):
        return h.write_ini(self.tmp, f"[engine]\nbackfill_s = 3600\nidle_ms = {idle_ms}\n[feed]\ndiscover_ms = 100\n")

    def undisturbed(self, rows, spy):
        server = self.redis()
        h.write_quotes(server.db, "BTCUSDT", rows)
        h.write_quotes(server.db, "SPY", spy)
        engine = self.engine(server, self.first_config())
        self.settled(server.db, "BTCUSDT", rows[-1][0], 120)
        self.settled(server.db, "SPY", spy[-1][0], 120)
        self.undisturbed_pressure = {t: self.pressure(server.db, t) for t in ("BTCUSDT", "SPY")}
        engine.stop()
        return server

    def test_kill_inside_an_episode_older_than_the_backfill(self):
        rows, start = looped(self.MINUTES, int(time.time() * 1000) - 2000)
        spy = long_absorption(rows, start, self.MINUTES)
        a = self.undisturbed(rows, spy)
        b = self.redis()
        cut = start + 20 * h.MINUTE
        h.write_quotes(b.db, "BTCUSDT", [r for r in rows if r[0] <= cut])
        h.write_quotes(b.db, "SPY", [r for r in spy if r[0] <= cut])
        # The clock is at minute 30 already; an engine that lived through minute 20 has not seen that silence.
        engine = self.engine(b, self.first_config(idle_ms=60000))
        self.settled(b.db, "BTCUSDT", cut - 3000, 120)
        self.settled(b.db, "SPY", cut - 3000, 120)
        active = [p for p in h.stored_patterns(b.db, "SPY") if p["state"] == "active" and p["type"] == "absorption"]
        self.assertTrue(active and active[0]["onset_ms"] < cut - 900_000)
        engine.kill()
        h.write_quotes(b.db, "BTCUSDT", [r for r in rows if r[0] > cut])
        h.write_quotes(b.db, "SPY", [r for r in spy if r[0] > cut])
        b.db.delete("orderflow:engine")  # the lease would run out by itself after lease_ms
        self.engine(b)  # default settings: 900 s of backfill
        self.settled(b.db, "BTCUSDT", rows[-1][0], 120)
        self.settled(b.db, "SPY", spy[-1][0], 120)
        time_limit = start + self.MINUTES * h.MINUTE - 20_000
        for ticker in ("BTCUSDT", "SPY"):
            want = h.essence(h.stored_patterns(a.db, ticker), before_ms=time_limit)
            have = h.essence(h.stored_patterns(b.db, ticker), before_ms=time_limit)
            self.assertEqual({e[:5] for e in have}, {e[:5] for e in want}, ticker)
            self.assertEqual({e for e in have if e[6]}, {e for e in want if e[6]}, ticker)
        self.assertEqual(self.ids(b.db), self.ids(a.db))
        self.assertEqual({t: self.pressure(b.db, t) for t in ("BTCUSDT", "SPY")}, self.undisturbed_pressure)
        self.assertGreater(len(self.undisturbed_pressure["BTCUSDT"][4].split()), 3)

    def test_kill_after_the_price_step_became_finer(self):
        """What was judged with the coarse step is judged with it again: no episode is found a second time beside itself."""
        chance, level, rows = random.Random(5), 450_000, []
        first = (int(time.time() * 1000) - 200_000) // 1000 * 1000
        for i in range(4000):
            step = 50 if i < 2000 else 1
            level += chance.choice([-1, 0, 0, 1]) * step
            bid, ask = (str(chance.choice([100, 3000, 6000, 9000, 13000, 30000])) for _ in range(2))
            rows.append((first + i * 50, f"{level / 1000:.3f}", bid, f"{(level + step) / 1000:.3f}", ask))
        path = f"{self.tmp}/tape.csv"
        with open(path, "w") as f:
            f.write("ts_ms,bid_price,bid_size,ask_price,ask_size\n")
            f.writelines(",".join(map(str, row)) + "\n" for row in rows)
        want = h.essence(h.file_answer(path, "SPY")["patterns"], before_ms=rows[-1][0] - 10_000)
        server = self.redis()
        h.write_quotes(server.db, "SPY", rows[:3000])
        engine = self.engine(server, self.first_config(idle_ms=60000))
        self.settled(server.db, "SPY", rows[2999][0] - 3000)
        self.assertEqual(server.db.hget("orderflow:state:SPY", "px_tick"), "0.001")
        engine.kill()
        server.db.delete("orderflow:engine")
        h.write_quotes(server.db, "SPY", rows[3000:])
        self.engine(server)
        self.settled(server.db, "SPY", rows[-1][0])
        have = h.essence(h.stored_patterns(server.db, "SPY"), before_ms=rows[-1][0] - 10_000)
        self.assertEqual({e[:5] for e in have}, {e[:5] for e in want})
        self.assertEqual({e for e in have if e[6]} - want, {e for e in have if e[6] and e[:6] + (None,) in want})

    def test_two_engines_one_serves_and_the_other_takes_over(self):
        server = self.redis()
        rows, start = looped(5, int(time.time() * 1000) - 2000)
        h.write_quotes(server.db, "BTCUSDT", rows)
        one = self.engine(server)
        self.settled(server.db, "BTCUSDT", rows[-1][0])
        two = self.engine(server)
        h.wait_for("the second engine stands by", lambda: "engine_lease_held" in two.text())
        before = h.essence(h.stored_patterns(server.db, "BTCUSDT"))
        holder = json.loads(server.db.get("orderflow:engine"))
        self.assertEqual(holder["pid"], one.process.pid)
        one.kill()
        h.wait_for("the second engine serves",
                   lambda: json.loads(server.db.get("orderflow:engine") or "{}").get("pid") == two.process.pid, 20)
        h.wait_for("the second engine reports", lambda: (server.db.hget("orderflow:status", "pid") or "") == str(
            two.process.pid), 20)
        after = h.essence(h.stored_patterns(server.db, "BTCUSDT"))
        self.assertEqual({e[:5] for e in after}, {e[:5] for e in before})

    def test_redis_killed_and_restarted_work_goes_on(self):
        server = self.redis()
        rows, start = looped(3, int(time.time() * 1000) - 2000)
        h.write_quotes(server.db, "BTCUSDT", rows)
        engine = self.engine(server)
        self.settled(server.db, "BTCUSDT", rows[-1][0])
        server.kill()
        h.wait_for("the engine says that Redis is down", lambda: "redis_down" in engine.text(), 20)
        server.start()
        h.write_quotes(server.db, "ETHUSD", [(r[0], *r[1:]) for r in rows[-3000:]])
        self.settled(server.db, "ETHUSD", rows[-1][0], 30)
        self.assertIsNone(engine.process.poll())


if __name__ == "__main__":
    h.main()
