# SPDX-License-Identifier: MIT
"""orderflow backtest: the episodes are those of the live engine, and what it says about them is in order."""
import json, os, re, stat, subprocess, time, unittest
import harness as h


# Every run starts an engine and ten workers, which takes long under AddressSanitizer.
once_is_enough = unittest.skipIf("asan" in h.DIST.name, "without sanitizers")


def backtest(case, *args, files=(h.BTC,)):
    path = os.path.join(case.tmp, "out.json")
    out = h.run("backtest", *files, "--json", path, *args)
    case.assertEqual(out.returncode, 0, out.stderr)
    with open(path) as f:
        return json.load(f), out


class Episodes(h.Case):
    def shifted_file(self):
        """The sample's last minutes are the last ones of the clock, by whole minutes."""
        rows = list(h.read_csv(h.ETH))
        shift = (int(time.time() * 1000) - rows[-1][0]) // h.MINUTE * h.MINUTE
        rows = [(r[0] + shift, *r[1:]) for r in rows]
        path = os.path.join(self.tmp, "ethusd.csv")
        with open(path, "w") as f:
            f.write("ts_ms,bid_price,bid_size,ask_price,ask_size\n")
            f.writelines(",".join(map(str, r)) + "\n" for r in rows)
        return path, rows

    def test_episodes_are_those_of_the_live_engine_to_the_last_member(self):
        path, rows = self.shifted_file()
        ini = h.write_ini(self.tmp, "".join(f"[detector:{d}]\nenabled = true\n" for d in h.OFF) +
                          "[detector:absorption]\nmode = flow\n[detector:momentum_shift]\nmode = flow\n")
        told = backtest(self, "--trials", "none", "--no-null", "--latency", "10", "--config", ini, files=(path,))[0]
        found = {e["pattern"]["id"]: e["pattern"] for e in told["tickers"][0]["episodes"]}
        self.assertEqual(len(found), len(told["tickers"][0]["episodes"]))
        server = self.redis()
        h.write_quotes(server.db, "ETHUSD", rows)
        self.engine(server, ini)
        self.settled(server.db, "ETHUSD", rows[-1][0])
        live = {p["id"]: p for p in h.stored_patterns(server.db, "ETHUSD")}
        # What was going on at the file's end goes on otherwise in the silence behind it.
        before = rows[-1][0] - 10_000
        self.assertGreater(len(found), 150)
        self.assertGreater(len({p["detector"] for p in found.values()}), 6)
        self.assertEqual({i: p for i, p in live.items() if p["timestamp"] < before},
                         {i: p for i, p in found.items() if p["timestamp"] < before})
        self.assertEqual(set(live), set(found))


    @once_is_enough
    def test_the_sample_of_the_readme_is_what_it_prints(self):
        block = (h.ROOT / "README.md").read_text().split("$ orderflow backtest conf/samples/", 1)[1].split("```")[0]
        command, *lines = block.splitlines()
        file, *options = command.split()
        out = h.run("backtest", str(h.ROOT / "conf/samples" / file), *options)
        shape = lambda line: re.sub(r"thr=[0-9a-f]{16} ", "thr=... ", line)  # it stands for the build, too
        told = {shape(line) for line in out.stdout.splitlines()}
        self.assertEqual([line for line in lines if line != "..." and shape(line) not in told], [])

    def test_days_in_files_of_their_own_are_the_same_as_in_one(self):
        rows = list(h.read_csv(h.ETH))[::20]  # so that an hour of noise at that pace is short
        paths = [os.path.join(self.tmp, name) for name in ("eth_20240101.csv", "eth_20240102.csv", "eth_whole.csv")]
        cut = len(rows) // 2
        while rows[cut][0] == rows[cut - 1][0]:
            cut += 1
        moved = rows[:cut] + [(r[0] + 86_400_000, *r[1:]) for r in rows[cut:]]
        for path, part in zip(paths, (moved[:cut], moved[cut:], moved)):
            with open(path, "w") as f:
                f.write("ts_ms,bid_price,bid_size,ask_price,ask_size\n")
                f.writelines(",".join(map(str, r)) + "\n" for r in part)
        options = ("--trials", "none", "--ticker", "ETH", "--latency", "0", "--horizons", "10")
        two, out = backtest(self, *options, files=paths[:2])
        one = backtest(self, *options, files=paths[2:])[0]
        for told in (one, two):
            del told["tickers"][0]["files"]
            for group in told["tickers"][0]["groups"]:
                self.assertIsNotNone(group["noise_per_h"])
                # The tapes without information are made of the first file.
                for key in ("shuffled_per_h", "noise_per_h", "lift_over_shuffled", "lift_over_noise"):
                    del group[key]
            del told["tickers"][0]["engine"]["detectors"]  # counters of time
        self.assertEqual(one, two)
        self.assertEqual(len(one["tickers"][0]["days"]), 3)  # the sample goes over midnight
        self.assertRegex(out.stdout, r"/h live, [0-9.]+/h shuffled, [0-9.]+/h on noise")


    @once_is_enough
    def test_the_page_is_whole_asks_nobody_and_has_every_verdict(self):
        evil = "<img src=x onerror=alert(1)>"
        rows = list(h.read_csv(h.ETH))
        path = os.path.join(self.tmp, evil + "<!--&\"quotes'.csv")
        with open(path, "w") as f:
            f.write("ts_ms,bid_price,bid_size,ask_price,ask_size\n")
            for copy in range(10):
                f.writelines(f"{ts + copy * 86_400_000},{','.join(rest)}\n" for ts, *rest in rows)
        page, truth = os.path.join(self.tmp, "page.html"), os.path.join(self.tmp, "truth.json")
        with open(truth, "w") as f:
            json.dump({"orderflow_truth": 1, "planted": [{"kind": evil, "side": "ask", "dir": 1, "onset_ms": rows[9][0],
                                                          "end_ms": rows[99][0]}]}, f)
        told, _ = backtest(self, "--trials", os.path.join(self.tmp, "<b>log"), "--no-null", "--latency", "10,45", "--horizons",
                           "1,10,60", "--ticker", "A/B", "--day-start", "12:00", "--truth", truth, "--html", page, files=(path,))
        with open(page) as f:
            text = f.read()
        data = json.loads(text.split('<script type="application/json" id="data">')[1].split("</script>")[0])
        ticker, drawn = told["tickers"][0], data["tickers"][0].pop("episodes")
        episodes = ticker.pop("episodes")
        self.assertEqual(data, told)
        # Not all are drawn, and those that are stand where they were.
        step = -(-len(episodes) // 1500)
        self.assertGreater(step, 1)
        self.assertEqual([(e["group"], e["known_dir"], e["pattern"]["confirmed_ms"]) for e in drawn],
                         [(e["group"], e["known_dir"], e["pattern"]["confirmed_ms"]) for e in episodes[::step]])
        self.assertLessEqual(len(ticker["price"]), 1500 + len(ticker["days"]))
        self.assertGreater(len({p[1] for p in ticker["price"]}), 20)  # prices are not rounded to four digits
        self.assertLess(len(text), 600_000)

        self.assertEqual(text.count("</script>"), 2)
        self.assertNotIn(evil, text)
        self.assertNotIn("<!--", text)
        self.assertNotIn("@DATA@", text)
        self.assertIn("default-src 'none'", text)
        self.assertNotRegex(text, r"(?i)<(img|link|iframe|object|embed|base)|https?:|@import|url\(|fetch\(|src=[^x]|innerHTML|eval\(")
        for width in (390, 1280):
            out = subprocess.run(["node", os.path.join(os.path.dirname(__file__), "page.mjs"), page, str(width)],
                                 capture_output=True, text=True, timeout=300)
            self.assertEqual(out.returncode, 0, out.stderr)
            shown = json.loads(out.stdout)
            self.assertEqual(shown["wrong"], [])
            self.assertEqual(shown["verdicts"], [[t["verdict"] for g in ticker["groups"] for t in g["trials"]
                                                  if t["latency_ms"] == latency] for latency in told["latencies_ms"]])
            self.assertFalse(set(shown["tags"]) & {"img", "script", "a", "iframe"})
            self.assertIn(f"Files: {path}.", shown["texts"])
            self.assertIn(evil + " ask", shown["texts"])
            self.assertTrue(all(len(label) > 25 for label in shown["labels"]), shown["labels"])
            all_text = "\n".join(shown["texts"])
            self.assertIn(f"{len(drawn)} of {len(episodes)} are drawn", all_text)
            self.assertIn(ticker["engine"]["hash"], all_text)
            for cause in ticker["groups"][0]["trials"][0]["excluded"]:
                self.assertIn(cause, shown["texts"])

    def test_only_one_of_json_and_page_may_go_to_standard_output(self):
        out = h.run("backtest", h.ETH, "--json", "-", "--html", "-")
        self.assertEqual(out.returncode, 2)
        self.assertIn("only one of --json and --html", out.stderr)


class Scores(h.Case):
    """What an evaluation found goes with each pattern, if it was made under the thresholds in force."""

    @classmethod
    def setUpClass(cls):
        out = h.run("backtest", h.ETH, "--trials", "none", "--no-null", "--latency", "10", "--horizons", "60", "--scores", "/dev/stderr")
        cls.text = out.stderr[out.stderr.index('{"format"'):]
        cls.told = {(s["detector"], s["side"]): s for s in json.loads(cls.text)["scores"]}

    def setUp(self):
        super().setUp()
        self.scores = os.path.join(self.tmp, "scores.json")
        with open(self.scores, "w") as f:
            f.write(self.text)

    def answers(self, more=""):
        ini = h.write_ini(self.tmp, f"[results]\nscores = scores.json\n{more}")
        answer = h.file_answer(h.ETH, "ETHUSD", "--config", ini)
        xml = h.run("analyze", "ETHUSD", "--file", h.ETH, "--history", "1h", "--config", ini).stdout
        return answer["patterns"], xml

    def test_each_pattern_carries_its_score(self):
        patterns, xml = self.answers()
        for p in patterns:
            side = p.get("side") or ("up" if p["dir"] > 0 else "down")
            said = self.told.get((p["detector"], side))
            self.assertEqual(p["hist"], "uncalibrated" if said is None else
                             {k: v for k, v in said.items() if k not in ("ticker", "thr")})
        self.assertEqual({p["detector"] for p in patterns if p["hist"] != "uncalibrated"},
                         {"absorption", "stacking", "momentum_shift"})  # a sweep says no direction
        self.assertIn('hist="INSUFFICIENT"', xml)

    @once_is_enough
    def test_other_thresholds_are_uncalibrated(self):
        patterns, _ = self.answers("[detector:stacking]\nsize = 4999\n[detector:absorption@ETHUSD]\nexit_hold_ms = 999\n")
        self.assertEqual({p["detector"] for p in patterns if p["hist"] != "uncalibrated"}, {"momentum_shift"})

    def test_a_damaged_file_is_said_and_calibrates_nothing(self):
        with open(self.scores, "w") as f:
            f.write('{"format": "orderflow-scores", "version": 2, "scores": []}')
        ini = h.write_ini(self.tmp, "[results]\nscores = scores.json\n")
        out = h.run("analyze", "ETHUSD", "--file", h.ETH, "--history", "1h", "--config", ini)
        self.assertEqual(out.returncode, 0)
        self.assertIn("scores_refused", out.stderr)
        self.assertNotIn("hist_lift", out.stdout)
        self.assertIn('hist="uncalibrated"', out.stdout)

    def test_live_answers_carry_it_and_a_reload_takes_it_over(self):
        server, ini = self.redis(), h.write_ini(self.tmp, "[log]\nlevel = info\n")
        out = h.run("replay", h.ETH, "--ticker", "ETHUSD", "--speed", "max", "--redis", server.url)
        self.assertEqual(out.returncode, 0, out.stderr)
        self.engine(server, ini)
        newest = int(server.db.zrange("orderflow:quotes:ETHUSD", -1, -1, withscores=True)[0][1])
        self.settled(server.db, "ETHUSD", newest)

        def hist():
            out = h.run("analyze", "ETHUSD", "--history", "1h", "--redis", server.url, "--config", ini)
            return set(line.split(' hist="')[1].split('"')[0] for line in out.stdout.splitlines() if "<pattern" in line)
        self.assertEqual(hist(), {"uncalibrated"})
        h.write_ini(self.tmp, "[log]\nlevel = info\n[results]\nscores = scores.json\n")
        h.wait_for("scores are shown", lambda: "INSUFFICIENT" in hist())


class Usage(h.Case):
    def test_wrong_arguments_say_what_is_right(self):
        for args, why in ((("--latency", "x"), "0,10,45"), (("--horizons", "0"), "10,60,600"), (("--seed", "-1"), "whole number"),
                          (("--day-start", "9"), "HH:MM"), (("--ticker", "a b"), "1 to 32"),
                          (("--latency", "10,10"), "different"), (("--json", "x", "--audit", "x"), "files of their own")):
            out = h.run("backtest", h.ETH, *args)
            self.assertEqual(out.returncode, 2)
            self.assertIn(why, out.stderr)
        self.assertEqual(h.run("backtest").returncode, 2)
        out = h.run("backtest", "/nonexistent/spy.csv", "--trials", "none")
        self.assertEqual(out.returncode, 1)
        self.assertIn("/nonexistent/spy.csv", out.stderr)

    @once_is_enough
    def test_tapes_without_information_are_in_the_unit_of_the_files(self):
        quotes = subprocess.run([h.ORDERFLOW, "tape", "--seconds", "300", "--size", "300", "--lot", "10"], capture_output=True,
                                text=True, check=True).stdout.splitlines()
        for name, times in (("lots.csv", 1), ("shares.csv", 10)):
            with open(os.path.join(self.tmp, name), "w") as f:
                rows = [row.split(",") for row in quotes[1:]]
                f.write("\n".join([quotes[0]] + [f"{t},{bid},{int(b) * times},{ask},{int(a) * times}" for t, bid, b, ask, a in rows]) + "\n")
        runs = [h.run("backtest", os.path.join(self.tmp, name), "--ticker", "T", "--trials", "none", "--latency", "0",
                      "--horizons", "10", *lot) for name, lot in (("lots.csv", ["--lot", "10"]), ("shares.csv", []))]
        self.assertEqual(runs[0].returncode, 0, runs[0].stderr)
        self.assertIn("/h shuffled", runs[0].stdout)
        self.assertEqual(runs[0].stdout, runs[1].stdout)

    def test_what_cannot_be_written_is_said_before_the_work(self):
        quotes, log = os.path.join(self.tmp, "empty.csv"), os.path.join(self.tmp, "damaged.tsv")
        with open(quotes, "w") as f, open(log, "w") as g:  # a run over it would say that it holds no quotes
            f.write("ts_ms,bid_price,bid_size,ask_price,ask_size\n")
            g.write("no tab\n")
        for command, args, why in (("backtest", ("--json", "/nonexistent/a"), "/nonexistent/a: No such file"),
                                   ("backtest", ("--html", self.tmp), f"{self.tmp}: Is a directory"),
                                   ("backtest", ("--scores", "/proc/none/a"), "/proc/none/a: "),
                                   ("backtest", ("--trials", log), "damaged.tsv:1: is not `KEY"),
                                   ("calibrate", ("--out", "/nonexistent/a"), "/nonexistent/a: No such file"),
                                   ("tape", ("--truth", "/nonexistent/a"), "/nonexistent/a: No such file")):
            out = h.run(command, *([] if command == "tape" else [quotes]), *args,
                        *(["--trials", "none"] if args[0] in ("--json", "--html", "--scores") else []))
            self.assertEqual((out.returncode, out.stdout), (1, ""), command)
            self.assertIn(why, out.stderr)
        self.assertEqual(sorted(os.listdir(self.tmp)), ["damaged.tsv", "empty.csv"])

    def test_rows_out_of_order_are_said_and_no_device_is_replaced(self):
        path, pipe = os.path.join(self.tmp, "late.csv"), os.path.join(self.tmp, "pipe")
        rows = [f"{1767623400000 + i * 500},450,{100 + i},450.01,200\n" for i in range(10_000)]
        with open(path, "w") as f:
            f.write("ts_ms,bid_price,bid_size,ask_price,ask_size\n" + "".join(rows[100:] + rows[:100]) + "x,y\n")
        out = h.run("backtest", path, "--trials", "none", "--no-null", "--audit", path + ".audit")
        self.assertEqual(out.returncode, 0, out.stderr)
        self.assertRegex(out.stderr, "quotes_late ticker=LATE count=100 ")
        self.assertIn("\n  rows left out: 1 malformed; 100 out of order: sort by time", out.stdout)
        self.assertFalse(os.path.exists(path + ".audit.part"))
        os.mkfifo(pipe)
        out = h.run("backtest", path, "--trials", pipe, "--no-null", "--audit", path + ".none")
        self.assertEqual(out.returncode, 1)
        self.assertIn("no ordinary file", out.stderr)
        self.assertTrue(stat.S_ISFIFO(os.lstat(pipe).st_mode))
        self.assertFalse(any(name.startswith("late.csv.none") for name in os.listdir(self.tmp)))

    @once_is_enough
    def test_every_threshold_tried_counts(self):
        log = os.path.join(self.tmp, "trials.tsv")
        options = ("--trials", log, "--no-null", "--latency", "10", "--horizons", "10,30")
        first = backtest(self, *options)[0]["family"]
        again = backtest(self, *options)[0]["family"]
        ini = h.write_ini(self.tmp, "[detector:stacking]\nsize = 4000\n")
        other = backtest(self, *options, "--config", ini)[0]["family"]
        self.assertEqual((first["size"], again["size"]), (first["this_run"],) * 2)
        self.assertEqual(other["size"], first["size"] + 4)  # stacking, two sides, two horizons
        self.assertEqual(other["this_run"], first["this_run"])
        with open(log, "a") as f:
            f.write("no number\tx\n")
        out = h.run("backtest", h.ETH, *options)
        self.assertEqual(out.returncode, 1)
        self.assertIn(f"{log}:{other['size'] + 1}: ", out.stderr)


if __name__ == "__main__":
    h.main()
