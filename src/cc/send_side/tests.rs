use std::collections::VecDeque;
use std::net::SocketAddr;

use super::super::controller::Probe;
use super::super::packet::{Ecn, Feedback};
use super::*;
use crate::base::Ssrc;
use crate::wire::rtcp::{self, Compound, Packet};

/// Says what the test says.
struct Scripted {
    output: Output,
    probes: VecDeque<Probe>,
    demand: Demand,
    arrivals: Vec<i64>,
    round_trip: Option<Micros>,
    outstanding: Outstanding,
}

impl Controller for Scripted {
    fn new(_now: Micros, limits: RateLimits) -> Self {
        Self {
            output: Output::start(limits.start, 2 * limits.start),
            probes: VecDeque::new(),
            demand: Demand::default(),
            arrivals: Vec::new(),
            round_trip: None,
            outstanding: Outstanding::default(),
        }
    }

    fn on_feedback(&mut self, _now: Micros, feedback: &Feedback<'_>) {
        self.arrivals.extend(feedback.results.iter().filter_map(|result| result.arrived));
        self.round_trip = feedback.round_trip;
    }

    fn on_mark(&mut self, _now: Micros, _factor: f64) {}
    fn on_report(&mut self, _now: Micros, _report: &LinkReport) {}
    fn on_remb(&mut self, _now: Micros, _bitrate: u64) {}

    fn set_demand(&mut self, _now: Micros, demand: Demand) {
        self.demand = demand;
    }

    fn set_limits(&mut self, _now: Micros, _limits: RateLimits) {}

    fn handle_timeout(&mut self, _now: Micros, outstanding: &Outstanding) {
        self.outstanding = *outstanding;
    }

    fn poll_timeout(&self) -> Option<Micros> {
        None
    }

    fn poll_probe(&mut self, _now: Micros) -> Option<Probe> {
        self.probes.pop_front()
    }

    fn output(&self) -> &Output {
        &self.output
    }
}

const LIMITS: RateLimits = RateLimits { start: 1_000_000, least: 30_000, most: 20_000_000 };

fn side() -> SendSide<Scripted> {
    SendSide::new(Micros(0), LIMITS)
}

fn path(remote: &str) -> Path {
    let local = SocketAddr::from(([192, 0, 2, 1], 5_000));
    Path { local, remote: remote.parse().expect("an address") }
}

const V4: &str = "198.51.100.7:40000";

/// Sends packets of 1,000 bytes numbered on from `first` whenever the pacer lets one go, media
/// up to `media` and padding where that is wanted; when each left.
fn run(
    side: &mut SendSide<Scripted>,
    media: usize,
    from: Micros,
    end: Micros,
) -> Vec<(Micros, Class)> {
    let mut left = Vec::new();
    let mut now = from;
    while now < end {
        side.begin(now, path(V4));
        loop {
            let class = if left.len() < media { Class::Video } else { Class::Padding };
            if !side.may_send(class) || (class == Class::Padding && !side.wants_padding()) {
                break;
            }
            side.on_sent(now, Some(Seq(left.len() as u16)), 1_000, class);
            left.push((now, class));
        }
        now = side.opens_at().max(now.plus(Micros(500)));
    }
    left
}

#[test]
fn wire_bytes_count_udp_and_ip_headers_by_address_family() {
    for (remote, overhead) in
        [(V4, 28), ("[2001:db8::7]:40000", 48), ("[::ffff:198.51.100.7]:40000", 28)]
    {
        let mut side = side();
        side.begin(Micros(0), path(remote));
        side.on_sent(Micros(0), Some(Seq(9)), 128, Class::Audio);
        side.on_other_sent(Micros(0), 60);
        assert_eq!(side.history.in_flight(), 128 + overhead, "{remote}");
        let rate = side.stats(Micros::millis(500), Micros(0)).sent_bitrate;
        assert_eq!(rate, (128 + 60 + 2 * overhead) * 16, "{remote}");
    }
}

#[test]
fn probe_goes_at_its_rate_with_media_first_and_then_with_padding() {
    let mut side = side();
    side.controller.probes.push_back(Probe { id: 7, rate: 4_000_000, bytes: 15_420 });
    let left = run(&mut side, 6, Micros(0), Micros::millis(500));
    // The first packet shows that there is something to send; 15 more of 1,028 bytes.
    assert_eq!(left.len(), 16, "{left:?}");
    let padding = left.iter().filter(|(_, class)| *class == Class::Padding).count();
    assert_eq!(padding, 10);
    assert_eq!(side.stats(Micros::millis(500), Micros(0)).padding_bytes_sent, 10_280);
    assert_eq!(side.stats(Micros::millis(500), Micros(0)).probes, 1);
    let took = left[15].0.since(left[1].0);
    // 30.8 ms at that rate, less what goes at once.
    assert!((Micros(24_000)..=Micros(33_000)).contains(&took), "{took:?}");
    let probes: Vec<_> = {
        let now = Micros::millis(500);
        let number = |nth| side.history.number(Seq(nth)).expect("held");
        (0..16).map(|nth| side.history.sent(now, number(nth)).probe).collect()
    };
    assert_eq!(probes[0], None);
    assert!(probes[1..].iter().all(|probe| *probe == Some(7)), "{probes:?}");
}

#[test]
fn probe_that_finds_nothing_to_send_is_given_up_and_another_may_follow() {
    let mut side = side();
    side.controller.probes.push_back(Probe { id: 1, rate: 4_000_000, bytes: 15_000 });
    side.begin(Micros(0), path(V4));
    side.on_sent(Micros(0), Some(Seq(0)), 100, Class::Audio);
    assert!(side.wants_padding());
    side.on_no_padding();
    assert!(!side.wants_padding());
    side.controller.probes.push_back(Probe { id: 2, rate: 4_000_000, bytes: 15_000 });
    while !side.wants_padding() {
        let next = side.poll_timeout().expect("it is given up");
        assert!(next <= Micros::millis(1_000));
        side.handle_timeout(next);
    }
}

#[test]
fn retransmissions_take_fifteen_percent_of_the_estimate_over_any_second() {
    let mut side = side();
    let mut resent = Vec::new();
    for millis in 0..5_000 {
        let now = Micros::millis(millis);
        while side.may_resend(now, 972) {
            side.on_sent(now, None, 972, Class::Resend);
            resent.push(millis);
        }
    }
    // 18,750 bytes of 1,000 each.
    for from in 0..4_000 {
        let within = resent.iter().filter(|at| (from..from + 1_000).contains(*at)).count();
        assert!(within <= 18, "{within} from {from} on");
    }
    assert!(resent.len() >= 5 * 18 - 18, "{}", resent.len());
    side.controller.output.target = 30_000;
    assert!(side.may_resend(Micros::millis(9_000), 1_200), "one at least");
}

#[test]
fn transport_cc_comes_out_in_microseconds_across_the_wrap_of_its_clock() {
    let mut side = side();
    let mut feed = |base: u16, ticks: [i64; 2], now| {
        side.begin(Micros::millis(now), path(V4));
        for nth in 0..2 {
            side.on_sent(Micros::millis(now), Some(Seq(base + nth)), 1_000, Class::Video);
        }
        let mut out = [0; 200];
        let mut compound = Compound::new(&mut out);
        let statuses = ticks.map(Some);
        assert_eq!(compound.transport_cc(Ssrc(1), Ssrc(2), Seq(base), 0, &statuses), 2);
        let len = compound.len();
        let mut packets = rtcp::parse(&out[..len]).expect("it parses");
        let Some(Packet::TransportCc(feedback)) = packets.next() else { panic!("feedback") };
        side.on_transport_cc(Micros::millis(now + 30), &feedback);
    };
    // The reference time wraps after 2^24 x 256 ticks, at half of which its sign changes.
    let wrap = 1 << 31;
    feed(0, [wrap - 8, wrap - 4], 100);
    feed(2, [wrap, wrap + 4], 200);
    let arrivals = &side.controller.arrivals;
    let steps: Vec<_> = arrivals.windows(2).map(|pair| pair[1] - pair[0]).collect();
    assert_eq!(steps, [1_000; 3], "{arrivals:?}");
    assert_eq!(side.controller.round_trip, Some(Micros::millis(30)));
}

#[test]
fn feedback_that_claims_to_speak_of_thousands_never_sent_is_read_as_far_as_something_was() {
    let mut side = side();
    side.begin(Micros(0), path(V4));
    for nth in 0..3 {
        side.on_sent(Micros(0), Some(Seq(nth)), 1_000, Class::Video);
    }
    let mut out = [0; 4_000];
    let mut compound = Compound::new(&mut out);
    let statuses = [None; 2_000].map(|_: Option<i64>| Some(5));
    let taken = compound.transport_cc(Ssrc(1), Ssrc(2), Seq(1), 0, &statuses);
    assert!(taken > 1_000);
    let len = compound.len();
    let Some(Packet::TransportCc(feedback)) = rtcp::parse(&out[..len]).expect("parses").next()
    else {
        panic!("feedback")
    };
    side.on_transport_cc(Micros::millis(30), &feedback);
    assert_eq!(side.controller.arrivals.len(), 2);
    assert_eq!(side.history.ignored(), 0, "the others were not even looked at");
}

#[test]
fn media_that_waits_is_told_as_a_burst_and_what_is_outstanding_when_time_passes() {
    let mut side = side();
    side.set_demand(Micros(0), Demand { desired: 5, allocated: 3, ..Demand::default() });
    side.set_in_burst(Micros(0), true);
    let told = side.controller.demand;
    assert_eq!((told.desired, told.allocated, told.in_burst), (5, 3, true));
    run(&mut side, 3, Micros::millis(10), Micros::millis(40));
    side.handle_timeout(Micros::millis(510));
    assert_eq!(side.controller.outstanding.oldest, Some(Micros::millis(10)));
}

#[test]
fn congestion_control_of_one_receiver_takes_less_than_64_kibibytes() {
    let fixed = size_of::<SendSide<super::super::Gcc>>();
    assert!(fixed + 12 * super::super::history::MOST <= 64 * 1_024, "{fixed} and the history");
}

#[test]
fn silence_is_looked_at_while_packets_are_on_their_way_and_only_then() {
    let mut side = side();
    assert_eq!(side.poll_timeout(), None);
    run(&mut side, 1, Micros::millis(10), Micros::millis(11));
    assert_eq!(side.poll_timeout(), Some(Micros::millis(110)));
    side.handle_timeout(Micros::millis(110));
    assert_eq!(side.poll_timeout(), Some(Micros::millis(210)));
    side.on_told(Micros::millis(150), [(Seq(0), Some(1), Ecn::NotEct)], None);
    side.handle_timeout(Micros::millis(210));
    assert_eq!(side.poll_timeout(), None);
}
