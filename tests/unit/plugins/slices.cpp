/* SPDX-License-Identifier: MIT */
/* Compiling it is the test. */
#include <orderflow/slices.h>

int slices_in_cxx(ofd_slices *s, const ofd_window *w);

int slices_in_cxx(ofd_slices *s, const ofd_window *w)
{
    ofd_slices_init(s, 60);
    return ofd_slices_at(s, w, 0) != 0 ? 0 : ofd_slices_row(s, w, 0);
}
