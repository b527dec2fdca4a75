/* SPDX-License-Identifier: MIT */
/* The layout of ABI 1 on a 64-bit machine. Lines are only ever added, for structs only ever grow at
 * their end: one that has to be changed breaks every plugin that was ever built. */
#ifndef ABI_LAYOUT_H
#define ABI_LAYOUT_H

#if UINTPTR_MAX > UINT32_MAX

/* ofd_param */
ABI_ASSERT(sizeof(ofd_param) >= 80);
ABI_ASSERT(offsetof(ofd_param, size) == 0);
ABI_ASSERT(offsetof(ofd_param, type) == 4);
ABI_ASSERT(offsetof(ofd_param, key) == 8);
ABI_ASSERT(offsetof(ofd_param, unit) == 16);
ABI_ASSERT(offsetof(ofd_param, help) == 24);
ABI_ASSERT(offsetof(ofd_param, def) == 32);
ABI_ASSERT(offsetof(ofd_param, min) == 40);
ABI_ASSERT(offsetof(ofd_param, max) == 48);
ABI_ASSERT(offsetof(ofd_param, step) == 56);
ABI_ASSERT(offsetof(ofd_param, choices) == 64);
ABI_ASSERT(offsetof(ofd_param, n_choices) == 72);
ABI_ASSERT(offsetof(ofd_param, reserved0) == 76);

/* ofd_field */
ABI_ASSERT(sizeof(ofd_field) >= 48);
ABI_ASSERT(offsetof(ofd_field, size) == 0);
ABI_ASSERT(offsetof(ofd_field, type) == 4);
ABI_ASSERT(offsetof(ofd_field, key) == 8);
ABI_ASSERT(offsetof(ofd_field, unit) == 16);
ABI_ASSERT(offsetof(ofd_field, help) == 24);
ABI_ASSERT(offsetof(ofd_field, choices) == 32);
ABI_ASSERT(offsetof(ofd_field, n_choices) == 40);
ABI_ASSERT(offsetof(ofd_field, reserved0) == 44);

/* ofd_kind */
ABI_ASSERT(sizeof(ofd_kind) >= 24);
ABI_ASSERT(offsetof(ofd_kind, size) == 0);
ABI_ASSERT(offsetof(ofd_kind, flags) == 4);
ABI_ASSERT(offsetof(ofd_kind, key) == 8);
ABI_ASSERT(offsetof(ofd_kind, help) == 16);

/* ofd_window */
ABI_ASSERT(sizeof(ofd_window) >= 104);
ABI_ASSERT(offsetof(ofd_window, size) == 0);
ABI_ASSERT(offsetof(ofd_window, seconds) == 4);
ABI_ASSERT(offsetof(ofd_window, n) == 8);
ABI_ASSERT(offsetof(ofd_window, begin) == 16);
ABI_ASSERT(offsetof(ofd_window, first_new) == 24);
ABI_ASSERT(offsetof(ofd_window, first_seq) == 32);
ABI_ASSERT(offsetof(ofd_window, ts_ns) == 40);
ABI_ASSERT(offsetof(ofd_window, bid_px) == 48);
ABI_ASSERT(offsetof(ofd_window, ask_px) == 56);
ABI_ASSERT(offsetof(ofd_window, bid_sz) == 64);
ABI_ASSERT(offsetof(ofd_window, ask_sz) == 72);
ABI_ASSERT(offsetof(ofd_window, flags) == 80);
ABI_ASSERT(offsetof(ofd_window, trade_px) == 88);
ABI_ASSERT(offsetof(ofd_window, trade_sz) == 96);

/* ofd_tick */
ABI_ASSERT(sizeof(ofd_tick) >= 48);
ABI_ASSERT(offsetof(ofd_tick, size) == 0);
ABI_ASSERT(offsetof(ofd_tick, flags) == 4);
ABI_ASSERT(offsetof(ofd_tick, now_ns) == 8);
ABI_ASSERT(offsetof(ofd_tick, px_tick) == 16);
ABI_ASSERT(offsetof(ofd_tick, seq) == 24);
ABI_ASSERT(offsetof(ofd_tick, n_windows) == 32);
ABI_ASSERT(offsetof(ofd_tick, window_stride) == 36);
ABI_ASSERT(offsetof(ofd_tick, windows) == 40);

/* ofd_value */
ABI_ASSERT(sizeof(ofd_value) >= 24);
ABI_ASSERT(offsetof(ofd_value, field) == 0);
ABI_ASSERT(offsetof(ofd_value, reserved0) == 4);
ABI_ASSERT(offsetof(ofd_value, i) == 8);
ABI_ASSERT(offsetof(ofd_value, f) == 16);

/* ofd_pattern */
ABI_ASSERT(sizeof(ofd_pattern) >= 64);
ABI_ASSERT(offsetof(ofd_pattern, size) == 0);
ABI_ASSERT(offsetof(ofd_pattern, kind) == 4);
ABI_ASSERT(offsetof(ofd_pattern, side) == 8);
ABI_ASSERT(offsetof(ofd_pattern, dir) == 12);
ABI_ASSERT(offsetof(ofd_pattern, ts_ns) == 16);
ABI_ASSERT(offsetof(ofd_pattern, start_ns) == 24);
ABI_ASSERT(offsetof(ofd_pattern, price) == 32);
ABI_ASSERT(offsetof(ofd_pattern, value) == 40);
ABI_ASSERT(offsetof(ofd_pattern, ev) == 48);
ABI_ASSERT(offsetof(ofd_pattern, n_ev) == 56);
ABI_ASSERT(offsetof(ofd_pattern, ev_stride) == 60);

/* ofd_config */
ABI_ASSERT(sizeof(ofd_config) >= 32);
ABI_ASSERT(offsetof(ofd_config, size) == 0);
ABI_ASSERT(offsetof(ofd_config, n_params) == 4);
ABI_ASSERT(offsetof(ofd_config, params) == 8);
ABI_ASSERT(offsetof(ofd_config, ticker) == 16);
ABI_ASSERT(offsetof(ofd_config, columns) == 24);

/* ofd_plugin */
ABI_ASSERT(sizeof(ofd_plugin) >= 184);
ABI_ASSERT(offsetof(ofd_plugin, size) == 0);
ABI_ASSERT(offsetof(ofd_plugin, minor) == 4);
ABI_ASSERT(offsetof(ofd_plugin, id) == 8);
ABI_ASSERT(offsetof(ofd_plugin, name) == 16);
ABI_ASSERT(offsetof(ofd_plugin, version) == 24);
ABI_ASSERT(offsetof(ofd_plugin, vendor) == 32);
ABI_ASSERT(offsetof(ofd_plugin, description) == 40);
ABI_ASSERT(offsetof(ofd_plugin, url) == 48);
ABI_ASSERT(offsetof(ofd_plugin, license) == 56);
ABI_ASSERT(offsetof(ofd_plugin, flags) == 64);
ABI_ASSERT(offsetof(ofd_plugin, columns) == 72);
ABI_ASSERT(offsetof(ofd_plugin, window_s) == 80);
ABI_ASSERT(offsetof(ofd_plugin, n_windows) == 88);
ABI_ASSERT(offsetof(ofd_plugin, memory_s) == 92);
ABI_ASSERT(offsetof(ofd_plugin, budget_us) == 96);
ABI_ASSERT(offsetof(ofd_plugin, n_params) == 100);
ABI_ASSERT(offsetof(ofd_plugin, param_stride) == 104);
ABI_ASSERT(offsetof(ofd_plugin, n_kinds) == 108);
ABI_ASSERT(offsetof(ofd_plugin, kind_stride) == 112);
ABI_ASSERT(offsetof(ofd_plugin, n_fields) == 116);
ABI_ASSERT(offsetof(ofd_plugin, field_stride) == 120);
ABI_ASSERT(offsetof(ofd_plugin, reserved0) == 124);
ABI_ASSERT(offsetof(ofd_plugin, params) == 128);
ABI_ASSERT(offsetof(ofd_plugin, kinds) == 136);
ABI_ASSERT(offsetof(ofd_plugin, fields) == 144);
ABI_ASSERT(offsetof(ofd_plugin, create) == 152);
ABI_ASSERT(offsetof(ofd_plugin, destroy) == 160);
ABI_ASSERT(offsetof(ofd_plugin, detect) == 168);
ABI_ASSERT(offsetof(ofd_plugin, ext) == 176);

/* ofd_host */
ABI_ASSERT(sizeof(ofd_host) >= 40);
ABI_ASSERT(offsetof(ofd_host, size) == 0);
ABI_ASSERT(offsetof(ofd_host, minor) == 4);
ABI_ASSERT(offsetof(ofd_host, ctx) == 8);
ABI_ASSERT(offsetof(ofd_host, emit) == 16);
ABI_ASSERT(offsetof(ofd_host, log) == 24);
ABI_ASSERT(offsetof(ofd_host, ext) == 32);

/* constants */
ABI_ASSERT(OFD_MAJOR == 1);
ABI_ASSERT(OFD_INT == 1);
ABI_ASSERT(OFD_REAL == 2);
ABI_ASSERT(OFD_PRICE == 3);
ABI_ASSERT(OFD_CHOICE == 4);
ABI_ASSERT(OFD_COL_TRADES == 1);
ABI_ASSERT(OFD_ROW_DUPLICATE == 1);
ABI_ASSERT(OFD_ROW_ONE_SIDED == 2);
ABI_ASSERT(OFD_ROW_EMPTY == 4);
ABI_ASSERT(OFD_ROW_LOCKED == 8);
ABI_ASSERT(OFD_ROW_CROSSED == 16);
ABI_ASSERT(OFD_ROW_WIDE == 32);
ABI_ASSERT(OFD_ROW_GAP == 64);
ABI_ASSERT(OFD_ROW_TIE == 128);
ABI_ASSERT(OFD_TICK_PRIMING == 1);
ABI_ASSERT(OFD_NO_SIDE == 0);
ABI_ASSERT(OFD_BID == 1);
ABI_ASSERT(OFD_ASK == 2);
ABI_ASSERT(OFD_BAD_VALUE == -1);
ABI_ASSERT(OFD_LIMIT == -2);
ABI_ASSERT(OFD_LOG_DEBUG == 0);
ABI_ASSERT(OFD_LOG_INFO == 1);
ABI_ASSERT(OFD_LOG_WARN == 2);
ABI_ASSERT(OFD_LOG_ERROR == 3);
ABI_ASSERT(OFD_DETERMINISTIC == 1);
ABI_ASSERT(OFD_ROWS == 2);
ABI_ASSERT(OFD_OFF == 4);
ABI_ASSERT(OFD_NO_PRICE == INT64_MIN);

/* ofd_condition */
ABI_ASSERT(sizeof(ofd_condition) >= 64);
ABI_ASSERT(offsetof(ofd_condition, size) == 0);
ABI_ASSERT(offsetof(ofd_condition, kind) == 4);
ABI_ASSERT(offsetof(ofd_condition, side) == 8);
ABI_ASSERT(offsetof(ofd_condition, dir) == 12);
ABI_ASSERT(offsetof(ofd_condition, op) == 16);
ABI_ASSERT(offsetof(ofd_condition, holds) == 20);
ABI_ASSERT(offsetof(ofd_condition, param) == 24);
ABI_ASSERT(offsetof(ofd_condition, field) == 28);
ABI_ASSERT(offsetof(ofd_condition, key) == 32);
ABI_ASSERT(offsetof(ofd_condition, unit) == 40);
ABI_ASSERT(offsetof(ofd_condition, value) == 48);
ABI_ASSERT(offsetof(ofd_condition, threshold) == 56);

/* ofd_explain_out */
ABI_ASSERT(sizeof(ofd_explain_out) >= 24);
ABI_ASSERT(offsetof(ofd_explain_out, size) == 0);
ABI_ASSERT(offsetof(ofd_explain_out, ctx) == 8);
ABI_ASSERT(offsetof(ofd_explain_out, say) == 16);

/* ofd_explain */
ABI_ASSERT(sizeof(ofd_explain) >= 16);
ABI_ASSERT(offsetof(ofd_explain, size) == 0);
ABI_ASSERT(offsetof(ofd_explain, explain) == 8);

#endif
#endif
