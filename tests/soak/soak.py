#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Long forms of what tests/e2e show briefly, on one run of recorded quotes.

soak.py kills [N]      kills N (1000) random workers during a replay
soak.py replace [N]    replaces plugins N (200) times by other builds under load

Afterwards the stored episodes, evidence included, are those of an engine that nobody disturbed, and no detector has
skipped a boundary. Needs the tree that ./dev build leaves in build/dist.
"""
import argparse, json, os, pathlib, random, shutil, signal, subprocess, sys, time, unittest

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "e2e"))
import harness as h  # noqa: E402
import live  # noqa: E402
import test_kills  # noqa: E402

TICKER = test_kills.TICKER
TAPE_S = 344  # of data
REPLACED = ("rising", "absorption", "sweep")


class Soak(test_kills.Kills):
    """test_kills with other numbers: N disturbances within one replay."""

    def replay_for(self, server, seconds):
        process = subprocess.Popen([h.ORDERFLOW, "replay", h.BTC, "--ticker", TICKER, "--speed",
                                    f"{TAPE_S / seconds:.3f}", "--redis", server.url], env=h.clean_env(),
                                   stderr=subprocess.DEVNULL)
        self.addCleanup(process.wait)
        self.addCleanup(process.kill)
        return process

    def detectors(self, db):
        return {k: json.loads(v) for k, v in db.hgetall("orderflow:detectors").items()}

    def finish(self, server, engine, config, replay):
        self.assertEqual(replay.wait(), 0)
        try:
            self.assert_as_undisturbed(server, config)
        except AssertionError:
            self.show_state(server, engine)
            raise
        self.assertIsNone(engine.process.poll())
        found = self.detectors(server.db)
        self.assertEqual({d["id"]: d["skipped"] for d in found.values() if d["skipped"]}, {})
        return len(self.known(server.db, int(server.db.zrange(f"orderflow:quotes:{TICKER}", -1, -1,
                                                             withscores=True)[0][1])))

    def show_state(self, server, engine):
        print("quotes late:", server.db.hget("orderflow:status", "quotes_late"), "(more than 0: the machine stood still)")
        for d in self.detectors(server.db).values():
            print({k: d[k] for k in ("id", "state", "reason", "note", "restarts", "behind", "skipped", "strikes")})
        for line in engine.text().splitlines():
            if "restart_ms" not in line:
                print(line[:300])

    def assertEqual(self, first, second, msg=None):
        """Of two sets of episodes only what differs."""
        if isinstance(first, dict) and isinstance(second, dict) and first != second and len(second) > 20:
            only = {k: v for k, v in first.items() if second.get(k) != v}
            want = {k: v for k, v in second.items() if first.get(k) != v}
            for k in sorted(set(only) | set(want))[:12]:
                a, b = only.get(k, {}), want.get(k, {})
                keys = [x for x in set(a) | set(b) if a.get(x) != b.get(x)] if a and b else sorted(a or b)
                print(k, (a or b).get("type"), {x: (a.get(x), b.get(x)) for x in keys})
            self.fail(f"{len(only)} episodes differ from {len(want)} undisturbed ones, of {len(second)}")
        super().assertEqual(first, second, msg)

    def kills(self, n, seconds):
        chance = random.Random(11)
        config = self.config()
        server = self.redis()
        engine = self.engine(server, config)
        h.wait_for("it serves", lambda: server.db.get("orderflow:engine"))
        replay = self.replay_for(server, seconds)
        done, begun = 0, time.monotonic()
        while done < n and replay.poll() is None:
            wait_s = begun + seconds * 0.95 * (done + chance.random()) / n - time.monotonic()
            time.sleep(max(0, wait_s))  # the moment is what is drawn
            victims = test_kills.workers(engine)
            if victims:
                try:
                    os.kill(chance.choice(victims), signal.SIGKILL)
                    done += 1
                except ProcessLookupError:
                    pass
        episodes = self.finish(server, engine, config, replay)
        restarts = sum(d["restarts"] for d in self.detectors(server.db).values())
        print(f"{done} kills, {restarts} restarts within {seconds} s: {episodes} episodes as undisturbed, none skipped")
        self.assertEqual(done, n)

    def replacements(self, n, seconds):
        config = self.config()
        folder = os.path.join(self.tmp, "plugins")
        server = self.redis()
        engine = self.engine(server, config)
        h.wait_for("it serves", lambda: server.db.get("orderflow:engine"))
        replay = self.replay_for(server, seconds)
        bytes_of = {name: pathlib.Path(f"{folder}/{name}.so").read_bytes() for name in REPLACED}
        h.wait_for("ticks", lambda: server.db.hget(f"orderflow:state:{TICKER}", "tick_ms"))
        done, times = 0, []
        while done < n and replay.poll() is None:
            name, begun = REPLACED[done % len(REPLACED)], time.monotonic()
            with open(f"{folder}/.new", "wb") as f:
                f.write(bytes_of[name] + b"\0" * (done + 1))  # another build by its hash, the same code
            os.rename(f"{folder}/.new", f"{folder}/{name}.so")
            h.wait_for(f"replacement {done + 1}", lambda: engine.text().count(" detector_replaced ") > done)
            times.append(time.monotonic() - begun)
            done += 1
        episodes = self.finish(server, engine, config, replay)
        text = engine.text()
        self.assertEqual(text.count(" detector_replaced "), done)
        self.assertNotIn("detector_down", text)
        times.sort()
        print(f"{done} replacements within {seconds} s, {times[len(times) // 2] * 1000:.0f} ms each (median; longest "
              f"{times[-1] * 1000:.0f}): {episodes} episodes as undisturbed, none skipped")
        self.assertEqual(done, n)


# Only what is asked for: not the tests of the class this comes from.
for name in [n for n in dir(test_kills.Kills) if n.startswith("test_")]:
    setattr(Soak, name, None)


def main():
    kinds = {"kills": (1000, 0.25, "kills"), "replace": (200, 0.9, "replacements")}
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("kind", choices=kinds)
    options.add_argument("n", metavar="N", type=int, nargs="?")
    o = options.parse_args()
    n, each_s, method = kinds[o.kind]
    n = o.n if o.n is not None else n
    if n < 1:
        options.error(f"N is at least 1, not {n}")

    class Run(Soak):
        def runTest(self):
            getattr(self, method)(n, max(20, min(TAPE_S, n * each_s)))
    result = unittest.TextTestRunner(verbosity=0).run(unittest.TestSuite([Run()]))
    sys.exit(0 if result.wasSuccessful() else 1)


if __name__ == "__main__":
    main()
