//! Random scripts.

use std::time::Duration;

use lahn::Constraints;

use super::call::Call;
use super::publish::{Dice, FRAME_INTERVAL, Kind};

/// What may go wrong on the way to the engine, and with the publisher.
#[derive(Clone, Copy, Debug)]
pub struct Trouble {
    /// Chance that a packet is lost.
    loss: f64,
    /// Chance that so lost packets are not repaired, for the whole script.
    unrepaired: bool,
    /// Chance that a packet is overtaken.
    reordering: f64,
    duplicates: f64,
    /// Chance per picture that the publisher stops something, takes it up, or starts over.
    publisher: f64,
}

impl Trouble {
    pub const NONE: Self =
        Self { loss: 0.0, unrepaired: false, reordering: 0.0, duplicates: 0.0, publisher: 0.0 };
    pub const LOSS: Self = Self { loss: 0.01, reordering: 0.02, duplicates: 0.01, ..Self::NONE };
    pub const ALL: Self = Self { loss: 0.03, unrepaired: true, publisher: 0.01, ..Self::LOSS };
}

/// Runs a script of so many steps: pictures, with what happens between them.
pub fn run(kind: Kind, seed: u64, steps: u64, trouble: Trouble) {
    println!("{kind:?} seed {seed} steps {steps} {trouble:?}");
    let mut dice = Dice::new(seed);
    (0..8).for_each(|_| _ = dice.next());
    let mut call = Call::new(kind, seed, 2, trouble.loss > 0.0);
    call.repairs = !trouble.unrepaired;
    let mut stopped = [false; 3];
    for _ in 0..steps {
        for place in 0..call.receivers.len() {
            if dice.chance(0.03) {
                let constraints = constraints(&mut dice);
                call.constrain(place, constraints);
            }
        }
        if dice.chance(trouble.publisher) {
            disturb(&mut call, &mut dice, &mut stopped);
        }
        // What begins close below the wrap may not lose its first packets (RFC 3711 §3.3.1).
        let packets = call.publisher.next_frame(call.now);
        for packet in packets {
            let known = call.newest.iter().find(|(ssrc, _)| *ssrc == packet.ssrc);
            let is_safe =
                known.is_some_and(|(_, newest)| packet.seq > 0x1_0000 || *newest < 0x8000);
            let delay = if is_safe && dice.chance(trouble.loss) {
                None
            } else if is_safe && dice.chance(trouble.reordering) {
                call.publisher.truth().delay(&packet);
                Some(Duration::from_millis(1 + dice.below(45)))
            } else {
                Some(Duration::from_micros(500))
            };
            call.send(&packet, delay);
            if dice.chance(trouble.duplicates) && delay.is_some() {
                call.send(&packet, delay.map(|delay| delay + Duration::from_millis(3)));
            }
        }
        let until = call.now + FRAME_INTERVAL;
        call.run_until(until);
    }
    for (place, report) in call.finish().into_iter().enumerate() {
        let frames = report.decodable_frames();
        println!(
            "  receiver {place}: {frames} frames, {} switches, {} undecodable, {} damaged, {} cut, \
             {} late, gap {:?}",
            report.switches,
            report.undecodable,
            report.damaged,
            report.cut,
            report.late_missing,
            report.longest_gap
        );
        assert!(frames > 0, "nothing was to be seen");
    }
}

fn constraints(dice: &mut Dice) -> Constraints {
    let mut bound = |p: f64| dice.chance(p).then(|| dice.below(3) as u8);
    let (max_spatial, max_temporal) = (bound(0.7), bound(0.5));
    Constraints { max_spatial, max_temporal, paused: dice.chance(0.1), ..Constraints::default() }
}

fn disturb(call: &mut Call, dice: &mut Dice, stopped: &mut [bool; 3]) {
    let encoding = dice.below(u64::from(call.kind.encodings)) as u8;
    let is_stopped = &mut stopped[usize::from(encoding)];
    match dice.below(4) {
        0 => {
            call.note(&format!("encoding {encoding} starts over"));
            call.publisher.restart(encoding);
        }
        1 if call.kind.mode.spatial_layers() > 1 => {
            let layers = 1 + dice.below(3) as u8;
            call.note(&format!("{layers} spatial layers"));
            call.publisher.set_spatial_layers(encoding, layers);
        }
        _ => {
            *is_stopped = !*is_stopped;
            call.note(&format!("encoding {encoding} stopped: {is_stopped}"));
            call.publisher.set_active(encoding, !*is_stopped);
        }
    }
}
