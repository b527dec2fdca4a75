# SPDX-License-Identifier: MIT
"""The journal, and answers given again from it: byte for byte what the live engine's were."""
import calendar, difflib, glob, json, os, random, re, stat, sys, threading, time
import harness as h
import live
sys.path.insert(0, str(h.ROOT / "sdk" / "firehose"))
import firehose_writer

# What an answer says of engine, detectors and the front's own settings, not of the market.
HEALTH_JSON = ("detectors", "config", "own_config_hash", "engine")
HEALTH_XML = r'\s*<unavailable[^>]*/>| (engine|engine_config|config|own_config_hash|config_hash)="[^"]*"'
TICKERS = ("SPY", "IBM")
INTERVAL_MS, REORDER_MS, IDLE_MS = 500, 250, 3000
INI = f"""[engine]
interval_ms = {INTERVAL_MS}
reorder_ms = {REORDER_MS}
idle_ms = {IDLE_MS}
lease_ms = 1000
[journal]
dir = {{dir}}
max_mb = 4
[detector:absorption@SPY]
avg_size = {{size}}
strong = 14000
"""


def rows_of(seed):
    """A walk in cents, with sizes that make patterns."""
    rng, cents = random.Random(seed), 45000
    while True:
        cents += rng.choice((-1, 0, 0, 0, 0, 0, 0, 1))
        yield f"{cents / 100:.2f}", rng.randrange(1, 30000), f"{cents / 100 + .01:.2f}", rng.randrange(1, 30000)


class Walk(live.Feeder):
    """Who holds `writing` knows that every quote up to now is in Redis, and none comes."""

    def __init__(self, server, walks, seq):
        super().__init__(server, TICKERS, 0.1)
        self.walks, self.seq, self.newest_ms = walks, seq, 0
        self.writing = threading.Lock()

    def run(self):
        while not self.ended.wait(self.period_s):
            with self.writing:
                now = int(time.time() * 1000)
                self.seq += 1
                self.write(now)
                self.newest_ms = now

    def write(self, now):
        pipe = self.db.pipeline(transaction=False)
        for ticker in TICKERS:
            row = (now, *next(self.walks[ticker]), self.seq)
            pipe.zadd(f"orderflow:quotes:{ticker}", {h.member(ticker, *row): now})
        pipe.execute()


class FirehoseWalk(Walk):
    def __init__(self, *args):
        super().__init__(*args)
        self.writer = firehose_writer.Writer(self.db)

    def write(self, now):
        for ticker in TICKERS:
            self.writer.add(ticker, now * 1_000_000, *next(self.walks[ticker]))
        self.writer.flush()


def of_market(text, form):
    if form == "xml":
        return re.sub(HEALTH_XML, "", text)
    return json.dumps({k: v for k, v in json.loads(text).items() if k not in HEALTH_JSON}, indent=1)


def time_of(text, form):
    """As the answer prints it, and in ms."""
    if form == "json":
        ms = json.loads(text)["timestamp_ms"]
        return str(ms), ms
    stamp = re.search(r'timestamp="([^"]+)"', text).group(1)
    whole, _, rest = stamp.rstrip("Z").partition(".")
    return stamp, calendar.timegm(time.strptime(whole, "%Y-%m-%dT%H:%M:%S")) * 1000 + int((rest + "000")[:3])


class Journal(h.Case):
    def configure(self, size):
        self.ini = h.write_ini(self.tmp, INI.format(dir=self.dir, size=size))

    def start(self, history_s):
        self.dir = os.path.join(self.tmp, "journal")
        self.configure(12000)
        self.server = self.redis()
        walks = {ticker: rows_of(i) for i, ticker in enumerate(TICKERS)}
        now = int(time.time() * 1000)
        for ticker in TICKERS:
            times = range(now - history_s * 1000, now, 100)
            h.write_quotes(self.server.db, ticker,
                           [(at, *next(walks[ticker]), seq) for seq, at in enumerate(times)])
        self.engine_ = self.engine(self.server, self.ini)
        self.feed(Walk(self.server, walks, history_s * 10))
        self.up_to_date()

    def feed(self, feeder):
        self.feeder = feeder
        feeder.start()
        self.addCleanup(feeder.stop)

    def up_to_date(self):
        """Every ticker has a tick past now, so the rows up to now stand in the journal."""
        now = time.time() * 1000
        for ticker in TICKERS:
            self.settled(self.server.db, ticker, now + 500)

    def written(self, ticker):
        """The tick and the number of the last change of an episode."""
        tick_ms, sequence = self.server.db.hget(f"orderflow:state:{ticker}", "tick_ms"), self.server.db.get("orderflow:sequence")
        return int(tick_ms or 0), sequence

    def ask(self, ticker, form):
        """An answer of which it is sure what was there at its time: no quote comes meanwhile, and the last boundary that those
        there allow to take has been written; the next one could only be taken of a ticker that is silent. What event mode may
        still have to write shows as a change shortly after. (In the journal a write has a time some ms before it can be read.)"""
        while True:
            with self.feeder.writing:
                fed = self.feeder.newest_ms
                due = (fed - REORDER_MS) // INTERVAL_MS * INTERVAL_MS
                h.wait_for("what is due is written", lambda: self.written(ticker)[0] >= due)
                before = self.written(ticker)
                out = h.run("analyze", ticker, "--format", form, "--config", self.ini, "--redis", self.server.url)
                self.assertEqual(out.returncode, 0, out.stderr)
                at = time_of(out.stdout, form)[1]
                time.sleep(max(0, at / 1000 + 0.04 - time.time()))
                still = self.written(ticker) == before
            if still and at < fed + IDLE_MS:
                return ticker, form, out.stdout
            h.wait_for("more quotes", lambda: self.feeder.newest_ms > fed)

    def again(self, ticker, at, form="json"):
        return h.run("analyze", ticker, "--format", form, "--asof", at, "--journal", self.dir)

    def check(self, ticker, form, text):
        out = self.again(ticker, time_of(text, form)[0], form)
        self.assertEqual(out.returncode, 0, out.stderr)
        self.assertNotIn("journal_settings", out.stderr)
        then, now = of_market(text, form), of_market(out.stdout, form)
        if then != now:
            self.fail("\n".join(list(difflib.unified_diff(then.split("\n"), now.split("\n"), n=1))[:40]))

    def lease_hash(self):
        return json.loads(self.server.db.get("orderflow:engine") or "{}").get("hash")

    def test_answers_again(self):
        self.start(600)
        asked = [self.ask("SPY", "json"), self.ask("SPY", "xml"), self.ask("IBM", "xml")]
        before = self.lease_hash()
        self.configure(9000)
        h.wait_for("new settings", lambda: self.lease_hash() not in (None, before))
        self.up_to_date()
        asked.append(self.ask("SPY", "json"))
        self.up_to_date()
        self.engine_.kill()
        self.engine_ = self.engine(self.server, self.ini)
        self.up_to_date()
        asked.append(self.ask("SPY", "json"))
        self.up_to_date()
        for one in asked:
            self.check(*one)
        self.assertTrue(all(len(json.loads(asked[i][2])["patterns"]) > 3 for i in (0, 3, 4)))
        self.assertEqual(len({path[:16] for path in os.listdir(self.dir)}), 2)
        self.check_backtest()

    def check_backtest(self):
        """The quotes of both sessions, once each, give the episodes that the live engines gave."""
        csv, found = f"{self.tmp}/spy.csv", f"{self.tmp}/found.json"
        out = h.run("journal", self.dir, "--ticker", "SPY", "--out", csv)
        self.assertEqual(out.returncode, 0, out.stderr)
        with open(csv) as f:
            times = [line.split(",")[0] for line in f][1:]
        self.assertEqual(len(times), len(set(times)))
        newest = int(times[-1])
        self.assertEqual(len(times), self.server.db.zcount("orderflow:quotes:SPY", 0, newest))
        lists = h.run("journal", self.dir)
        self.assertEqual(len(re.findall(r"^session .* (?:open|ended)  .*tickers=2: ", lists.stdout, re.M)), 2, lists.stdout)
        then = {p["id"] for p in h.stored_patterns(self.server.db, "SPY")
                if p["type"] != "absorption" and p["timestamp"] < newest - 10000}
        now = h.file_answer(csv, "SPY", "--keep-ties")["patterns"]
        self.assertEqual(then ^ {p["id"] for p in now if p["type"] != "absorption" and p["timestamp"] < newest - 10000}, set())

    def test_of_the_firehose_it_shows_what_the_front_had(self):
        """In both modes: there the front has the quote of the report, not the newest one."""
        for trigger in ("interval", "event"):
            self.dir = os.path.join(self.tmp, "journal-" + trigger)
            self.ini = h.write_ini(self.tmp, INI.format(dir=self.dir, size=12000) +
                                   f"[engine]\ntrigger = {trigger}\n[feed]\nsource = firehose\n")
            self.server = self.redis()
            self.engine_ = self.engine(self.server, self.ini)
            self.feed(FirehoseWalk(self.server, {ticker: rows_of(i) for i, ticker in enumerate(TICKERS)}, 0))
            self.up_to_date()
            asked = [self.ask("SPY", "json"), self.ask("IBM", "xml")]
            self.assertGreater(json.loads(asked[0][2])["tick_ms"], 0)
            self.up_to_date()
            for one in asked:
                self.check(*one)
            self.engine_.kill()
        self.check_export()

    def check_export(self):
        """A file is whole or not there, and what is no file is never replaced by one."""
        pipe, csv = f"{self.tmp}/pipe", f"{self.tmp}/rows.csv"
        os.mkfifo(pipe)
        fd = os.open(pipe, os.O_RDWR | os.O_NONBLOCK)  # so that the writer need not wait for a reader
        self.addCleanup(os.close, fd)
        self.assertEqual(h.run("journal", self.dir, "--ticker", "QQQ", "--out", pipe).returncode, 1)
        self.assertTrue(stat.S_ISFIFO(os.lstat(pipe).st_mode))
        self.assertEqual(h.run("journal", self.dir, "--ticker", "QQQ", "--out", csv).returncode, 1)
        self.assertEqual(glob.glob(csv + "*"), [])
        self.assertEqual(h.run("journal", self.dir, "--ticker", "SPY", "--out", csv).returncode, 0)
        self.assertEqual(glob.glob(csv + "*"), [csv])

    def test_what_is_left(self):
        """Without the beginning of a session, and with a damaged end."""
        self.start(900)
        ticker, form, text = self.ask("SPY", "json")
        self.up_to_date()
        segments = sorted(glob.glob(f"{self.dir}/*.journal"))
        self.assertGreater(len(segments), 1)
        then = json.loads(text)
        self.check_wrong_head(segments, then, time_of(text, form)[0])
        os.unlink(segments[0])
        out = self.again(ticker, time_of(text, form)[0])
        self.assertEqual(out.returncode, 0, out.stderr)
        self.assertIn("journal_cut", out.stderr)
        now = json.loads(out.stdout)
        for part in ("quote", "tick_ms", "metrics"):
            self.assertEqual(then[part], now[part])
        recent = then["timestamp_ms"] - 200_000  # what lies at the edge of what is kept may be joined otherwise
        lost = {p["id"] for p in then["patterns"] if p["onset_ms"] > recent} ^ \
               {p["id"] for p in now["patterns"] if p["onset_ms"] > recent}
        self.assertEqual(lost, set())
        self.engine_.kill()
        with open(segments[-1], "r+b") as f:
            f.truncate(os.path.getsize(segments[-1]) - 3)
        out = self.again(ticker, time_of(text, form)[0])
        self.assertEqual((out.returncode, json.loads(out.stdout)["quote"]), (0, then["quote"]), out.stderr)
        whole = h.run("journal", self.dir)
        self.assertEqual(whole.returncode, 0, whole.stderr)  # a missing end is what a kill leaves
        self.assertIn("cut off (as a kill leaves it)", whole.stderr)

    def check_wrong_head(self, segments, then, at):
        """The others are read; the exit status says that something is missing."""
        csv = f"{self.tmp}/rest.csv"
        with open(segments[0], "r+b") as f:
            f.write(b"OTHER")
        out = self.again("SPY", at)
        self.assertEqual((out.returncode, json.loads(out.stdout)["quote"]), (0, then["quote"]), out.stderr)
        self.assertIn("no segment of a journal; what follows in it is not used", out.stderr)
        out = h.run("journal", self.dir)
        self.assertEqual(out.returncode, 1)
        self.assertRegex(out.stdout, "^session .*rows=[1-9]")
        self.assertIn(f"1 of {len(segments)} segments are damaged", out.stderr)
        out = h.run("journal", self.dir, "--ticker", "SPY", "--out", csv)
        self.assertEqual((out.returncode, os.path.getsize(csv) > 1000), (1, True), out.stderr)

    def test_what_cannot_be_written(self):
        """Told, and nothing else stops."""
        self.dir = os.path.join(self.tmp, "no", "such", "parent")
        self.configure(12000)
        self.server = self.redis()
        engine = self.engine(self.server, self.ini)
        self.feed(Walk(self.server, {ticker: rows_of(1) for ticker in TICKERS}, 0))
        self.up_to_date()
        told = h.wait_for("the status says it", lambda: self.server.db.hget("orderflow:status", "journal"))
        self.assertIn("cannot make the folder", told)
        self.assertEqual(engine.text().count("cannot make the folder"), 1)
        out = h.run("doctor", "--config", self.ini, "--redis", self.server.url)
        self.assertRegex(out.stdout, r"journal .*No such file")
        self.assertRegex(out.stdout, r"broken +engine's journal +.*cannot make the folder")

    def test_refusals(self):
        self.dir = os.path.join(self.tmp, "none")
        for args, status, says in (
                (("--asof", "yesterday", "--journal", self.dir), 2, "2026-01-15T15:30:45.120Z"),
                (("--asof", "2026-01-15T15:30:45Z"), 2, "--journal DIR"),
                (("--journal", self.dir), 2, "--asof"),
                (("--asof", "2026-01-15T15:30:45Z", "--journal", self.dir), 1, "No such file"),
                (("--asof", "2026-01-15T15:30:45Z", "--journal", self.tmp), 1, "no journal in it")):
            out = h.run("analyze", "SPY", *args)
            self.assertEqual(out.returncode, status, out.stderr)
            self.assertIn(says, out.stderr)


if __name__ == "__main__":
    h.main()
