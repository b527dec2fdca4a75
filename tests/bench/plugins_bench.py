# SPDX-License-Identifier: MIT
"""How fast plugins come and come back, and what their isolation costs.

Usage: ./dev bench plugins [--rounds N]
For 1 and 1,000 tickers with a quote each every 100 ms (1,000: every 500 ms), four shipped detectors beside:
  drop     from the rename into the folder to the first tick that the new detector judges (data time), and until
           its pattern is in Redis
  crash    from SIGKILL of its worker to the next tick it judges again that is in Redis; no tick is left out
And, without Redis: microseconds a tick of one detector called in this process and in a worker."""
import argparse, json, os, pathlib, statistics, signal, subprocess, sys, time

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "e2e"))
import harness as h  # noqa: E402
import live  # noqa: E402

BENCH = h.ROOT / "build" / "release" / "tests" / "bench"
WORKER = h.DIST / "libexec" / "orderflow" / "orderflow-worker"


class Bed(live.Case):
    def runTest(self):
        pass

    def begin(self, n, interval_ms):
        tickers = [f"T{i}" for i in range(n)]
        self.folder = os.path.join(self.tmp, "plugins")
        os.mkdir(self.folder)
        for name in ("absorption", "stacking", "momentum_shift", "sweep"):
            live.shutil.copy(live.SHIPPED / f"{name}.so", self.folder)
        self.ini = h.write_ini(self.tmp, f"[engine]\ninterval_ms = {interval_ms}\n[feed]\nmax_tickers = 2000\n"
                               f"[plugins]\ndir = {self.folder}\n[ticker]\ntick = 0.01\n")
        self.server = self.redis()
        self.db = self.server.db
        feeder = live.Feeder(self.server, tickers, 0.1 if n == 1 else 0.5)
        feeder.start()
        self.addCleanup(feeder.stop)
        self.serving = self.engine(self.server, self.ini)
        h.wait_for("all tickers tick", lambda: self.db.exists(*[f"orderflow:state:{t}" for t in tickers]) == n)
        time.sleep(15)  # some history for priming

    def newest(self, ticker="T0"):
        found = live.patterns(self.db, ticker, "beat")
        return max(found, key=lambda p: p["timestamp"]) if found else None

    def drop(self, tickers):
        """Milliseconds to the first tick judged for all tickers asked about, and until it is in Redis."""
        live.compile_plugin("beat.c", self.path(".made"), "-DBUILD=1")
        before = time.time() * 1000
        os.rename(self.path(".made"), self.path("beat.so"))

        def first():
            onsets = [min((p["onset_ms"] for p in live.patterns(self.db, t, "beat") if p["onset_ms"] > before - 2000
                           and p["state"] == "active"), default=None) for t in tickers]
            return onsets if all(onsets) else None
        onsets = h.wait_for("its first pattern", first)
        return max(onsets) - before, time.time() * 1000 - before

    def crash(self):
        """Milliseconds from SIGKILL until a tick later than all before is in Redis, and how many ticks were skipped."""
        d = h.wait_for("it runs", lambda: (lambda d: d if d and d["pid"] else None)(live.detector(self.db, "beat")))
        at = self.newest()["timestamp"]
        before = time.time() * 1000
        os.kill(d["pid"], signal.SIGKILL)
        h.wait_for("another worker", lambda: (live.detector(self.db, "beat") or d)["pid"] not in (d["pid"], 0), 90)
        h.wait_for("it judges again", lambda: self.newest()["timestamp"] > max(at, before), 90)
        return time.time() * 1000 - before

    def remove(self):
        os.remove(self.path("beat.so"))
        h.wait_for("it is gone", lambda: live.detector(self.db, "beat") is None)


def show(name, values):
    values = sorted(values)
    print(f"  {name:34} median {statistics.median(values):7.0f} ms   least {values[0]:6.0f}   most {values[-1]:6.0f}")


def live_figures(n, interval_ms, rounds):
    bed = Bed()
    bed.setUp()
    try:
        bed.begin(n, interval_ms)
        ask = [f"T{i}" for i in range(0, n, max(1, n // 10))]
        judged, seen, back = [], [], []
        for i in range(rounds):
            time.sleep(0.37 * (i % 3))  # at another phase of the tick
            a, b = bed.drop(ask)
            judged.append(a)
            seen.append(b)
            if i < (rounds + 1) // 2:
                back.append(bed.crash())
                assert live.detector(bed.db, "beat")["skipped"] == 0
            bed.remove()
        print(f"{n} ticker(s), interval {interval_ms} ms, {rounds} rounds")
        show("drop to first tick judged", judged)
        show("drop to its pattern in Redis", seen)
        show("crash to next tick in Redis", back)
    finally:
        bed.doCleanups()


def isolation(rounds):
    print("one detector, microseconds a tick (10 rows a ticker): here, in a worker, what isolation adds")
    for plugin in ("absorption", "sweep"):
        for tickers, ticks in ((1, 2000), (1000, 40)):
            runs = [json.loads(subprocess.run([BENCH / "bench_isolation", live.SHIPPED / f"{plugin}.so", WORKER,
                                               str(tickers), str(ticks)], check=True, capture_output=True,
                                              text=True).stdout) for _ in range(rounds)]
            wall = [statistics.median(r[k] for r in runs) for k in ("here_us", "worker_us")]
            cpu = [statistics.median(r[k] for r in runs) for k in ("here_cpu_us", "worker_cpu_us")]
            print(f"  {plugin:11} {tickers:5} tickers  clock {wall[0]:8.1f} {wall[1]:8.1f}  +{wall[1] - wall[0]:7.1f}"
                  f"   CPU {cpu[0]:8.1f} {cpu[1]:8.1f}  +{cpu[1] - cpu[0]:7.1f}")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=10)
    rounds = parser.parse_args().rounds
    isolation(max(3, rounds // 2))
    live_figures(1, 250, rounds)
    live_figures(1, 1000, rounds)
    live_figures(1000, 1000, max(3, rounds // 2))


if __name__ == "__main__":
    main()
