// SPDX-License-Identifier: MIT
//! The orderflow detector ABI 1 for Rust (1.63 and later; no crates): the C structs of orderflow/detector.h, tables as
//! constants, columns as slices, and no panic across the boundary. Copy it; it is yours.
//!
//! A panic or an Err in create() or detect() becomes one log line and the ABI's error; the host goes on. That needs
//! panic = "unwind" (the default). A stack overflow and an abort end the process; the host survives that, too.
#![allow(dead_code)]

use std::alloc::Layout;
use std::os::raw::{c_char, c_void};
use std::panic::{catch_unwind, AssertUnwindSafe};

pub const MINOR: u32 = 0; // of the ABI below
pub const INT: u32 = 1;
pub const REAL: u32 = 2;
pub const PRICE: u32 = 3;
pub const CHOICE: u32 = 4;

pub const COL_TRADES: u64 = 1;

pub const ROW_DUPLICATE: u32 = 1 << 0;
pub const ROW_ONE_SIDED: u32 = 1 << 1;
pub const ROW_EMPTY: u32 = 1 << 2;
pub const ROW_LOCKED: u32 = 1 << 3;
pub const ROW_CROSSED: u32 = 1 << 4;
pub const ROW_WIDE: u32 = 1 << 5;
pub const ROW_GAP: u32 = 1 << 6;
pub const ROW_TIE: u32 = 1 << 7;

pub const TICK_PRIMING: u32 = 1;

pub const NO_PRICE: i64 = i64::MIN;
pub const NO_SIDE: i32 = 0;
pub const BID: i32 = 1;
pub const ASK: i32 = 2;

pub const BAD_VALUE: i32 = -1;
pub const LIMIT: i32 = -2;

pub const LOG_DEBUG: u32 = 0;
pub const LOG_INFO: u32 = 1;
pub const LOG_WARN: u32 = 2;
pub const LOG_ERROR: u32 = 3;

pub const DETERMINISTIC: u64 = 1;
pub const ROWS: u64 = 2;

// ---- tables --------------------------------------------------------------------------------------------------------

/// A C string constant: z!("text").
#[macro_export]
macro_rules! z {
    ($text:expr) => {
        concat!($text, "\0")
    };
}

const fn c(text: &'static str) -> *const c_char {
    let bytes = text.as_bytes();
    assert!(!bytes.is_empty() && bytes[bytes.len() - 1] == 0, "write z!(\"...\")");
    bytes.as_ptr() as *const c_char
}

/// The words of a CHOICE: const MODES: &Words<2> = &Words::new([z!("fixed"), z!("flow")]);
#[repr(transparent)]
pub struct Words<const N: usize>([*const c_char; N]);
unsafe impl<const N: usize> Sync for Words<N> {}

impl<const N: usize> Words<N> {
    pub const fn new(texts: [&'static str; N]) -> Words<N> {
        let mut words = [std::ptr::null(); N];
        let mut i = 0;
        while i < N {
            words[i] = c(texts[i]);
            i += 1;
        }
        Words(words)
    }
}

#[repr(C)]
pub struct Param {
    size: u32,
    kind: u32,
    key: *const c_char,
    unit: *const c_char,
    help: *const c_char,
    def: f64,
    min: f64,
    max: f64,
    step: f64,
    choices: *const *const c_char,
    n_choices: u32,
    reserved0: u32,
}
unsafe impl Sync for Param {}

impl Param {
    /// kind: INT or REAL.
    pub const fn number(
        kind: u32, key: &'static str, def: f64, min: f64, max: f64, unit: &'static str, help: &'static str,
    ) -> Param {
        Param {
            size: std::mem::size_of::<Param>() as u32,
            kind,
            key: c(key),
            unit: c(unit),
            help: c(help),
            def,
            min,
            max,
            step: 0.0,
            choices: std::ptr::null(),
            n_choices: 0,
            reserved0: 0,
        }
    }
    /// The value is the index of a word.
    pub const fn choice<const N: usize>(
        key: &'static str, words: &'static Words<N>, def: u32, help: &'static str,
    ) -> Param {
        let mut p = Param::number(CHOICE, key, def as f64, 0.0, (N - 1) as f64, "\0", help);
        p.choices = words as *const Words<N> as *const *const c_char;
        p.n_choices = N as u32;
        p
    }
}

#[repr(C)]
pub struct Field {
    size: u32,
    kind: u32,
    key: *const c_char,
    unit: *const c_char,
    help: *const c_char,
    choices: *const *const c_char,
    n_choices: u32,
    reserved0: u32,
}
unsafe impl Sync for Field {}

impl Field {
    /// kind: INT, REAL or PRICE.
    pub const fn new(kind: u32, key: &'static str, unit: &'static str, help: &'static str) -> Field {
        Field {
            size: std::mem::size_of::<Field>() as u32,
            kind,
            key: c(key),
            unit: c(unit),
            help: c(help),
            choices: std::ptr::null(),
            n_choices: 0,
            reserved0: 0,
        }
    }
    /// Evidence is the index of a word: Value::int().
    pub const fn choice<const N: usize>(key: &'static str, words: &'static Words<N>, help: &'static str) -> Field {
        let mut f = Field::new(CHOICE, key, "\0", help);
        f.choices = words as *const Words<N> as *const *const c_char;
        f.n_choices = N as u32;
        f
    }
}

#[repr(C)]
pub struct Kind {
    size: u32,
    flags: u32,
    key: *const c_char,
    help: *const c_char,
}
unsafe impl Sync for Kind {}

impl Kind {
    pub const fn new(key: &'static str, help: &'static str) -> Kind {
        Kind { size: std::mem::size_of::<Kind>() as u32, flags: 0, key: c(key), help: c(help) }
    }
}

// ---- what the host passes ------------------------------------------------------------------------------------------

#[repr(C)]
pub struct RawWindow {
    size: u32,
    seconds: u32,
    n: u64,
    begin: u64,
    first_new: u64,
    first_seq: u64,
    ts_ns: *const i64,
    bid_px: *const i64,
    ask_px: *const i64,
    bid_sz: *const f64,
    ask_sz: *const f64,
    flags: *const u32,
    trade_px: *const i64,
    trade_sz: *const f64,
}

#[repr(C)]
pub struct RawTick {
    size: u32,
    flags: u32,
    now_ns: i64,
    px_tick: i64,
    seq: u64,
    n_windows: u32,
    window_stride: u32,
    windows: *const RawWindow,
}

#[repr(C)]
pub struct RawConfig {
    size: u32,
    n_params: u32,
    params: *const f64,
    ticker: *const c_char,
    columns: u64,
}

#[repr(C)]
pub struct RawHost {
    size: u32,
    minor: u32,
    ctx: *mut c_void,
    emit: unsafe extern "C" fn(*const RawHost, *const RawPattern) -> i32,
    log: unsafe extern "C" fn(*const RawHost, u32, *const c_char),
    ext: unsafe extern "C" fn(*const RawHost, *const c_char) -> *const c_void,
}

#[repr(C)]
#[derive(Clone, Copy)]
pub struct Value {
    field: u32,
    reserved0: u32,
    i: i64,
    f: f64,
}

impl Value {
    pub fn real(field: u32, f: f64) -> Value {
        Value { field, reserved0: 0, i: 0, f }
    }
    /// An INT, a PRICE or the index of a CHOICE.
    pub fn int(field: u32, i: i64) -> Value {
        Value { field, reserved0: 0, i, f: 0.0 }
    }
}

#[repr(C)]
pub struct RawPattern {
    size: u32,
    kind: u32,
    side: i32,
    dir: i32,
    ts_ns: i64,
    start_ns: i64,
    price: i64,
    value: f64,
    ev: *const Value,
    n_ev: u32,
    ev_stride: u32,
}

/// The rows that a tick shows. The borrow ends with the tick: no row can be kept by mistake.
pub struct Window<'a> {
    raw: &'a RawWindow,
}

impl<'a> Window<'a> {
    fn column<T>(&self, first: *const T) -> &'a [T] {
        if first.is_null() || self.raw.n == 0 {
            return &[];
        }
        unsafe { std::slice::from_raw_parts(first, self.raw.n as usize) }
    }
    pub fn len(&self) -> usize {
        self.raw.n as usize
    }
    /// Rows this instance has not seen before: judge each. All rows before them are there to look back at.
    pub fn new_rows(&self) -> std::ops::Range<usize> {
        self.raw.first_new as usize..self.len()
    }
    /// The rows of the window proper.
    pub fn rows(&self) -> std::ops::Range<usize> {
        self.raw.begin as usize..self.len()
    }
    pub fn seconds(&self) -> u32 {
        self.raw.seconds
    }
    pub fn first_seq(&self) -> u64 {
        self.raw.first_seq
    }
    pub fn ts_ns(&self) -> &'a [i64] {
        self.column(self.raw.ts_ns)
    }
    pub fn bid_px(&self) -> &'a [i64] {
        self.column(self.raw.bid_px)
    }
    pub fn ask_px(&self) -> &'a [i64] {
        self.column(self.raw.ask_px)
    }
    pub fn bid_sz(&self) -> &'a [f64] {
        self.column(self.raw.bid_sz)
    }
    pub fn ask_sz(&self) -> &'a [f64] {
        self.column(self.raw.ask_sz)
    }
    pub fn flags(&self) -> &'a [u32] {
        self.column(self.raw.flags)
    }
}

pub struct Tick<'a> {
    raw: &'a RawTick,
}

impl<'a> Tick<'a> {
    /// The i-th window, in the order of WINDOWS.
    pub fn window(&self, i: usize) -> Window<'a> {
        assert!(i < self.raw.n_windows as usize, "window {} of {}", i, self.raw.n_windows);
        let at = i * self.raw.window_stride as usize;
        Window { raw: unsafe { &*((self.raw.windows as *const u8).add(at) as *const RawWindow) } }
    }
    pub fn now_ns(&self) -> i64 {
        self.raw.now_ns
    }
    pub fn px_tick(&self) -> i64 {
        self.raw.px_tick
    }
    pub fn priming(&self) -> bool {
        self.raw.flags & TICK_PRIMING != 0
    }
}

pub struct Config<'a> {
    /// In the order of PARAMS; checked by the host.
    pub params: &'a [f64],
    pub ticker: &'a str,
}

/// A pattern at row time ts_ns.
pub struct Pattern<'a> {
    pub kind: u32,
    pub side: i32,
    pub dir: i32,
    pub ts_ns: i64,
    pub start_ns: i64,
    pub price: i64,
    pub value: f64,
    pub evidence: &'a [Value],
}

impl Default for Pattern<'_> {
    fn default() -> Self {
        Pattern { kind: 0, side: NO_SIDE, dir: 0, ts_ns: 0, start_ns: 0, price: NO_PRICE, value: 0.0, evidence: &[] }
    }
}

/// Valid as long as the detector that was created with it.
#[derive(Clone, Copy)]
pub struct Host {
    raw: *const RawHost,
}

impl Host {
    /// Ok(false): no more in this call, return from detect(). Err: the host refused it, a bug of the detector.
    pub fn emit(&self, p: &Pattern) -> Result<bool, String> {
        let raw = RawPattern {
            size: std::mem::size_of::<RawPattern>() as u32,
            kind: p.kind,
            side: p.side,
            dir: p.dir,
            ts_ns: p.ts_ns,
            start_ns: p.start_ns,
            price: p.price,
            value: p.value,
            ev: p.evidence.as_ptr(),
            n_ev: p.evidence.len() as u32,
            ev_stride: std::mem::size_of::<Value>() as u32,
        };
        match unsafe { ((*self.raw).emit)(self.raw, &raw) } {
            0 => Ok(true),
            BAD_VALUE => Err("the host refused a pattern: bad kind, time, side, field or number".to_string()),
            _ => Ok(false),
        }
    }
    pub fn log(&self, level: u32, text: &str) {
        let mut bytes: Vec<u8> = text.bytes().map(|b| if b < b' ' { b' ' } else { b }).collect();
        bytes.push(0);
        unsafe { ((*self.raw).log)(self.raw, level, bytes.as_ptr() as *const c_char) }
    }
}

// ---- the boundary --------------------------------------------------------------------------------------------------

pub trait Detector: Sized + 'static {
    const PARAMS: &'static [Param];
    const FIELDS: &'static [Field];
    const KINDS: &'static [Kind];
    const WINDOWS: &'static [u32];
    fn create(host: Host, config: &Config) -> Result<Self, String>;
    fn detect(&mut self, tick: &Tick) -> Result<(), String>;
}

#[repr(C)]
pub struct Plugin {
    size: u32,
    minor: u32,
    id: *const c_char,
    name: *const c_char,
    version: *const c_char,
    vendor: *const c_char,
    description: *const c_char,
    url: *const c_char,
    license: *const c_char,
    flags: u64,
    columns: u64,
    window_s: *const u32,
    n_windows: u32,
    memory_s: u32,
    budget_us: u32,
    n_params: u32,
    param_stride: u32,
    n_kinds: u32,
    kind_stride: u32,
    n_fields: u32,
    field_stride: u32,
    reserved0: u32,
    params: *const Param,
    kinds: *const Kind,
    fields: *const Field,
    create: unsafe extern "C" fn(*const RawHost, *const RawConfig) -> *mut c_void,
    destroy: unsafe extern "C" fn(*mut c_void),
    detect: unsafe extern "C" fn(*mut c_void, *const RawTick) -> i32,
    ext: Option<unsafe extern "C" fn(*const c_char) -> *const c_void>,
}
unsafe impl Sync for Plugin {}

/// What is said about a detector beside its tables; every text is a z!("...").
pub struct About {
    pub id: &'static str,
    pub name: &'static str,
    pub version: &'static str,
    pub vendor: &'static str,
    pub description: &'static str,
    pub license: &'static str,
    pub flags: u64,
    pub memory_s: u32,
}

pub const fn plugin<D: Detector>(about: &About) -> Plugin {
    Plugin {
        size: std::mem::size_of::<Plugin>() as u32,
        minor: MINOR,
        id: c(about.id),
        name: c(about.name),
        version: c(about.version),
        vendor: c(about.vendor),
        description: c(about.description),
        url: c("\0"),
        license: c(about.license),
        flags: about.flags,
        columns: 0,
        window_s: D::WINDOWS.as_ptr(),
        n_windows: D::WINDOWS.len() as u32,
        memory_s: about.memory_s,
        budget_us: 0,
        n_params: D::PARAMS.len() as u32,
        param_stride: std::mem::size_of::<Param>() as u32,
        n_kinds: D::KINDS.len() as u32,
        kind_stride: std::mem::size_of::<Kind>() as u32,
        n_fields: D::FIELDS.len() as u32,
        field_stride: std::mem::size_of::<Field>() as u32,
        reserved0: 0,
        params: D::PARAMS.as_ptr(),
        kinds: D::KINDS.as_ptr(),
        fields: D::FIELDS.as_ptr(),
        create: create::<D>,
        destroy: destroy::<D>,
        detect: detect::<D>,
        ext: None,
    }
}

struct Object<D> {
    host: Host,
    detector: D,
}

/// The text of a panic, or of an Err.
fn words(outcome: std::thread::Result<Result<(), String>>) -> Option<String> {
    match outcome {
        Ok(Ok(())) => None,
        Ok(Err(text)) => Some(text),
        Err(panic) => Some(match (panic.downcast_ref::<&str>(), panic.downcast_ref::<String>()) {
            (Some(text), _) => format!("panic: {}", text),
            (_, Some(text)) => format!("panic: {}", text),
            _ => "panic".to_string(),
        }),
    }
}

unsafe extern "C" fn create<D: Detector>(host: *const RawHost, config: *const RawConfig) -> *mut c_void {
    let host = Host { raw: host };
    let mut made: *mut Object<D> = std::ptr::null_mut();
    let outcome = catch_unwind(AssertUnwindSafe(|| -> Result<(), String> {
        let raw = &*config;
        let params: &[f64] =
            if raw.n_params == 0 { &[] } else { std::slice::from_raw_parts(raw.params, raw.n_params as usize) };
        let ticker = std::ffi::CStr::from_ptr(raw.ticker).to_str().unwrap_or("?");
        let detector = D::create(host, &Config { params, ticker })?;
        // Box::new() would end the process when there is no memory.
        let room = std::alloc::alloc(Layout::new::<Object<D>>()) as *mut Object<D>;
        if room.is_null() {
            return Err(String::new());
        }
        room.write(Object { host, detector });
        made = room;
        Ok(())
    }));
    if let Some(text) = words(outcome) {
        if text.is_empty() {
            ((*host.raw).log)(host.raw, LOG_ERROR, c("out of memory\0"));
            return std::ptr::null_mut();
        }
        let _ = catch_unwind(AssertUnwindSafe(|| host.log(LOG_ERROR, &format!("create: {}", text))));
    }
    made as *mut c_void
}

unsafe extern "C" fn destroy<D: Detector>(object: *mut c_void) {
    let _ = catch_unwind(AssertUnwindSafe(|| drop(Box::from_raw(object as *mut Object<D>))));
}

unsafe extern "C" fn detect<D: Detector>(object: *mut c_void, tick: *const RawTick) -> i32 {
    let object = &mut *(object as *mut Object<D>);
    let host = object.host;
    let outcome = catch_unwind(AssertUnwindSafe(|| object.detector.detect(&Tick { raw: &*tick })));
    match words(outcome) {
        None => 0,
        Some(text) => {
            let _ = catch_unwind(AssertUnwindSafe(|| host.log(LOG_ERROR, &format!("detect: {}", text))));
            -1
        }
    }
}

/// Once, in lib.rs: exports these statics of type Plugin, in that order.
#[macro_export]
macro_rules! export {
    ($($plugin:path),+) => {
        #[no_mangle]
        pub extern "C" fn ofd_entry_v1(_host_minor: u32, index: u32) -> *const $crate::ofd::Plugin {
            let all: &[&'static $crate::ofd::Plugin] = &[$(&$plugin),+];
            all.get(index as usize).map_or(std::ptr::null(), |p| *p as *const _)
        }
    };
}

// The layout of ABI 1 on a 64-bit machine.
#[cfg(target_pointer_width = "64")]
const _: () = {
    use std::mem::size_of;
    assert!(size_of::<Param>() == 80);
    assert!(size_of::<Field>() == 48);
    assert!(size_of::<Kind>() == 24);
    assert!(size_of::<RawWindow>() == 104);
    assert!(size_of::<RawTick>() == 48);
    assert!(size_of::<Value>() == 24);
    assert!(size_of::<RawPattern>() == 64);
    assert!(size_of::<RawConfig>() == 32);
    assert!(size_of::<RawHost>() == 40);
    assert!(size_of::<Plugin>() == 184);
};
