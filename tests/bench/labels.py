#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Recall and precision of every detector on tapes with planted patterns, in each of its modes.

usage: labels.py [--seeds N] [--seconds N] [--rate N] [--json FILE]      after ./dev build; ./dev labels does the same

Tapes of `orderflow tape`, with its default plants, one for each seed; `orderflow backtest --truth` tells what was found
(core/eval/truth.h says what counts). Counts are summed over tapes and sides. Detectors run with the settings they ship
with, but for their mode, and those that are off by default are on. "calibrated" is flow mode with the thresholds that
`orderflow calibrate` finds on three tapes of other seeds (as it writes them: what it refuses stays as shipped)."""
import argparse, collections, json, os, pathlib, subprocess, sys, tempfile

ROOT = pathlib.Path(__file__).resolve().parents[2]
DIST = pathlib.Path(os.environ.get("OF_DIST", ROOT / "build" / "dist"))
PROGRAM = DIST / "bin" / "orderflow"


def run(*args):
    out = subprocess.run([str(a) for a in args], capture_output=True, text=True)
    if out.returncode != 0:
        sys.exit(f"{args[:3]}: {out.stderr.strip()}")
    return out.stdout


def detectors(program, tmp):
    """Every detector, with those of the two modes that its settings may say."""
    ids = [d["id"] for d in json.loads(run(program, "detectors", "--json"))["detectors"]]
    ini = os.path.join(tmp, "modes.ini")
    with open(ini, "w") as f:
        f.writelines(f"[detector:{i}]\nmode = flow\n" for i in ids)
    said = subprocess.run([str(program), "config", "--check", ini], capture_output=True, text=True).stderr
    return {i: ["fixed"] if f"[detector:{i}] mode: 'flow'" in said else ["fixed", "flow"] for i in ids}


def settings(path, modes, wanted, thresholds=None):
    """All on; in the wanted mode those that have it."""
    with open(path, "w") as f:
        f.write(f"[plugins]\nthresholds = {thresholds}\n" if thresholds else "")
        for detector, known in modes.items():
            f.write(f"[detector:{detector}]\nenabled = true\n")
            if wanted in known:
                f.write(f"mode = {wanted}\n")


def backtest(program, ini, tape, truth):
    text = run(program, "backtest", tape, "--ticker", "TAPE", "--truth", truth, "--config", ini, "--no-null",
               "--trials", "none", "--latency", "0", "--horizons", "60", "--quiet", "--json", "-")
    return json.loads(text)["truth"]["rows"]


FIELDS = ("planted", "found", "episodes", "incidental", "again", "wrong")


def add(total, rows):
    for r in rows:
        t = total.setdefault(r["kind"], collections.Counter())
        for f in FIELDS:
            t[f] += r[f]
        t["delays"] += (r["delay_s"] or 0) * r["found"]


def measure(program, tapes, tmp, thresholds=None):
    """{mode: {type: counts}} of the modes fixed and flow, and of flow with thresholds."""
    modes, result = detectors(program, tmp), {}
    for mode in ("fixed", "flow") + (("calibrated",) if thresholds else ()):
        ini = os.path.join(tmp, mode + ".ini")
        settings(ini, modes, "fixed" if mode == "fixed" else "flow", thresholds if mode == "calibrated" else None)
        total = {}
        for tape, truth in tapes:
            add(total, backtest(program, ini, tape, truth))
        result[mode] = total
    return modes, result


def recall(c):
    return c["found"] / c["planted"]


def precision(c):
    judged = c["episodes"] - c["incidental"]
    return c["found"] / judged if judged else float("nan")


def make(program, tmp, seed, *args):
    tape, truth = os.path.join(tmp, f"{seed}.csv"), os.path.join(tmp, f"{seed}.json")
    run(program, "tape", "--seed", seed, "-o", tape, "--truth", truth, *args)
    return tape, truth


def calibrate(program, tmp, seconds, rate):
    """Thresholds from three days of other seeds, and the types that have one."""
    out, days = os.path.join(tmp, "thresholds.ini"), []
    for day in (1, 2, 3):
        days.append(os.path.join(tmp, f"TAPE_2026010{day}.csv"))
        run(program, "tape", "--seed", 1000 + day, "--seconds", seconds, "--rate", rate, "-o", days[-1],
            "--start", f"2026-01-0{day}T14:30:00Z")
    print(run(program, "calibrate", *days, "--ticker", "TAPE", "--mode", "flow", "--out", out), file=sys.stderr)
    with open(out) as f:
        return out, {line[len("[detector:"):line.index("@")] for line in f if line.startswith("[detector:")}


def main():
    p = argparse.ArgumentParser()
    p.add_argument("--seeds", type=int, default=5)
    p.add_argument("--seconds", type=int, default=23400)
    p.add_argument("--rate", type=int, default=20, help="orders a second")
    p.add_argument("--json")
    o = p.parse_args()
    with tempfile.TemporaryDirectory(prefix="of-labels-") as tmp:
        tapes = [make(PROGRAM, tmp, seed, "--seconds", o.seconds, "--rate", o.rate) for seed in range(1, o.seeds + 1)]
        thresholds, tuned = calibrate(PROGRAM, tmp, o.seconds, o.rate)
        modes, result = measure(PROGRAM, tapes, tmp, thresholds)
    if o.json:
        with open(o.json, "w") as f:
            json.dump(result, f, indent=1)
    hours = o.seeds * o.seconds / 3600
    has_flow = {t for t in result["flow"] if "flow" in modes.get("iceberg" if t == "refill" else t, [])}
    print("| type, mode | planted | found | recall | episodes an hour | precision | incidental | again | wrong | delay, s |")
    print("|---" * 10 + "|")
    for kind in sorted(result["fixed"]):
        shown = ["fixed"] + ["flow"] * (kind in has_flow) + ["calibrated"] * (kind in tuned)
        for mode in shown:
            c = result[mode][kind]
            delay = f"{c['delays'] / c['found']:.1f}" if c["found"] else "-"
            print(f"| {kind}, {mode} | {c['planted']} | {c['found']} | {recall(c):.3f} | {c['episodes'] / hours:.0f} | "
                  f"{precision(c):.3f} | {c['incidental']} | {c['again']} | {c['wrong']} | {delay} |")


if __name__ == "__main__":
    main()
