# SPDX-License-Identifier: MIT
"""What `orderflow backtest` computes, computed again with numpy and scipy from the quotes and the episodes alone.

To 1e-6 (1e-9 where it is not a matter of printing): which episodes are used and why others are not, y, hits, net, means, bootstrap intervals (same
resamples: the generator is SplitMix64 by index), Spearman, circular-shift p, Benjamini-Hochberg, least squares with both
kinds of standard errors. Within four standard errors of 50 draws: the baseline."""
import json, math, os, pathlib, subprocess, tempfile
import numpy as np
from scipy import stats

ROOT = pathlib.Path(__file__).resolve().parents[2]
DIST = pathlib.Path(os.environ.get("OF_DIST", ROOT / "build" / "dist"))
TAPE = os.environ.get("OF_TAPE", str(ROOT / "build" / "release" / "tests" / "eval" / "eval_tape"))
NS, DAY = 10 ** 9, 86400
LAT, HOR = (0, 10), (10, 60)
checks = 0


def same(what, ours, theirs, rel=1e-9, abs_=1e-9):
    global checks
    checks += 1
    if ours is None:
        ours = math.nan
    if not (np.isclose(ours, theirs, rtol=rel, atol=abs_, equal_nan=True)):
        raise AssertionError(f"{what}: {ours} here, {theirs} there")


# ---- the generator of core/eval/rng.h ----

def mix(x):
    x ^= x >> np.uint64(30)
    x *= np.uint64(0xBF58476D1CE4E5B9)
    x ^= x >> np.uint64(27)
    x *= np.uint64(0x94D049BB133111EB)
    return x ^ (x >> np.uint64(31))


def seed_of(seed, label):
    h = 0xCBF29CE484222325
    for c in label.encode():
        h = (h ^ c) * 0x100000001B3 % 2 ** 64
    return int(mix(np.array([seed ^ h], dtype=np.uint64))[0])


def below(seed, i, n):
    i = np.asarray(i, dtype=np.uint64)
    x = mix(np.uint64(seed) + (i + np.uint64(1)) * np.uint64(0x9E3779B97F4A7C15))
    return (((x >> np.uint64(32)) * np.uint64(n)) >> np.uint64(32)).astype(np.int64)


# ---- the quotes ----

def make_quotes(path):
    """Twelve days of noise, with a gap, a locked, a crossed, a one-sided and an empty book on every second day."""
    lines = subprocess.run([TAPE, "7", "12", "8", "5", "0"], capture_output=True, text=True, check=True).stdout.split("\n")
    head, rows = lines[0], [r.split(",") for r in lines[1:] if r]
    per_day = len(rows) // 12
    keep = []
    for i, r in enumerate(rows):
        day, k = divmod(i, per_day)
        if day % 2 == 0:
            if 600 <= k < 640:
                continue  # 8 s without quotes
            if 900 <= k < 903:
                r[3] = r[1]
            if 1000 <= k < 1003:
                r[3] = f"{float(r[1]) - 0.01:.2f}"
            if 1200 <= k < 1240:
                r[3] = r[4] = ""
            if 1500 <= k < 1515:
                r[1] = r[2] = r[3] = r[4] = ""
        keep.append(r)
    with open(path, "w") as f:
        f.write(head + "\n" + "".join(",".join(r) + "\n" for r in keep))
    num = lambda x: round(float(x) * 100) if x else 0
    q = np.array([[int(r[0]) * 1_000_000, num(r[1]), num(r[3])] for r in keep], dtype=np.int64)
    return q[:, 0], q[:, 1], q[:, 2]


class Market:
    def __init__(self, ts, bid, ask):
        self.ts, self.bid, self.ask = ts, bid, ask
        day = ts // NS // DAY
        first = np.flatnonzero(np.diff(day, prepend=-1))
        self.first, self.last = ts[first], ts[np.append(first[1:], len(ts)) - 1]
        follows = np.diff(day, prepend=-1) == 0
        gap = np.flatnonzero(follows & (np.diff(ts, prepend=0) > 5 * NS))
        self.gaps = [(ts[i - 1], ts[i]) for i in gap]
        self.halts, empty = [], (bid == 0) & (ask == 0)
        i = 0
        while i < len(ts):
            k = i
            while empty[i] and k < len(ts) and empty[k]:
                k += 1
            if empty[i] and k < len(ts) and ts[k] - ts[i] > 2 * NS:
                self.halts.append((ts[i], ts[k]))
            i = max(k, i + 1)
        ok = (bid > 0) & (ask > bid)
        at = np.where(ok, np.arange(len(ts)), -1)
        self.ok, self.valid = ok, np.maximum.accumulate(at)

    def mid(self, t):
        """(status, bid + ask, spread)"""
        i = int(np.searchsorted(self.ts, t, side="right")) - 1
        if i < 0:
            return "one-sided", 0, 0
        if self.bid[i] and self.ask[i] and not self.ok[i]:
            return "locked", 0, 0
        v = self.valid[i]
        if v < 0 or (v < i and t - self.ts[v + 1] > 5 * NS) or (v < i and self.bid[v + 1] and self.ask[v + 1]):
            return "one-sided", 0, 0
        return "", int(self.bid[v] + self.ask[v]), int(self.ask[v] - self.bid[v])

    def day(self, t):
        d = int(np.searchsorted(self.first, t, side="right")) - 1
        return d if d >= 0 and t <= self.last[d] else None

    def look(self, t0, t1):
        d = self.day(t0)
        if d is None or t1 > self.last[d] or t0 < -(-self.first[d] // NS) * NS:
            return "session end", None
        for name, spans in (("gap", self.gaps), ("halt", self.halts)):
            if any(a < t1 and b > t0 for a, b in spans):
                return name, None
        a, b = self.mid(t0), self.mid(t1)
        if a[0] or b[0]:
            return ("locked" if a[0] == "locked" or (not a[0] and b[0] == "locked") else "one-sided"), None
        return "", (a[1], b[1], a[2] + b[2])


# ---- the audit ----

def read_audit(path):
    sights, rows, residuals = {}, {}, {}
    for line in open(path):
        f = line.rstrip("\n").split("\t")
        if f[0] == "sight":
            sights.setdefault(f[1], []).append([float(x) for x in f[2:]])
        elif f[0] == "row":
            rows.setdefault(f[1], []).append([float(x) for x in f[2:]])
        else:
            residuals.setdefault(int(f[2]), []).append(float(f[4]))
    return sights, rows, {h: np.array(r) for h, r in residuals.items()}


def check_used(label, market, trial, events, used):
    """Who is used, who is not and why; y and net of those used."""
    causes = dict.fromkeys(trial["excluded"], 0)
    lat, hor = trial["latency_ms"] * 10 ** 6, trial["horizon_ms"] * 10 ** 6
    by_time, last, at = {int(s[0]): s for s in used}, None, 0
    for confirmed, direction in events:
        t0 = confirmed + lat
        why, seen = market.look(t0, t0 + hor)
        if not why and last is not None and t0 - last < hor:
            why = "overlap"
        if not why and confirmed not in by_time:
            why = "unmatched"
        if why:
            causes[why] += 1
            continue
        s, last = used[at], t0
        at += 1
        y = direction * (seen[1] - seen[0]) / 2
        same(f"{label} y", s[3], y)
        same(f"{label} net", s[4], y - seen[2] / 2)
        same(f"{label} block", s[1], market.day(t0))
    same(f"{label} used", len(used), at)
    for cause, n in causes.items():
        same(f"{label} {cause}", trial["excluded"][cause], n)


def interval(values):
    return np.quantile(values, [0.025, 0.975]) if len(values) else (math.nan, math.nan)


def check_means(label, trial, used, seed, blocks):
    s = np.array(used)
    block, y, net, base_hit, base_y = s[:, 1].astype(int), s[:, 3], s[:, 4], s[:, 5], s[:, 6]
    hit = np.where(y > 0, 1, np.where(y < 0, 0, 0.5))
    n = len(s)
    draws = below(seed_of(seed, label + "/boot"), np.arange(2000 * blocks), blocks).reshape(2000, blocks)
    count = np.bincount(block, minlength=blocks)
    for key, x in (("lift", hit - base_hit), ("ticks", y), ("net_ticks", net), ("lift_ticks", y - base_y)):
        sums = np.bincount(block, weights=x, minlength=blocks)
        num, den = sums[draws].sum(1), count[draws].sum(1)
        means = num[den > 0] / den[den > 0]
        lo, hi = interval(means)
        same(f"{label} {key}", trial[key]["value"], x.mean(), 1e-6, 1e-7)
        same(f"{label} {key} se", trial[key]["se"], means.std(ddof=1), 1e-6, 1e-7)
        same(f"{label} {key} lo", trial[key]["ci"][0], lo, 1e-6, 1e-7)
        same(f"{label} {key} hi", trial[key]["ci"][1], hi, 1e-6, 1e-7)
    return n


def check_ic(label, trial, used, seed, blocks):
    s = np.array(used)
    score, y, block = s[:, 7], s[:, 3], s[:, 1].astype(int)
    same(f"{label} IC", trial["ic"]["value"], stats.spearmanr(score, y).correlation, 1e-6, 1e-7)
    a, b = stats.rankdata(score), stats.rankdata(y)
    draws = below(seed_of(seed, label + "/ic"), np.arange(2000 * blocks), blocks).reshape(2000, blocks)
    m = {k: np.bincount(block, weights=w, minlength=blocks)[draws].sum(1)
         for k, w in (("n", np.ones(len(a))), ("a", a), ("b", b), ("aa", a * a), ("bb", b * b), ("ab", a * b))}
    with np.errstate(all="ignore"):
        r = (m["ab"] - m["a"] * m["b"] / m["n"]) / np.sqrt((m["aa"] - m["a"] ** 2 / m["n"]) * (m["bb"] - m["b"] ** 2 / m["n"]))
    lo, hi = interval(r[np.isfinite(r)])
    same(f"{label} IC lo", trial["ic"]["ci"][0], lo, 1e-6, 1e-7)
    same(f"{label} IC hi", trial["ic"]["ci"][1], hi, 1e-6, 1e-7)


def check_shift(label, trial, used, seed, residuals, market):
    s = np.array(used)
    point, direction = s[:, 2].astype(int), s[:, 8]
    length = market.last // NS - -(-market.first // NS) + 1  # whole seconds of each day
    off = np.concatenate([[0], np.cumsum(length)[:-1]])
    day = np.searchsorted(off, point, side="right") - 1
    seen = np.nanmean(direction * residuals[point])
    same(f"{label} shift statistic", trial["shift_stat"], seen, 1e-6, 1e-7)
    key = seed_of(seed, label + "/shift")
    k = np.arange(trial["shifts"])
    moved = np.stack([below(key, k * len(length) + d, length[d]) for d in range(len(length))], axis=1)
    at = off[day] + (point - off[day] + moved[:, day]) % length[day]
    exceed = int((np.nanmean(direction * residuals[at], axis=1) >= seen - 1e-12).sum())
    same(f"{label} p", trial["p_shift"], exceed / len(k) if exceed >= 50 else (exceed + 1) / (len(k) + 1), 1e-6, 1e-7)


def check_ols(label, trial, rows):
    r = np.array(rows)
    cluster, y = r[:, 0].astype(int), r[:, 1]
    x = np.column_stack([np.ones(len(r)), r[:, 2:]])
    n, k = x.shape
    b = np.linalg.lstsq(x, y, rcond=None)[0]
    inv, e = np.linalg.inv(x.T @ x), y - x @ b
    se = np.sqrt(np.diag(inv) * (e @ e) / (n - k))
    g = np.unique(cluster)
    scores = np.array([(x[cluster == c] * e[cluster == c, None]).sum(0) for c in g])
    v = inv @ (scores.T @ scores) @ inv * len(g) / (len(g) - 1) * (n - 1) / (n - k)
    for i, name in enumerate(("constant", "episode", "prior_return", "ofi_z", "qi")):
        same(f"{label} {name}", trial["regression"][name]["b"], b[i], 1e-6, 1e-7)
        same(f"{label} {name} se", trial["regression"][name]["se"], se[i], 1e-6, 1e-7)
        same(f"{label} {name} cluster", trial["regression"][name]["se_cluster"], math.sqrt(v[i, i]), 1e-6, 1e-7)
    z = b[1] / math.sqrt(v[1, 1])
    same(f"{label} redundant", trial["redundant"], not (z > 0 and 2 * stats.norm.sf(z) <= 0.05))


def grid_of(market):
    """bid + ask and spread at each whole second; 0 where there is no mid or a gap."""
    seconds = np.concatenate([np.arange(-(-a // NS), b // NS + 1) for a, b in zip(market.first, market.last)])
    mids = [market.mid(int(s) * NS) for s in seconds]
    total, spread = np.array([m[1] for m in mids]), np.array([m[2] for m in mids])
    t = seconds * NS
    broken = np.zeros(len(t), dtype=int)
    for a, b in market.gaps:
        inside = (t > a) & (t < b)
        total[inside] = 0
        broken += inside
    broken = np.cumsum(broken)
    for a, b in market.halts:
        broken += t >= b
    return seconds, total, spread, broken


def check_residuals(market, residuals):
    """Cells, their means, and so what the shifts are made of."""
    seconds, total, spread, broken = grid_of(market)
    day = seconds // DAY

    def clean(s):
        i = np.arange(len(seconds) - s)
        ok = (day[i] == day[i + s]) & (total[i] != 0) & (total[i + s] != 0) & (broken[i] == broken[i + s])
        return np.append(ok, np.zeros(s, dtype=bool))
    prior = np.full(len(seconds), np.nan)
    back = np.flatnonzero(clean(60))
    prior[back + 60] = total[back + 60] - total[back]
    known = ~np.isnan(prior) & (total != 0)
    decile = np.searchsorted(np.quantile(prior[~np.isnan(prior)], np.arange(1, 10) / 10), prior)
    quarter = np.searchsorted(np.quantile(spread[total != 0], [0.25, 0.5, 0.75]), spread)
    cell = (seconds % DAY // 1800 * 10 + decile) * 4 + quarter
    for h, ours in residuals.items():
        s = h // 1000
        ok = known & clean(s)
        up = np.full(len(seconds), np.nan)
        i = np.flatnonzero(ok)
        up[i] = (np.sign(total[i + s] - total[i]) + 1) / 2
        sums = np.bincount(cell[i], weights=up[i], minlength=cell.max() + 1)
        up[i] -= (sums / np.maximum(1, np.bincount(cell[i], minlength=cell.max() + 1)))[cell[i]]
        same(f"residuals {h} n", np.isfinite(ours).sum(), ok.sum())
        same(f"residuals {h}", np.nanmax(np.abs(ours - up)), 0, 0, 1e-6)


def check_base(label, trial, used, residuals):
    """The mean of 50 draws is that of its cell, but for chance; draws near the episode are left out, so a little apart."""
    s = np.array(used)
    y, direction, own = s[:, 3], s[:, 8], residuals[s[:, 2].astype(int)]
    if trial["latency_ms"] % 1000 or trial["matched_wider"] > 0:
        return
    hit = np.where(y > 0, 1, np.where(y < 0, 0, 0.5))
    cell = np.where(direction > 0, hit - own, hit + own)
    ok = np.isfinite(own) & (s[:, 0] % NS == 0)
    if ok.sum() > 20:
        margin = 4 * math.sqrt(0.25 / (50 * ok.sum())) + 0.02
        same(f"{label} baseline", (s[ok, 5] - cell[ok]).mean(), 0, 0, margin)


def bh(p):
    order = np.argsort(p)
    q = np.minimum.accumulate((p[order] * len(p) / np.arange(1, len(p) + 1))[::-1])[::-1]
    out = np.empty(len(p))
    out[order] = np.minimum(q, 1)
    return out


def check_percentiles(episodes):
    for group in {e["group"] for e in episodes}:
        v = [e["known_value"] for e in episodes if e["group"] == group]
        ours = [e["score"] for e in episodes if e["group"] == group]
        for i in range(0, len(v), 17):
            same(f"score {group} {i}", ours[i], stats.percentileofscore(v[:i + 1], v[i], "mean") / 100
                 if len(set(v[:i + 1])) == i + 1 else ours[i], 1e-6, 1e-7)


def main():
    with tempfile.TemporaryDirectory() as tmp:
        csv, out, audit = f"{tmp}/tape.csv", f"{tmp}/out.json", f"{tmp}/audit.tsv"
        market = Market(*make_quotes(csv))
        env = {k: v for k, v in os.environ.items() if not k.startswith(("ORDERFLOW_", "REDIS_"))}
        env.update(HOME="/nonexistent", XDG_CONFIG_HOME="/nonexistent")
        subprocess.run([DIST / "bin" / "orderflow", "backtest", csv, "--trials", "none", "--no-null", "--json", out,
                        "--audit", audit, "--latency", ",".join(map(str, LAT)), "--horizons", ",".join(map(str, HOR))],
                       check=True, stdout=subprocess.DEVNULL, env=env)
        told = json.load(open(out))
        sights, rows, residuals = read_audit(audit)
    ticker = told["tickers"][0]
    assert ticker["gaps"] == 6 and ticker["halts"] == 6, (ticker["gaps"], ticker["halts"])
    check_residuals(market, residuals)
    check_percentiles(ticker["episodes"])
    p, q = [], []
    for g, group in enumerate(ticker["groups"]):
        events = [(round(e["pattern"]["confirmed_ms"] * 10 ** 6), e["known_dir"]) for e in ticker["episodes"] if e["group"] == g]
        for trial in group["trials"]:
            label = "/".join(map(str, (ticker["ticker"], group["detector"], group["kind"], group["side"],
                                       trial["latency_ms"], trial["horizon_ms"])))
            used = sights.get(label, [])
            check_used(label, market, trial, events, used)
            if trial["n"] == 0:
                continue
            p.append(trial["p_shift"])
            q.append(trial["q_bh"])
            check_means(label, trial, used, told["seed"], 12)
            check_ic(label, trial, used, told["seed"], 12)
            check_shift(label, trial, used, told["seed"], residuals[trial["horizon_ms"]], market)
            check_ols(label, trial, rows[label])
            check_base(label, trial, used, residuals[trial["horizon_ms"]])
    for ours, theirs in zip(q, bh(np.array(p))):
        same("BH", ours, theirs, 1e-6, 1e-7)
    print(f"ok 1 - {checks} values of {len(p)} tests agree with numpy {np.__version__} and scipy")


if __name__ == "__main__":
    main()
