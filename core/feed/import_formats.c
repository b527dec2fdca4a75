/* SPDX-License-Identifier: MIT */
/* The formats, in the order in which they are tried. */
#include "import_csv.h"

#define CSV_FORMAT(id, label, words, ordered, table) \
    static const struct import_format id = {         \
        .name = label,                               \
        .title = words,                              \
        .recognise = csv_recognise,                  \
        .open = csv_open,                            \
        .next = csv_next,                            \
        .close = csv_close,                          \
        .describe = csv_describe,                    \
        .own_order = ordered,                        \
        .details = &table,                           \
    }

static const struct csv_spec orderflow_csv = {
    .delimiter = ',',
    .only = true,
    .time = TIME_MS,
    .time_unit = "ms since 1970, UTC",
    .needs = "ts_ms,bid_price,bid_size,ask_price,ask_size",
    .columns = { { FIELD_TIME, "ts_ms" },
                 { FIELD_BID_PX, "bid_price" },
                 { FIELD_BID_SZ, "bid_size" },
                 { FIELD_ASK_PX, "ask_price" },
                 { FIELD_ASK_SZ, "ask_size" } },
};

/* MBP-1, MBP-10, TBBO, BBO-1s, BBO-1m; with bid_pb_00 the consolidated ones: CMBP-1, CBBO, TCBBO.
 * Files are in the order of ts_recv. */
static const struct csv_spec databento_csv = {
    .delimiter = ',',
    .time = TIME_NS_OR_ISO,
    .fixed_px = true,
    .time_unit = "ns since 1970, or ISO 8601 with its zone; UTC",
    .needs = "ts_recv,bid_px_00,ask_px_00,bid_sz_00,ask_sz_00",
    .columns = { { FIELD_TIME, "ts_recv" },
                 { FIELD_TIME2, "ts_event" },
                 { FIELD_BID_PX, "bid_px_00" },
                 { FIELD_BID_SZ, "bid_sz_00" },
                 { FIELD_ASK_PX, "ask_px_00" },
                 { FIELD_ASK_SZ, "ask_sz_00" },
                 { FIELD_TICKER, "symbol" },
                 { FIELD_ID, "instrument_id" },
                 { FIELD_VENUE, "publisher_id" },
                 { FIELD_FLAGS, "flags" },
                 { FIELD_NATIONAL, "bid_pb_00" } },
};

/* The flat files quotes_v1: national best quotes. Those of stocks have a tape. */
static const struct csv_spec massive_csv = {
    .delimiter = ',',
    .time = TIME_NS,
    .time_unit = "ns since 1970, UTC",
    .needs = "ticker,ask_price,ask_size,bid_price,bid_size,sip_timestamp",
    .columns = { { FIELD_TIME, "sip_timestamp" },
                 { FIELD_BID_PX, "bid_price" },
                 { FIELD_BID_SZ, "bid_size" },
                 { FIELD_ASK_PX, "ask_price" },
                 { FIELD_ASK_SZ, "ask_size" },
                 { FIELD_TICKER, "ticker" },
                 { FIELD_LOTS, "tape" } },
};

/* The file of national best quotes has each row's venue quote beside them. */
static const struct csv_spec taq_nbbo = {
    .delimiter = '|',
    .time = TIME_EASTERN,
    .round_lots = true,
    .end = "END",
    .time_unit = "time of day in New York, to the ns; given out as UTC",
    .needs = "Time|Symbol|Best_Bid_Price|Best_Bid_Size|Best_Offer_Price|Best_Offer_Size",
    .columns = { { FIELD_TIME, "time" },
                 { FIELD_BID_PX, "best_bid_price" },
                 { FIELD_BID_SZ, "best_bid_size" },
                 { FIELD_ASK_PX, "best_offer_price" },
                 { FIELD_ASK_SZ, "best_offer_size" },
                 { FIELD_TICKER, "symbol" } },
};

static const struct csv_spec taq_quotes = {
    .delimiter = '|',
    .time = TIME_EASTERN,
    .round_lots = true,
    .end = "END",
    .time_unit = "time of day in New York, to the ns; given out as UTC",
    .needs = "Time|Exchange|Symbol|Bid_Price|Bid_Size|Offer_Price|Offer_Size",
    .columns = { { FIELD_TIME, "time" },
                 { FIELD_BID_PX, "bid_price" },
                 { FIELD_BID_SZ, "bid_size" },
                 { FIELD_ASK_PX, "offer_price" },
                 { FIELD_ASK_SZ, "offer_size" },
                 { FIELD_TICKER, "symbol" },
                 { FIELD_VENUE, "exchange" } },
};

/* quotes and book_ticker */
static const struct csv_spec tardis_csv = {
    .delimiter = ',',
    .also = 1U << FIELD_TIME2,
    .time = TIME_US,
    .time_unit = "us since 1970, UTC",
    .needs = "exchange,symbol,timestamp,local_timestamp,ask_amount,ask_price,bid_price,bid_amount",
    .columns = { { FIELD_TIME, "timestamp" },
                 { FIELD_TIME2, "local_timestamp" },
                 { FIELD_BID_PX, "bid_price" },
                 { FIELD_BID_SZ, "bid_amount" },
                 { FIELD_ASK_PX, "ask_price" },
                 { FIELD_ASK_SZ, "ask_amount" },
                 { FIELD_TICKER, "symbol" },
                 { FIELD_VENUE, "exchange" } },
};

#define BINANCE_HEADING                                                                         \
    "update_id,best_bid_price,best_bid_qty,best_ask_price,best_ask_qty,transaction_time,event_" \
    "time"

/* bookTicker of the public data. The ticker is in the file's name. */
static const struct csv_spec binance_csv = {
    .delimiter = ',',
    .time = TIME_ANY,
    .headerless = BINANCE_HEADING,
    .time_unit = "ms (or us) since 1970, UTC",
    .needs = BINANCE_HEADING,
    .columns = { { FIELD_TIME, "transaction_time" },
                 { FIELD_TIME2, "event_time" },
                 { FIELD_BID_PX, "best_bid_price" },
                 { FIELD_BID_SZ, "best_bid_qty" },
                 { FIELD_ASK_PX, "best_ask_price" },
                 { FIELD_ASK_SZ, "best_ask_qty" },
                 { FIELD_SEQ, "update_id" } },
};

/* Anything else with a heading that says what it is. */
static const struct csv_spec named_columns = {
    .delimiter = ',',
    .time = TIME_ANY,
    .time_unit = "s, ms, us or ns since 1970 by its size, or ISO 8601 with its zone; UTC",
    .needs = "timestamp,bid_price,bid_size,ask_price,ask_size",
    .columns = { { FIELD_TIME, "timestamp|time|ts|datetime|date_time|t|ts_ms|ts_us|ts_ns|"
                               "timestamp_ms|timestamp_us|timestamp_ns|time_ms|time_ns" },
                 { FIELD_BID_PX, "bid_price|bid|bidprice|bid_px|best_bid_price|best_bid|bp" },
                 { FIELD_BID_SZ, "bid_size|bidsize|bid_sz|bid_qty|bidqty|bid_volume|bidvolume|"
                                 "bid_amount|best_bid_size|best_bid_qty|bs" },
                 { FIELD_ASK_PX, "ask_price|ask|askprice|ask_px|best_ask_price|best_ask|ap|"
                                 "offer|offer_price" },
                 { FIELD_ASK_SZ, "ask_size|asksize|ask_sz|ask_qty|askqty|ask_volume|askvolume|"
                                 "ask_amount|best_ask_size|best_ask_qty|as|offer_size" },
                 { FIELD_TICKER, "ticker|symbol|sym|instrument" },
                 { FIELD_VENUE, "exchange|venue" },
                 { FIELD_SEQ, "seq|sequence|sequence_number" } },
};

CSV_FORMAT(format_orderflow, "orderflow", "our own CSV", false, orderflow_csv);
CSV_FORMAT(format_databento, "databento", "Databento CSV", true, databento_csv);
CSV_FORMAT(format_massive, "massive", "Massive (Polygon) quotes_v1", true, massive_csv);
CSV_FORMAT(format_taq_nbbo, "taq-nbbo",
           "NYSE Daily TAQ, national best quotes; incomplete without those of the other file", true,
           taq_nbbo);
CSV_FORMAT(format_taq, "taq", "NYSE Daily TAQ, quotes of the venues", true, taq_quotes);
CSV_FORMAT(format_tardis, "tardis", "Tardis quotes or book_ticker", true, tardis_csv);
CSV_FORMAT(format_binance, "binance", "Binance bookTicker file", true, binance_csv);
CSV_FORMAT(format_columns, "columns", "CSV with columns of known names", true, named_columns);

const struct import_format *const import_formats[] = {
    &import_dbn,       &import_binance_json, &import_alpaca_json, &import_orderflow_json,
    &format_orderflow, &format_databento,    &format_massive,     &format_taq_nbbo,
    &format_taq,       &format_tardis,       &format_binance,     &format_columns,
    &import_lobster,
};
const size_t import_n_formats = sizeof import_formats / sizeof import_formats[0];
