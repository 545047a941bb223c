//! A1-A11 (spec of congestion control): what a receiver gets when its link carries less than it
//! wants. Here the receiver says what it carries (REMB), and is believed; whether lahn would find
//! out by itself is the simulator's part.

use lahn::params::Codec;
use lahn::{
    Bitrate, BitrateLimits, CongestionReason, Constraints, DropReason, EndpointStats, Event, Layer,
    LayerReason, Ssrc,
};

use super::stage::{Form, Line, Look, Packet, Stage};

/// Of each encoding, in kbit/s: with what comes besides the payload, about 160, 530, 1,570.
const RATES: [u64; 3] = [150, 500, 1_500];
/// From a request to the key frame, in milliseconds.
const KEY_FRAME_DELAY: u64 = 80;

/// A camera in three encodings, and receivers who say what their links carry.
struct Call {
    stage: Stage,
    lines: [Line; 3],
    is_sent: [bool; 3],
    /// In kbit/s, of each receiver; `None`: it says nothing.
    links: Vec<Option<u64>>,
    frames: u64,
    /// What went to the first receiver, in bytes of payload, by encoding, since it was asked last.
    got: [u64; 3],
}

impl Call {
    fn new(links: &[Option<u64>]) -> Self {
        let form = Form { remb: true, ..Form::of(Codec::Vp8, 3) };
        let mut call = Self {
            stage: Stage::with(form, links.len() as u8),
            lines: [0, 1, 2].map(Line::new),
            is_sent: [true; 3],
            links: links.to_vec(),
            frames: 0,
            got: [0; 3],
        };
        call.report();
        call
    }

    /// The receivers say what their links carry.
    fn report(&mut self) {
        for (receiver, link) in self.links.clone().into_iter().enumerate() {
            if let Some(link) = link {
                self.stage.say(receiver, |compound, ssrc| {
                    assert!(compound.remb(Ssrc(7), Bitrate::kbps(link), &[ssrc]));
                });
            }
        }
    }

    fn set_link(&mut self, kbps: u64) {
        self.links[0] = Some(kbps);
        self.report();
    }

    fn run(&mut self, millis: u64) {
        let end = self.stage.millis() + millis;
        while self.stage.millis() < end {
            if self.frames.is_multiple_of(6) {
                self.report();
            }
            for encoding in 0..3 {
                if self.is_sent[encoding] {
                    self.send(encoding);
                }
            }
            self.frames += 1;
            self.stage.pass(33);
            for got in self.stage.take().into_iter().filter(|got| !got.is_again) {
                let encoding = (got.tag() >> 24) as usize - 1;
                self.got[encoding] += got.payload.len() as u64;
            }
        }
    }

    fn send(&mut self, encoding: usize) {
        let (now, ssrc) = (self.stage.millis(), self.lines[encoding].ssrc);
        let is_due = |asked: &&super::stage::Asked| {
            asked.ssrc == ssrc && asked.at + KEY_FRAME_DELAY <= now && asked.at + 120 > now
        };
        let is_key = self.frames == 0 || self.stage.asked.iter().any(|asked| is_due(&asked));
        let look = if is_key { Look::Key } else { Look::Plain };
        let bytes = RATES[encoding] * 1_000 / 8 * 33 / 1_000;
        let count = bytes.div_ceil(1_100) as usize;
        let packets = self.lines[encoding].vp8(0, look, count);
        for packet in packets {
            // The tag stays at the end.
            let missing = (bytes as usize / count).saturating_sub(packet.payload.len());
            let tag = packet.payload.len() - 4;
            let mut payload = packet.payload.clone();
            payload.splice(tag..tag, std::iter::repeat_n(0xa5, missing));
            self.stage.send(&Packet { payload, ..packet });
        }
    }

    /// Which encodings went to the first receiver within a second.
    fn flows(&mut self) -> Vec<usize> {
        self.got = [0; 3];
        self.run(1_000);
        (0..3).filter(|encoding| self.got[*encoding] > 0).collect()
    }

    fn constrain(&mut self, constraints: Constraints) {
        self.stage.constrain(0, constraints);
    }

    fn endpoint_stats(&self) -> EndpointStats {
        let (now, endpoint) = (self.stage.now, self.stage.receivers[0].endpoint);
        self.stage.engine.endpoint_stats(now, endpoint).expect("it lives")
    }

    fn asked_of(&self, encoding: usize) -> usize {
        self.stage.key_frames_asked(self.lines[encoding].ssrc).len()
    }
}

fn layer(encoding: u8) -> Option<Layer> {
    Some(Layer { encoding, ..Layer::default() })
}

#[test]
fn a3_receiver_begins_with_the_base_and_goes_up_as_its_link_carries() {
    let mut call = Call::new(&[Some(4_000)]);
    call.run(300);
    assert_eq!(call.stage.layer(), layer(0));
    call.run(1_000);
    assert_eq!(call.stage.layer(), layer(2), "straight to what it may have");
    assert_eq!(call.flows(), [2]);
    let told = call.stage.layers_told();
    assert_eq!(told, [(layer(0), LayerReason::Started), (layer(2), LayerReason::Bandwidth)]);
    assert_eq!(call.asked_of(1), 0, "nobody needed it");
    let stats = call.stage.stats(0);
    assert!(!stats.paused_by_bandwidth && !stats.limited_by_bandwidth);
    assert_eq!(Some(stats.target), layer(2));
}

#[test]
fn a3_link_that_carries_less_gets_less_and_says_so() {
    let mut call = Call::new(&[Some(1_000)]);
    call.run(5_000);
    assert_eq!(call.flows(), [1]);
    let stats = call.stage.stats(0);
    assert_eq!((Some(stats.target), stats.layer), (layer(1), layer(1)));
    assert!(stats.limited_by_bandwidth && !stats.paused_by_bandwidth);
    assert_eq!(call.asked_of(2), 0);
    let congestion = call.endpoint_stats().congestion.expect("REMB was agreed on");
    let rates = 500_000..600_000;
    assert!(rates.contains(&congestion.allocated_bitrate), "{congestion:?}");
    let desired = 1_500_000 * 108 / 92..2_100_000;
    assert!(desired.contains(&congestion.desired_bitrate), "{congestion:?}");
}

#[test]
fn a4_less_is_sent_in_the_moment_in_which_the_link_carries_less() {
    let mut call = Call::new(&[Some(4_000)]);
    call.run(5_000);
    assert_eq!(call.stage.layer(), layer(2));
    let asked = call.asked_of(0);
    // Not much less: what flows goes on until the lower one begins.
    call.set_link(1_400);
    assert_eq!(call.asked_of(1), 1, "at once");
    assert_eq!(call.stage.layer(), layer(2));
    call.run(200);
    assert_eq!(call.stage.layer(), layer(1));
    assert_eq!(call.stage.layers_told().last(), Some(&(layer(1), LayerReason::Bandwidth)));
    // Far less: it stops (A6).
    call.set_link(200);
    call.got = [0; 3];
    call.run(60);
    assert_eq!(call.got, [0; 3], "before the key frame");
    assert_eq!(call.asked_of(0), asked + 1);
    call.run(200);
    assert_eq!(call.stage.layer(), layer(0));
    assert_eq!(call.flows(), [0]);
}

#[test]
fn a6_higher_layer_goes_on_for_half_a_second_at_most() {
    let mut call = Call::new(&[Some(4_000)]);
    call.run(5_000);
    call.set_link(1_400);
    call.is_sent = [true, true, true];
    // No key frame of the middle encoding comes.
    call.is_sent[1] = false;
    call.run(400);
    call.got = [0; 3];
    call.run(60);
    assert!(call.got[2] > 0, "not yet");
    call.run(150);
    call.got = [0; 3];
    call.run(100);
    assert_eq!(call.got[2], 0);
}

#[test]
fn a6_what_waits_of_a_layer_that_stopped_does_not_go_any_more() {
    let mut call = Call::new(&[Some(2_000)]);
    call.run(5_000);
    assert_eq!(call.stage.layer(), layer(2));
    call.send(2);
    let gone = call.stage.take().len();
    assert!((1..6).contains(&gone), "of six packets {gone} go at once, the others are paced");
    let drops = call.endpoint_stats().drops.get(DropReason::Congested);
    call.set_link(200);
    call.got = [0; 3];
    call.run(60);
    assert_eq!(call.got, [0; 3], "sound would wait for them");
    let dropped = call.endpoint_stats().drops.get(DropReason::Congested) - drops;
    assert_eq!(dropped, 6 - gone as u64);
}

#[test]
fn a10_what_does_not_fit_at_all_is_paused_and_said_to_be() {
    let mut call = Call::new(&[Some(4_000)]);
    call.run(5_000);
    call.set_link(100);
    assert_eq!(call.stage.layers_told().last(), Some(&(None, LayerReason::Bandwidth)));
    let stats = call.stage.stats(0);
    assert!(stats.paused_by_bandwidth && stats.limited_by_bandwidth && !stats.paused);
    assert_eq!(stats.reason, LayerReason::Bandwidth);
    assert!(call.flows().is_empty());
    let asked = call.asked_of(0);
    call.run(10_000);
    assert_eq!(call.asked_of(0), asked, "nobody waits for anything");
    call.set_link(250);
    call.run(1_500);
    assert_eq!(call.asked_of(0), asked + 1, "it resumes at a key frame");
    assert_eq!(call.stage.layers_told().last(), Some(&(layer(0), LayerReason::Bandwidth)));
    assert_eq!(call.flows(), [0]);
}

#[test]
fn a10_what_turns_out_to_be_too_much_is_paused_before_it_is_a_second_old() {
    let mut call = Call::new(&[Some(100)]);
    call.run(1_000);
    let told = call.stage.layers_told();
    assert_eq!(told, [(layer(0), LayerReason::Started), (None, LayerReason::Bandwidth)]);
    call.set_link(4_000);
    call.run(1_500);
    assert_eq!(call.stage.layer(), layer(0));
}

#[test]
fn a3_what_may_not_be_paused_keeps_its_base_whatever_the_link_carries() {
    let mut call = Call::new(&[Some(4_000)]);
    call.constrain(Constraints { pausable: false, ..Constraints::default() });
    call.run(5_000);
    call.set_link(50);
    call.run(1_000);
    assert_eq!(call.flows(), [0]);
    assert!(!call.stage.stats(0).paused_by_bandwidth);
}

#[test]
fn a1_publisher_is_told_what_receivers_want_not_what_their_links_carry() {
    let mut call = Call::new(&[Some(4_000)]);
    call.run(3_000);
    call.set_link(300);
    call.run(3_000);
    call.set_link(50);
    call.run(3_000);
    let wanted: Vec<_> = call
        .stage
        .events
        .iter()
        .filter_map(|event| match event {
            Event::DemandChanged { layer, .. } => Some(*layer),
            _ => None,
        })
        .collect();
    // While the sizes are not known, the first is taken for the only one.
    assert_eq!(wanted.last(), Some(&layer(2)), "{wanted:?}");
    assert!(wanted.len() <= 2, "{wanted:?}");
}

#[test]
fn a1_layer_that_is_not_sent_any_more_is_replaced_within_half_a_second() {
    let mut call = Call::new(&[Some(4_000)]);
    call.run(5_000);
    call.is_sent[2] = false;
    let (ended, asked) = (call.stage.millis(), call.asked_of(1));
    call.run(700);
    let asks = call.stage.key_frames_asked(call.lines[1].ssrc);
    assert!(asks.len() == asked + 1 && asks[asked] <= ended + 500, "{ended}: {asks:?}");
    assert_eq!(call.stage.layer(), layer(1));
    call.run(500);
    let congestion = call.endpoint_stats().congestion.expect("REMB was agreed on");
    assert_eq!(congestion.desired_bitrate, congestion.allocated_bitrate, "nothing is missing");
    call.is_sent[2] = true;
    call.run(1_500);
    assert_eq!(call.stage.layer(), layer(2));
}

#[test]
fn a9_receivers_do_not_know_of_each_other() {
    let mut call = Call::new(&[Some(300), Some(4_000), None]);
    call.run(5_000);
    let layers: Vec<_> = (0..3).map(|receiver| call.stage.stats(receiver).layer).collect();
    // Who says nothing is taken to have what the configuration says at first.
    assert_eq!(layers, [layer(0), layer(2), layer(2)]);
}

#[test]
fn a11_application_bounds_the_rate_and_asks_for_more_than_layers_take() {
    let mut call = Call::new(&[Some(4_000)]);
    call.run(5_000);
    assert_eq!(call.stage.layer(), layer(2));
    let endpoint = call.stage.receivers[0].endpoint;
    let limits = BitrateLimits { max: Some(800_000), desired: Some(9_000_000) };
    let now = call.stage.now;
    call.stage.engine.set_bitrate_limits(now, endpoint, limits).expect("it lives");
    call.run(1_000);
    assert_eq!(call.stage.layer(), layer(1));
    let congestion = call.endpoint_stats().congestion.expect("REMB was agreed on");
    assert_eq!(congestion.target_bitrate, 800_000);
    assert_eq!(congestion.reason, CongestionReason::Limit);
    assert_eq!(congestion.desired_bitrate, 9_000_000);
    let now = call.stage.now;
    call.stage.engine.set_bitrate_limits(now, endpoint, BitrateLimits::default()).expect("alive");
    call.run(12_000);
    assert_eq!(call.stage.layer(), layer(2));
}

#[test]
fn a11_changes_of_the_estimate_are_told_but_not_each() {
    let mut call = Call::new(&[Some(4_000)]);
    call.run(1_000);
    let told = |call: &mut Call| {
        std::mem::take(&mut call.stage.events)
            .into_iter()
            .filter_map(|event| match event {
                Event::BandwidthChanged { endpoint, target_bitrate, reason, .. } => {
                    assert_eq!(endpoint, call.stage.receivers[0].endpoint);
                    Some((target_bitrate / 1_000, reason))
                }
                _ => None,
            })
            .collect::<Vec<_>>()
    };
    assert_eq!(told(&mut call).last(), Some(&(4_000, CongestionReason::Remb)));
    for step in 0..10 {
        call.set_link(4_000 + step * 20);
        call.stage.pass(40);
    }
    assert_eq!(told(&mut call), [], "a little");
    for step in 0..25 {
        call.set_link(4_000 - step * 100);
        call.stage.pass(40);
    }
    call.run(500);
    let told = told(&mut call);
    assert!((3..=6).contains(&told.len()), "{told:?}");
    assert_eq!(told.last().map(|(target, _)| *target), Some(1_600));
}

#[test]
fn m15_layout_that_is_dragged_about_ends_as_if_it_had_not_been() {
    let mut call = Call::new(&[Some(4_000)]);
    call.run(5_000);
    let before = [0, 1, 2].map(|encoding| call.asked_of(encoding));
    for step in 0..50_u8 {
        let most = [2, 0, 1, 0, 2, 1][usize::from(step) % 6];
        call.constrain(Constraints { max_spatial: Some(most), ..Constraints::default() });
        call.run(100);
    }
    for (encoding, before) in before.into_iter().enumerate() {
        let asks = call.stage.key_frames_asked(call.lines[encoding].ssrc).split_off(before);
        assert!(asks.windows(2).all(|held| held[1] - held[0] >= 200), "{encoding}: {asks:?}");
    }
    call.constrain(Constraints::default());
    call.run(1_000);
    assert_eq!(call.stage.layer(), layer(2));
    assert_eq!(call.flows(), [2]);
}

#[test]
fn m8_unmuted_camera_is_back_at_its_base_within_a_second() {
    let mut call = Call::new(&[Some(4_000)]);
    call.run(5_000);
    call.is_sent = [false; 3];
    call.run(20_000);
    assert_eq!(call.stage.layer(), layer(2), "silence is no change");
    let congestion = call.endpoint_stats().congestion.expect("REMB was agreed on");
    assert_eq!((congestion.allocated_bitrate, congestion.desired_bitrate), (0, 0));
    call.is_sent = [true; 3];
    call.run(400);
    assert_eq!(call.stage.layer(), layer(0));
    call.run(1_600);
    assert_eq!(call.stage.layer(), layer(2));
}
