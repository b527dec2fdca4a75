/* SPDX-License-Identifier: MIT */
/* cmocka with all it wants included before it. */
#ifndef TESTS_SERVE_CHECK_H
#define TESTS_SERVE_CHECK_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#endif
