/* SPDX-License-Identifier: MIT */
/*
 * Short words for the tables of a detector that is written in C; detector.hpp has the same for C++.
 * It is code of the plugin, compiled into it, and no part of the ABI: a detector that writes its
 * tables out is the same detector.
 *
 *   static const ofd_param params[] = { OFD_PARAM(OFD_REAL, "ratio", "", 10, 1, 1000, "bid / ask,
 * at least") }; static const ofd_kind kinds[] = { OFD_KIND("mine", "the bid dwarfs the ask") };
 *   static const ofd_field fields[] = { OFD_FIELD(OFD_REAL, "ratio", "", "bid / ask") };
 *   static const uint32_t window_s[] = { 10 };
 *   OFD_EXPLAIN_EXT(ext, explain)
 *   static const ofd_plugin plugin = { .size = sizeof(ofd_plugin), ..., OFD_TABLES(window_s,
 * params, kinds, fields), .create = create, .destroy = free, .detect = detect, .ext = ext };
 *   OFD_ENTRY(plugin)
 *
 * C11 and later. Rows and tables are initializers, so everything in them is a constant.
 */
#ifndef ORDERFLOW_DECLARE_H
#define ORDERFLOW_DECLARE_H

#include <orderflow/explain.h>

#include <string.h>

#define OFD_LENGTH(array) ((uint32_t)(sizeof(array) / sizeof *(array)))

/* A row of parameters, OFD_INT or OFD_REAL: type, key, unit, default, least, most, help. */
#define OFD_PARAM(t, k, u, d, lo, hi, h)                                                          \
    {                                                                                             \
        .size = sizeof(ofd_param), .type = (t), .key = (k), .unit = (u), .help = (h), .def = (d), \
        .min = (lo), .max = (hi)                                                                  \
    }
/* One that takes a word of an array; the first is the default: key, array, help. */
#define OFD_PARAM_WORDS(k, w, h) OFD_WORDS_ROW(ofd_param, k, w, h)

/* A row of fields, OFD_INT, OFD_REAL or OFD_PRICE: type, key, unit, help. */
#define OFD_FIELD(t, k, u, h)                                                        \
    {                                                                                \
        .size = sizeof(ofd_field), .type = (t), .key = (k), .unit = (u), .help = (h) \
    }
/* One that holds a word of an array. */
#define OFD_FIELD_WORDS(k, w, h) OFD_WORDS_ROW(ofd_field, k, w, h)

/* A row of kinds. */
#define OFD_KIND(k, h)                                    \
    {                                                     \
        .size = sizeof(ofd_kind), .key = (k), .help = (h) \
    }

/* The tables of an ofd_plugin, all of them arrays. A detector without parameters or fields writes
 * its table out. */
#define OFD_TABLES(windows, param_rows, kind_rows, field_rows)                                  \
    .window_s = (windows), .n_windows = OFD_LENGTH(windows), .params = (param_rows),            \
    .n_params = OFD_LENGTH(param_rows), .param_stride = sizeof *(param_rows),                   \
    .kinds = (kind_rows), .n_kinds = OFD_LENGTH(kind_rows), .kind_stride = sizeof *(kind_rows), \
    .fields = (field_rows), .n_fields = OFD_LENGTH(field_rows),                                 \
    .field_stride = sizeof *(field_rows)

/* Defines the static function `name`, for ofd_plugin.ext, of a detector whose one extension is
 * ofd.explain/1. */
#define OFD_EXPLAIN_EXT(name, explain_function)                             \
    static const void *name(const char *id)                                 \
    {                                                                       \
        static const ofd_explain table = { .size = sizeof(ofd_explain),     \
                                           .explain = (explain_function) }; \
        return strcmp(id, OFD_EXPLAIN_ID) == 0 ? &table : NULL;             \
    }

/* Defines ofd_entry_v1() of a file with one detector. */
#define OFD_ENTRY(the_plugin)                                           \
    const ofd_plugin *ofd_entry_v1(uint32_t host_minor, uint32_t index) \
    {                                                                   \
        (void)host_minor;                                               \
        return index == 0 ? &(the_plugin) : NULL;                       \
    }

/* Says one condition in explain(). of: the size, kind, side and dir of the pattern that it belongs
 * to. unit, param and field as in ofd_condition. */
static inline void ofd_say(const ofd_explain_out *out, const ofd_condition *of, const char *key,
                           const char *unit, int32_t op, double value, double threshold, int holds,
                           int32_t param, int32_t field)
{
    ofd_condition c = *of;
    c.key = key;
    c.unit = unit;
    c.op = op;
    c.value = value;
    c.threshold = threshold;
    c.holds = holds;
    c.param = param;
    c.field = field;
    (void)out->say(out, &c);
}

#define OFD_WORDS_ROW(T, k, w, h)                                                   \
    {                                                                               \
        .size = sizeof(T), .type = OFD_CHOICE, .key = (k), .unit = "", .help = (h), \
        .choices = (w), .n_choices = OFD_LENGTH(w)                                  \
    }

#endif
