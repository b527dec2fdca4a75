# SPDX-License-Identifier: MIT
"""Quotes into the firehose of orderflow (README.md beside this file). Needs python3-redis.

    writer = Writer(redis.Redis())
    writer.add("SPY", time.time_ns(), "450.10", 300, "450.11", 500)
    writer.flush()                      # one entry; call it a few times a second, or when full
"""
import struct, time, zlib
from decimal import Decimal

HEADER, QUOTE = struct.Struct("<4sHHIIQQqII"), struct.Struct("<IHHqqdd")
QUOTES_MAX, TICKERS_MAX, SPAN_NS = 16384, 8192, 0xFFFF_FFFF


def entry(writer, number, quotes):
    """The bytes of one entry. quotes: (ticker, ts_ns, bid_px, bid_size, ask_px, ask_size), prices in 1e-9."""
    places, base = {}, min(q[1] for q in quotes)
    rows = b"".join(QUOTE.pack(ts - base, places.setdefault(ticker, len(places)), 0, bid, ask, bid_size, ask_size)
                    for ticker, ts, bid, bid_size, ask, ask_size in quotes)
    names = b"".join(bytes([len(t)]) + t.encode("ascii") for t in places)
    names += bytes(-len(names) % 8)

    def header(crc):
        return HEADER.pack(b"OFQ1", 1, len(places), len(quotes), HEADER.size + len(names) + len(rows), writer, number,
                           base, len(names), crc)
    return header(zlib.crc32(header(0) + names + rows)) + names + rows


class Writer:
    def __init__(self, db, key="orderflow:firehose", entries=100_000):
        self.db, self.key, self.entries = db, key, entries
        self.writer, self.number = time.time_ns(), 0  # nobody else has this id, nor we another time
        self.quotes, self.tickers, self.first, self.last = [], set(), 0, 0

    def add(self, ticker, ts_ns, bid_price, bid_size, ask_price, ask_size):
        first, last = (min(self.first, ts_ns), max(self.last, ts_ns)) if self.quotes else (ts_ns, ts_ns)
        if len(self.quotes) == QUOTES_MAX or len(self.tickers | {ticker}) > TICKERS_MAX or last - first > SPAN_NS:
            self.flush()
            first = last = ts_ns
        self.quotes.append((ticker, ts_ns, int(Decimal(bid_price).scaleb(9)), bid_size,
                            int(Decimal(ask_price).scaleb(9)), ask_size))
        self.tickers.add(ticker)
        self.first, self.last = first, last

    def flush(self):
        """A write that fails may be repeated: it has the same number, so a reader that has seen it knows it again."""
        if self.quotes:
            self.db.xadd(self.key, {"q": entry(self.writer, self.number + 1, self.quotes)},
                         maxlen=self.entries, approximate=True)
            self.number, self.quotes, self.tickers = self.number + 1, [], set()
