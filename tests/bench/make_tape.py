#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""A tape for bench_ticks and its comparisons: make_tape.py RATE SECONDS OUT. A random walk of cents with a spread of one or two,
lognormal sizes, mean 6,000, as tests/e2e/noise_tape.py makes them; no gaps."""
import math, random, struct, sys
from array import array


def make(rate, seconds, path):
    n, r, bid, columns = rate * seconds, random.Random(7), 45000, [array("q"), array("q"), array("q"), array("d"), array("d")]
    for i in range(n):
        if r.random() < 0.06:
            bid += r.choice((-1, 1))
        row = (1_760_000_000_000_000_000 + (i + 1) * (1_000_000_000 // rate), bid * 10_000_000,
               (bid + (2 if r.random() < 0.05 else 1)) * 10_000_000,
               *(float(int(6000 * math.exp(0.6 * r.gauss(0, 1) - 0.18)) + 1) for _ in range(2)))
        for column, value in zip(columns, row):
            column.append(value)
    with open(path, "wb") as f:
        f.write(struct.pack("<q", n))
        for column in columns:
            column.tofile(f)


if __name__ == "__main__":
    make(int(sys.argv[1]), int(sys.argv[2]), sys.argv[3])
