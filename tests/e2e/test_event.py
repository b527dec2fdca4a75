# SPDX-License-Identifier: MIT
"""Event mode: quotes judged as they arrive give the episodes of interval mode, whatever becomes of the messages."""
import itertools, random, time
import harness as h

SECONDS = 40


def tape(end_ms):
    """The beginning of the recorded tape, ending at end_ms, with seq; one list of rows for each millisecond."""
    rows = list(h.read_csv(h.BTC))
    rows = [r for r in rows if r[0] - rows[0][0] < SECONDS * 1000]
    shift = (end_ms - rows[-1][0]) // 1000 * 1000
    rows = [(r[0] + shift, *r[1:], seq) for seq, r in enumerate(rows, 1)]
    return [list(group) for _, group in itertools.groupby(rows, key=lambda r: r[0])]


def publish(db, ticker, groups, to_publish=1.0, rng=random.Random(1)):
    """As a broker does: ZADD and PUBLISH, quotes of one ms at once. Of some the message is lost."""
    at = 0
    while at < len(groups):
        n = rng.randint(1, 12)
        pipe = db.pipeline(transaction=True)
        for row in itertools.chain.from_iterable(groups[at:at + n]):
            text = h.member(ticker, *row)
            pipe.zadd(f"orderflow:quotes:{ticker}", {text: row[0]})
            if rng.random() < to_publish:
                pipe.publish(f"orderflow:channel:{ticker}", text)
        pipe.execute()
        at += n


class Event(h.Case):
    def ini(self, trigger, idle_ms=300):
        return h.write_ini(self.tmp, f"[engine]\ntrigger = {trigger}\nidle_ms = {idle_ms}\n[feed]\ndiscover_ms = 100\n")

    def stored(self, server, groups):
        """Every stored episode whole, but for the end of the tape, where it depends on when one looks."""
        newest = groups[-1][0][0]
        self.settled(server.db, "BTCUSDT", newest)
        found = {p["id"]: p for p in h.stored_patterns(server.db, "BTCUSDT") if p["onset_ms"] < newest - 10_000}
        h.wait_for("the last of them end", lambda: all(
            p["state"] == "ended" for p in h.stored_patterns(server.db, "BTCUSDT") if p["id"] in found))
        return {p["id"]: p for p in h.stored_patterns(server.db, "BTCUSDT") if p["id"] in found}

    def status(self, server):
        return server.db.hgetall("orderflow:status")

    def interval(self, groups):
        server = self.redis()
        publish(server.db, "BTCUSDT", groups)
        engine = self.engine(server, self.ini("interval"))
        found = self.stored(server, groups)
        self.assertEqual(self.status(server)["trigger"], "interval")
        engine.stop()
        return found

    def event(self, server, groups, first, **ini):
        """An engine that has seen `first` groups and listens."""
        publish(server.db, "BTCUSDT", groups[:first])
        engine = self.engine(server, self.ini("event", **ini))
        h.wait_for("it listens", lambda: server.db.pubsub_numpat() == 1)
        h.wait_for("it has read", lambda: int(self.status(server).get("quotes_read", 0)) > 0)
        return engine

    def test_same_episodes_whatever_becomes_of_the_messages(self):
        groups = tape(int(time.time() * 1000) - 2000)
        want = self.interval(groups)
        self.assertGreater(len(want), 20)
        self.assertGreaterEqual({p["type"] for p in want.values()}, {"stacking", "momentum_shift"})
        server, n = self.redis(), len(groups)
        engine = self.event(server, groups, n // 10)
        publish(server.db, "BTCUSDT", groups[n // 10:n // 3], to_publish=0.6)
        server.db.client_kill_filter(_type="pubsub")
        publish(server.db, "BTCUSDT", groups[n // 3:n // 2])
        h.wait_for("it listens again", lambda: server.db.pubsub_numpat() == 1)
        publish(server.db, "BTCUSDT", groups[n // 2:n * 2 // 3])
        engine.kill()
        server.db.delete("orderflow:engine")
        publish(server.db, "BTCUSDT", groups[n * 2 // 3:n * 3 // 4])
        self.engine(server, self.ini("event"))
        h.wait_for("the next one listens", lambda: server.db.pubsub_numpat() == 1)
        publish(server.db, "BTCUSDT", groups[n * 3 // 4:])
        have = self.stored(server, groups)
        status = h.wait_for("a status of all rows", lambda: (lambda s: s if int(s.get("quotes_read", 0)) == sum(
            map(len, groups)) else None)(self.status(server)))
        self.assertEqual(status["quotes_late"], "0")
        self.assertEqual((status["trigger"], status["event_bell"]), ("event", "1"))
        self.assertGreater(int(status["boundaries_judged"]), 4 * 2 * SECONDS)  # four detectors, more often than each second
        doctor = h.run("doctor", "--redis", server.url, "--config", self.ini("event"))
        self.assertIn("trigger event, source zset", doctor.stdout)
        self.assertEqual(sorted(have), sorted(want))
        for id_, p in want.items():
            self.assertEqual(have[id_], p)

    def test_a_row_out_of_order_is_late_and_counted_once(self):
        now = int(time.time() * 1000) - 30_000
        groups = [[(now + 100 * i, "450.20", 100 + i, "450.30", 200, i + 1)] for i in range(200)]
        server = self.redis()
        self.event(server, groups, 50, idle_ms=60_000)
        publish(server.db, "BTCUSDT", groups[50:150])
        newest = groups[149][0][0]
        h.wait_for("they are judged", lambda: int(self.status(server).get("quotes_read", 0)) == 150)
        publish(server.db, "BTCUSDT", [[(newest - 130, "450.20", 7, "450.30", 7, 1000)]])
        publish(server.db, "BTCUSDT", groups[150:])
        status = h.wait_for("all are read", lambda: (lambda s: s if s.get("quotes_read") == "201" else None)(
            self.status(server)))
        self.assertEqual(status["quotes_late"], "1")
        h.wait_for("the quality says it", lambda: "late" in (server.db.hget(
            "orderflow:state:BTCUSDT", "quality_causes") or server.db.hget("orderflow:state:BTCUSDT", "quality") or ""))


if __name__ == "__main__":
    h.main()
