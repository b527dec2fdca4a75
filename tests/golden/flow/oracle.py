#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""The flow modes once more, written from their definitions (plugins/NAME/README.md) and judged slice by slice.

usage: oracle.py DETECTOR [--long]      prints golden windows and what must be said about them; run_golden compares.
./dev oracle runs the long ones.

A verdict about a row rests on the rows since the beginning of the second slice before its own (slices are whole
minutes, or what SLICE_S says) and, for absorption, on what broke levels in the 400 s before. So each slice is run alone,
from that beginning on."""
import bisect
import math
import sys

import tapes

KEPT = 3


def slices(rows, slice_s):
    """(rows to run over, index of the first that is judged) of each slice."""
    of = [row[0] // (slice_s * 1000) for row in rows]
    first = 0
    for i in range(len(rows) + 1):
        if i == len(rows) or of[i] != of[first]:
            begin = bisect.bisect_left(of, of[first] - KEPT + 1)
            if i > first:
                yield rows[begin:i], first - begin, first
            first = i


# ---- absorption ----

class Visit:
    def __init__(self, px, size, ms):
        self.px, self.start, self.points = px, ms, [(ms, size)]
        self.removed = self.added = 0
        self.removal, self.distinct, self.max = ms, 1, size

    def add(self, size, ms, back):
        change = size - self.points[-1][1]
        if not back:
            self.removed += max(-change, 0)
            self.added += max(change, 0)
            self.removal = ms if change < 0 else self.removal
        self.distinct += change != 0
        self.max = max(self.max, size)
        self.points.append((ms, size))

    def mean(self, start, end):
        """Time-weighted size over [start, end)."""
        area = 0
        for (a, size), (b, _) in zip(self.points, self.points[1:] + [(end, 0)]):
            area += size * max(0, min(b, end) - max(a, start))
        return area / (end - start)

    def share(self):
        """Mean size of the last whole second as a part of the largest such mean; 1 if there is none."""
        first, last = -(-self.start // 1000), self.points[-1][0] // 1000
        if not hasattr(self, "means"):
            self.means = {}
        for s in range(first, last):
            if s not in self.means:
                self.means[s] = self.mean(s * 1000, s * 1000 + 1000)
        means = [self.means[s] for s in range(first, last)]
        return means[-1] / max(means) if means and max(means) > 0 else 1


class Side:
    """Visits of a side over rows."""

    def __init__(self, sign, tolerance):
        self.sign, self.tolerance = sign, tolerance
        self.at = self.off = None

    def row(self, ms, px, size):
        """Takes a row; returns the visits that were broken at it."""
        broken = []
        while True:
            away = self.off is not None
            if self.at is None:
                self.at = Visit(px, size, ms)
                return broken
            if away and ms - self.off.start >= self.tolerance:
                self.end(self.off.px, broken)
            elif px == self.at.px:
                self.at.add(size, ms, away)
                self.off = None
                return broken
            elif abs(px - self.at.px) > 1:
                self.end(px, broken)
            elif away and px == self.off.px:
                self.off.add(size, ms, False)
                return broken
            else:
                self.off = Visit(px, size, ms)
                return broken

    def end(self, to, broken):
        if (to - self.at.px) * self.sign < 0:
            broken.append(self.at)
        self.at, self.off = self.off, None


def threshold(breaks, p):
    if p["removed"] > 0:
        return p["removed"]
    if len(breaks) < p["min_breaks"]:
        return None
    ordered = sorted(breaks)
    median = ordered[(len(ordered) - 1) // 2]
    if p["times"] > 0:
        return p["times"] * median
    rank = math.ceil(p["quantile"] * (len(ordered) + 1))
    if rank <= len(ordered):
        return ordered[rank - 1]
    return max(ordered[-1], math.log2(1 / (1 - p["quantile"])) * median)


ABSORPTION = {"quantile": 0.995, "times": 0, "removed": 0, "min_breaks": 20, "tolerance_ms": 500, "pulled": 0.5,
              "fade_ms": 10000}


def absorption(rows, p):
    found, known = [], {1: [], -1: []}  # known: (row, ms, removed) of what the judging run saw broken

    def broke(sign, at, ms):
        """What had broken levels before row `at`."""
        return [r for k, t, r in known[sign] if k < at and ms - t < 400_000][-1024:]

    for run, judged, first in slices(rows, 60):
        sides, watch = {s: Side(s, p["tolerance_ms"]) for s in (1, -1)}, {1: None, -1: None}
        for i, row in enumerate(run):
            for sign, name, col in ((1, "bid", 1), (-1, "ask", 3)):
                ms, px, size, side = row[0], row[col], row[col + 1], sides[sign]
                at = first + i - judged
                if px == 0 or row[5]:
                    side.at = side.off = watch[sign] = None
                for v in side.row(ms, px, size) if px else ():
                    limit = threshold(broke(sign, at, ms), p)
                    if v.removed > 0 and limit is not None and v.removed >= limit:
                        watch[sign] = [v.px, None, ms + 10_000]
                    if i >= judged:
                        known[sign].append((at, ms, v.removed))
                failed = None
                w = watch[sign]
                if w:
                    worse = (w[0] - px) * sign
                    if px == 0 or worse <= 0 or ms > w[2]:
                        watch[sign] = None
                    else:
                        w[1] = None if worse <= 1 else ms if w[1] is None else w[1]
                        if w[1] is not None and ms - w[1] >= p["tolerance_ms"]:
                            failed, watch[sign] = w[0], None
                if i < judged:
                    continue
                if failed is not None:
                    found.append((ms, "absorption_failed", name, failed, -sign, {}))
                breaks = broke(sign, at + 1, ms)
                v, limit = side.at, threshold(breaks, p)
                crossed = row[1] and row[3] and row[1] > row[3]
                if (v is None or v.px != px or limit is None or v.removed <= 0 or v.removed < limit or crossed
                        or ms - v.removal > p["fade_ms"] or v.share() < p["pulled"]):
                    continue
                ordered = sorted(breaks)
                median = ordered[(len(ordered) - 1) // 2] if ordered else 0
                mean = v.mean(v.start, ms) if ms > v.start else size
                found.append((ms, "absorption", name, px, sign, {
                    "value": v.removed, "volume": v.removed, "added": v.added, "threshold": limit,
                    "breaks": len(breaks), "max_size": v.max, "distinct": v.distinct, "dwell_ms": ms - v.start,
                    "avg_size": mean, "strength": "strong" if v.removed >= 2 * limit else "moderate",
                    "x_break": v.removed / median if median > 0 else None}))
    return found


# ---- momentum_shift ----

MOMENTUM = {"window_s": 60, "ratio": 2, "min_moves": 10, "strong": 3, "p_enter": 0.01, "exit": 1.5, "dwell_ms": 3000,
            "reversal_s": 120}
OTHER = {"up": "down", "down": "up"}


def coin(a, b):
    """Two-sided p of a fair coin, exactly."""
    n, k = a + b, min(a, b)
    return min(1.0, 2 * sum(math.comb(n, i) for i in range(k + 1)) / 2 ** n)


def mid(row):
    return row[1] + row[3] if row[1] and row[3] and row[3] >= row[1] else None


def moves_at(rows, window_ms):
    """(lifts, drops) within the window at each row; a gap empties it."""
    out, recent = [], []
    for i, row in enumerate(rows):
        if row[5]:
            recent = []
        elif i and mid(row) and mid(rows[i - 1]) and mid(row) != mid(rows[i - 1]) and row[0] - rows[i - 1][0] < 60_000:
            recent.append((row[0], mid(row) > mid(rows[i - 1])))
        recent = [m for m in recent if row[0] - m[0] < window_ms]
        out.append((sum(m[1] for m in recent), sum(not m[1] for m in recent)))
    return out


def momentum_shift(rows, p):
    found, all_moves = [], moves_at(rows, p["window_s"] * 1000)
    for run, judged, first in slices(rows, 80):
        begin = max([i for i in range(judged + 1) if run[i][5]], default=0)  # what was before a gap is forgotten
        regime, before, changed, ended, shift = "neutral", "neutral", None, {}, None
        for i in range(begin, len(run)):
            ms, (lifts, drops) = run[i][0], all_moves[first - judged + i]
            if run[i][5]:
                regime, before, changed, ended, shift = "neutral", "neutral", None, {}, None
            lead = {"up": (lifts, drops), "down": (drops, lifts)}
            if changed is None or ms - changed >= p["dwell_ms"]:
                to = regime
                for r, (most, least) in lead.items():
                    if (r != regime and most + least >= p["min_moves"] and most > least
                            and most >= max(p["ratio"], p["exit"]) * least and coin(most, least) <= p["p_enter"]):
                        to = r
                if to == regime != "neutral":
                    most, least = lead[regime]
                    to = regime if most > least and most >= p["exit"] * least else "neutral"
                if to != regime:
                    ended[regime], before, regime, changed = ms, regime, to, ms
                    if to != "neutral":
                        last = ended.get(OTHER[to])
                        shift = "reversal" if last is not None and ms - last <= p["reversal_s"] * 1000 else "initiation"
            if i < judged or regime == "neutral":
                continue
            most, least = lead[regime]
            ratio = None if most == 0 else min(most / least, 99.0) if least else 99.0
            up = regime == "up"
            found.append((ms, "momentum_shift", "-", None, 1 if up else -1, {
                "value": (most - least) / math.sqrt(most + least) if most + least else 0.0,
                "direction": "bullish" if up else "bearish", "lifts": lifts, "drops": drops,
                "p": coin(most, least) if most + least else 1.0, "from": before, "shift": shift,
                "strength": "strong" if most and most >= p["strong"] * least else "moderate",
                "lift_ratio": ratio if up else None, "drop_ratio": None if up else ratio}))
    return found


# ---- sweep ----

SWEEP = {"removed": 15000, "ticks": 1, "deep": 3, "leg_ms": 250, "back_ms": 500, "join_ms": 1000}


def legs_of(run, col, away, leg_ms, back_ms):
    """Legs of a side over rows that begin anew at gaps and absent prices: (row that decides, leg); only those that stayed."""
    stayed, begin = [], 0
    for start in range(1, len(run)):
        before, row = run[start - 1], run[start]
        if row[5] or not row[col] or not before[col] or (row[col] - before[col]) * away <= 0:
            continue
        if begin > start:
            continue  # belongs to the leg before
        leg = {"from": before[col], "top": row[col], "first": row[0], "last": row[0], "removed": 0}
        i = start
        while i < len(run) and run[i][0] - leg["first"] <= leg_ms and run[i][col] and (i == start or not run[i][5]):
            px, was = run[i][col], run[i - 1][col]
            if (px - leg["from"]) * away <= 0:
                break
            if (px - was) * away > 0:
                leg["last"] = run[i][0]
                leg["removed"] += run[i - 1][col + 1]
                leg["top"] = max(leg["top"] * away, px * away) * away
            elif run[i][0] - leg["last"] >= back_ms:
                break
            i += 1
        begin = i
        for k in range(start, len(run)):
            if not run[k][col] or (run[k][5] and k > start) or (run[k][col] - leg["from"]) * away <= 0:
                break
            if run[k][0] - leg["last"] >= back_ms:
                stayed.append((k, leg))
                break
    return stayed


def sweep(rows, p):
    found = []
    for run, judged, first in slices(rows, 60):
        for side, col, away in (("bid", 1, -1), ("ask", 3, 1)):
            chain, said = None, {}
            cuts = [i for i, row in enumerate(run) if row[5] or not row[col]]
            for k, leg in sorted(legs_of(run, col, away, p["leg_ms"], p["back_ms"]), key=lambda s: (s[0], s[1]["first"])):
                if abs(leg["top"] - leg["from"]) < p["ticks"] or leg["removed"] <= p["removed"]:
                    continue
                cut = any(chain and chain["row"] < c <= k for c in cuts)
                if chain and not cut and leg["first"] - chain["last"] <= p["join_ms"]:
                    chain = {**chain, "top": leg["top"], "last": leg["last"], "legs": chain["legs"] + 1,
                             "removed": chain["removed"] + leg["removed"]}
                else:
                    chain = {**leg, "legs": 1}
                chain["row"] = k
                said[k] = chain
            for k, c in said.items():
                if k >= judged:
                    ticks = abs(c["top"] - c["from"])
                    found.append((first + k - judged, side != "bid", run[k][0], "sweep", side, c["from"], away, {
                        "value": c["removed"], "direction": "hit" if away < 0 else "lift", "size": c["removed"],
                        "change": -c["removed"], "through": "yes", "ticks": ticks, "legs": c["legs"],
                        "span_ms": c["last"] - c["first"], "is_deep": "yes" if ticks >= p["deep"] else "no",
                        "price": price(run[k][col])}))
    return [f[2:] for f in sorted(found, key=lambda f: f[:2])]


# ---- stacking ----

STACKING = {"run": 3, "size": 5000, "rise": 1.5, "span_min_ms": 200, "span_max_ms": 10000, "keep": 0.7}


def stacking(rows, p):
    found = []
    for run, judged, first in slices(rows, 60):
        for side, col, sign in (("bid", 1, 1), ("ask", 3, -1)):
            states, stack = [], None  # states: (ms, price, size) that grow
            last = None
            for i, row in enumerate(run):
                ms, px, size = row[0], row[col], row[col + 1]
                if not px or row[5]:
                    states, stack, last = [], None, None
                if px and (px, size) != last:
                    grows = states and (px - states[-1][1]) * sign >= 0 and size >= states[-1][2]
                    states = (states if grows else []) + [(ms, px, size)] if size > p["size"] else []
                    if stack:
                        stack["peak"] = max(stack["peak"], size)
                        if (px - last[0]) * sign < 0 or size < p["keep"] * stack["peak"]:
                            stack = None
                    part = [s for s in states[-128:] if ms - s[0] <= p["span_max_ms"]]
                    if (len(part) >= p["run"] and ms - part[0][0] >= p["span_min_ms"]
                            and size / part[0][2] >= p["rise"]):
                        stack = {**(stack or {"price": px, "peak": size}), "from": part[0][2], "to": size,
                                 "states": len(part), "span": ms - part[0][0]}
                    last = (px, size)
                if stack and i >= judged:
                    found.append((first + i - judged, side != "bid", ms, "stacking", side, stack["price"], sign, {
                        "value": size, "levels": stack["states"], "total_size": size, "from_size": stack["from"],
                        "growth_rate": stack["to"] / stack["from"], "to_size": stack["to"], "span_ms": stack["span"]}))
    return [f[2:] for f in sorted(found, key=lambda f: f[:2])]


# ---- all of them ----

# name: (its definition, its parameters, cases of the suite, cases of ./dev oracle: (name, rows, parameters that differ))
DETECTORS = {
    "absorption": (absorption, ABSORPTION, [
        ("noise", tapes.noise(60, 3), {"quantile": 0.8, "min_breaks": 5}),
        ("rough", tapes.rough(700, 1, 6), {"quantile": 0.9, "min_breaks": 10, "fade_ms": 2000}),
        ("rough_frozen", tapes.rough(400, 3, 12), {"removed": 40000, "pulled": 0.9}),
    ], [
        ("noise", tapes.noise(560, 3), {"quantile": 0.9}),
        ("rough", tapes.rough(3000, 1, 6), {"quantile": 0.9, "min_breaks": 10, "fade_ms": 2000}),
        ("rough_times", tapes.rough(1500, 2, 12), {"times": 1.5, "min_breaks": 5, "tolerance_ms": 250}),
        ("rough_frozen", tapes.rough(1500, 3, 12), {"removed": 40000, "pulled": 0.9}),
    ]),
    "momentum_shift": (momentum_shift, MOMENTUM, [
        ("rough", tapes.rough(700, 4), {"window_s": 30, "p_enter": 0.2, "min_moves": 5}),
        ("rough_loose", tapes.rough(500, 5), {"p_enter": 1, "min_moves": 1, "ratio": 1.2, "dwell_ms": 0, "window_s": 5}),
    ], [
        ("noise", tapes.noise(600, 8), {}),
        ("rough", tapes.rough(3000, 4), {"window_s": 30, "p_enter": 0.2, "min_moves": 5}),
        ("rough_loose", tapes.rough(1500, 5), {"p_enter": 1, "min_moves": 1, "ratio": 1.2, "dwell_ms": 0, "window_s": 5}),
        ("rough_exit_above_ratio", tapes.rough(1500, 6), {"p_enter": 0.5, "min_moves": 3, "exit": 3, "window_s": 300}),
    ]),
    "sweep": (sweep, SWEEP, [
        ("rough", tapes.rough(700, 7), {"removed": 8000}),
        ("rough_slow", tapes.rough(400, 8, 2), {"removed": 20000, "leg_ms": 1000, "back_ms": 1000, "join_ms": 3000}),
    ], [
        ("noise", tapes.noise(400, 9), {}),
        ("rough", tapes.rough(3000, 7), {"removed": 8000}),
        ("rough_slow", tapes.rough(1500, 8, 2), {"removed": 20000, "leg_ms": 1000, "back_ms": 1000, "join_ms": 3000}),
        ("rough_deep", tapes.rough(1500, 9, 3), {"removed": 0, "ticks": 3, "deep": 5, "leg_ms": 100, "back_ms": 200}),
    ]),
    "stacking": (stacking, STACKING, [
        ("rough", tapes.rough(700, 11, 12), {"keep": 0.5}),
        ("rough_short", tapes.rough(400, 12, 12), {"run": 2, "size": 2000, "rise": 1, "span_max_ms": 400}),
    ], [
        ("noise", tapes.noise(400, 10), {}),
        ("rough", tapes.rough(3000, 11, 12), {"keep": 0.5}),
        ("rough_short", tapes.rough(1500, 12, 12), {"run": 2, "size": 2000, "rise": 1, "span_max_ms": 400}),
        ("rough_long", tapes.rough(1500, 13, 50), {"run": 5, "size": 0, "rise": 3, "span_min_ms": 1000, "keep": 0}),
    ]),
}


def price(cents):
    return f"{cents // 100}.{cents % 100:02d}" if cents else "0"


def golden(name, rows, changed, found, out):
    out.write(f"case {name}\nset mode=flow" + "".join(f" {k}={v}" for k, v in changed.items()) + "\n")
    for ms, bid, bs, ask, asz, gap in rows:
        out.write(f"{ms} {price(bid)} {bs} {price(ask)} {asz}{' gap' if gap else ''}\n")
    for ms, kind, side, px, direction, fields in found:
        checks = "".join(f" {k}={'-' if v is None else f'{v}~{max(1e-9 * abs(v), 1e-9)}' if isinstance(v, float) else v}"
                         for k, v in fields.items())
        out.write(f"expect {ms} {kind} {side} {'-' if px is None else price(px)} {direction:+d}{checks}\n")


def main():
    define, defaults, short, long = DETECTORS[sys.argv[1]]
    for name, rows, changed in long if "--long" in sys.argv else short:
        found = define(rows, {**defaults, **changed})
        kinds = {}
        for f in found:
            kinds[f[1:3]] = kinds.get(f[1:3], 0) + 1
        print(f"{sys.argv[1]} {name}: {len(rows)} rows, said {kinds}", file=sys.stderr)
        golden(name, rows, changed, found, sys.stdout)


if __name__ == "__main__":
    main()
