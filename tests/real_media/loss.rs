//! Packets that are lost on their way to the engine: what it asks for again and gets leaves no
//! trace; what is lost for good leaves one until the next key frame at most.

use lahn::Constraints;

use super::judge::{self, assert_heals, assert_times, assert_whole, in_order};
use super::layers::scripts;
use super::original::Truth;
use super::pictures::Pictures;
use super::replay::play;
use super::script::{Played, Script};

/// Single packets of all parts of the recording, of the encoding that flows when nothing bounds it.
fn places(truth: &Truth, first: usize, step: usize) -> Vec<usize> {
    let best = truth.packets.iter().map(|it| it.encoding).max().expect("there are packets");
    let is_there = |place: &usize| {
        let original = &truth.packets[*place];
        let is_well_within = (150..4_200).contains(&original.at_millis);
        original.encoding == best && is_well_within && !original.rtp.payload.is_empty()
    };
    (0..truth.packets.len()).filter(is_there).skip(first).step_by(step).collect()
}

/// Originals, in the order of their numbers; and how many numbers are left out.
fn forwarded(played: &Played) -> (Vec<usize>, usize) {
    let packets = in_order(&played.packets);
    let (first, last) = (packets[0].rtp.seq, packets[packets.len() - 1].rtp.seq);
    let left_out = usize::from(last.wrapping_sub(first)) + 1 - packets.len();
    (packets.iter().map(|it| it.original).collect(), left_out)
}

/// A packet in seven is lost and repaired: it is as if nothing had been.
fn assert_repaired(name: &'static str, undescribed: bool) {
    let (truth, mut pictures) = (Truth::read(name), Pictures::default());
    for (number, lost) in [places(&truth, 3, 7), places(&truth, 0, 5)].into_iter().enumerate() {
        let steps = vec![(0, Constraints::default())];
        let script = Script { undescribed, lost, repaired: true, steps, ..Script::default() };
        let name = format!("{name}, {number}, {script:?}");
        let played = play(&truth, &script);
        assert!(played.repairs >= script.lost.len(), "{name}: {} asked for", played.repairs);
        let whole = play(&truth, &Script { lost: Vec::new(), ..script.clone() });
        let ((found, left_out), (expected, _)) = (forwarded(&played), forwarded(&whole));
        assert_eq!(found, expected, "{name}");
        // What turned out not to be for this receiver had a number already.
        let for_others = script.lost.iter().filter(|lost| !expected.contains(lost)).count();
        assert!(left_out <= for_others, "{name}: {left_out} of {for_others}");
        assert_eq!(played.layers, whole.layers, "{name}");
        let ordered = Played { packets: in_order(&played.packets), ..played };
        assert_times(&name, &truth, &ordered.packets);
        assert_whole(&name, &truth, &ordered, &mut pictures);
    }
    pictures.assert_same(&truth);
}

/// With layer changes besides: the time of a switch may be another, its pictures are good.
fn assert_repaired_while_switching(name: &'static str, undescribed: bool) {
    let (truth, mut pictures) = (Truth::read(name), Pictures::default());
    for (number, steps) in
        scripts().into_iter().enumerate().filter(|(nth, _)| [1, 2, 5, 6].contains(nth))
    {
        let lost = places(&truth, number, 6);
        let script = Script { undescribed, lost, repaired: true, steps, ..Script::default() };
        let name = format!("{name}, script {number}, {script:?}");
        judge::assert_repaired(&name, &truth, &play(&truth, &script), &mut pictures);
    }
    pictures.assert_same(&truth);
}

/// Each of some packets alone, then all of them.
fn assert_damage_ends(name: &'static str, undescribed: bool) {
    let (truth, mut pictures) = (Truth::read(name), Pictures::default());
    let singles = places(&truth, 2, places(&truth, 0, 1).len() / 5);
    let all = singles.clone();
    let mut damaged = 0;
    for (number, lost) in singles.into_iter().map(|it| vec![it]).chain([all]).enumerate() {
        let steps = scripts().swap_remove(if number % 2 == 0 { 0 } else { 4 });
        let script = Script { undescribed, lost, steps, ..Script::default() };
        let played = play(&truth, &script);
        let name = format!("{name}, {number}, {script:?}");
        damaged += assert_heals(&name, &truth, &script, &played, &mut pictures);
    }
    pictures.assert_same(&truth);
    println!("{name}, undescribed {undescribed}: {damaged} damaged pictures");
}

macro_rules! lost {
    ($($test:ident: $name:literal, $undescribed:literal;)*) => { $(
        mod $test {
            #[test]
            fn repaired_loss_leaves_no_trace() {
                super::assert_repaired($name, $undescribed);
            }

            #[test]
            fn repaired_loss_tears_no_switch() {
                super::assert_repaired_while_switching($name, $undescribed);
            }

            #[test]
            fn damage_ends_with_the_next_key_frame() {
                super::assert_damage_ends($name, $undescribed);
            }
        }
    )* };
}

lost! {
    vp8_simulcast: "vp8-simulcast", false;
    vp8_simulcast_without_descriptors: "vp8-simulcast", true;
    vp9_simulcast: "vp9-simulcast", false;
    h264_simulcast: "h264-simulcast", false;
    h264_simulcast_without_descriptors: "h264-simulcast", true;
    vp9_l3t3: "vp9-l3t3", false;
    vp9_l3t3_without_descriptors: "vp9-l3t3", true;
    vp9_l3t3_key: "vp9-l3t3-key", false;
    vp9_l3t3_key_without_descriptors: "vp9-l3t3-key", true;
    vp9_l3t3_two: "vp9-l3t3-two", false;
    av1_l1t3: "av1-l1t3", false;
    av1_l3t3: "av1-l3t3", false;
    av1_l3t3_key: "av1-l3t3-key", false;
}
