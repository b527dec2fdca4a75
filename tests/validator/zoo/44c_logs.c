/* SPDX-License-Identifier: MIT */
/* Tells of every call. */
#define AT_DETECT a->host->log(a->host, OFD_LOG_INFO, "called");
#include "animal.h"
