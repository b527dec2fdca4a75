#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""The figures of bench_ticks from their definitions in plain Python: ticks_plain.py TAPE OUT [TICKS]. No libraries, no cleverness:
the oracle of the test suite."""
import json, math, struct, sys, time
from array import array
from bisect import bisect_right

S, CENT, WINDOWS = 1_000_000_000, 10_000_000, (10, 60, 300)


def read_tape(path):
    with open(path, "rb") as f:
        n = struct.unpack("<q", f.read(8))[0]
        columns = [array(kind) for kind in "qqqdd"]
        for column in columns:
            column.fromfile(f, n)
    return columns


def side_moves(px, sz, i, up_adds):
    """Size added to and removed from a side by row i. A better price brings its size, a worse one takes what was there."""
    if px[i] == px[i - 1]:
        return max(sz[i] - sz[i - 1], 0), max(sz[i - 1] - sz[i], 0)
    return (sz[i], 0) if (px[i] > px[i - 1]) == up_adds else (0, sz[i - 1])


def holds(ts, begin, end, start, now):
    """Rows in force in the window, and for how long: the one before its first row from when it begins."""
    times = [*ts[begin:end], now]
    seed = [(begin - 1, times[0] - start)] if begin > 0 else []
    return seed + [(begin + k, times[k + 1] - times[k]) for k in range(end - begin)]


def window(ts, bid, ask, bsz, asz, now, seconds):
    begin, end = bisect_right(ts, now - seconds * S), bisect_right(ts, now)
    first, rows = max(begin - 1, 0), range(begin, end)
    moves = [i for i in rows if i > 0]
    states = sum(i == 0 or (bid[i], ask[i], bsz[i], asz[i]) != (bid[i - 1], ask[i - 1], bsz[i - 1], asz[i - 1]) for i in rows)
    spreads = [ask[i] - bid[i] for i in rows]
    flows = [(*side_moves(bid, bsz, i, True), *side_moves(ask, asz, i, False)) for i in moves]
    bid_add, bid_rem, ask_add, ask_rem = (sum(f[k] for f in flows) for k in range(4))
    n = end - begin
    held = holds(ts, begin, end, now - seconds * S, now)
    total = sum(ns for _, ns in held)

    def mean(value):  # over time
        return sum(value(i) * ns for i, ns in held) / total

    depth, ofi = mean(lambda i: (bsz[i] + asz[i]) / 2), bid_add - bid_rem - ask_add + ask_rem
    return (n, states, bid[end - 1] - bid[first], ask[end - 1] - ask[first],
            sum(bid[i] > bid[i - 1] for i in moves), sum(bid[i] < bid[i - 1] for i in moves),
            sum(ask[i] > ask[i - 1] for i in moves), sum(ask[i] < ask[i - 1] for i in moves),
            bsz[end - 1] - bsz[first], asz[end - 1] - asz[first], math.trunc(sum(bsz[begin:end]) / n),
            math.trunc(sum(asz[begin:end]) / n), math.floor(sum(spreads) / n + 0.5), min(spreads), max(spreads),
            bid_add, bid_rem, ask_add, ask_rem, ofi, mean(lambda i: bsz[i]), mean(lambda i: asz[i]),
            mean(lambda i: ask[i] - bid[i]) / CENT, mean(lambda i: (bsz[i] - asz[i]) / (bsz[i] + asz[i])), ofi / depth,
            *(sum(ns for i, ns in held if sz[i] > 10000) // 1_000_000 for sz in (bsz, asz)))


def absorption(bid, ask, sz, i):
    last = range(i - 9, i + 1)
    stands = all(max(px[k] for k in last) - min(px[k] for k in last) <= CENT for px in (bid, ask))
    return i >= 9 and stands and sum(sz[k] for k in last) / 10 > 8000


def stacking(px, sz, i):
    """The last three states of the side, oldest first, above 5000 and growing."""
    states = [sz[i]]
    while i > 0 and len(states) < 3:
        while i > 0 and (px[i - 1], sz[i - 1]) == (px[i], sz[i]):
            i -= 1
        i -= 1
        if i >= 0:
            states.append(sz[i])
    return len(states) == 3 and 5000 < states[2] < states[1] < states[0]


def sweep(sz, i):
    return i > 0 and abs(sz[i] - sz[i - 1]) > 15000


def momentum(ts, bid, i):
    """+1, -1 or 0 by the moves of the bid in the 60 s up to row i."""
    ups = downs = 0
    k = i
    while k > 0 and ts[i] - ts[k] < 60 * S:
        ups += bid[k] > bid[k - 1]
        downs += bid[k] < bid[k - 1]
        k -= 1
    if ups + downs < 10 or ups == downs or max(ups, downs) < 2 * min(ups, downs):
        return 0
    return 1 if ups > downs else -1


def judge(ts, bid, ask, bsz, asz, new, end):
    fired = [0] * 8
    for i in range(new, end):
        way = momentum(ts, bid, i)
        for k, yes in enumerate((absorption(bid, ask, bsz, i), absorption(bid, ask, asz, i), stacking(bid, bsz, i),
                                 stacking(ask, asz, i), sweep(bsz, i), sweep(asz, i), way > 0, way < 0)):
            fired[k] += yes
    return fired


def main():
    tape, out_path = read_tape(sys.argv[1]), sys.argv[2]
    ts, figures, new = tape[0], array("d"), 0
    times = range(-(-ts[0] // S) * S, -(-ts[-1] // S) * S + 1, S)
    times = times[:int(sys.argv[3])] if len(sys.argv) > 3 else times
    began = time.process_time()
    for now in times:
        end = bisect_right(ts, now)
        for seconds in WINDOWS:
            figures.extend(window(*tape, now, seconds))
        figures.extend(judge(*tape, new, end))
        new = end
    took = time.process_time() - began
    with open(out_path, "wb") as f:
        figures.tofile(f)
    print(json.dumps({"quotes": new, "ticks": len(times), "ns_per_quote": round(took / new * 1e9, 1)}))


if __name__ == "__main__":
    main()
