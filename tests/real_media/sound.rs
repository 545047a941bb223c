//! Opus with pauses (DTX): every packet goes through at its time, and the pauses stay as long as
//! they are.

use lahn::Constraints;

use super::decode::{duration, listen};
use super::judge::assert_times;
use super::original::Truth;
use super::replay::play;
use super::script::{Played, Script};

fn heard(played: &Played) {
    let packets: Vec<_> = played.packets.iter().map(|it| it.rtp.payload.as_slice()).collect();
    let samples = packets.iter().map(|packet| duration(packet).expect("Opus")).sum();
    let Some(heard) = listen(&packets) else { return };
    assert_eq!((heard.samples, heard.errors.as_str()), (samples, ""));
}

fn assert_numbers_go_on(played: &Played) {
    for two in played.packets.windows(2) {
        assert_eq!(two[1].rtp.seq, two[0].rtp.seq.wrapping_add(1), "at {} ms", two[1].at);
    }
}

#[test]
fn opus_with_dtx_is_forwarded_whole_and_decodes() {
    let truth = Truth::read("opus-dtx");
    let played = play(&truth, &Script::default());
    let originals: Vec<_> = played.packets.iter().map(|it| it.original).collect();
    assert_eq!(originals, (0..truth.packets.len()).collect::<Vec<_>>());
    for packet in &played.packets {
        let original = &truth.packets[packet.original];
        assert_eq!(packet.rtp.payload, original.rtp.payload);
        assert_eq!((packet.rtp.marker, packet.at), (original.rtp.marker, original.at_millis));
    }
    assert_numbers_go_on(&played);
    assert_times("opus-dtx", &truth, &played.packets);
    heard(&played);
}

#[test]
fn opus_that_was_paused_comes_back_at_once_and_at_its_time() {
    let truth = Truth::read("opus-dtx");
    let paused = |paused| Constraints { paused, ..Constraints::default() };
    let steps = vec![
        (400, paused(true)),
        (2_050, paused(false)),
        (3_000, paused(true)),
        (3_700, paused(false)),
    ];
    let played = play(&truth, &Script { steps, ..Script::default() });
    let is_heard = |at: u64| at < 400 || (2_050..3_000).contains(&at) || at >= 3_700;
    let expected = truth.packets.iter().enumerate().filter(|(_, it)| is_heard(it.at_millis));
    let originals: Vec<_> = played.packets.iter().map(|it| it.original).collect();
    assert_eq!(originals, expected.map(|(place, _)| place).collect::<Vec<_>>());
    assert_numbers_go_on(&played);
    assert_times("opus-dtx", &truth, &played.packets);
    heard(&played);
}
