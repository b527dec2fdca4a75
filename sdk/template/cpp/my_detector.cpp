// SPDX-License-Identifier: MIT
#include <orderflow/detector.hpp>

namespace {

class my_detector {
  public:
    enum { RATIO }; // of params and of fields
    static constexpr ofd_param params[] = {
        ofd::real("ratio", 10, 1, 1000, "", "bid size / ask size, at least"),
    };
    static constexpr ofd_field fields[] = {
        ofd::field(OFD_REAL, "ratio", "", "bid size / ask size"),
    };
    static constexpr ofd_kind kinds[] = { ofd::kind("my_detector", "the bid dwarfs the ask") };
    static constexpr std::uint32_t windows[] = { 10 };
    static const ofd_plugin about;

    my_detector(ofd::host host, const ofd::config &config) : host_(host), ratio_(config[RATIO]) {}

    void detect(const ofd::tick &tick)
    {
        const ofd::window w = tick[0];
        for (std::size_t i : w.new_rows()) {
            const ofd::row q = w[i];
            const double ratio = q.ask_sz > 0 ? q.bid_sz / q.ask_sz : 0;
            if (ratio < ratio_) {
                continue;
            }
            ofd::pattern p(q.ts_ns);
            p.side(OFD_BID).dir(+1).price(q.bid_px).value(ratio).with(RATIO, ratio);
            if (!host_.emit(p)) {
                return;
            }
        }
    }

  private:
    ofd::host host_;
    double ratio_;
};

constexpr ofd_plugin my_detector::about =
    ofd::plugin<my_detector>("my_detector", "My detector", "1.0.0", "The bid dwarfs the ask");

} // namespace

OFD_DETECTORS(my_detector)
