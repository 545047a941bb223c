//! D5-D8: what descriptors, numbers and markers say of what is forwarded.

use lahn::params::Codec;
use lahn::wire::ext::dependency_descriptor::Structure;

use super::descriptor::{DescriptorWriter, Mode};
use super::feed::{Feed, Reader};
use super::stage::{Line, Stage};

#[test]
fn d5_frame_numbers_and_template_ids_go_on_over_switches() {
    let mut stage = Stage::simulcast(Codec::Av1);
    let mut lines = [0, 1, 2].map(Line::new);
    let mut writers = [65_500, 100, 30_000].map(|first| DescriptorWriter::new(Mode::L1T3, first));
    let (mut reader, mut held) = (Reader::default(), None::<u16>);
    let mut structures: Vec<Structure> = Vec::new();
    for round in 0..12 {
        let place = [0, 2, 1][round % 3];
        stage.limit(place as u8);
        for picture in 0..30 {
            if picture == 0 && round % 4 == 3 {
                writers[place].change_templates();
            }
            let packets = lines[place].described(&writers[place].unit(picture == 0), 2);
            for got in stage.give_all(&packets[0]) {
                let read = reader.read(&got);
                let number = read.mandatory.frame_number;
                if read.mandatory.start_of_frame {
                    assert_eq!(number, held.map_or(number, |held| held.wrapping_add(1)));
                    held = Some(number);
                }
                assert_eq!(Some(number), held, "its packets agree");
                assert_eq!(read.temporal, [0, 2, 1, 2][picture % 4]);
                if read.mandatory.has_structure {
                    structures.push(Structure::parse(&got.descriptor.unwrap()).unwrap().unwrap());
                }
            }
            stage.pass(33);
        }
    }
    assert_eq!((structures.len(), held), (12, held));
    for pair in structures.windows(2) {
        let from = pair[0].template_id_offset();
        let apart = pair[1].template_id_offset().wrapping_sub(from) & 63;
        assert!(apart >= pair[0].template_count(), "old ids mean nothing new");
    }
}

#[test]
fn d5_receiver_of_less_is_told_which_decode_targets_it_gets() {
    let mut feed = Feed::new(Mode::L3T3, 1);
    let got = feed.give(true);
    let first = feed.reader.read(&got[0]);
    assert!(first.mandatory.has_structure);
    assert_eq!(first.active_decode_targets, Some(0b00_0011_1111));
    for _ in 0..6 {
        let got = feed.give(false);
        let read: Vec<_> = got.iter().map(|got| feed.reader.read(got)).collect();
        assert!(!read.is_empty());
        for read in read.iter().filter(|read| read.mandatory.start_of_frame) {
            assert_eq!(read.active_decode_targets, Some(0b00_0011_1111), "until a key frame");
        }
    }
    feed.stage.limit(2);
    let got = feed.give(true);
    let told = feed.reader.read(&got[0]).active_decode_targets;
    assert!(told.is_none_or(|told| told == 0b1_1111_1111), "all of them: {told:?}");
}

#[test]
fn d5_numbers_that_frames_refer_to_are_those_that_were_given_out() {
    let mut feed = Feed::new(Mode::L1T3, 0);
    let key = feed.give(true).remove(0);
    let mut seen = vec![feed.reader.read(&key).mandatory.frame_number];
    feed.stage.limit_temporal(1);
    for picture in 0..40 {
        for got in feed.give(picture == 20) {
            let read = feed.reader.read(&got);
            let number = read.mandatory.frame_number;
            for diff in read.dependencies.frame_diffs() {
                assert!(seen.contains(&number.wrapping_sub(*diff)), "{number}");
            }
            seen.push(number);
        }
    }
}

#[test]
fn d6_switch_leaves_a_number_out_if_the_frame_before_was_not_finished() {
    for cut in [false, true] {
        let mut stage = Stage::simulcast(Codec::Av1);
        let (mut low, mut high) = (Line::new(0), Line::new(1));
        let mut writers = [5, 9].map(|first| DescriptorWriter::new(Mode::L1T3, first));
        let old = low.described(&writers[0].unit(true), 3).remove(0);
        let last = stage.give_all(&old[..if cut { 2 } else { 3 }]).pop().expect("it flows").seq;
        stage.give_all(&high.described(&writers[1].unit(true), 1)[0]);
        stage.limit(1);
        let got = stage.give_all(&high.described(&writers[1].unit(true), 2)[0]);
        assert_eq!(got[0].seq.wrapping_sub(last), if cut { 2 } else { 1 });
        let late = low.described(&writers[0].unit(false), 1).remove(0);
        assert_eq!(stage.give_all(old[2..].iter().chain(&late)), [], "the old one is over");
    }
}

#[test]
fn d7_marker_ends_what_is_forwarded_of_each_picture() {
    for mode in [Mode::L3T3, Mode::L3T3Key, Mode::S3T3] {
        for most in 0..3 {
            let mut feed = Feed::new(mode, most);
            for picture in 0..9 {
                let got = feed.give(picture == 0);
                let markers: Vec<_> = got.iter().map(|got| got.marker).collect();
                let expected: Vec<_> = (1..=got.len()).map(|place| place == got.len()).collect();
                assert!(!got.is_empty() && markers == expected, "{mode:?} {most} {markers:?}");
            }
        }
    }
}

#[test]
fn d8_independent_layers_are_encodings_in_one_stream() {
    let mut feed = Feed::new(Mode::S3T3, 0);
    assert_eq!(feed.flows(true), [(0, 0)]);
    feed.stage.pass(300);
    feed.stage.limit(2);
    for temporal in [2, 1, 2, 0] {
        assert_eq!(feed.flows(false), [(0, temporal)], "up with a key frame of that layer");
        feed.stage.pass(33);
    }
    assert!(!feed.stage.key_frames_asked(feed.line.ssrc).is_empty());
    assert_eq!(feed.flows(true).last(), Some(&(2, 0)));
    for temporal in [2, 1, 2, 0] {
        assert_eq!(feed.flows(false), [(2, temporal)]);
    }
}
