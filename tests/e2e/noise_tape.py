#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""A tape with no information: price a random walk in one-cent ticks, spread one tick, sizes independent lognormal
(sigma 0.6) with the given mean. CSV ts_ms,bid_price,bid_size,ask_price,ask_size on stdout; same seed, same tape.
Any pattern found here is noise: use it to see what a detector says when there is nothing to say."""
import argparse, math, random
p = argparse.ArgumentParser()
p.add_argument("--mean", type=float, default=6000, help="mean size, shares")
p.add_argument("--rate", type=int, default=10, help="quotes per second, evenly spaced")
p.add_argument("--seconds", type=int, default=3600)
p.add_argument("--seed", type=int, default=7)
p.add_argument("--start-ms", type=int, default=1_760_000_000_000)
o = p.parse_args()
r = random.Random(o.seed); bid = 45000
size = lambda: int(o.mean * math.exp(0.6 * r.gauss(0, 1) - 0.18))
print("ts_ms,bid_price,bid_size,ask_price,ask_size")
for i in range(o.seconds * o.rate):
    if r.random() < 0.06: bid += r.choice((-1, 1))
    a = bid + 1
    print(f"{o.start_ms + i * 1000 // o.rate},{bid // 100}.{bid % 100:02d},{size()},{a // 100}.{a % 100:02d},{size()}")
