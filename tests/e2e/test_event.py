# SPDX-License-Identifier: MIT
"""Event mode and firehose: however quotes come in and whenever they are judged, the episodes are those of interval mode
with one sorted set per ticker, whatever becomes of messages, subscriptions, entries and engines on the way."""
import itertools, os, random, shutil, sys, time
import harness as h
import live

sys.dont_write_bytecode = True
sys.path.insert(0, str(h.ROOT / "sdk" / "firehose"))
import firehose_writer

SECONDS = 30


def tape(end_ms):
    """The beginning of the recorded tape, with seq; one list of rows for each millisecond. Two quotes long after the others
    end what is active without the clock's help; the last is of end_ms."""
    rows = list(h.read_csv(h.BTC))
    rows = [r for r in rows if r[0] - rows[0][0] < SECONDS * 1000]
    rows += [(rows[-1][0] + ms, *rows[-1][1:]) for ms in (12_000, 14_000)]
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


def pour(writer, ticker, groups, rng=random.Random(2)):
    """Into the firehose, some ms an entry; a second ticker that nobody wants beside it."""
    at = 0
    while at < len(groups):
        n = rng.randint(1, 60)
        for row in itertools.chain.from_iterable(groups[at:at + n]):
            writer.add(ticker, row[0] * 1_000_000, row[1], int(float(row[2])), row[3], int(float(row[4])))
            writer.add("UNWANTED", row[0] * 1_000_000, "1", 1, "2", 1)
        writer.flush()
        at += n


class Event(h.Case):
    def ini(self, trigger, source="zset", interval_ms=1000):
        plugins = os.path.join(self.tmp, "plugins")
        if not os.path.exists(plugins):  # no more than are asked for: engines start often here
            os.mkdir(plugins)
            for name in h.SEED if self._testMethodName == "test_same_episodes" else ["sweep"]:
                shutil.copy(live.SHIPPED / f"{name}.so", plugins)
        return h.write_ini(self.tmp, f"[plugins]\ndir = {plugins}\n[engine]\ntrigger = {trigger}\ninterval_ms = {interval_ms}\nidle_ms = 60000\n"
                           f"[feed]\ndiscover_ms = 100\nsource = {source}\ntickers = BTC* S?Y\n")

    def stored(self, server, groups):
        """Every stored episode, whole."""
        newest = groups[-2][0][0]
        self.settled(server.db, "BTCUSDT", newest)
        found = {p["id"]: p for p in h.stored_patterns(server.db, "BTCUSDT") if p["onset_ms"] < newest}
        self.assertEqual({p["state"] for p in found.values()}, {"ended"})
        return found

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
        h.wait_for("it has read", lambda: server.db.exists("orderflow:state:BTCUSDT"))
        return engine

    def all_read(self, server, groups):
        n = sum(map(len, groups))
        return h.wait_for("a status of all rows", lambda: (lambda s: s if int(s.get("quotes_read", 0)) >= n else None)(
            self.status(server)))

    def test_same_episodes(self):
        groups = tape(int(time.time() * 1000) - 2000)
        want = self.interval(groups)
        self.assertGreater(len(want), 20)
        self.assertGreaterEqual({p["type"] for p in want.values()}, {"stacking", "momentum_shift"})
        self.event_with_lost_messages(groups, want)
        for trigger in ("interval", "event"):
            self.firehose(groups, want, trigger)

    def test_a_firehose_refused_from_the_start_is_said_and_read_later(self):
        for trigger in ("interval", "event"):
            server = self.redis()
            server.db.set("orderflow:firehose", "no stream")
            engine = self.engine(server, self.ini(trigger, source="firehose"))
            h.wait_for("it is said", lambda: "firehose_unreadable" in engine.text() and "WRONGTYPE" in engine.text())
            server.db.delete("orderflow:firehose")
            groups = tape(int(time.time() * 1000) - 2000)
            pour(firehose_writer.Writer(h.redis.Redis(unix_socket_path=server.path)), "BTCUSDT", groups)
            self.settled(server.db, "BTCUSDT", groups[-2][0][0])
            self.assertEqual(engine.text().count("firehose_unreadable"), 1)
            self.assertIsNone(engine.process.poll())
            engine.stop()

    def firehose(self, groups, want, trigger):
        """An engine at work; with damaged and repeated entries among the sound ones, or killed in the middle."""
        server, n = self.redis(), len(groups)
        db, ini = server.db, self.ini(trigger, source="firehose")
        raw = h.redis.Redis(unix_socket_path=server.path)
        writer = firehose_writer.Writer(raw)
        pour(writer, "BTCUSDT", groups[:n // 4])
        engine = self.engine(server, ini)
        h.wait_for("it has read", lambda: db.exists("orderflow:state:BTCUSDT"))
        pour(writer, "BTCUSDT", groups[n // 4:n // 2])
        last = raw.xrevrange("orderflow:firehose", count=1)[0][1][b"q"]
        if trigger == "interval":
            db.xadd("orderflow:firehose", {"q": last})  # its writer had no answer, and said it again
            for q in (b"", b"OFQ1", last[:-1], bytes([last[0] ^ 1]) + last[1:], last[:60] + b"x" + last[61:]):
                raw.xadd("orderflow:firehose", {"q": q})
            raw.xadd("orderflow:firehose", {"other": "x"})
        else:
            engine.kill()
            db.delete("orderflow:engine")
        pour(writer, "BTCUSDT", groups[n // 2:n * 3 // 4])
        if trigger == "event":
            engine = self.engine(server, ini)
            h.wait_for("the next one reads", lambda: " firehose key=" in engine.text())
        pour(writer, "BTCUSDT", groups[n * 3 // 4:])
        have, status = self.stored(server, groups), self.all_read(server, groups)
        self.assertEqual([status[k] for k in ("quotes_read", "quotes_late", "firehose_lost", "firehose_unwanted")],
                         [str(sum(map(len, groups))), "0", "0", str(sum(map(len, groups)))])
        if trigger == "interval":
            self.assertEqual((status["firehose_malformed"], status["firehose_repeated"]), ("6", "1"))
            self.assertRegex(engine.text(), r"firehose_malformed entry=\d+-\d+ cause=too_short more_in_batch=\d")
        self.assertEqual((len(want), set(have) ^ set(want)), (len(have), set()))
        for id_, p in want.items():
            self.assertEqual(have[id_], p, trigger)
        self.assertEqual(db.keys("orderflow:state:*"), ["orderflow:state:BTCUSDT"])
        answer = h.run("analyze", "btcusdt", "--redis", server.url, "--config", ini)
        self.assertIn('ticker="BTCUSDT"', answer.stdout)
        doctor = h.run("doctor", "--redis", server.url, "--config", ini)
        self.assertIn(f"trigger {trigger}, source firehose", doctor.stdout)
        engine.stop()

    def event_with_lost_messages(self, groups, want):
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
        status = self.all_read(server, groups)
        self.assertEqual(status["quotes_late"], "0")
        self.assertEqual((status["trigger"], status["event_bell"]), ("event", "1"))
        doctor = h.run("doctor", "--redis", server.url, "--config", self.ini("event"))
        self.assertIn("trigger event, source zset", doctor.stdout)
        self.assertEqual((len(want), set(have) ^ set(want)), (len(have), set()))
        for id_, p in want.items():
            self.assertEqual(have[id_], p)

    def test_between_boundaries(self):
        """A pattern is stored before its boundary; a row out of order is late and counted once."""
        minute = (int(time.time() * 1000) // h.MINUTE - 2) * h.MINUTE
        groups = [[(minute - 5_000 + 100 * i, "450.20", 100 + i, "450.30", 200, i + 1)] for i in range(200)]
        server = self.redis()
        self.event(server, groups, 60, interval_ms=60_000)
        at = groups[-1][0][0] + 100
        sweep = [[(at, "450.20", 30_000, "450.30", 200, 500)]]
        publish(server.db, "BTCUSDT", groups[60:150])
        newest = groups[149][0][0]
        h.wait_for("they are judged", lambda: int(self.status(server).get("quotes_read", 0)) == 150)
        publish(server.db, "BTCUSDT", [[(newest - 130, "450.20", 7, "450.30", 7, 1000)]])
        publish(server.db, "BTCUSDT", groups[150:])
        status = h.wait_for("all are read", lambda: (lambda s: s if s.get("quotes_read") == "201" else None)(
            self.status(server)))
        self.assertEqual(status["quotes_late"], "1")
        publish(server.db, "BTCUSDT", sweep)
        found = h.wait_for("the sweep", lambda: [p for p in h.stored_patterns(server.db, "BTCUSDT") if p["type"] == "sweep"])
        state = server.db.hgetall("orderflow:state:BTCUSDT")
        self.assertEqual((found[0]["onset_ms"], state["tick_ms"]), (at, str(minute)))
        publish(server.db, "BTCUSDT", [[(minute + h.MINUTE + 1, "450.20", 100, "450.30", 200, 501)]])
        h.wait_for("the quality says it", lambda: "late" in server.db.hget("orderflow:state:BTCUSDT", "quality"))


    def test_what_was_trimmed_is_missed(self):
        now = int(time.time() * 1000) - 20_000
        groups = [[(now + 100 * i, "450.20", 100 + i, "450.30", 200)] for i in range(200)]
        server = self.redis()
        writer = firehose_writer.Writer(h.redis.Redis(unix_socket_path=server.path))

        def write(groups):
            for group in groups:
                writer.add("SPY", group[0][0] * 1_000_000, *group[0][1:])
                writer.flush()
        write(groups[:50])
        engine = self.engine(server, self.ini("event", source="firehose"))
        h.wait_for("it says how far it is", lambda: f":50" in (server.db.hget("orderflow:feed", "writers") or ""))
        engine.stop()
        write(groups[50:150])
        server.db.xtrim("orderflow:firehose", maxlen=30, approximate=False)
        engine = self.engine(server, self.ini("event", source="firehose"))
        h.wait_for("70 are missed", lambda: self.status(server).get("firehose_lost") == "70")
        self.assertIn("firehose_gap writer=", engine.text())
        server.db.delete("orderflow:firehose")  # a broker's new beginning, with younger ids or not
        server.db.xadd("orderflow:firehose", {"q": b"x"}, id="1-1")
        h.wait_for("it begins again", lambda: self.status(server).get("firehose_malformed") == "1")
        write(groups[150:])
        h.wait_for("the quality says it", lambda: "lost" in (server.db.hget("orderflow:state:SPY", "quality") or ""))

    def test_gaps_without_end_are_counted_and_said_once_a_read(self):
        server, top = self.redis(), 2**64 - 1
        raw, now = h.redis.Redis(unix_socket_path=server.path), time.time_ns()
        quotes = [("SPY", now, 450 * 10**9, 5, 451 * 10**9, 5)]
        numbers = [(1, number) for number in range(1, 400, 2)] + [(w, n) for w in (2, 3) for n in (1, top, 5)]
        with raw.pipeline() as together:
            for writer, number in numbers:
                together.xadd("orderflow:firehose", {"q": firehose_writer.entry(writer, number, quotes)})
            together.execute()
        engine = self.engine(server, self.ini("interval", source="firehose"))
        h.wait_for("all are counted", lambda: self.status(server).get("firehose_entries") == str(len(numbers)))
        self.assertEqual((self.status(server)["firehose_lost"], self.status(server)["firehose_repeated"]), (str(2**63 - 1), "2"))
        engine.stop()
        engine = self.engine(server, self.ini("event", source="firehose"))
        for number in range(401, 601, 2):  # each is a read of its own
            raw.xadd("orderflow:firehose", {"q": firehose_writer.entry(1, number, quotes)})
            time.sleep(0.005)
        h.wait_for("they are read", lambda: f"1:599" in server.db.hget("orderflow:feed", "writers"))
        said = [line for line in engine.text().splitlines() if " firehose_gap " in line]
        self.assertTrue(0 < len(said) < 12, said)

    def test_replay_writes_both_alike(self):
        server, path = self.redis(), f"{self.tmp}/spy.csv"
        with open(path, "w") as out:
            out.write("ts_ms,bid_price,bid_size,ask_price,ask_size\n")
            for i in range(1500):
                out.write(f"{1760000000000 + 17 * i},450.{10 + i % 7},{i % 50},{'' if i % 40 == 0 else 451.5},{i}\n")
        for to in ("zset", "firehose"):
            out = h.run("replay", path, "--to", to, "--speed", "max", "--redis", server.url)
            self.assertEqual(out.returncode, 0, out.stderr)
        db = h.redis.Redis(unix_socket_path=server.path)
        want = [h.json.loads(m) for m in db.zrange("orderflow:quotes:SPY", 0, -1)]
        have, numbers = [], []
        for _, fields in db.xrange("orderflow:firehose"):
            q = fields[b"q"]
            magic, version, tickers, n, size, _, number, base, names, _ = firehose_writer.HEADER.unpack_from(q)
            self.assertEqual((magic, version, tickers, size, q[48:52]), (b"OFQ1", 1, 1, len(q), b"\x03SPY"))
            numbers.append(number)
            for i in range(n):
                ts, _, _, *rest = firehose_writer.QUOTE.unpack_from(q, 48 + names + 40 * i)
                have.append((base + ts, *rest))
        self.assertEqual(numbers, list(range(1, len(numbers) + 1)))
        self.assertEqual(len(have), 1500)
        minutes = have[0][0] - want[0]["timestamp"] * 1_000_000
        self.assertIn(minutes, (0, 60 * 10**9))
        px = lambda x: round(x * 10**9)
        self.assertEqual(have, [(w["timestamp"] * 1_000_000 + minutes, px(w["bid_price"]), px(w["ask_price"]),
                                 w["bid_size"], w["ask_size"]) for w in want])


if __name__ == "__main__":
    h.main()
