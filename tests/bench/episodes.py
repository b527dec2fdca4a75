#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Episodes per hour of every detector on recorded quotes and on a tape without information.

usage: episodes.py [--seconds N] [DETECTOR ...]      after ./dev build; ./dev episodes does the same

Every detector runs, those that are off by default too, with the settings it ships with; those that have a flow mode
once more in it ("absorption, flow"). Columns: the two samples of
conf/samples and the three of tests/data (crypto futures, sizes in the unit of each file), the samples with their
seconds in random order (each begins at the price at which the one before ends), and noise_tape.py with a mean size of
3000, 6000 and 9000 for an hour. A pattern that has sides is counted over both. A detector that fires as often on noise
as on quotes says nothing."""
import argparse, collections, decimal, gzip, itertools, json, os, pathlib, random, subprocess, sys, tempfile

ROOT = pathlib.Path(__file__).resolve().parents[2]
DIST = pathlib.Path(os.environ.get("OF_DIST", ROOT / "build" / "dist"))
PROGRAM = DIST / "bin" / "orderflow"
FILES = [("BTCUSDT", "conf/samples/btcusdt_20240808.csv.gz"), ("ETHUSD", "conf/samples/ethusd_20240808.csv.gz"),
         ("BTCUSDT, 1 min", "tests/data/binance_um_btcusdt_20240808.csv.gz"),
         ("BTCUSD, 1 min", "tests/data/binance_cm_btcusd_perp_20240808.csv.gz"),
         ("ETHUSD, 1 min", "tests/data/binance_cm_ethusd_perp_20240808.csv.gz")]
MEANS = (3000, 6000, 9000)


def run(*args, **kw):
    out = subprocess.run([str(a) for a in args], capture_output=True, text=True, **kw)
    if out.returncode != 0:
        sys.exit(f"{args[0]}: {out.stderr.strip()}")
    return out.stdout


FLOW = ("absorption", "momentum_shift", "stacking", "sweep")


def all_on(folder):
    """Settings under which every detector runs, and those under which some run in flow mode and no others."""
    ini, flow = os.path.join(folder, "all.ini"), os.path.join(folder, "flow.ini")
    listed = json.loads(run(PROGRAM, "detectors", "--json"))["detectors"]
    ids = [d["id"] for d in listed if d["id"]]
    with open(ini, "w") as f:
        for i in ids:
            f.write(f"[detector:{i}]\nenabled = true\n")
    with open(flow, "w") as f:
        for i in ids:
            f.write(f"[detector:{i}]\n" + ("mode = flow\n" if i in FLOW else "enabled = false\n"))
    return ini, flow, ids


def rows_of(path):
    """ms, bid, bid size, ask, ask size."""
    opened = gzip.open(path, "rt") if str(path).endswith(".gz") else open(path)
    with opened as f:
        lines = [line.strip().split(",") for line in f if line[:1].isdigit()]
    return [(int(ms), decimal.Decimal(b), bs, decimal.Decimal(a), as_) for ms, b, bs, a, as_ in lines]


def shuffled(path, out, seed=7):
    """The same seconds in random order, so that only what lies within a second is as it was."""
    rows = rows_of(path)
    start = rows[0][0] // 1000 * 1000
    seconds = [list(g) for _, g in itertools.groupby(rows, lambda r: r[0] // 1000)]
    random.Random(seed).shuffle(seconds)
    last_bid = seconds[0][0][1]
    with open(out, "w") as f:
        f.write("ts_ms,bid_price,bid_size,ask_price,ask_size\n")
        for i, block in enumerate(seconds):
            shift = last_bid - block[0][1]
            for ms, bid, bid_size, ask, ask_size in block:
                f.write(f"{start + i * 1000 + ms % 1000},{bid + shift},{bid_size},{ask + shift},{ask_size}\n")
            last_bid = block[-1][1] + shift
    return out


def episodes(path, ini, suffix=""):
    rows = rows_of(path)
    first, last = rows[0][0], rows[-1][0]
    answer = json.loads(run(PROGRAM, "analyze", "TAPE", "--file", path, "--config", ini, "--format", "json",
                            "--history", "1h"))
    for d in answer["detectors"]:
        if d["state"] not in ("ready", "disabled"):
            sys.exit(f"{path}: {d}")
    count = collections.Counter((p["detector"] + suffix, p["type"] + (suffix if p["type"] == p["detector"] else ""))
                                for p in answer["patterns"])
    return count, (last - first) / 3600e3


def both(path, ini, flow):
    count, hours = episodes(path, ini)
    return count + episodes(path, flow, ", flow")[0], hours


def main():
    p = argparse.ArgumentParser()
    p.add_argument("--seconds", type=int, default=3600, help="length of the tape without information")
    p.add_argument("detector", nargs="*")
    o = p.parse_args()
    with tempfile.TemporaryDirectory(prefix="of-episodes-") as tmp:
        ini, flow, ids = all_on(tmp)
        tapes = [(name, ROOT / path) for name, path in FILES]
        for name, path in FILES[:2]:
            tapes.append((f"{name} shuffled", shuffled(ROOT / path, pathlib.Path(tmp) / f"{name}.csv")))
        for mean in MEANS:
            path = pathlib.Path(tmp) / f"noise{mean}.csv"
            path.write_text(run(sys.executable, ROOT / "tests/e2e/noise_tape.py", "--mean", mean,
                                "--seconds", o.seconds))
            tapes.append((f"noise {mean}", path))
        columns = [(name,) + both(path, ini, flow) for name, path in tapes]
    rows = {key for _, count, _ in columns for key in count}
    rows |= {(i, i) for i in ids + [f"{f}, flow" for f in FLOW] if not any(d == i for d, _ in rows)}
    print("| episodes an hour | " + " | ".join(c[0] for c in columns) + " |")
    print("|---" * (len(columns) + 1) + "|")
    for key in sorted(r for r in rows if not o.detector or r[0].split(",")[0] in o.detector):
        name = key[0] if key[0] == key[1] else f"{key[0]}: {key[1]}"
        print(f"| {name} | " + " | ".join(f"{count[key] / hours:.0f}" for _, count, hours in columns) + " |")
    print("| hours of tape | " + " | ".join(f"{hours:.3f}" for _, _, hours in columns) + " |")


if __name__ == "__main__":
    main()
