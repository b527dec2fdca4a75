# SPDX-License-Identifier: MIT
"""`orderflow top` against an engine at work, and without one."""
import json, re, time, unittest
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
