//! Each definition against a run that was written by hand.

use std::sync::Arc;

use super::*;
use crate::net::{Ecn, Fate, Kind, MS, Record, SECOND, Time};
use crate::scenario::{Ask, Bits, Measure, Scenario, Span};

/// A second of a link of 1 Mbit/s: a packet of 1,000 bytes every 10 ms, 8 ms in service, after a
/// wait of 2 ms; every tenth is lost on the wire, one more dropped.
fn link() -> LinkAccount {
    let record = |nth: u64, fate| Record {
        entered: nth * 10 * MS,
        started: nth * 10 * MS + 2 * MS,
        left: nth * 10 * MS + 10 * MS,
        flow: 0,
        bytes: 1_000,
        tag: 0,
        kind: Kind::Media,
        ecn: Ecn::NotEct,
        fate,
    };
    let served = (0..100).map(|nth| match nth {
        55 => record(nth, Fate::Dropped),
        _ if nth % 10 == 4 => record(nth, Fate::Lost),
        _ => record(nth, Fate::Served),
    });
    LinkAccount {
        name: "down".to_owned(),
        records: served.collect(),
        capacity: bins::Bins(vec![100_000; 20]),
    }
}

/// A run of 20 s with one receiver of one camera.
fn run() -> Run {
    let text = "title = \"t\"\nlength = 20\n[links.down]\ncapacity = \"1M\"\n\
                [[publishers]]\nname = \"p\"\nlayers = [\"100k\", \"400k\"]\n\
                [[receivers]]\nname = \"r\"\nlinks = [\"down\"]\nwants = [{ of = \"p\" }]";
    let mut receiver = ReceiverAccount::new("r".to_owned(), 0);
    receiver.links = vec![0];
    receiver.subscriptions = vec![SubscriptionAccount {
        name: "p".to_owned(),
        rates: vec![100_000, 400_000],
        layers: vec![(0, Some(0))],
        ..SubscriptionAccount::default()
    }];
    Run {
        scenario: Arc::new(Scenario::read(text).unwrap().remove(0)),
        seed: 1,
        length: 20 * SECOND,
        hash: 0,
        links: vec![link()],
        publishers: vec![PublisherAccount {
            name: "p".to_owned(),
            times: (0..600).map(|nth| nth * SECOND / 30).collect(),
            mutes: Vec::new(),
        }],
        receivers: vec![receiver],
        requests: Vec::new(),
    }
}

fn ask(measure: Measure, from: Time, until: Time) -> Ask {
    let window = Some((Span(from), Span(until)));
    Ask { measure, of: None, window, rate: None, most: None }
}

fn measured(run: &Run, measure: Measure, from_s: f64, until_s: f64) -> f64 {
    let micros = |seconds: f64| (seconds * 1e6) as Time;
    run.measure(&ask(measure, micros(from_s), micros(until_s)))
}

/// Estimates every 10 ms.
fn estimates(run: &mut Run, of: impl Fn(f64) -> u64) {
    run.receivers[0].samples = (0..2_000)
        .map(|nth| Sample {
            at: nth * 10 * MS,
            estimate: of(nth as f64 / 100.0),
            ..Sample::default()
        })
        .collect();
}

/// A picture each 33 ms, but for the times that `is_missing` says, in seconds.
fn pictures(run: &mut Run, is_missing: impl Fn(f64) -> bool) {
    let times = run.publishers[0].times.clone();
    let shown = times.iter().enumerate().filter(|(_, at)| !is_missing(**at as f64 / 1e6));
    run.receivers[0].subscriptions[0].decoded = shown
        .map(|(frame, at)| Decoded { at: at + 50 * MS, layer: 0, frame: frame as u16, bytes: 500 })
        .collect();
}

#[test]
fn utilisation_is_what_was_served_of_what_could_have_been() {
    let run = run();
    let is = |window: (f64, f64)| measured(&run, Measure::Utilisation, window.0, window.1);
    // What is lost on the wire used capacity; what was dropped did not. 80 % but for one in 100;
    // the packet that leaves at the very end is of the next second.
    assert!((is((0.0, 1.0)) - 100.0 * 98.0 * 8_000.0 / 1e6).abs() < 1e-9);
    assert_eq!(is((1.1, 2.0)), 0.0);
    let most = Ask { most: Some(Bits(784_000)), ..ask(Measure::Utilisation, 0, SECOND) };
    assert!((run.measure(&most) - 100.0).abs() < 1e-9, "of what the media has at most");
}

#[test]
fn queue_delay_is_the_time_in_the_link_and_loss_counts_drops_too() {
    let run = run();
    assert_eq!(measured(&run, Measure::QueueP50, 0.0, 2.0), 10.0);
    assert_eq!(measured(&run, Measure::QueueP95, 0.0, 2.0), 10.0);
    assert_eq!(measured(&run, Measure::Loss, 0.0, 2.0), 11.0);
    assert_eq!(measured(&run, Measure::LossBurst, 0.0, 2.0), 2.0, "54 and 55");
}

#[test]
fn estimate_settles_when_it_stays_near_capacity_for_two_seconds() {
    let mut run = run();
    // Near at 1 s, away again at 2 s, near for good from 5 s on.
    estimates(&mut run, |at| match at {
        _ if (1.0..2.0).contains(&at) || at >= 5.0 => 900_000,
        _ => 300_000,
    });
    assert_eq!(measured(&run, Measure::Settle, 0.0, 20.0), 5.0);
    assert_eq!(measured(&run, Measure::Settle, 3.0, 20.0), 2.0);
    assert_eq!(measured(&run, Measure::Settle, 0.0, 4.0), f64::INFINITY);
    let most = Ask { most: Some(Bits(400_000)), ..ask(Measure::Settle, 0, 20 * SECOND) };
    assert_eq!(run.measure(&most), 0.0, "300 k is three quarters of what the media has");
    estimates(&mut run, |_| 1_150_000);
    assert_eq!(measured(&run, Measure::Settle, 0.0, 20.0), f64::INFINITY, "too high");
}

#[test]
fn estimate_is_followed_over_time() {
    let mut run = run();
    estimates(&mut run, |at| match at {
        _ if at < 4.0 => 1_000_000,
        _ if at < 5.0 => 500_000,
        _ if at < 6.0 => 2_000_000,
        _ => 900_000,
    });
    assert_eq!(measured(&run, Measure::EstimateKept, 3.0, 7.0), 50.0);
    assert_eq!(measured(&run, Measure::EstimateRise, 3.0, 7.0), 200.0);
    assert_eq!(measured(&run, Measure::EstimateAfter, 3.0, 7.0), 90.0);
    assert!((measured(&run, Measure::OverEstimate, 0.0, 20.0) - 0.99).abs() < 1e-9);
    assert!((measured(&run, Measure::Recover, 3.0, 7.0) - 1.99).abs() < 1e-9);
    let of =
        |measure, rate, from| Ask { rate: Some(Bits(rate)), ..ask(measure, from, 20 * SECOND) };
    assert_eq!(run.measure(&of(Measure::EstimateReach, 1_500_000, SECOND)), 4.0);
    assert_eq!(run.measure(&of(Measure::EstimateFall, 600_000, SECOND)), 3.0);
    assert_eq!(run.measure(&of(Measure::EstimateFall, 400_000, SECOND)), f64::INFINITY);
    assert!((measured(&run, Measure::EstimateMean, 4.0, 5.0) - 50.0).abs() < 1e-9);
}

#[test]
fn remb_is_to_be_kept_200_ms_after_it() {
    let mut run = run();
    run.receivers[0].told = vec![(0, 1_000_000), (5 * SECOND, 300_000)];
    estimates(&mut run, |at| if at < 5.15 { 1_000_000 } else { 300_000 });
    assert_eq!(measured(&run, Measure::AboveRemb, 0.0, 20.0), 0.0);
    estimates(&mut run, |at| if at < 5.5 { 1_000_000 } else { 300_000 });
    let above = measured(&run, Measure::AboveRemb, 0.0, 20.0);
    assert!((above - 0.29).abs() < 0.011, "{above}");
}

#[test]
fn freeze_is_200_ms_without_a_picture_where_one_is_allotted() {
    let mut run = run();
    pictures(&mut run, |at| (3.0..3.15).contains(&at) || (5.0..6.0).contains(&at));
    assert_eq!(measured(&run, Measure::Freezes, 0.0, 20.0), 1.0, "150 ms are none");
    let longest = measured(&run, Measure::FreezeLongest, 0.0, 20.0);
    assert!((1_000.0..1_070.0).contains(&longest), "{longest}");
    assert_eq!(measured(&run, Measure::Freezes, 0.0, 5.0), 0.0);

    let layers = &mut run.receivers[0].subscriptions[0].layers;
    layers.extend([(5 * SECOND, None), (6 * SECOND, Some(0))]);
    assert_eq!(measured(&run, Measure::Freezes, 0.0, 20.0), 0.0, "nothing was allotted");
    let layers = &mut run.receivers[0].subscriptions[0].layers;
    *layers = vec![(4 * SECOND, Some(0))];
    assert_eq!(measured(&run, Measure::Freezes, 0.0, 20.0), 0.0, "not for 1.5 s yet");
    run.receivers[0].subscriptions[0].layers = vec![(0, Some(0))];
    run.publishers[0].mutes = vec![(5 * SECOND, 6 * SECOND)];
    assert_eq!(measured(&run, Measure::Freezes, 0.0, 20.0), 0.0, "there was nothing to see");
}

#[test]
fn switches_are_changes_of_layer_and_flaps_go_back_within_eight_seconds() {
    let mut run = run();
    let at = |seconds: u64, layer| (seconds * SECOND, layer);
    run.receivers[0].subscriptions[0].layers =
        vec![at(0, Some(0)), at(2, Some(1)), at(4, Some(0)), at(14, Some(1)), at(15, None)];
    assert_eq!(measured(&run, Measure::Switches, 0.0, 20.0), 12.0, "four in a third of a minute");
    assert_eq!(measured(&run, Measure::Switches, 10.0, 20.0), 12.0);
    assert_eq!(measured(&run, Measure::Flaps, 0.0, 20.0), 1.0, "2 s there; 10 s are enough");
    let of = |measure, rate| Ask { rate: Some(Bits(rate)), ..ask(measure, 0, 20 * SECOND) };
    assert_eq!(run.measure(&of(Measure::AllocatedReach, 400_000)), 2.0);
    assert_eq!(run.measure(&of(Measure::AllocatedFall, 0)), 15.0);
    assert_eq!(measured(&run, Measure::AllocatedChange, 3.0, 15.0), 1.0);
    assert_eq!(measured(&run, Measure::AllocatedChange, 0.0, 5.0), 0.0);
}

#[test]
fn goodput_delay_and_lost_frames_are_of_pictures_that_were_decoded() {
    let mut run = run();
    pictures(&mut run, |at| (5.0..6.0).contains(&at));
    assert_eq!(measured(&run, Measure::Goodput, 10.0, 15.0), 30.0 * 500.0 * 8e-3);
    assert_eq!(measured(&run, Measure::FrameDelayP95, 0.0, 20.0), 50.0);
    assert_eq!(measured(&run, Measure::FrameJitter, 0.0, 20.0), 0.0);
    let lost = measured(&run, Measure::LostFrames, 0.0, 10.0);
    assert!((lost - 10.0).abs() < 1.1, "{lost}");
    let first = measured(&run, Measure::AllPictures, 5.1, 10.0);
    assert!((first - 0.95).abs() < 0.04, "{first}");
}

#[test]
fn fairness_and_rates_are_of_what_arrived() {
    let mut run = run();
    let mut other = ReceiverAccount::new("s".to_owned(), 0);
    other.links = vec![0];
    run.receivers.push(other);
    for bin in 0..200 {
        run.receivers[0].arrived.add(bin * bins::BIN, 12_500);
        run.receivers[1].arrived.add(bin * bins::BIN, if bin < 100 { 0 } else { 12_500 });
    }
    assert_eq!(measured(&run, Measure::Jain, 0.0, 10.0), 0.5);
    assert_eq!(measured(&run, Measure::Jain, 10.0, 20.0), 1.0);
    let of = |measure, name: &str, rate| Ask {
        of: Some(name.to_owned()),
        rate: Some(Bits(rate)),
        ..ask(measure, 8 * SECOND, 20 * SECOND)
    };
    assert_eq!(run.measure(&of(Measure::RateReach, "s", 1_000_000)), 2.5);
    assert_eq!(run.measure(&of(Measure::RateReach, "r", 1_000_000)), 0.5);
    assert_eq!(run.measure(&of(Measure::Rate, "r", 0)), 1_000.0);
}

#[test]
fn requests_of_one_moment_count_once_and_publishers_apart() {
    let mut run = run();
    let asked = |at: u64, layer| Request { at: at * MS, publisher: 0, layer };
    run.requests = vec![asked(100, 0), asked(100, 1), asked(350, 0), asked(700, 0)];
    assert_eq!(measured(&run, Measure::KeyRequestGap, 0.0, 1.0), 250.0);
    assert_eq!(measured(&run, Measure::KeyRequests, 0.0, 0.5), 3.0);
}

#[test]
fn sound_has_gaps_and_losses() {
    let mut run = run();
    run.publishers[0].times = (0..1_000).map(|nth| nth * 20 * MS).collect();
    let held = &mut run.receivers[0].subscriptions[0];
    held.is_audio = true;
    let came = |nth: &u64| !(100..105).contains(nth);
    held.voices = (0..1_000).filter(came).map(|nth| nth * 20 * MS + 30 * MS).collect();
    assert_eq!(measured(&run, Measure::AudioGap, 0.0, 20.0), 120.0);
    assert!((measured(&run, Measure::AudioLoss, 1.0, 11.0) - 1.0).abs() < 0.3);
}

#[test]
fn lines_say_what_was_measured_and_whether_it_is_met() {
    let text = "title = \"t\"\nlength = 20\n[links.down]\ncapacity = \"1M\"\n\
                [[flows]]\nname = \"r\"\nlinks = [\"down\"]\nrate = \"1M\"\n\
                [[lines]]\nmeasure = \"loss\"\nwindow = [0, 2]\nat_most = 10\ngoal = 1\n\
                [[lines]]\nmeasure = \"queue-p95\"\nat_most = 10";
    let scenario = Arc::new(Scenario::read(text).unwrap().remove(0));
    let runs = [Run { scenario, ..run() }];
    let verdicts = report::verdicts(&runs);
    let texts: Vec<_> = verdicts.iter().map(report::Verdict::text).collect();
    assert_eq!(texts[0], "loss in 0-2 s: 11.0 (at most 10) NOT MET; goal 1 not met");
    assert_eq!(texts[1], "queue-p95: 10.0 (at most 10)");
}
