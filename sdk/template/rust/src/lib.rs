// SPDX-License-Identifier: MIT
mod ofd;

use ofd::{Config, Detector, Field, Host, Kind, Param, Pattern, Plugin, Tick, Value};

struct MyDetector {
    host: Host,
    ratio: f64,
}

const RATIO: u32 = 0; // of PARAMS and of FIELDS

impl Detector for MyDetector {
    const PARAMS: &'static [Param] =
        &[Param::number(ofd::REAL, z!("ratio"), 10.0, 1.0, 1000.0, z!(""), z!("bid size / ask size, at least"))];
    const FIELDS: &'static [Field] = &[Field::new(ofd::REAL, z!("ratio"), z!(""), z!("bid size / ask size"))];
    const KINDS: &'static [Kind] = &[Kind::new(z!("my_detector"), z!("the bid dwarfs the ask"))];
    const WINDOWS: &'static [u32] = &[10];

    fn create(host: Host, config: &Config) -> Result<Self, String> {
        Ok(MyDetector { host, ratio: config.params[RATIO as usize] })
    }

    fn detect(&mut self, tick: &Tick) -> Result<(), String> {
        let w = tick.window(0);
        let (bid, ask) = (w.bid_sz(), w.ask_sz());
        for i in w.new_rows() {
            let ratio = if ask[i] > 0.0 { bid[i] / ask[i] } else { 0.0 };
            if ratio < self.ratio {
                continue;
            }
            let pattern = Pattern {
                side: ofd::BID,
                dir: 1,
                ts_ns: w.ts_ns()[i],
                price: w.bid_px()[i],
                value: ratio,
                evidence: &[Value::real(RATIO, ratio)],
                ..Pattern::default()
            };
            if !self.host.emit(&pattern)? {
                break;
            }
        }
        Ok(())
    }
}

static PLUGIN: Plugin = ofd::plugin::<MyDetector>(&ofd::About {
    id: z!("my_detector"),
    name: z!("My detector"),
    version: z!("1.0.0"),
    vendor: z!("me"),
    description: z!("The bid dwarfs the ask"),
    license: z!("MIT"),
    flags: ofd::DETERMINISTIC | ofd::ROWS,
    memory_s: 0,
});

export!(PLUGIN);
