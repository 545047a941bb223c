//! D1-D4: which frames are forwarded, by dependency descriptor.

use lahn::LayerReason;
use lahn::wire::ext::dependency_descriptor::Indication;

use super::descriptor::{LayerFrame, Mode};
use super::feed::{ALL, Feed};

#[test]
fn d1_what_came_before_its_structure_is_forwarded_with_it() {
    let mut feed = Feed::new(Mode::L3T3, 2);
    let key = feed.picture(true);
    let next = feed.picture(false);
    let rest = || key.iter().flatten().skip(1).chain(next.iter().flatten());
    assert_eq!(feed.stage.give_all(rest()), [], "nobody can read it");
    feed.stage.pass(40);
    let got = feed.stage.give(&key[0][0]);
    let expected = ALL.into_iter().chain([(0, 2), (1, 2), (2, 2)]);
    assert_eq!(feed.reader.layers(&got), expected.collect::<Vec<_>>());
    let numbers: Vec<_> = got.iter().map(|each| each.seq.wrapping_sub(got[0].seq)).collect();
    assert_eq!(numbers, (0..12).collect::<Vec<_>>());
}

#[test]
fn d1_new_structure_that_is_lost_stops_the_stream_until_it_or_another_comes() {
    for comes in [true, false] {
        let mut feed = Feed::new(Mode::L3T3, 2);
        assert_eq!(feed.flows(true), ALL);
        let last = feed.give(false).pop().expect("it flows").seq;
        feed.writer.change_templates();
        let key = feed.picture(true);
        let rest = feed.stage.give_all(key.iter().flatten().skip(1));
        assert_eq!(rest, []);
        for _ in 0..6 {
            assert_eq!(feed.give(false), [], "under template ids that nobody told of");
            feed.stage.pass(33);
        }
        assert!(!feed.stage.key_frames_asked(feed.line.ssrc).is_empty());
        if comes {
            let got = feed.stage.give(&key[0][0]);
            assert_eq!(got.len(), 7 * 6, "all that waited for it");
            assert!(got.iter().all(|got| got.seq.wrapping_sub(last) <= 7 * 6));
            assert_eq!(feed.reader.layers(&got).len(), 7 * 3);
        } else {
            let got = feed.give(true);
            assert!(got[0].seq.wrapping_sub(last) <= 2, "what was dropped leaves no gap");
            assert_eq!(feed.reader.layers(&got), ALL);
        }
    }
}

#[test]
fn d1_template_that_does_not_exist_makes_a_packet_unforwardable() {
    let mut feed = Feed::new(Mode::L1T3, 0);
    feed.give(true);
    feed.stage.pass(1_000);
    feed.stage.asked.clear();
    let mut packets = feed.picture(false);
    // Templates are 60-64; and this one is none of them.
    packets[0][0].descriptor.as_mut().expect("it is described")[0] = 0xc0 | 30;
    assert_eq!(feed.stage.give(&packets[0][0]), []);
    feed.stage.pass(5);
    assert_eq!(feed.stage.key_frames_asked(feed.line.ssrc).len(), 1);
    assert_eq!(feed.give(true).len(), 2);
}

#[test]
fn d1_publisher_who_sends_what_cannot_be_read_is_asked_once_a_second_at_most() {
    let mut feed = Feed::new(Mode::L1T3, 0);
    feed.give(true);
    feed.stage.pass(1_000);
    feed.stage.asked.clear();
    for _ in 0..100 {
        let mut packets = feed.picture(false);
        for packet in packets.iter_mut().flatten() {
            packet.descriptor.as_mut().expect("it is described")[0] = 0xc0 | 30;
        }
        assert_eq!(feed.stage.give_all(packets.iter().flatten()), []);
        feed.stage.pass(33);
    }
    let asked = feed.stage.key_frames_asked(feed.line.ssrc);
    assert!((1..=4).contains(&asked.len()), "3.3 seconds: {asked:?}");
}

#[test]
fn d2_best_decode_target_within_the_limits_is_forwarded_and_nothing_else() {
    for mode in [Mode::L3T3, Mode::L3T3Key, Mode::S3T3] {
        for (most_spatial, most_temporal) in (0..3).flat_map(|s| (0..3).map(move |t| (s, t))) {
            let mut feed = Feed::new(mode, 2);
            let limits = lahn::Constraints {
                max_spatial: Some(most_spatial),
                max_temporal: Some(most_temporal),
                ..lahn::Constraints::default()
            };
            feed.stage.constrain(0, limits);
            for picture in 0..9 {
                let flows = feed.flows(picture == 0);
                let temporal = [0, 2, 1, 2][picture % 4];
                let needs = |spatial: &u8| match mode {
                    Mode::L3T3 => true,
                    Mode::L3T3Key => picture == 0 || *spatial == most_spatial,
                    _ => *spatial == most_spatial,
                };
                let expected: Vec<_> = (0..=most_spatial)
                    .filter(|_| temporal <= most_temporal)
                    .filter(needs)
                    .map(|spatial| (spatial, temporal))
                    .collect();
                assert_eq!(flows, expected, "{mode:?} {limits:?} picture {picture}");
            }
        }
    }
}

#[test]
fn d2_target_that_is_not_sent_any_more_gives_way_to_the_best_that_is() {
    let mut feed = Feed::new(Mode::L3T3, 2);
    assert_eq!(feed.flows(true), ALL);
    feed.writer.set_active(1, 3);
    for _ in 0..4 {
        let got = feed.give(false);
        assert_eq!(feed.reader.layers(&got).len(), 1);
        assert!(got[1].marker);
    }
    assert_eq!(feed.stage.layer().map(|layer| layer.spatial), Some(0));
    assert_eq!(feed.stage.encoding_stats(0).spatial_layers, 1);
    feed.writer.set_active(3, 3);
    feed.stage.pass(1_000);
    feed.stage.asked.clear();
    assert_eq!(feed.flows(false)[0], (0, 0));
    feed.stage.pass(33);
    assert_eq!(feed.stage.key_frames_asked(feed.line.ssrc).len(), 1, "for what is sent again");
    assert_eq!(feed.flows(true), ALL);
    assert_eq!(feed.stage.layer().map(|layer| layer.spatial), Some(2));
}

#[test]
fn d3_higher_temporal_target_is_entered_where_its_indication_says_switch() {
    let mut feed = Feed::new(Mode::L1T3, 0);
    feed.give(true);
    feed.stage.limit_temporal(0);
    let temporal = |feed: &mut Feed| feed.flows(false).first().map(|(_, temporal)| *temporal);
    let flows: Vec<_> = (0..4).map(|_| temporal(&mut feed)).collect();
    assert_eq!(flows, [None, None, None, Some(0)]);
    feed.stage.limit_temporal(2);
    let flows: Vec<_> = (0..5).map(|_| temporal(&mut feed)).collect();
    assert_eq!(flows, [None, Some(1), Some(2), Some(0), Some(2)], "not at a discardable frame");
    feed.stage.limit_temporal(1);
    let flows: Vec<_> = (0..4).map(|_| temporal(&mut feed)).collect();
    assert_eq!(flows, [Some(1), None, Some(0), None], "down anywhere");
}

#[test]
fn d3_frame_that_refers_to_one_that_was_dropped_is_no_way_up() {
    let mut feed = Feed::new(Mode::L1T3, 0);
    feed.give(true);
    feed.stage.limit_temporal(0);
    assert_eq!(feed.flows(false), [], "T2 is dropped");
    feed.stage.limit_temporal(2);
    let mut frames = feed.writer.unit(false);
    let dropped = frames[0].number.wrapping_sub(1);
    frames[0].references.push(dropped);
    assert_eq!(frames[0].indications[2], Indication::Switch);
    let packets = feed.line.described(&frames, 1);
    assert_eq!(feed.stage.give_all(&packets[0]), []);
}

#[test]
fn d3_higher_spatial_target_is_entered_at_a_key_frame() {
    for mode in [Mode::L3T3, Mode::L3T3Key] {
        let mut feed = Feed::new(mode, 0);
        feed.give(true);
        feed.stage.pass(300);
        feed.stage.limit(2);
        for _ in 0..8 {
            let flows = feed.flows(false);
            assert!(flows.iter().all(|(spatial, _)| *spatial == 0), "{mode:?} {flows:?}");
            feed.stage.pass(33);
        }
        assert!(!feed.stage.key_frames_asked(feed.line.ssrc).is_empty());
        assert_eq!(feed.flows(true), ALL);
    }
}

#[test]
fn d3_key_frame_whose_followers_are_gone_is_no_switch_point() {
    let mut feed = Feed::new(Mode::L1T3, 0);
    feed.give(true);
    feed.stage.pause(true);
    feed.stage.pause(false);
    let key = feed.picture(true);
    for _ in 0..50 {
        assert_eq!(feed.give(false), []);
        feed.stage.pass(20);
    }
    assert_eq!(feed.stage.give_all(&key[0]), [], "100 packets late");
    assert_eq!(feed.give(true).len(), 2);
}

/// Loses a frame of S1, then goes on for 600 ms; what flowed when, and after how long there was
/// less.
fn lose_a_frame_of_the_middle(repaired_after: Option<u64>) -> (Feed, Option<u64>) {
    let mut feed = Feed::new(Mode::L3T3, 2);
    feed.give(true);
    (0..7).for_each(|_| _ = feed.give(false));
    feed.stage.pass(33);
    let picture = feed.picture(false);
    let rest: Vec<_> = picture[0].iter().chain(&picture[2]).collect();
    feed.stage.give_all(rest);
    feed.stage.asked.clear();
    let lost_at = feed.stage.millis();
    let mut less_after = None;
    for _ in 0..18 {
        feed.stage.pass(33);
        let passed = feed.stage.millis() - lost_at;
        if repaired_after.is_some_and(|after| (after..after + 33).contains(&passed)) {
            feed.stage.give_all(&picture[1]);
        }
        let flows = feed.flows(false);
        if flows.len() < 3 {
            less_after.get_or_insert(passed);
        }
    }
    (feed, less_after)
}

#[test]
fn d4_broken_chain_is_given_up_for_a_lower_target_after_100_to_300_ms() {
    let (feed, less_after) = lose_a_frame_of_the_middle(None);
    let after = less_after.expect("nothing above S0 can be decoded");
    assert!((100..=300).contains(&after), "{after} ms");
    assert_eq!(feed.stage.layer().map(|layer| layer.spatial), Some(0), "whose chain is whole");
    assert_eq!(feed.stage.layers_told().last().expect("it was told").1, LayerReason::Loss);
    assert!(!feed.stage.key_frames_asked(feed.line.ssrc).is_empty());
    let mut feed = feed;
    assert_eq!(feed.flows(true), ALL);
}

#[test]
fn d4_frame_that_is_repaired_in_time_breaks_nothing() {
    let (feed, less_after) = lose_a_frame_of_the_middle(Some(66));
    assert_eq!(less_after, None);
    assert_eq!(feed.stage.layer().map(|layer| layer.spatial), Some(2));
    assert_eq!(feed.stage.key_frames_asked(feed.line.ssrc), []);
}

#[test]
fn d4_base_layer_that_breaks_is_mended_by_a_key_frame() {
    let mut feed = Feed::new(Mode::L1T3, 0);
    feed.give(true);
    (0..3).for_each(|_| _ = feed.give(false));
    feed.stage.pass(33);
    feed.stage.asked.clear();
    let lost_at = feed.stage.millis();
    feed.picture(false);
    for _ in 0..15 {
        feed.give(false);
        feed.stage.pass(33);
    }
    let asked = feed.stage.key_frames_asked(feed.line.ssrc);
    let after = asked.first().expect("a key frame is asked for") - lost_at;
    assert!((100..=300).contains(&after), "{after} ms");
}

/// A frame of the wrong layer would be a hole: nothing of `frames` may be forwarded.
#[test]
fn d2_frame_that_is_not_present_in_the_target_is_dropped_whatever_its_layer() {
    let mut feed = Feed::new(Mode::L1T3, 0);
    feed.give(true);
    let last = feed.give(false).pop().expect("it flows").seq;
    let mut frames: Vec<LayerFrame> = feed.writer.unit(false);
    frames[0].indications.fill(Indication::NotPresent);
    let packets = feed.line.described(&frames, 2);
    assert_eq!(feed.stage.give_all(&packets[0]), []);
    assert_eq!(feed.give(false).first().map(|got| got.seq.wrapping_sub(last)), Some(1));
}
