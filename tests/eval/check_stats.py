# SPDX-License-Identifier: MIT
"""Is the verdict honest? ./dev check-stats [--tapes N] [--planted N] [--jobs N]

200 tapes of noise, each with ten days of its own, on which the detectors fire all the time: a finding (q <= .10, the
interval of the lift above 0) may come up on a tenth of them. Tapes whose pattern is worth something known: it is found as
often as the report itself says it would be."""
import argparse, concurrent.futures, json, math, os, pathlib, subprocess, sys, tempfile

ROOT = pathlib.Path(__file__).resolve().parents[2]
DIST = pathlib.Path(os.environ.get("OF_DIST", ROOT / "build" / "dist"))
TAPE = os.environ.get("OF_TAPE", str(ROOT / "build" / "release" / "tests" / "eval" / "eval_tape"))


def backtest(args, *options):
    with tempfile.TemporaryDirectory() as tmp:
        csv, out = f"{tmp}/tape.csv", f"{tmp}/out.json"
        with open(csv, "w") as f:
            subprocess.run([TAPE, *map(str, args)], stdout=f, check=True)
        env = {k: v for k, v in os.environ.items() if not k.startswith(("ORDERFLOW_", "REDIS_"))}
        env.update(HOME="/nonexistent", XDG_CONFIG_HOME="/nonexistent")
        subprocess.run([DIST / "bin" / "orderflow", "backtest", csv, "--trials", "none", "--no-null", "--json", out, *options],
                       check=True, stdout=subprocess.DEVNULL, env=env)
        with open(out) as f:
            return json.load(f)


def trials(told):
    for g in told["tickers"][0]["groups"]:
        for t in g["trials"]:
            yield g, t


def lifts(t):
    return t.get("q_bh") is not None and t["q_bh"] <= 0.10 and (t["lift"]["ci"][0] or -1) > 0


def null_tape(seed):
    told = backtest((seed, 10, 40, 10, 0), "--seed", str(seed))
    found = [t for _, t in trials(told)]
    return {"tests": sum("p_shift" in t for t in found), "enough": sum(t["verdict"] != "INSUFFICIENT" for t in found),
            "lifts": sum(map(lifts, found)), "edge": sum(t["verdict"] == "EDGE" for t in found),
            "p": [t["p_shift"] for t in found if t.get("p_shift") is not None and t["verdict"] != "INSUFFICIENT"]}


def planted_tape(seed, effect):
    told = backtest((seed, 12, 45, 4, effect), "--seed", str(seed), "--latency", "10", "--horizons", "60")
    rows = []
    for g, t in trials(told):
        if g["kind"] == "stacking" and t["n"] > 0:
            se, m = t["lift"]["se"], told["family"]["size"]
            rows.append({"found": lifts(t), "verdict": t["verdict"], "lift": t["lift"]["value"], "n": t["n"],
                         "power": power(effect, se, m)})
    return rows


def power(lift, se, m):
    """As core/eval/finding.c: the estimate must pass .10 / m one-sided, and 1.96 se."""
    z = max(1.96, inverse(1 - 0.10 / m))
    return normal(lift / se - z)


def normal(z):
    return math.erfc(-z / math.sqrt(2)) / 2


def inverse(p):
    lo, hi = -10.0, 10.0
    for _ in range(100):
        mid = (lo + hi) / 2
        lo, hi = (mid, hi) if normal(mid) < p else (lo, mid)
    return lo


def binomial_tail(n, p, k):
    """P(X >= k)."""
    return sum(math.comb(n, i) * p ** i * (1 - p) ** (n - i) for i in range(k, n + 1))


def check_null(pool, n):
    runs = list(pool.map(null_tape, range(1, n + 1)))
    hit = sum(r["lifts"] > 0 for r in runs)
    edge = sum(r["edge"] > 0 for r in runs)
    p = sorted(x for r in runs for x in r["p"])
    small = sum(x <= 0.05 for x in p) / max(1, len(p))
    print(f"noise: {n} tapes, {sum(r['tests'] for r in runs)} tests, {sum(r['enough'] for r in runs)} with 100 episodes on ten days")
    print(f"  tapes with a lift (q <= .10, interval above 0): {hit} = {hit / n:.3f}, allowed .10; with EDGE: {edge}")
    print(f"  share of p_shift <= .05 among all tests with enough: {small:.3f}")
    # As many as this by a true rate of .10 less than once in a hundred: the verdict is not honest.
    return binomial_tail(n, 0.10, hit) > 0.01 and edge <= hit and len(p) > 0


def check_planted(pool, n, effect):
    rows = [r for rows in pool.map(planted_tape, range(1001, 1001 + n), [effect] * n) for r in rows]
    found, said = sum(r["found"] for r in rows), sum(r["power"] for r in rows)
    lift = sum(r["lift"] for r in rows) / len(rows)
    verdicts = {v: sum(r["verdict"] == v for r in rows) for v in sorted({r["verdict"] for r in rows})}
    margin = 3 * math.sqrt(sum(r["power"] * (1 - r["power"]) for r in rows)) + 1
    print(f"planted {effect:+.2f}: {len(rows)} groups of {min(r['n'] for r in rows)}-{max(r['n'] for r in rows)} episodes, "
          f"mean lift {lift:+.4f}; found {found}, by the power in the report {said:.1f} +- {margin:.1f}; {verdicts}")
    return abs(found - said) <= margin and abs(lift - effect) < 0.03


def main():
    a = argparse.ArgumentParser(description=__doc__)
    a.add_argument("--tapes", type=int, default=200)
    a.add_argument("--planted", type=int, default=40)
    a.add_argument("--jobs", type=int, default=os.cpu_count() or 1)
    o = a.parse_args()
    with concurrent.futures.ThreadPoolExecutor(o.jobs) as pool:
        ok = [check_null(pool, o.tapes)] if o.tapes else []
        ok += [check_planted(pool, o.planted, e) for e in (0.05, 0.10, 0.15, 0.20)] if o.planted else []
    print("honest" if all(ok) else "NOT honest")
    sys.exit(0 if all(ok) else 1)


if __name__ == "__main__":
    main()
