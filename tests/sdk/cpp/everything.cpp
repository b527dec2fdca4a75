/* SPDX-License-Identifier: MIT */
/* All of orderflow/detector.hpp in one plugin of two detectors; no sense in the market is meant. */
#include <orderflow/detector.hpp>
#include <orderflow/explain.h>

#include <cmath>
#include <cstring>
#include <stdexcept>
#include <vector>

namespace {

constexpr const char *words[] = { "small", "large" };
constexpr const char *answers[] = { "no", "yes" };

/* Tells each change of the bid, with evidence of every type. */
class bid_change {
  public:
    enum { LEAST, ROWS, SIZE };                    /* of params */
    enum { CHANGE, COUNT, OLD_PRICE, UP, TICKS };  /* of fields */
    enum answer { NO, YES };
    static constexpr ofd_param params[] = {
        ofd::real("least", 0.02, 0, 100, "USD", "change of the price, at least", 0.01),
        ofd::integer("rows", 0, 0, 50, "", "rows before it, at least"),
        ofd::choice("size", words, 0, "which of them"),
    };
    static constexpr ofd_field fields[] = {
        ofd::field(OFD_REAL, "change", "USD", "change of the price"),
        ofd::field(OFD_INT, "count", "", "rows in the short window"),
        ofd::field(OFD_PRICE, "old_price", "", "the price before"),
        ofd::field("up", answers, "whether it rose"),
        ofd::field(OFD_INT, "ticks", "", "price steps"),
    };
    static constexpr ofd_kind kinds[] = { ofd::kind("bid_fell", "the bid fell"), ofd::kind("bid_rose", "the bid rose") };
    static constexpr std::uint32_t windows[] = { 60, 1 };
    static const ofd_plugin about;

    bid_change(ofd::host host, const ofd::config &config)
        : host_(host), least_(config[LEAST]), rows_(static_cast<std::size_t>(config[ROWS])), large_(config[SIZE] > 0)
    {
        if (config.size() != 3 || std::strlen(config.ticker()) == 0) {
            throw std::invalid_argument("not what was declared");
        }
    }

    void detect(const ofd::tick &tick)
    {
        const ofd::window w = tick[0];
        for (std::size_t i : w.new_rows()) {
            if (!judge(tick, w, i)) {
                return;
            }
        }
    }

  private:
    /* False: the host takes no more. */
    bool judge(const ofd::tick &tick, const ofd::window &w, std::size_t i) const
    {
        const ofd::span<std::int64_t> px = w.bid_px();
        if (i == 0 || i < rows_ || px[i] == 0 || px[i - 1] == 0) {
            return true;
        }
        const std::int64_t change_px = px.at(i) - px.at(i - 1);
        const double change = std::fabs(static_cast<double>(change_px)) / 1e9;
        if (change_px == 0 || change < least_ || (large_ && w.bid_sz()[i] < 1000)) {
            return true;
        }
        std::int64_t count = 0;
        for (std::int64_t ts : w.ts_ns().sub(0, i + 1)) {
            count += ts > w[i].ts_ns - 1000000000;
        }
        const bool rose = change_px > 0;
        ofd::basic_pattern<5> p(w[i].ts_ns, rose ? 1 : 0);
        p.side(OFD_BID).dir(rose ? 1 : -1).price(px[i]).since(w[i - 1].ts_ns).value(change);
        p.with(CHANGE, change).with(COUNT, count).with(OLD_PRICE, px[i - 1]).with(UP, rose ? YES : NO);
        p.with(TICKS, change_px / tick.px_tick());
        return host_.emit(p);
    }

    ofd::host host_;
    double least_;
    std::size_t rows_;
    bool large_;
};

const void *no_ext(const char *) { return nullptr; }

constexpr ofd_plugin with_ext(ofd_plugin p)
{
    p.vendor = "tests";
    p.license = "MIT";
    p.budget_us = 500;
    p.ext = no_ext;
    return p;
}

constexpr ofd_plugin bid_change::about = with_ext(ofd::plugin<bid_change>(
    "bid_change", "Bid change", "2.1.0", "Every change of the bid", OFD_DETERMINISTIC | OFD_ROWS, 60));

/* No parameters, no fields; says so much that the host has enough, and what it must not say. */
class talker {
  public:
    static constexpr ofd_kind kinds[] = { ofd::kind("talk", "a row") };
    static constexpr std::uint32_t windows[] = { 1 };
    static const ofd_plugin about;

    talker(ofd::host host, const ofd::config &) : host_(host)
    {
        if (host_.ext<ofd_explain>("nobody.has-this/1") != nullptr) {
            throw std::runtime_error("a table for an unknown id");
        }
        host_.log(OFD_LOG_DEBUG, std::string("made"));
    }

    void detect(const ofd::tick &tick)
    {
        const ofd::window w = tick[0];
        for (std::size_t i : w.new_rows()) {
            if (w[i].bid_sz == 13) {
                (void)host_.emit(ofd::pattern(w[i].ts_ns).value(NAN));
            }
            if (w[i].bid_sz == 14) {
                throw 14;
            }
            if (w[i].bid_sz == 15) {
                (void)tick[1];
            }
            if (w[i].bid_sz == 16) {
                (void)ofd::basic_pattern<1>(0).with(0, 1).with(0, 2);
            }
            if (!host_.emit(ofd::pattern(w[i].ts_ns).value(1))) {
                return;
            }
        }
    }

  private:
    ofd::host host_;
};

constexpr ofd_plugin talker::about = ofd::plugin<talker>("talker", "Talker", "1.0.0", "Every row");

} // namespace

OFD_DETECTORS(bid_change, talker)
