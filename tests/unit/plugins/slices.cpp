/* SPDX-License-Identifier: MIT */
/* Compiling it is the test. */
#include <orderflow/rows.h>
#include <orderflow/slices.h>

int slices_in_cxx(ofd_slices *s, const ofd_window *w);
double rows_in_cxx(const ofd_window *w, uint64_t i);

int slices_in_cxx(ofd_slices *s, const ofd_window *w)
{
    ofd_slices_init(s, 60);
    return ofd_slices_at(s, w, 0) != 0 ? 0 : ofd_slices_row(s, w, 0);
}

double rows_in_cxx(const ofd_window *w, uint64_t i)
{
    return ofd_row_anew(w, i, 60) != 0 ? 0 : ofd_row_imbalance(w, i);
}
