# SPDX-License-Identifier: MIT
"""The detectors beside the seed's: drawn from what they declare alone, off unless they are told to run."""
import time, xml.etree.ElementTree as ET
import harness as h
import test_tools

# type: (has a side, sign of dir by side, fields)
TYPES = {
    "refill": ({"bid": 1, "ask": -1}, "price display cycles refilled share slowest_ms span_ms"),
    "pulling": ({"bid": -1, "ask": 1}, "price from_size to_size pulled lost span_ms"),
    "vacuum": (None, "cause spread median_spread depth thin_depth bid_size ask_size"),
    "flicker": ({"bid": 0, "ask": 0}, "vanished fast adds reliability price size lasted_ms"),
    "fleeting": ({"bid": 0, "ask": 0}, "vanished fast adds reliability price size lasted_ms"),
    "ofi_pressure": (None, "z ofi ofi_long mean deviation samples"),
    "exhaustion": (None, "move size sigmas sigma extreme quiet_s flow flow_peak"),
}


class More(h.Case):
    def all_on(self, more=""):
        text = "".join(f"[detector:{d}]\nenabled = true\n" for d in h.OFF if d != "flicker")
        return h.write_ini(self.tmp, text + "[detector:flicker]\nenabled = true\nadd = 3000\n" + more)

    def test_off_by_default(self):
        answer = h.file_answer(h.BTC, "BTCUSDT")
        state = {d["id"]: d["state"] for d in answer["detectors"]}
        self.assertEqual({d for d in state if state[d] == "disabled"}, set(h.OFF))
        self.assertEqual({p["detector"] for p in answer["patterns"]} & set(h.OFF), set())
        out = h.run("detectors")
        self.assertEqual(out.stdout.count("enabled = false"), len(h.OFF))

    def test_one_ticker_alone(self):
        ini = h.write_ini(self.tmp, "[detector:pulling@BTCUSDT]\nenabled = true\n")
        self.assertIn("pulling", {p["type"] for p in h.file_answer(h.BTC, "BTCUSDT", "--config", ini)["patterns"]})
        self.assertNotIn("pulling", {p["type"] for p in h.file_answer(h.BTC, "OTHER", "--config", ini)["patterns"]})

    def test_json_holds_what_they_declare(self):
        found = h.file_answer(h.BTC, "BTCUSDT", "--config", self.all_on())["patterns"]
        self.assertLessEqual(set(TYPES), {p["type"] for p in found})
        for p in found:
            if p["type"] in TYPES:
                dirs, fields = TYPES[p["type"]]
                self.assertEqual("side" in p, dirs is not None, p)
                self.assertTrue(dirs is None or p["dir"] == dirs[p["side"]], p)
                self.assertEqual(set(fields.split()) - set(p), set(), p)
                self.assertEqual("level_px" in p, p["type"] in ("refill", "pulling"), p)
        for p in found:
            if p["type"] == "exhaustion":
                self.assertEqual(p["dir"], -1 if p["move"] == "up" else 1)

    def test_xml_draws_what_they_declare(self):
        out = h.run("analyze", "BTCUSDT", "--file", h.BTC, "--history", "1h", "--config", self.all_on())
        drawn = {}
        for p in ET.fromstring(out.stdout).iter("pattern"):
            drawn.setdefault(p.findtext("type"), p)
        for kind in drawn.keys() & TYPES.keys():
            p, (dirs, fields) = drawn[kind], TYPES[kind]
            for field in fields.split():
                self.assertTrue(p.findtext(field), ET.tostring(p))
            self.assertEqual(p.find("side") is not None, dirs is not None)
            signs = {0: None, 1: "+1", -1: "-1"}
            if dirs is not None:
                self.assertEqual(p.get("dir"), signs[dirs[p.findtext("side")]])
        self.assertLessEqual({"refill", "pulling", "vacuum"}, set(drawn))
        self.assertNotIn("spoof", out.stdout.lower())

    def test_interval_does_not_change_episodes(self):
        first = h.essence(h.file_answer(h.BTC, "BTCUSDT", "--config", self.all_on())["patterns"])
        for interval in (100, 5000):
            ini = self.all_on(f"[engine]\ninterval_ms = {interval}\n")
            other = h.essence(h.file_answer(h.BTC, "BTCUSDT", "--config", ini)["patterns"])
            self.assertEqual({e[:6] for e in other}, {e[:6] for e in first})

    def test_explain_says_each_condition(self):
        server, ini = self.redis(), self.all_on("[engine]\nbackfill_s = 3600\n[feed]\ndiscover_ms = 100\n")
        rows = list(h.read_csv(h.BTC))
        shift = (int(time.time() * 1000) - rows[-1][0]) // h.MINUTE * h.MINUTE
        h.write_quotes(server.db, "BTCUSDT", [(r[0] + shift, *r[1:]) for r in rows])
        self.engine(server, ini)
        self.settled(server.db, "BTCUSDT", rows[-1][0] + shift)
        client = test_tools.Client(self, server, "--config", ini)
        kinds = {"iceberg": {"refill"}, "flicker": {"flicker", "fleeting"}}
        for detector in h.OFF:
            now = client.data("explain_pattern", ticker="BTCUSDT", detector=detector)
            self.assertEqual({v["type"] for v in now["verdicts"]}, kinds.get(detector, {detector}))
            for v in now["verdicts"]:
                self.assertEqual(v["fires"], all(c["holds"] for c in v["conditions"]), v)
        for kind in TYPES:
            found = client.data("get_patterns", tickers="BTCUSDT", type=kind, since="1h")["patterns"]
            self.assertTrue(found, kind)
            past = client.data("explain_pattern", id=found[0]["id"])
            self.assertEqual(past["pattern"]["type"], kind)
            self.assertTrue(all(c["holds"] for v in past["verdicts"] for c in v["conditions"] if "holds" in c), past)


if __name__ == "__main__":
    h.main()
