# SPDX-License-Identifier: MIT
"""Tapes for the flow modes, as rows (ms, bid, bid size, ask, ask size, gap); prices in cents, 0: no such side."""
import math
import random

START_MS = 1_760_000_000_000


def noise(seconds, seed, rate=10, mean=6000, start_ms=START_MS):
    """A random walk in cents with independent sizes, as tests/e2e/noise_tape.py makes it."""
    r, bid, rows = random.Random(seed), 45000, []
    for i in range(seconds * rate):
        if r.random() < 0.06:
            bid += r.choice((-1, 1))
        sizes = [int(mean * math.exp(0.6 * r.gauss(0, 1) - 0.18)) for _ in "ba"]
        rows.append((start_ms + i * 1000 // rate, bid, sizes[0], bid + 1, sizes[1], False))
    return rows


def rough(n, seed, move=4, start_ms=START_MS):
    """Everything that may come: rows of one ms, silences, gaps, absent sides, crossed and locked books, jumps, repeats."""
    r, ms, bid, spread, rows = random.Random(seed), start_ms, 45000, 1, []
    sizes = [9000, 9000]
    for _ in range(n):
        ms += r.choice((0, 0, 1, 20, 100, 100, 100, 240, 260, 500, 1000))
        ms += r.choice((30_000, 70_000, 200_000)) if r.random() < 0.002 else 0
        if r.random() < 1 / move:
            bid += r.choice((-1, 1, -1, 1, -2, 2, 3, -3))
        if r.random() < 0.1:
            spread = r.choice((1, 1, 1, 2, 3, 0, -1))
        for k in range(2):
            if r.random() < 0.5:
                sizes[k] = r.choice((100, 3000, 5000, 5001, 6000, 7501, 9000, 15000, 15001, 30000))
        row = [ms, bid, sizes[0], bid + spread, sizes[1], r.random() < 0.002]
        side = r.choice((1, 3)) if r.random() < 0.01 else 0
        if side:
            row[side] = row[side + 1] = 0
        rows.append(tuple(row))
    return rows
