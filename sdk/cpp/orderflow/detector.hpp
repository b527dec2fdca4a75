/* SPDX-License-Identifier: MIT */
/*
 * orderflow detector ABI for C++17: the tables as constexpr values, the columns as spans, and no exception across the
 * boundary. Header only, nothing to link, no allocation of its own but the detector object.
 *
 *   struct mine {
 *       static constexpr ofd_param params[] = { ofd::real("ratio", 10, 1, 1000, "", "bid / ask, at least") };
 *       static constexpr ofd_field fields[] = { ofd::field(OFD_REAL, "ratio", "", "bid / ask") };
 *       static constexpr ofd_kind kinds[] = { ofd::kind("mine", "the bid dwarfs the ask") };
 *       static constexpr std::uint32_t windows[] = { 10 };
 *       static const ofd_plugin about;
 *       mine(ofd::host host, const ofd::config &config);
 *       void detect(const ofd::tick &tick);
 *   };
 *   constexpr ofd_plugin mine::about = ofd::plugin<mine>("mine", "Mine", "1.0.0", "The bid dwarfs the ask");
 *   OFD_DETECTORS(mine)
 *
 * `params` and `fields` may be left out. The constructor is create(), the destructor destroy(); both and detect() may
 * throw: the exception's what() becomes one log line, create() gives NULL and detect() a negative number. (A destructor
 * that throws ends the process, as everywhere in C++.) Everything that a tick gives lives until detect() returns.
 */
#ifndef ORDERFLOW_DETECTOR_HPP
#define ORDERFLOW_DETECTOR_HPP

#include <orderflow/detector.h>

#include <cstddef>
#include <cstdint>
#include <exception>
#include <new>
#include <stdexcept>
#include <string>
#include <type_traits>

namespace ofd {

/* ---- tables ---------------------------------------------------------------------------------- */

constexpr ofd_param param(std::uint32_t type, const char *key, double def, double min, double max, const char *unit,
                          const char *help, double step = 0)
{
    ofd_param p{};
    p.size = sizeof p;
    p.type = type;
    p.key = key;
    p.unit = unit;
    p.help = help;
    p.def = def;
    p.min = min;
    p.max = max;
    p.step = step;
    return p;
}

constexpr ofd_param real(const char *key, double def, double min, double max, const char *unit, const char *help,
                         double step = 0)
{
    return param(OFD_REAL, key, def, min, max, unit, help, step);
}

constexpr ofd_param integer(const char *key, double def, double min, double max, const char *unit, const char *help,
                            double step = 0)
{
    return param(OFD_INT, key, def, min, max, unit, help, step);
}

/* A parameter with words for values; config[i] is the index of the chosen one. */
template <std::size_t N>
constexpr ofd_param choice(const char *key, const char *const (&words)[N], std::uint32_t def, const char *help)
{
    ofd_param p = param(OFD_CHOICE, key, def, 0, N - 1, "", help);
    p.choices = words;
    p.n_choices = N;
    return p;
}

constexpr ofd_field field(std::uint32_t type, const char *key, const char *unit, const char *help)
{
    ofd_field f{};
    f.size = sizeof f;
    f.type = type;
    f.key = key;
    f.unit = unit;
    f.help = help;
    return f;
}

/* A field with words for values. */
template <std::size_t N>
constexpr ofd_field field(const char *key, const char *const (&words)[N], const char *help)
{
    ofd_field f = field(OFD_CHOICE, key, "", help);
    f.choices = words;
    f.n_choices = N;
    return f;
}

constexpr ofd_kind kind(const char *key, const char *help)
{
    ofd_kind k{};
    k.size = sizeof k;
    k.key = key;
    k.help = help;
    return k;
}

/* ---- views ----------------------------------------------------------------------------------- */

/* Borrowed elements, read-only. operator[] is unchecked, at() throws std::out_of_range. */
template <class T> class span {
  public:
    constexpr span() noexcept = default;
    constexpr span(const T *first, std::size_t n) noexcept : first_(first), n_(n) {}
    constexpr const T *begin() const noexcept { return first_; }
    constexpr const T *end() const noexcept { return first_ + n_; }
    constexpr const T *data() const noexcept { return first_; }
    constexpr std::size_t size() const noexcept { return n_; }
    constexpr bool empty() const noexcept { return n_ == 0; }
    constexpr const T &operator[](std::size_t i) const noexcept { return first_[i]; }
    constexpr const T &front() const noexcept { return first_[0]; }
    constexpr const T &back() const noexcept { return first_[n_ - 1]; }
    const T &at(std::size_t i) const
    {
        if (i >= n_) {
            throw std::out_of_range("row " + std::to_string(i) + " of " + std::to_string(n_));
        }
        return first_[i];
    }
    /* Elements [from, to). */
    constexpr span sub(std::size_t from, std::size_t to) const noexcept { return { first_ + from, to - from }; }

  private:
    const T *first_ = nullptr;
    std::size_t n_ = 0;
};

/* One row. px: 1e-9 currency units; 0: the side is absent. */
struct row {
    std::int64_t ts_ns, bid_px, ask_px;
    double bid_sz, ask_sz;
    std::uint32_t flags; /* OFD_ROW_* */
};

/* The numbers from..to-1, for `for (std::size_t i : w.new_rows())`. */
class indices {
  public:
    class iterator {
      public:
        constexpr explicit iterator(std::size_t i) noexcept : i_(i) {}
        constexpr std::size_t operator*() const noexcept { return i_; }
        constexpr iterator &operator++() noexcept
        {
            ++i_;
            return *this;
        }
        constexpr bool operator!=(const iterator &o) const noexcept { return i_ != o.i_; }

      private:
        std::size_t i_;
    };
    constexpr indices(std::size_t from, std::size_t to) noexcept : from_(from), to_(to) {}
    constexpr iterator begin() const noexcept { return iterator(from_); }
    constexpr iterator end() const noexcept { return iterator(to_); }
    constexpr std::size_t size() const noexcept { return to_ - from_; }

  private:
    std::size_t from_, to_;
};

class window {
  public:
    explicit window(const ofd_window &w) noexcept : w_(&w) {}
    std::size_t size() const noexcept { return static_cast<std::size_t>(w_->n); }
    std::uint32_t seconds() const noexcept { return w_->seconds; }
    std::uint64_t first_seq() const noexcept { return w_->first_seq; }
    /* Rows this instance has not seen before: judge each. All rows before them are there to look back at. */
    indices new_rows() const noexcept { return { static_cast<std::size_t>(w_->first_new), size() }; }
    /* The rows of the window proper; those before it reach memory_s further back. */
    indices rows() const noexcept { return { static_cast<std::size_t>(w_->begin), size() }; }
    span<std::int64_t> ts_ns() const noexcept { return { w_->ts_ns, size() }; }
    span<std::int64_t> bid_px() const noexcept { return { w_->bid_px, size() }; }
    span<std::int64_t> ask_px() const noexcept { return { w_->ask_px, size() }; }
    span<double> bid_sz() const noexcept { return { w_->bid_sz, size() }; }
    span<double> ask_sz() const noexcept { return { w_->ask_sz, size() }; }
    span<std::uint32_t> flags() const noexcept { return { w_->flags, size() }; }
    row operator[](std::size_t i) const noexcept
    {
        return { w_->ts_ns[i], w_->bid_px[i], w_->ask_px[i], w_->bid_sz[i], w_->ask_sz[i], w_->flags[i] };
    }
    const ofd_window &raw() const noexcept { return *w_; }

  private:
    const ofd_window *w_;
};

class tick {
  public:
    explicit tick(const ofd_tick &t) noexcept : t_(&t) {}
    std::size_t size() const noexcept { return t_->n_windows; }
    /* The i-th window, in the order of `windows`. */
    window operator[](std::size_t i) const
    {
        if (i >= t_->n_windows) {
            throw std::out_of_range("window " + std::to_string(i) + " of " + std::to_string(t_->n_windows));
        }
        return window(*ofd_window_at(t_, static_cast<std::uint32_t>(i)));
    }
    std::int64_t now_ns() const noexcept { return t_->now_ns; }
    std::int64_t px_tick() const noexcept { return t_->px_tick; }
    std::uint64_t seq() const noexcept { return t_->seq; }
    bool priming() const noexcept { return (t_->flags & OFD_TICK_PRIMING) != 0; }
    const ofd_tick &raw() const noexcept { return *t_; }

  private:
    const ofd_tick *t_;
};

/* Parameters in the order of `params`; numbers only, checked by the host. */
class config {
  public:
    explicit config(const ofd_config &c) noexcept : c_(&c) {}
    std::size_t size() const noexcept { return c_->n_params; }
    double operator[](std::size_t i) const
    {
        if (i >= c_->n_params) {
            throw std::out_of_range("parameter " + std::to_string(i) + " of " + std::to_string(c_->n_params));
        }
        return c_->params[i];
    }
    const char *ticker() const noexcept { return c_->ticker; }
    std::uint64_t columns() const noexcept { return c_->columns; }

  private:
    const ofd_config *c_;
};

/* ---- emitting -------------------------------------------------------------------------------- */

/* A pattern under construction: ofd::pattern(ts).side(OFD_BID).dir(1).price(px).value(r).with(RATIO, r). */
template <std::size_t Evidence> class basic_pattern {
  public:
    explicit basic_pattern(std::int64_t ts_ns, std::uint32_t kind = 0) noexcept
    {
        p_.size = sizeof p_;
        p_.kind = kind;
        p_.ts_ns = ts_ns;
        p_.price = OFD_NO_PRICE;
    }
    basic_pattern &side(std::int32_t side) noexcept
    {
        p_.side = side;
        return *this;
    }
    basic_pattern &dir(std::int32_t dir) noexcept
    {
        p_.dir = dir;
        return *this;
    }
    basic_pattern &price(std::int64_t px) noexcept
    {
        p_.price = px;
        return *this;
    }
    basic_pattern &since(std::int64_t start_ns) noexcept
    {
        p_.start_ns = start_ns;
        return *this;
    }
    basic_pattern &value(double value) noexcept
    {
        p_.value = value;
        return *this;
    }
    /* Evidence for a field: a floating point number for OFD_REAL, a whole one for the others. */
    template <class T> basic_pattern &with(std::uint32_t field, T value)
    {
        static_assert(std::is_arithmetic<T>::value || std::is_enum<T>::value, "a number");
        if (p_.n_ev == Evidence) {
            throw std::length_error("more evidence than ofd::basic_pattern<N> holds");
        }
        ofd_value &v = ev_[p_.n_ev++];
        v.field = field;
        if constexpr (std::is_floating_point<T>::value) {
            v.f = value;
        } else {
            v.i = static_cast<std::int64_t>(value);
        }
        return *this;
    }
    /* Valid as long as this object is neither moved nor changed. */
    const ofd_pattern &raw() noexcept
    {
        p_.ev = ev_;
        p_.ev_stride = sizeof *ev_;
        return p_;
    }

  private:
    ofd_pattern p_{};
    ofd_value ev_[Evidence]{};
};
using pattern = basic_pattern<24>;

/* What host::emit() throws when the host refuses a pattern (OFD_BAD_VALUE): a bug of the detector. */
struct refused : std::logic_error {
    using std::logic_error::logic_error;
};

/* Copyable; valid until the detector's destructor returns. */
class host {
  public:
    explicit host(const ofd_host *h) noexcept : h_(h) {}
    /* False: no more in this call (OFD_LIMIT), return from detect(). Throws refused. */
    template <std::size_t N> bool emit(basic_pattern<N> &p) const { return emit(p.raw()); }
    template <std::size_t N> bool emit(basic_pattern<N> &&p) const { return emit(p.raw()); }
    bool emit(const ofd_pattern &p) const
    {
        const std::int32_t status = h_->emit(h_, &p);
        if (status == OFD_BAD_VALUE) {
            throw refused("the host refused a pattern: bad kind, time, side, field or number");
        }
        return status == 0;
    }
    void log(std::uint32_t level, const char *text) const noexcept { h_->log(h_, level, text); }
    void log(std::uint32_t level, const std::string &text) const noexcept { h_->log(h_, level, text.c_str()); }
    /* An extension's table, or nullptr. */
    template <class T> const T *ext(const char *id) const noexcept { return static_cast<const T *>(h_->ext(h_, id)); }
    const ofd_host *raw() const noexcept { return h_; }

  private:
    const ofd_host *h_;
};

/* ---- the boundary ---------------------------------------------------------------------------- */

namespace detail {

template <class D> struct object {
    static_assert(alignof(D) <= alignof(std::max_align_t), "a detector of ordinary alignment");
    ofd::host host;
    D detector;
    object(const ofd_host *h, const ofd_config &c) : host(h), detector(host, ofd::config(c)) {}
};

/* One log line about the exception in flight. */
inline void report(const ofd_host *h, const char *where) noexcept
{
    try {
        throw;
    } catch (const std::bad_alloc &) {
        h->log(h, OFD_LOG_ERROR, "out of memory");
    } catch (const std::exception &e) {
        try {
            h->log(h, OFD_LOG_ERROR, (std::string(where) + ": " + e.what()).c_str());
        } catch (...) {
            h->log(h, OFD_LOG_ERROR, e.what());
        }
    } catch (...) {
        h->log(h, OFD_LOG_ERROR, "an exception that is no std::exception");
    }
}

template <class D> void *create(const ofd_host *h, const ofd_config *c)
{
    void *room = ::operator new(sizeof(object<D>), std::nothrow);
    if (room == nullptr) {
        h->log(h, OFD_LOG_ERROR, "out of memory");
        return nullptr;
    }
    try {
        return new (room) object<D>(h, *c);
    } catch (...) {
        ::operator delete(room);
        report(h, "create");
        return nullptr;
    }
}

template <class D> void destroy(void *self)
{
    static_cast<object<D> *>(self)->~object();
    ::operator delete(self);
}

template <class D> std::int32_t detect(void *self, const ofd_tick *t)
{
    object<D> *o = static_cast<object<D> *>(self);
    try {
        o->detector.detect(ofd::tick(*t));
        return 0;
    } catch (...) {
        report(o->host.raw(), "detect");
        return -1;
    }
}

template <class T, std::size_t N> constexpr std::uint32_t count(const T (&)[N]) { return N; }
template <class D, class = void> struct params_of {
    static constexpr void set(ofd_plugin &) {}
};
template <class D> struct params_of<D, std::void_t<decltype(D::params)>> {
    static constexpr void set(ofd_plugin &p)
    {
        p.params = D::params;
        p.n_params = count(D::params);
    }
};
template <class D, class = void> struct fields_of {
    static constexpr void set(ofd_plugin &) {}
};
template <class D> struct fields_of<D, std::void_t<decltype(D::fields)>> {
    static constexpr void set(ofd_plugin &p)
    {
        p.fields = D::fields;
        p.n_fields = count(D::fields);
    }
};

template <class... D> const ofd_plugin *entry(std::uint32_t index) noexcept
{
    static constexpr const ofd_plugin *all[] = { &D::about... };
    return index < sizeof...(D) ? all[index] : nullptr;
}

} // namespace detail

/* The table of detector D. What is not an argument can be set in the value that is returned, by a constexpr function:
 * vendor, url, license, columns, memory_s, budget_us, ext. */
template <class D>
constexpr ofd_plugin plugin(const char *id, const char *name, const char *version, const char *description,
                            std::uint64_t flags = OFD_DETERMINISTIC | OFD_ROWS, std::uint32_t memory_s = 0)
{
    ofd_plugin p{};
    p.size = sizeof p;
    p.minor = OFD_MINOR;
    p.id = id;
    p.name = name;
    p.version = version;
    p.vendor = p.url = p.license = "";
    p.description = description;
    p.flags = flags;
    p.memory_s = memory_s;
    p.window_s = D::windows;
    p.n_windows = detail::count(D::windows);
    p.kinds = D::kinds;
    p.n_kinds = detail::count(D::kinds);
    p.param_stride = sizeof(ofd_param);
    p.kind_stride = sizeof(ofd_kind);
    p.field_stride = sizeof(ofd_field);
    detail::params_of<D>::set(p);
    detail::fields_of<D>::set(p);
    p.create = detail::create<D>;
    p.destroy = detail::destroy<D>;
    p.detect = detail::detect<D>;
    return p;
}

} // namespace ofd

/* Once in a plugin, at file scope: exports the named detectors in that order. */
#define OFD_DETECTORS(...)                                                                                             \
    extern "C" OFD_EXPORT const ofd_plugin *ofd_entry_v1(std::uint32_t, std::uint32_t index)                           \
    {                                                                                                                  \
        return ofd::detail::entry<__VA_ARGS__>(index);                                                                 \
    }

#endif
