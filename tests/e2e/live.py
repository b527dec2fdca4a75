# SPDX-License-Identifier: MIT
"""What tests of a running engine share: quotes of now, plugins compiled on the spot, what the engine says of them."""
import json, os, pathlib, shutil, subprocess, threading, time
import harness as h

HERE = pathlib.Path(__file__).resolve().parent
SHIPPED = h.DIST / "lib" / "orderflow" / "plugins"


class Feeder(threading.Thread):
    """Writes a quote of each ticker every period, with the time of now."""

    def __init__(self, server, tickers=("SPY",), period_s=0.05):
        super().__init__(daemon=True)
        self.db, self.tickers, self.period_s = h.redis.Redis(unix_socket_path=server.path), tickers, period_s
        self.ended = threading.Event()
        self.seq = 0

    def run(self):
        while not self.ended.wait(self.period_s):
            now, self.seq = int(time.time() * 1000), self.seq + 1
            pipe = self.db.pipeline(transaction=False)
            for ticker in self.tickers:
                cents = (self.seq * 7 + len(ticker)) % 5
                row = (now, f"450.{20 + cents}", 100 + self.seq % 50, f"450.{30 + cents}", 200, self.seq)
                pipe.zadd(f"orderflow:quotes:{ticker}", {h.member(ticker, *row): now})
            try:
                pipe.execute()
            except h.redis.ConnectionError:
                return

    def stop(self):
        self.ended.set()
        self.join()


def compile_plugin(source, target, *flags):
    """Compiles beside the target and moves it there: whole at once."""
    made = os.path.join(os.path.dirname(target), f".{os.path.basename(target)}.{os.getpid()}")
    subprocess.run(["cc", "-std=c11", "-shared", "-fPIC", "-O2", f"-I{h.DIST}/include", *flags, str(HERE / source),
                    "-o", made], check=True)
    os.rename(made, target)


def detector(db, name):
    text = db.hget("orderflow:detectors", name)
    return json.loads(text) if text else None


def patterns(db, ticker, kind):
    return [p for p in h.stored_patterns(db, ticker) if p["type"] == kind]


class Case(h.Case):
    def live(self, tickers=("SPY",), ini="", plugins=()):
        """A server with quotes coming in, an engine with those shipped plugins, and their folder."""
        self.folder = os.path.join(self.tmp, "plugins")
        os.mkdir(self.folder)
        for name in plugins:
            shutil.copy(SHIPPED / f"{name}.so", self.folder)
        self.ini = h.write_ini(self.tmp, f"[engine]\ninterval_ms = 250\n[feed]\ndiscover_ms = 100\n"
                               f"[plugins]\ndir = {self.folder}\n[ticker]\ntick = 0.01\n{ini}")
        self.server = self.redis()
        self.db = self.server.db
        feeder = Feeder(self.server, tickers)
        feeder.start()
        self.addCleanup(feeder.stop)
        self.serving = self.engine(self.server, self.ini)
        for ticker in tickers:
            h.wait_for(f"ticks of {ticker}", lambda: self.db.hget(f"orderflow:state:{ticker}", "tick_ms"))

    def path(self, name):
        return os.path.join(self.folder, name)

    def one(self, kind="beat", ticker="SPY"):
        """The one episode of that kind, or None."""
        found = patterns(self.db, ticker, kind)
        self.assertLessEqual(len(found), 1, found)
        return found[0] if found else None

    def goes_on(self, kind="beat", ticker="SPY"):
        """Waits until it has been true at a later tick."""
        before = self.one(kind, ticker)["timestamp"]
        return h.wait_for("another tick", lambda: (lambda p: p if p["timestamp"] > before else None)(
            self.one(kind, ticker)))
