# SPDX-License-Identifier: MIT
"""The same quotes in the formats that people have them in, written byte by byte from the documented layouts, and
what a reader of each must find. Independent of the programs: nothing here knows how they read.

A quote is (ts_ns, bid_px, bid_sz, ask_px, ask_sz): prices in whole units of 1e-9, None for a side without an order."""
import datetime, decimal, gzip, json, random, struct, zoneinfo

E9 = 10**9
NEW_YORK = zoneinfo.ZoneInfo("America/New_York")
UNDEF_PX, UNDEF_TS = 2**63 - 1, 2**64 - 1


def wall_ns(day, hour, minute=0):
    """The UTC time of a wall clock in New York."""
    at = datetime.datetime(*map(int, day.split("-")), hour, minute, tzinfo=NEW_YORK)
    return int(at.timestamp()) * E9


def quotes(n=400, day="2024-08-08", seed=1, step=10_000_000, voids=True, gap_ns=700_000_000, px=450 * E9, lots=100):
    """A walk with runs of growing sizes, so that detectors find something; times to the ns, some of them twice."""
    r, ts, out, bid_sz, ask_sz = random.Random(seed), wall_ns(day, 9, 30), [], 5 * lots, 5 * lots
    for i in range(n):
        ts += r.choice((0, r.randrange(1, gap_ns), r.randrange(1, gap_ns)))
        if i % 40 < 12:
            bid_sz += r.randrange(5, 25) * lots  # a run: stacking
        else:
            px += r.choice((-step, 0, 0, 0, step))
            bid_sz, ask_sz = r.randrange(1, 160) * lots, r.randrange(1, 160) * lots
        quote = [ts, px, bid_sz, px + r.choice((1, 1, 2)) * step, ask_sz]
        if voids and i % 97 == 50:
            quote[1], quote[2] = None, 0
        if voids and i % 97 == 51:
            quote[3], quote[4] = None, 0
        out.append(tuple(quote))
    return out


def dec(px, digits=None):
    """1e-9 units as a decimal."""
    text = str(decimal.Decimal(px).scaleb(-9).quantize(decimal.Decimal(1).scaleb(-(digits or 9))))
    return text if digits else (text.rstrip("0").rstrip(".") or "0")


def csv(header, rows, sep=",", end="\n"):
    return (end.join([header] + [sep.join(map(str, row)) for row in rows]) + end).encode()


def shown(ns):
    """Nanoseconds as Databento and Alpaca print them."""
    at = datetime.datetime.fromtimestamp(ns // E9, datetime.timezone.utc)
    return at.strftime("%Y-%m-%dT%H:%M:%S.") + f"{ns % E9:09d}Z"


# ---- ours ----

def orderflow(qs):
    return csv("ts_ms,bid_price,bid_size,ask_price,ask_size",
               [(ts // 10**6 if ts % 10**6 == 0 else f"{ts // 10**6}.{ts % 10**6:06d}", dec(b or 0), bs, dec(a or 0), as_)
                for ts, b, bs, a, as_ in qs])


# ---- Databento ----

def databento_csv(qs, schema="mbp-1", pretty=False, symbol="SPY", publisher=2, instrument=15144, flags=130):
    """As the encoder of DBN writes CSV: fixed-point prices and ns, or pretty ones."""
    heads = {
        "mbp-1": "ts_recv,ts_event,rtype,publisher_id,instrument_id,action,side,depth,price,size,flags,ts_in_delta,"
                 "sequence,bid_px_00,ask_px_00,bid_sz_00,ask_sz_00,bid_ct_00,ask_ct_00",
        "bbo-1s": "ts_recv,ts_event,rtype,publisher_id,instrument_id,side,price,size,flags,sequence,bid_px_00,"
                  "ask_px_00,bid_sz_00,ask_sz_00,bid_ct_00,ask_ct_00",
        "cmbp-1": "ts_recv,ts_event,rtype,publisher_id,instrument_id,action,side,price,size,flags,ts_in_delta,"
                  "bid_px_00,ask_px_00,bid_sz_00,ask_sz_00,bid_pb_00,ask_pb_00",
    }
    px = (lambda p: "" if p is None else dec(p, 9)) if pretty else (lambda p: UNDEF_PX if p is None else p)
    time = shown if pretty else str
    rows = []
    for i, (ts, b, bs, a, as_) in enumerate(qs):
        book = (px(b), px(a), bs, as_, 1, 1)
        event = time(ts - 25_000)
        rows.append({
            "mbp-1": (time(ts), event, 1, publisher, instrument, "A", "B", 0, px(b), 1, flags, 1000, i // 2, *book),
            "bbo-1s": (time(ts), event, 195, publisher, instrument, "N", px(None), 0, flags, i, *book),
            "cmbp-1": (time(ts), event, 177, publisher + i % 3, instrument, "A", "B", px(b), 1, flags, 1000, *book),
        }[schema])
    if symbol:
        rows = [row + (symbol,) for row in rows]
    return csv(heads[schema] + (",symbol" if symbol else ""), rows)


RTYPES = {"mbp-1": 0x01, "tbbo": 0x01, "mbp-10": 0x0A, "cmbp-1": 0xB1, "cbbo-1s": 0xC0, "tcbbo": 0xC2, "bbo-1s": 0xC3,
          "bbo-1m": 0xC4}


def dbn_meta(version, mappings, schema=1, ts_out=0, stype_in=1, stype_out=0):
    """The prelude and metadata of versions 1, 2 and 3. mappings: {symbol: [(from, to, id), ...]}."""
    width = 22 if version == 1 else 71
    name = lambda text: text.encode().ljust(width, b"\0")
    fixed = b"XNAS.ITCH".ljust(16, b"\0") + struct.pack("<HQQQ", schema, 0, UNDEF_TS, 0)
    if version == 1:
        fixed += struct.pack("<QBBB", UNDEF_TS, stype_in, stype_out, ts_out) + bytes(47)
    else:
        fixed += struct.pack("<BBBH", stype_in, stype_out, ts_out, width) + bytes(53)
    assert len(fixed) == 100
    lists = struct.pack("<I", 0)  # no schema definition
    lists += struct.pack("<I", len(mappings)) + b"".join(name(s) for s in mappings)
    lists += struct.pack("<I", 0) + struct.pack("<I", 1) + name("NONESUCH")  # partial, not found
    lists += struct.pack("<I", len(mappings))
    for symbol, intervals in mappings.items():
        lists += name(symbol) + struct.pack("<I", len(intervals))
        for since, until, number in intervals:
            lists += struct.pack("<II", since, until) + name(str(number))
    body = fixed + lists
    if version == 3:
        body += bytes(-len(body) % 8)
    return b"DBN" + struct.pack("<BI", version, len(body)) + body


def dbn_record(q, schema="mbp-1", instrument=15144, publisher=2, flags=130, sequence=0, ts_out=False):
    ts, b, bs, a, as_ = q
    px = lambda p: UNDEF_PX if p is None else p
    body = struct.pack("<HIQ", publisher, instrument, max(0, ts - 25_000))
    body += struct.pack("<qIccBBQiI", px(b), 1, b"A", b"B", flags, 0, ts, 1000, sequence)
    body += struct.pack("<qqIIII", px(b), px(a), bs, as_, 1, 1)
    if schema == "mbp-10":
        body += struct.pack("<qqIIII", UNDEF_PX, UNDEF_PX, 0, 0, 0, 0) * 9
    if ts_out:
        body += struct.pack("<Q", ts + 1)
    return struct.pack("<BB", (len(body) + 2) // 4, RTYPES[schema]) + body


def dbn_trade(instrument=15144):
    body = struct.pack("<HIQqIccBBQiI", 2, instrument, 1, 1, 1, b"T", b"A", 0, 0, 1, 0, 0)
    return struct.pack("<BB", (len(body) + 2) // 4, 0x00) + body


def dbn_mapping_record(version, instrument, symbol):
    if version == 1:
        body = struct.pack("<HIQ22s22s4xQQ", 0, instrument, 1, b"ASKED", symbol.encode(), 0, UNDEF_TS)
    else:
        body = struct.pack("<HIQB71sB71sQQ", 0, instrument, 1, 1, b"ASKED", 1, symbol.encode(), 0, UNDEF_TS)
    return struct.pack("<BB", (len(body) + 2) // 4, 0x16) + body


def dbn(qs, version=3, schema="mbp-1", symbol="SPY", instrument=15144, publisher=2, ts_out=False):
    mappings = {symbol: [(20240101, 20250101, instrument)]} if symbol else {}
    return dbn_meta(version, mappings, ts_out=int(ts_out)) + b"".join(
        dbn_record(q, schema, instrument, publisher, sequence=i // 2, ts_out=ts_out) for i, q in enumerate(qs))


# ---- the others ----

def massive(qs, ticker="SPY", lot=1):
    """quotes_v1 of stocks."""
    return csv("ticker,ask_exchange,ask_price,ask_size,bid_exchange,bid_price,bid_size,conditions,indicators,"
               "participant_timestamp,sequence_number,sip_timestamp,tape,trf_timestamp",
               [(ticker, 11, dec(a or 0), as_ // lot, 12, dec(b or 0), bs // lot, '"1,81"' if i % 3 else 1, "", ts - 300,
                 1000 + i * 7, ts, 2, "") for i, (ts, b, bs, a, as_) in enumerate(qs)])


def new_york_text(ns):
    at = datetime.datetime.fromtimestamp(ns // E9, NEW_YORK)
    return at.strftime("%H%M%S") + f"{ns % E9:09d}"


def taq_nbbo(qs, ticker="SPY", lot=100, day="20240808"):
    rows = [(new_york_text(ts), "P", ticker, 1, 1, 2, 2, "R", 100 + i, 4, "", "", "", "C", "", "P", dec(b or 0), bs // lot,
             "", "Q", dec(a or 0), as_ // lot, "", "", "", "", new_york_text(ts), "", "")
            for i, (ts, b, bs, a, as_) in enumerate(qs)]
    return csv("Time|Exchange|Symbol|Bid_Price|Bid_Size|Offer_Price|Offer_Size|Quote_Condition|Sequence_Number|"
               "National_BBO_Ind|FINRA_BBO_Indicator|FINRA_ADF_MPID_Indicator|Quote_Cancel_Correction|Source_Of_Quote|"
               "NBBO_Quote_Condition|Best_Bid_Exchange|Best_Bid_Price|Best_Bid_Size|Best_Bid_FINRA_Market_Maker_ID|"
               "Best_Offer_Exchange|Best_Offer_Price|Best_Offer_Size|Best_Offer_FINRA_Market_Maker_ID|LULD_Indicator|"
               "LULD_NBBO_Indicator|SIP_Generated_Message_Identifier|Participant_Timestamp|FINRA_ADF_Timestamp|"
               "Security_Status_Indicator", rows, "|") + f"END|{day}|{len(rows)}||||||||||||||||||||||||||\n".encode()


def taq(qs, ticker="SPY", lot=100, exchange="P", day="20240808"):
    rows = [(new_york_text(ts), exchange, ticker, dec(b or 0), bs // lot, dec(a or 0), as_ // lot, "R", 100 + i, 0, "", "",
             "", "C", "", "", "", "", "", new_york_text(ts), "", "", "") for i, (ts, b, bs, a, as_) in enumerate(qs)]
    return csv("Time|Exchange|Symbol|Bid_Price|Bid_Size|Offer_Price|Offer_Size|Quote_Condition|Sequence_Number|"
               "National_BBO_Ind|FINRA_BBO_Indicator|FINRA_ADF_MPID_Indicator|Quote_Cancel_Correction|Source_Of_Quote|"
               "Retail_Interest_Indicator|Short_Sale_Restriction_Indicator|LULD_BBO_Indicator|"
               "SIP_Generated_Message_Identifier|National_BBO_LULD_Indicator|Participant_Timestamp|FINRA_ADF_Timestamp|"
               "FINRA_ADF_Market_Participant_Quote_Indicator|Security_Status_Indicator", rows, "|") + \
        f"END|{day}|{len(rows)}||||||||||||||||||||\n".encode()


def tardis(qs, symbol="BTCUSDT"):
    return csv("exchange,symbol,timestamp,local_timestamp,ask_amount,ask_price,bid_price,bid_amount",
               [("binance-futures", symbol, ts // 1000, ts // 1000 + 4000, as_ if a else "", dec(a) if a else "",
                 dec(b) if b else "", bs if b else "") for ts, b, bs, a, as_ in qs])


def binance_csv(qs, heading=True):
    text = csv("update_id,best_bid_price,best_bid_qty,best_ask_price,best_ask_qty,transaction_time,event_time",
               [(5_000_000_000_000 + i, dec(b or 0), bs, dec(a or 0), as_, ts // 10**6, ts // 10**6 + 5)
                for i, (ts, b, bs, a, as_) in enumerate(qs)])
    return text if heading else text.split(b"\n", 1)[1]


def binance_ws(qs, symbol="BTCUSDT", wrapped=False):
    lines = ['{"result":null,"id":1}']
    for i, (ts, b, bs, a, as_) in enumerate(qs):
        event = {"e": "bookTicker", "u": 400900217 + i, "E": ts // 10**6 + 3, "T": ts // 10**6, "s": symbol,
                 "b": dec(b or 0), "B": str(bs), "a": dec(a or 0), "A": str(as_)}
        lines.append(json.dumps({"stream": symbol.lower() + "@bookTicker", "data": event} if wrapped else event))
    return ("\n".join(lines) + "\n").encode()


def alpaca_quote(q, lot, **more):
    ts, b, bs, a, as_ = q
    number = lambda px: float(dec(px or 0))
    return {**more, "t": shown(ts).rstrip("0Z").rstrip(".") + "Z", "ax": "Q", "ap": number(a), "as": as_ // lot,
            "bx": "P", "bp": number(b), "bs": bs // lot, "c": ["R"], "z": "B"}


def alpaca_page(qs, symbol="SPY", lot=100, indent=None):
    return json.dumps({"quotes": [alpaca_quote(q, lot) for q in qs], "symbol": symbol, "next_page_token": None},
                      indent=indent).encode()


def alpaca_pages(by_symbol, lot=100):
    return json.dumps({"quotes": {s: [alpaca_quote(q, lot) for q in qs] for s, qs in by_symbol.items()},
                       "next_page_token": "U1BZ"}).encode()


def alpaca_ws(qs, symbol="SPY", lot=100):
    lines = ['[{"T":"success","msg":"connected"}]',
             '[{"T":"t","S":"SPY","i":52983525029461,"x":"D","p":450.1,"s":1,"t":"2024-08-08T13:30:00.1Z","c":["@"]}]']
    return ("\n".join(lines + [json.dumps([alpaca_quote(q, lot, T="q", S=symbol)]) for q in qs]) + "\n").encode()


def redis_lines(qs, ticker="SPY"):
    rows = []
    for i, (ts, b, bs, a, as_) in enumerate(qs):
        rows.append(json.dumps({"ticker": ticker, "timestamp": ts // 10**6, "bid_price": float(dec(b or 0)), "bid_size": bs,
                                "ask_price": float(dec(a or 0)), "ask_size": as_, "seq": i + 1}))
    return ("\n".join(rows) + "\n").encode()


def lobster(qs, levels=2, start=wall_ns("2024-08-08", 0)):
    """(order book, messages); between two quotes rows that change the second level only, and a halt."""
    book, messages, last = [], [], None
    for i, (ts, b, bs, a, as_) in enumerate(qs):
        row = [a // 100_000 if a else 9999999999, as_, b // 100_000 if b else -9999999999, bs]
        seconds = f"{(ts - start) // E9}.{(ts - start) % E9:09d}"
        for extra in ([0, 1] if i % 5 == 0 else [0]):
            book.append(",".join(map(str, row + [row[0] + 100, 10 + extra, row[2] - 100, 20] * (levels - 1))))
            messages.append(f"{seconds},{1 + i % 4},{i},100,{row[2]},1")
    book.append(book[-1])
    messages.append(f"{seconds},7,0,0,-1,-1")
    return ("\n".join(book) + "\n").encode(), ("\n".join(messages) + "\n").encode()


def same_millisecond_last(qs):
    return [(ts // 10**6 * 10**6, *rest) for ts, *rest in qs]


def same_microsecond(qs):
    return [(ts // 1000 * 1000, *rest) for ts, *rest in qs]


def pack(data, how):
    if how == "gzip":
        return gzip.compress(data, 6)
    if how == "zstd":
        import subprocess
        return subprocess.run(["zstd", "-q", "-c"], input=data, stdout=subprocess.PIPE, check=True).stdout
    return data
