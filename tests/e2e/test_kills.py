# SPDX-License-Identifier: MIT
"""Engines and workers killed again and again while quotes come in: the stored episodes do not show it."""
import json, os, random, shutil, signal, subprocess, time
import harness as h

SPEED = 40
TICKER = "BTCUSDT"


def workers(engine):
    try:
        with open(f"/proc/{engine.process.pid}/task/{engine.process.pid}/children") as f:
            return [int(pid) for pid in f.read().split()]
    except OSError:
        return []


class Kills(h.Case):
    def config(self):
        """All shipped detectors and one that judges whole windows and remembers earlier ones."""
        folder = os.path.join(self.tmp, "plugins")
        shutil.copytree(h.DIST / "lib" / "orderflow" / "plugins", folder)
        subprocess.run(["cc", "-std=c11", "-Wall", "-Wextra", "-Werror", "-shared", "-fPIC", "-O2",
                        f"-I{h.DIST}/include", str(h.ROOT / "tests" / "e2e" / "rising.c"), "-o",
                        f"{folder}/rising.so"], check=True)
        return h.write_ini(self.tmp, "[engine]\nlease_ms = 500\nbackfill_s = 3600\n[feed]\ndiscover_ms = 100\n"
                           f"[plugins]\ndir = {folder}\n" + "".join(f"[detector:{d}]\nenabled = true\n" for d in h.OFF))

    def replay(self, server):
        process = subprocess.Popen([h.ORDERFLOW, "replay", h.BTC, "--ticker", TICKER, "--speed", str(SPEED), "--redis",
                                    server.url], env=h.clean_env(), stderr=subprocess.DEVNULL)
        self.addCleanup(process.wait)
        self.addCleanup(process.kill)
        return process

    def known(self, db, newest):
        """Whole patterns, evidence included, of what began before the end of the tape."""
        return {p["id"]: p for p in h.stored_patterns(db, TICKER) if p["onset_ms"] < newest - 10_000}

    def assert_as_undisturbed(self, server, config):
        rows = server.db.zrange(f"orderflow:quotes:{TICKER}", 0, -1, withscores=True)
        newest = int(rows[-1][1])
        undisturbed = self.redis()
        for at in range(0, len(rows), 2000):
            undisturbed.db.zadd(f"orderflow:quotes:{TICKER}", dict(rows[at:at + 2000]))
        self.engine(undisturbed, config)
        self.settled(undisturbed.db, TICKER, newest)
        want = self.known(undisturbed.db, newest)
        self.assertLessEqual(h.SEED | {"rising", "vacuum", "refill", "pulling", "ofi_pressure"},
                             {p["type"] for p in want.values()})
        try:
            h.wait_for("the same episodes", lambda: self.known(server.db, newest) == want, 20)
        except AssertionError:
            self.assertEqual(self.known(server.db, newest), want)

    def test_kills_of_engines_and_workers_leave_no_trace(self):
        chance = random.Random(7)
        config = self.config()
        server = self.redis()
        engines = [self.engine(server, config), self.engine(server, config)]
        replay = self.replay(server)
        kills = {"engine": 0, "worker": 0}
        while replay.poll() is None:
            time.sleep(chance.uniform(0.05, 0.9))  # a moment is what is drawn here, nothing is waited for
            i = chance.randrange(len(engines))
            victims = workers(engines[i])
            if victims and chance.random() < 0.6:
                os.kill(chance.choice(victims), signal.SIGKILL)
                kills["worker"] += 1
            else:
                engines[i].kill()
                engines[i] = self.engine(server, config)
                kills["engine"] += 1
        self.assertGreater(min(kills.values()), 1, kills)
        self.assert_as_undisturbed(server, config)

    def test_kills_of_the_worker_of_a_detector_with_a_memory_leave_no_trace(self):
        config = self.config()
        server = self.redis()
        self.engine(server, config)
        replay = self.replay(server)

        def rising():
            text = server.db.hget("orderflow:detectors", "rising")
            return json.loads(text) if text else {"pid": 0, "jobs": 0, "restarts": 0}
        for kill in range(3):
            # jobs counts those of all its processes: it has judged, and with this pid
            h.wait_for("it works", lambda: rising()["restarts"] == kill and rising()["pid"] and
                       rising()["jobs"] > 30 * (kill + 1), 30)
            os.kill(rising()["pid"], signal.SIGKILL)
            h.wait_for("it is seen to be dead", lambda: rising()["pid"] == 0 or rising()["restarts"] > kill, 30)
        replay.wait()
        self.assertEqual(rising()["skipped"], 0)
        self.assert_as_undisturbed(server, config)


if __name__ == "__main__":
    h.main()
