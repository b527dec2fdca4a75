// SPDX-License-Identifier: MIT
const ofd = @cImport(@cInclude("orderflow/detector.h"));
const std = @import("std");

const RATIO = 0; // of params and of fields

const params = [_]ofd.ofd_param{.{
    .size = @sizeOf(ofd.ofd_param),
    .type = ofd.OFD_REAL,
    .key = "ratio",
    .unit = "",
    .help = "bid size / ask size, at least",
    .def = 10,
    .min = 1,
    .max = 1000,
    .step = 0,
    .choices = null,
    .n_choices = 0,
    .reserved0 = 0,
}};
const fields = [_]ofd.ofd_field{.{
    .size = @sizeOf(ofd.ofd_field),
    .type = ofd.OFD_REAL,
    .key = "ratio",
    .unit = "",
    .help = "bid size / ask size",
    .choices = null,
    .n_choices = 0,
    .reserved0 = 0,
}};
const kinds = [_]ofd.ofd_kind{.{
    .size = @sizeOf(ofd.ofd_kind),
    .flags = 0,
    .key = "my_detector",
    .help = "the bid dwarfs the ask",
}};
const windows = [_]u32{10};

const Self = struct { host: *const ofd.ofd_host, ratio: f64 };

fn create(host: [*c]const ofd.ofd_host, config: [*c]const ofd.ofd_config) callconv(.C) ?*anyopaque {
    const self = std.heap.c_allocator.create(Self) catch {
        host.*.log.?(host, ofd.OFD_LOG_ERROR, "out of memory");
        return null;
    };
    self.* = .{ .host = host, .ratio = config.*.params[RATIO] };
    return self;
}

fn destroy(object: ?*anyopaque) callconv(.C) void {
    const self: *Self = @ptrCast(@alignCast(object.?));
    std.heap.c_allocator.destroy(self);
}

fn detect(object: ?*anyopaque, tick: [*c]const ofd.ofd_tick) callconv(.C) i32 {
    const self: *const Self = @ptrCast(@alignCast(object.?));
    const w = ofd.ofd_window_at(tick, 0);
    if (w.*.n == 0) return 0;
    const n = w.*.n; // slices carry their length: an index beyond it is caught
    const bid = w.*.bid_sz[0..n];
    const ask = w.*.ask_sz[0..n];
    for (w.*.first_new..n) |i| {
        const ratio = if (ask[i] > 0) bid[i] / ask[i] else 0;
        if (ratio < self.ratio) continue;
        const ev = [_]ofd.ofd_value{.{ .field = RATIO, .reserved0 = 0, .i = 0, .f = ratio }};
        const pattern = ofd.ofd_pattern{
            .size = @sizeOf(ofd.ofd_pattern),
            .kind = 0,
            .side = ofd.OFD_BID,
            .dir = 1,
            .ts_ns = w.*.ts_ns[i],
            .start_ns = 0,
            .price = w.*.bid_px[i],
            .value = ratio,
            .ev = &ev,
            .n_ev = ev.len,
            .ev_stride = @sizeOf(ofd.ofd_value),
        };
        if (self.host.emit.?(self.host, &pattern) == ofd.OFD_LIMIT) break;
    }
    return 0;
}

const plugin = ofd.ofd_plugin{
    .size = @sizeOf(ofd.ofd_plugin),
    .minor = ofd.OFD_MINOR,
    .id = "my_detector",
    .name = "My detector",
    .version = "1.0.0",
    .vendor = "me",
    .description = "The bid dwarfs the ask",
    .url = "",
    .license = "MIT",
    .flags = ofd.OFD_DETERMINISTIC | ofd.OFD_ROWS,
    .columns = 0,
    .window_s = &windows,
    .n_windows = windows.len,
    .memory_s = 0,
    .budget_us = 0,
    .n_params = params.len,
    .param_stride = @sizeOf(ofd.ofd_param),
    .n_kinds = kinds.len,
    .kind_stride = @sizeOf(ofd.ofd_kind),
    .n_fields = fields.len,
    .field_stride = @sizeOf(ofd.ofd_field),
    .reserved0 = 0,
    .params = &params,
    .kinds = &kinds,
    .fields = &fields,
    .create = create,
    .destroy = destroy,
    .detect = detect,
    .ext = null,
};

export fn ofd_entry_v1(host_minor: u32, index: u32) ?*const ofd.ofd_plugin {
    _ = host_minor;
    return if (index == 0) &plugin else null;
}
