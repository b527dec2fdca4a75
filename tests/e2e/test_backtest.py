# SPDX-License-Identifier: MIT
"""orderflow backtest: the episodes are those of the live engine, and what it says about them is in order."""
import json, os, time
import harness as h


def backtest(case, *args, files=(h.BTC,)):
    path = os.path.join(case.tmp, "out.json")
    out = h.run("backtest", *files, "--json", path, *args)
    case.assertEqual(out.returncode, 0, out.stderr)
    with open(path) as f:
        return json.load(f), out


class Episodes(h.Case):
    def shifted_file(self):
        """The sample's last minutes are the last ones of the clock, by whole minutes."""
        rows = list(h.read_csv(h.BTC))
        shift = (int(time.time() * 1000) - rows[-1][0]) // h.MINUTE * h.MINUTE
        rows = [(r[0] + shift, *r[1:]) for r in rows]
        path = os.path.join(self.tmp, "btcusdt.csv")
        with open(path, "w") as f:
            f.write("ts_ms,bid_price,bid_size,ask_price,ask_size\n")
            f.writelines(",".join(map(str, r)) + "\n" for r in rows)
        return path, rows

    def test_episodes_are_those_of_the_live_engine_to_the_last_member(self):
        path, rows = self.shifted_file()
        told = backtest(self, "--trials", "none", "--no-null", "--latency", "10", files=(path,))[0]
        found = {e["pattern"]["id"]: e["pattern"] for e in told["tickers"][0]["episodes"]}
        self.assertEqual(len(found), len(told["tickers"][0]["episodes"]))
        server = self.redis()
        h.write_quotes(server.db, "BTCUSDT", rows)
        self.engine(server)
        self.settled(server.db, "BTCUSDT", rows[-1][0])
        live = {p["id"]: p for p in h.stored_patterns(server.db, "BTCUSDT")}
        # What was going on at the file's end goes on otherwise in the silence behind it.
        before = rows[-1][0] - 10_000
        self.assertGreater(len(found), 500)
        self.assertEqual({i: p for i, p in live.items() if p["timestamp"] < before},
                         {i: p for i, p in found.items() if p["timestamp"] < before})
        self.assertEqual(set(live), set(found))


if __name__ == "__main__":
    h.main()
