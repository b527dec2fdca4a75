# SPDX-License-Identifier: MIT
"""A reader written for the Python server reads our keys: the commands of its Redis client, word for word in effect."""
import json, time
import harness as h


class PeerClient:
    """get_current_metrics, get_recent_patterns and get_significant_levels as that client does them."""

    def __init__(self, db):
        self.db = db

    def get_current_metrics(self, ticker, window):
        data = self.db.hgetall(f"orderflow:metrics:{ticker}:{window}")
        out = {}
        for key, value in data.items():
            if key in ("last_sweep", "behaviors"):
                out[key] = json.loads(value)
            elif key.endswith("_count") or key.startswith(("net_", "large_", "avg_bid", "avg_ask")):
                out[key] = int(value)
            elif key.endswith("_movement"):
                out[key] = float(value)
            else:
                out[key] = value
        return out

    def get_recent_patterns(self, ticker, seconds):
        now = time.time()
        return [json.loads(m) for m in self.db.zrangebyscore(f"orderflow:patterns:{ticker}", now - seconds, now + 5)]

    def get_significant_levels(self, ticker, side):
        return [json.loads(m) for m in self.db.zrevrange(f"orderflow:levels:{ticker}:{side}", 0, 9)]


class Reader(h.Case):
    @classmethod
    def setUpClass(cls):
        cls.server = h.Redis()
        cls.engine_ = h.Engine(cls.server.url)
        out = h.run("replay", h.BTC, "--ticker", "BTCUSDT", "--speed", "max", "--redis", cls.server.url)
        assert out.returncode == 0, out.stderr
        newest = int(cls.server.db.zrange("orderflow:quotes:BTCUSDT", -1, -1, withscores=True)[0][1])
        h.Case.settled(None, cls.server.db, "BTCUSDT", newest)
        cls.client = PeerClient(cls.server.db)

    @classmethod
    def tearDownClass(cls):
        cls.engine_.stop()
        cls.server.stop()

    def test_metrics(self):
        m = self.client.get_current_metrics("BTCUSDT", "5min")
        for field in ("bid_price_movement", "ask_price_movement", "bid_lift_count", "bid_drop_count",
                      "ask_lift_count", "ask_drop_count", "net_bid_size_change", "net_ask_size_change",
                      "large_bids_appeared", "large_asks_appeared", "avg_bid_size", "avg_ask_size"):
            self.assertIn(field, m)
        self.assertGreater(m["bid_lift_count"], 100)
        self.assertIn(m["bid_size_acceleration"], ("INCREASING", "DECREASING", "STABLE"))
        self.assertEqual(set(m["last_sweep"]), {"type", "side", "price", "size", "direction", "timestamp"})

    def test_metrics_expire(self):
        for window, ttl in (("10s", 60), ("1min", 300), ("5min", 600)):
            self.assertTrue(0 < self.server.db.ttl(f"orderflow:metrics:BTCUSDT:{window}") <= ttl)

    def test_behaviors(self):
        b = self.client.get_current_metrics("BTCUSDT", "10s")["behaviors"]
        for name in ("bid_stacking", "ask_pulling", "spread_tightening", "momentum_building", "aggressive_buying",
                     "aggressive_selling"):
            self.assertIn(b[name], ("YES", "NO", "UNKNOWN"))

    def test_patterns(self):
        found = self.client.get_recent_patterns("BTCUSDT", 3600)
        self.assertEqual({p["type"] for p in found}, h.SEED)
        need = {"absorption": ("side", "strength", "price_level", "volume", "avg_size", "max_size"),
                "stacking": ("side", "levels", "total_size", "growth_rate"),
                "momentum_shift": ("direction", "strength"), "sweep": ("side", "direction", "price", "size")}
        for p in found:
            for field in ("id", "timestamp", "description", "state", "onset_ms", "confirmed_ms", "peak_ms", "dir",
                          "quality") + need[p["type"]]:
                self.assertIn(field, p)
            if p["type"] == "momentum_shift":
                self.assertTrue(("lift_ratio" in p) == (p["direction"] == "bullish"), p)
        self.assertEqual(len({p["id"] for p in found}), len(found))
        self.assertEqual(self.server.db.zcard("orderflow:patterns:BTCUSDT"), len(found))

    def test_levels_one_member_per_price(self):
        for side in ("bid", "ask"):
            levels = self.client.get_significant_levels("BTCUSDT", side)
            self.assertTrue(levels)
            self.assertEqual(len({l["price"] for l in levels}), len(levels))
            self.assertLessEqual(self.server.db.zcard(f"orderflow:levels:BTCUSDT:{side}"), 20)
            for l in levels:
                self.assertTrue(l["appearances"] > 0 and l["avg_size"] > 0 and l["last_seen"] > 1e9)


if __name__ == "__main__":
    h.main()
