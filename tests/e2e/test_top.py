# SPDX-License-Identifier: MIT
"""`orderflow top` against an engine at work, and without one."""
import fcntl, json, os, pty, re, struct, subprocess, termios, time, unittest
import harness as h


class Top(h.Case):
    def test_once_shows_rates_phases_detectors_and_tickers(self):
        server = self.redis()
        now = int(time.time() * 1000)
        for ticker in ("SPY", "QQQ", "IWM"):
            h.write_quotes(server.db, ticker, [(now - 20_000 + i * 100, "450.01", str(100 + i), "450.02", "200")
                                               for i in range(200)])
        self.engine(server)
        for ticker in ("SPY", "QQQ", "IWM"):
            self.settled(server.db, ticker, now - 100)
        out = h.run("top", "--once", "--rows", "2", "--redis", server.url)
        self.assertEqual(out.returncode, 0, out.stderr)
        status = server.db.hgetall("orderflow:status")
        self.assertIn(f"engine {status['pid']}  tickers 3", out.stdout)
        for phase in ("fetch", "parse", "window", "detect", "track", "format", "send", "other"):
            self.assertIn(f"\n  {phase}", out.stdout)
            self.assertIn(f"cpu_us_{phase}", status)
        self.assertRegex(out.stdout, r"(?m)^absorption +(ready|busy)")
        rates = dict(re.findall(r"(?m)^(SPY|QQQ|IWM) +(\d+\.\d)", out.stdout))
        self.assertEqual(len(rates), 2)
        stored = {t: json.loads(server.db.hget(f"orderflow:metrics:{t}:10s", "more"))["update_rate"] for t in rates}
        for ticker, rate in rates.items():
            self.assertGreater(float(rate), 0)
            self.assertAlmostEqual(float(rate), stored[ticker], delta=5)
        table = out.stdout[out.stdout.index("DETECTOR"):out.stdout.index("TICKER")]
        ids = re.findall(r"(?m)^([a-z_]+) ", table)
        self.assertIn("absorption", ids)
        self.assertEqual(ids, sorted(ids))
        self.assertIn("and 1 more", out.stdout)
        self.assertGreater(int(status["turns"]), 0)
        self.assertNotIn("\033", out.stdout)
        closed = subprocess.run(["sh", "-c", 'exec "$@" >&-', "sh", h.ORDERFLOW, "top", "--once", "--redis", server.url],
                                env=h.clean_env(), stderr=subprocess.PIPE, text=True)
        self.assertEqual((closed.returncode, closed.stderr), (1, "orderflow: cannot write the output: Bad file descriptor\n"))

    def live(self, server, lines, columns):
        """Its first whole screen on a terminal of that size."""
        ours, its = pty.openpty()
        fcntl.ioctl(its, termios.TIOCSWINSZ, struct.pack("HHHH", lines, columns, 0, 0))
        process = subprocess.Popen([h.ORDERFLOW, "top", "--redis", server.url], env=h.clean_env(), stdout=its)
        os.close(its)
        text, clear = "", "\033[H\033[2J"
        try:
            while text.count(clear) < 2:
                text += os.read(ours, 65536).decode()
        finally:
            process.terminate()
            process.wait()
            os.close(ours)
        return text.split(clear)[1].replace("\r", "")

    def test_it_draws_no_more_than_the_terminal_holds_and_no_codes_elsewhere(self):
        server = self.redis()
        now = int(time.time() * 1000)
        names = [f"T{i:02d}" for i in range(20)]
        for ticker in names:
            h.write_quotes(server.db, ticker, [(now - 1000 + i * 100, "450.01", "100", "450.02", "200") for i in range(5)])
        self.engine(server)
        for ticker in names:
            self.settled(server.db, ticker, now - 1000)
        for lines, columns, has in ((24, 80, ("DETECTOR", "TICKER", " more")), (5, 20, ("engine",))):
            screen = self.live(server, lines, columns)
            self.assertLess(screen.count("\n"), lines)
            self.assertLessEqual(max(map(len, screen.split("\n"))), columns)
            for part in has:
                self.assertIn(part, screen)
        steering = {"state": "ready", "reason": "\x1b[2J\n\x7f" + "é" * 60}
        server.db.hset("orderflow:detectors", "zz\x1b[", json.dumps(steering))
        server.db.hset("orderflow:state:AB\n\x1b[2J", mapping={"active_total": "1e300", "feed_lag_ms": "nan"})
        tame = h.run("top", "--once", "--rows", "100", "--redis", server.url).stdout
        self.assertRegex(tame, r"(?m)^zz \[ .*  \[2J  é{46}$")
        self.assertRegex(tame, r"(?m)^AB  \[2J +0\.0 +0 +0 ")
        self.assertNotIn("\x1b", tame)
        process = subprocess.Popen([h.ORDERFLOW, "top", "--redis", server.url], env=h.clean_env(), stdout=subprocess.PIPE)
        self.assertTrue(process.stdout.readline().startswith(b"engine "))
        process.terminate()
        self.assertNotIn(b"\033", process.communicate()[0])

    def test_without_an_engine_it_says_so_and_fails(self):
        server = self.redis()
        out = h.run("top", "--once", "--redis", server.url)
        self.assertEqual(out.returncode, 1)
        self.assertIn("no engine serves", out.stdout)

    def test_wrong_rows_and_absent_redis_are_said(self):
        self.assertEqual(h.run("top", "--rows", "0").returncode, 2)
        out = h.run("top", "--once", "--redis", "unix:///nonexistent/redis.sock")
        self.assertEqual(out.returncode, 1)
        self.assertIn("unix:///nonexistent/redis.sock", out.stderr)


if __name__ == "__main__":
    h.main()
