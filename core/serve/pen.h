/* SPDX-License-Identifier: MIT */
/* What the parts of the XML are drawn with. [front] */
#ifndef SERVE_PEN_H
#define SERVE_PEN_H

#include "answer.h"

struct pen {
    const struct answer *a;
    struct buf *out;
    int decimals; /* prices have at least so many */
};

/* ` name="value"`; pen_attr_real() writes nothing for NaN. */
void pen_attr_int(const struct pen *p, const char *name, int64_t x);
void pen_attr_size(const struct pen *p, const char *name, double sz);
void pen_attr(const struct pen *p, const char *name, const char *text);
void pen_attr_px(const struct pen *p, const char *name, int64_t px);
void pen_attr_time(const struct pen *p, const char *name, int64_t ts_ns);
void pen_attr_real(const struct pen *p, const char *name, double x);

/* Four digits, and never an exponent for a large number. */
void pen_real(const struct pen *p, double x);

/* One line `      <name>value</name>`, or nothing for a value that is undefined. */
void pen_child_px(const struct pen *p, const char *name, int64_t px);
void pen_child_int(const struct pen *p, const char *name, int64_t x);
void pen_child_size(const struct pen *p, const char *name, double sz);
void pen_child_label(const struct pen *p, const char *name, enum metric_label label);

/* <detected_patterns> with all that belongs in it. */
void pen_patterns(const struct pen *p);

#endif
