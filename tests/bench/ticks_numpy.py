#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""The figures of bench_ticks from their definitions, with numpy or pandas: an independent oracle, and what a Python engine
would pay. ticks_numpy.py slices|cumulative|pandas TAPE OUT [TICKS]

  slices      at every tick the rows of each window are taken and reduced: what a live engine can do
  cumulative  the whole tape at once, by running sums: needs all of it in advance; min and max by slices
  pandas      as slices, with data frames and their index

With TICKS only the first so many. Prints CPU time per quote that came in (one JSON object)."""
import json, sys, time
import numpy as np

S = 1_000_000_000
CENT = 10_000_000
WINDOWS = (10, 60, 300)


def read_tape(path):
    n = int(np.fromfile(path, "<i8", 1)[0])
    ints = np.fromfile(path, "<i8", 3 * n, offset=8).reshape(3, n)
    sizes = np.fromfile(path, "<f8", 2 * n, offset=8 + 24 * n).reshape(2, n)
    return (*ints, *sizes)


def tick_times(ts):
    first = -(-ts[0] // S) * S
    last = -(-ts[-1] // S) * S
    return np.arange(first, last + 1, S)


# ---- one window by its rows; `before` says whether a row was in force when it began ----

def window_figures(bid, ask, bsz, asz, ns, before):
    """Columns begin with the row in force, if there is one. ns: how long each row was in force within the window."""
    quotes = len(bid) - before
    b, a, bs, as_ = bid[before:], ask[before:], bsz[before:], asz[before:]
    db, da, dbs, das = np.diff(bid), np.diff(ask), np.diff(bsz), np.diff(asz)
    states = np.count_nonzero((db != 0) | (da != 0) | (dbs != 0) | (das != 0)) + (0 if before else 1)
    spread = a - b
    up, down, same = db > 0, db < 0, db == 0
    a_up, a_down, a_same = da > 0, da < 0, da == 0
    # a better price brings its size, a worse one takes the size that was there
    bid_add = bsz[1:][up].sum() + dbs[same & (dbs > 0)].sum()
    bid_rem = bsz[:-1][down].sum() - dbs[same & (dbs < 0)].sum()
    ask_add = asz[1:][a_down].sum() + das[a_same & (das > 0)].sum()
    ask_rem = asz[:-1][a_up].sum() - das[a_same & (das < 0)].sum()
    return (quotes, states, bid[-1] - bid[0], ask[-1] - ask[0], np.count_nonzero(up), np.count_nonzero(down),
            np.count_nonzero(a_up), np.count_nonzero(a_down), bsz[-1] - bsz[0], asz[-1] - asz[0], np.trunc(bs.mean()),
            np.trunc(as_.mean()), round_half_away(spread.mean()), spread.min(), spread.max(), bid_add, bid_rem, ask_add,
            ask_rem, bid_add - bid_rem - ask_add + ask_rem, *held_figures(bid, ask, bsz, asz, ns,
                                                                          bid_add - bid_rem - ask_add + ask_rem))


def held_figures(bid, ask, bsz, asz, ns, ofi):
    total, depth = ns.sum(), bsz + asz
    return ((bsz * ns).sum() / total, (asz * ns).sum() / total, ((ask - bid) * ns).sum() / total / CENT,
            ((bsz - asz) / depth * ns).sum() / total, ofi / ((depth * ns).sum() / 2 / total),
            ns[bsz > 10000].sum() // 1_000_000, ns[asz > 10000].sum() // 1_000_000)


def hold_ns(ts, begin, end, start, now, before):
    ns = np.diff(ts[begin - before:end], append=now)
    if before:
        ns[0] = (ts[begin] if begin < end else now) - start
    return ns


def round_half_away(x):
    return np.floor(x + 0.5)


# ---- detectors: the rows first..last of the columns are new ----

def absorption(bid, ask, bsz, asz, new):
    """Over the last 10 rows each price moves by a tick at most; the mean size of a side is above 8000."""
    from numpy.lib.stride_tricks import sliding_window_view as slide
    k = 10
    start = max(0, new - k + 1)
    if len(bid) - start < k:
        return 0, 0
    b, a = slide(bid[start:], k), slide(ask[start:], k)
    stands = (np.ptp(b, axis=1) <= CENT) & (np.ptp(a, axis=1) <= CENT)
    large = [stands & (slide(sz[start:], k).sum(axis=1) / k > 8000) for sz in (bsz, asz)]
    return tuple(np.count_nonzero(x) for x in large)


def stacking_side(px, sz, new):
    """The last three states of a side: each above 5000, strictly increasing."""
    begins = np.flatnonzero((np.diff(px) != 0) | (np.diff(sz) != 0)) + 1
    begins = np.concatenate(([0], begins))
    state = sz[begins]
    of_row = np.searchsorted(begins, np.arange(new, len(px)), side="right") - 1
    ok = np.zeros(len(begins), bool)
    ok[2:] = (state[:-2] > 5000) & (state[:-2] < state[1:-1]) & (state[1:-1] < state[2:])
    return np.count_nonzero(ok[of_row])


def stacking(bid, ask, bsz, asz, new, reach=400):
    start = max(0, new - reach)  # a state lasts no 400 rows on these tapes
    return tuple(stacking_side(px[start:], sz[start:], new - start) for px, sz in ((bid, bsz), (ask, asz)))


def sweep(bid, ask, bsz, asz, new):
    start = max(0, new - 1)
    return tuple(np.count_nonzero(np.abs(np.diff(sz[start:])) > 15000) for sz in (bsz, asz))


def momentum(ts, bid, new):
    """At each new row: moves of the bid in the 60 s before it, 10 at least, one way twice the other."""
    start = max(0, np.searchsorted(ts, ts[new] - 60 * S, side="right") - 1)
    move = np.concatenate(([0], np.sign(np.diff(bid[start:]))))
    ups, downs = np.cumsum(move > 0), np.cumsum(move < 0)
    rows = np.arange(new - start, len(bid) - start)
    old = np.searchsorted(ts[start:], ts[start:][rows] - 60 * S, side="right") - 1  # the last that is out of sight
    lifts = ups[rows] - np.where(old >= 0, ups[np.maximum(old, 0)], 0)
    drops = downs[rows] - np.where(old >= 0, downs[np.maximum(old, 0)], 0)
    most, least = np.maximum(lifts, drops), np.minimum(lifts, drops)
    fires = (lifts + drops >= 10) & (most != least) & (most >= 2 * least)
    return np.count_nonzero(fires & (lifts > drops)), np.count_nonzero(fires & (drops > lifts))


def judge(ts, bid, ask, bsz, asz, new, end):
    if new == end:
        return (0,) * 8
    low = max(0, np.searchsorted(ts, ts[new] - 61 * S) - 500)
    cut = slice(low, end)
    columns = bid[cut], ask[cut], bsz[cut], asz[cut]
    new -= low
    return (*absorption(*columns, new), *stacking(*columns, new), *sweep(*columns, new), *momentum(ts[cut], bid[cut], new))


# ---- three ways over a tape ----

def by_slices(tape, times):
    ts, bid, ask, bsz, asz = tape
    out, new = [], 0
    for now in times:
        end = int(np.searchsorted(ts, now, side="right"))
        row = []
        for w in WINDOWS:
            begin = int(np.searchsorted(ts, now - w * S, side="right"))
            before = 1 if begin > 0 else 0
            cut = slice(begin - before, end)
            ns = hold_ns(ts, begin, end, now - w * S, now, before)
            row += window_figures(bid[cut], ask[cut], bsz[cut], asz[cut], ns, before)
        out.append((*row, *judge(ts, bid, ask, bsz, asz, new, end)))
        new = end
    return np.array(out, float)


def running(x):
    return np.concatenate(([0], np.cumsum(x)))


def cumulative(tape, times):
    """Everything that is a sum, for all ticks at once."""
    ts, bid, ask, bsz, asz = tape
    zero = np.zeros(1)
    db, da, dbs, das = (np.concatenate((zero, np.diff(x))) for x in (bid, ask, bsz, asz))
    last_b, last_a = np.concatenate((zero, bsz[:-1])), np.concatenate((zero, asz[:-1]))
    changed = (db != 0) | (da != 0) | (dbs != 0) | (das != 0)
    changed[0] = True
    sums = [running(x) for x in (
        changed, db > 0, db < 0, da > 0, da < 0, bsz, asz, ask - bid,
        np.where(db > 0, bsz, np.where(db == 0, np.maximum(dbs, 0), 0)),
        np.where(db < 0, last_b, np.where(db == 0, np.maximum(-dbs, 0), 0)),
        np.where(da < 0, asz, np.where(da == 0, np.maximum(das, 0), 0)),
        np.where(da > 0, last_a, np.where(da == 0, np.maximum(-das, 0), 0)))]
    ns = np.append(np.diff(ts), 0)
    held = [bsz, asz, (ask - bid) / CENT, (bsz - asz) / (bsz + asz), (bsz + asz) / 2, bsz > 10000, asz > 10000]
    held_sums = [running(x * ns) for x in held]
    end = np.searchsorted(ts, times, side="right")
    parts = []
    for w in WINDOWS:
        begin = np.searchsorted(ts, times - w * S, side="right")
        first = np.maximum(begin - 1, 0)
        n = end - begin
        (states, lifts, drops, a_lifts, a_drops, b_sum, a_sum, spread, b_add, b_rem, a_add, a_rem) = [
            s[end] - s[begin] for s in sums]
        low = [(ask[b:e] - bid[b:e]).min() for b, e in zip(begin, end)]
        high = [(ask[b:e] - bid[b:e]).max() for b, e in zip(begin, end)]
        parts += [n, states, bid[end - 1] - bid[first], ask[end - 1] - ask[first], lifts, drops, a_lifts, a_drops,
                  bsz[end - 1] - bsz[first], asz[end - 1] - asz[first], np.trunc(b_sum / n), np.trunc(a_sum / n),
                  round_half_away(spread / n), low, high, b_add, b_rem, a_add, a_rem, b_add - b_rem - a_add + a_rem]
        total = times - np.where(begin > 0, times - w * S, ts[0])
        seed = np.where(begin > 0, ts[np.minimum(begin, len(ts) - 1)] - (times - w * S), 0)
        # up to the newest row by sums; that one until now; the one before the window from when it begins
        x = [s[end - 1] - s[begin] + v[end - 1] * (times - ts[end - 1]) + v[first] * seed for s, v in zip(held_sums, held)]
        means = [v / total for v in x[:5]]
        parts += [*means[:4], (b_add - b_rem - a_add + a_rem) / means[4], x[5] // 1_000_000, x[6] // 1_000_000]
    fired = whole_tape_detectors(ts, bid, ask, bsz, asz)
    new = np.concatenate(([0], end[:-1]))
    parts += [running(f)[end] - running(f)[new] for f in fired]
    return np.array(parts, float).T


def whole_tape_detectors(ts, bid, ask, bsz, asz):
    from numpy.lib.stride_tricks import sliding_window_view as slide
    n, k = len(ts), 10
    stands = (np.ptp(slide(bid, k), axis=1) <= CENT) & (np.ptp(slide(ask, k), axis=1) <= CENT)
    fired = []
    for sz in (bsz, asz):
        large = np.zeros(n, bool)
        large[k - 1:] = stands & (slide(sz, k).sum(axis=1) / k > 8000)
        fired.append(large)
    for px, sz in ((bid, bsz), (ask, asz)):
        begins = np.concatenate(([0], np.flatnonzero((np.diff(px) != 0) | (np.diff(sz) != 0)) + 1))
        state = sz[begins]
        ok = np.zeros(len(begins), bool)
        ok[2:] = (state[:-2] > 5000) & (state[:-2] < state[1:-1]) & (state[1:-1] < state[2:])
        fired.append(np.repeat(ok, np.diff(np.concatenate((begins, [n])))))
    for sz in (bsz, asz):
        fired.append(np.concatenate(([False], np.abs(np.diff(sz)) > 15000)))
    move = np.concatenate(([0], np.sign(np.diff(bid))))
    ups, downs = np.cumsum(move > 0), np.cumsum(move < 0)
    old = np.searchsorted(ts, ts - 60 * S, side="right") - 1
    lifts = ups - np.where(old >= 0, ups[np.maximum(old, 0)], 0)
    drops = downs - np.where(old >= 0, downs[np.maximum(old, 0)], 0)
    most, least = np.maximum(lifts, drops), np.minimum(lifts, drops)
    fires = (lifts + drops >= 10) & (most != least) & (most >= 2 * least)
    return [*fired, fires & (lifts > drops), fires & (drops > lifts)]


def pandas_window(f, now, seconds, before):
    d = f.diff().iloc[1:]
    w = f.iloc[before:]
    was = f.shift().iloc[1:]
    is_ = f.iloc[1:]
    spread = w.ask - w.bid
    up, down, same = d.bid > 0, d.bid < 0, d.bid == 0
    a_up, a_down, a_same = d.ask > 0, d.ask < 0, d.ask == 0
    bid_add = is_.bsz[up].sum() + d.bsz[same & (d.bsz > 0)].sum()
    bid_rem = was.bsz[down].sum() - d.bsz[same & (d.bsz < 0)].sum()
    ask_add = is_.asz[a_down].sum() + d.asz[a_same & (d.asz > 0)].sum()
    ask_rem = was.asz[a_up].sum() - d.asz[a_same & (d.asz < 0)].sum()
    first, last = f.iloc[0], f.iloc[-1]
    return (len(w), int((d != 0).any(axis=1).sum()) + (0 if before else 1), last.bid - first.bid, last.ask - first.ask,
            int(up.sum()), int(down.sum()), int(a_up.sum()), int(a_down.sum()), last.bsz - first.bsz, last.asz - first.asz,
            np.trunc(w.bsz.mean()), np.trunc(w.asz.mean()), round_half_away(spread.mean()), spread.min(), spread.max(),
            bid_add, bid_rem, ask_add, ask_rem, bid_add - bid_rem - ask_add + ask_rem,
            *pandas_held(f, now, seconds, before, bid_add - bid_rem - ask_add + ask_rem))


def pandas_held(f, now, seconds, before, ofi):
    start = f.index.to_series()
    ns = (start.shift(-1, fill_value=now) - start.clip(lower=now - seconds * S) if before else
          start.shift(-1, fill_value=now) - start)
    total, depth = ns.sum(), f.bsz + f.asz
    return ((f.bsz * ns).sum() / total, (f.asz * ns).sum() / total, ((f.ask - f.bid) * ns).sum() / total / CENT,
            ((f.bsz - f.asz) / depth * ns).sum() / total, ofi / ((depth * ns).sum() / 2 / total),
            ns[f.bsz > 10000].sum() // 1_000_000, ns[f.asz > 10000].sum() // 1_000_000)


def by_pandas(tape, times):
    import pandas as pd
    ts, bid, ask, bsz, asz = tape
    frame = pd.DataFrame({"bid": bid, "ask": ask, "bsz": bsz, "asz": asz}, index=ts)
    out, new = [], 0
    for now in times:
        end = frame.index.searchsorted(now, side="right")
        row = []
        for w in WINDOWS:
            begin = frame.index.searchsorted(now - w * S, side="right")
            before = 1 if begin > 0 else 0
            row += pandas_window(frame.iloc[begin - before:end], now, w, before)
        out.append((*row, *judge(ts, bid, ask, bsz, asz, new, end)))
        new = end
    return np.array(out, float)


def main():
    way, tape_path, out_path = sys.argv[1:4]
    tape = read_tape(tape_path)
    times = tick_times(tape[0])
    if len(sys.argv) > 4:
        times = times[:int(sys.argv[4])]
    quotes = int(np.searchsorted(tape[0], times[-1], side="right"))
    tape = tuple(c[:quotes] for c in tape)
    run = {"slices": by_slices, "cumulative": cumulative, "pandas": by_pandas}[way]
    began = time.process_time()
    figures = run(tape, times)
    took = time.process_time() - began
    figures.astype("<f8").tofile(out_path)
    print(json.dumps({"quotes": quotes, "ticks": len(times), "ns_per_quote": round(took / quotes * 1e9, 1)}))


if __name__ == "__main__":
    main()
