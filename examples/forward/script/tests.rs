//! What scripts may say, and what they are told when they say something else.

use std::time::Duration;

use lahn::params::{Codec, Extension};

use super::*;

const SMALLEST: &str = "[source]\ncodecs = { 96 = 'VP8' }\n";

fn wrong(text: &str) -> (usize, String) {
    let Wrong { line, what } = Script::read(text).expect_err(text);
    (line, what)
}

/// What is wrong with lines that follow the smallest script.
fn wrong_after(lines: &str) -> (usize, String) {
    wrong(&format!("{SMALLEST}{lines}"))
}

#[test]
fn smallest_script_is_two_lines() {
    let script = Script::read(SMALLEST).unwrap();
    assert_eq!(script.source.codecs.get_ref()[&PayloadType(96)], CodecName(Codec::Vp8));
    assert!(script.source.answers_nack && script.receiver.rtx && script.receiver.nack);
    assert_eq!(script.receiver.rtt, Time(Duration::from_millis(50)));
    assert!(script.recording.is_none() && script.loss.is_empty() && script.stop.is_empty());
}

#[test]
fn script_in_the_help_is_one() {
    let help = include_str!("../help.txt");
    let (_, all) = help.split_once("nothing is said:\n").unwrap();
    let (script, _) = all.split_once("A recording cannot").unwrap();
    // It shows every word; some exclude each other.
    let script = script.replace("  rate = 0.02", "  # rate").replace("  burst = 3", "  # burst");
    let script = Script::read(&script).unwrap_or_else(|wrong| panic!("{wrong:?}"));
    assert_eq!(script.constraints[0].constraints().max_width, Some(640));
    assert_eq!(script.source.extensions[&Id(9)], ExtensionName(Extension::Mid));
    assert_eq!(script.stop.len(), 1);
}

#[test]
fn times_are_texts_or_seconds() {
    for (text, millis) in [("'2.5s'", 2_500), ("'40ms'", 40), ("3", 3_000), ("0.5", 500)] {
        let script = Script::read(&format!("{SMALLEST}[[pli]]\nat = {text}")).unwrap();
        assert_eq!(script.pli[0].at.0.as_millis(), millis, "{text}");
    }
    for text in ["'2'", "'2m'", "-1", "'-1s'", "nan", "inf", "'1e300s'", "true"] {
        let (line, what) = wrong_after(&format!("[[pli]]\nat = {text}"));
        assert!(line == 4 && what.contains("time"), "{text}: line {line}: {what}");
    }
}

#[test]
fn packets_are_numbers_and_ranges() {
    let script = Script::read(&format!("{SMALLEST}[[loss]]\npackets = [7, '9..12']")).unwrap();
    let expected = [(7, 7), (9, 12)].map(|(first, last)| happenings::Numbers { first, last });
    assert_eq!(script.loss[0].get_ref().packets, expected);
    for text in ["-1", "'a'", "'9..7'", "'9..'", "1.5"] {
        let (line, what) = wrong_after(&format!("[[loss]]\npackets = [{text}]"));
        assert!(line == 4 && what.contains("packets are numbers"), "{text}: {line}: {what}");
    }
}

#[test]
fn words_that_mean_nothing_are_told_with_their_line() {
    assert_eq!(wrong("[source]\ncodecs = ").0, 2);
    let (line, what) = wrong_after("[receiver]\nnak = true");
    assert!(line == 4 && what.contains("unknown field `nak`"), "{line}: {what}");
    let (line, what) = wrong("\n[source]\ncodecs = { 96 = 'VP7' }");
    assert!(line == 3 && what.contains("no codec \"VP7\": opus, VP8"), "{line}: {what}");
    let (line, what) = wrong("[source]\ncodecs = { 128 = 'VP8' }");
    assert!(line == 2 && what.contains("128 is no payload type"), "{line}: {what}");
    let (line, what) = wrong_after("extensions = { 3 = 'middle' }");
    assert!(line == 3 && what.contains("no header extension \"middle\""), "{line}: {what}");
    let (line, what) = wrong_after("[[constraints]]\nat = 1\nmax_width = 70000");
    assert!(line == 5 && what.contains("70000"), "{line}: {what}");
    let (line, what) = wrong_after("[[constraints]]\nmax_width = 70");
    assert!(line == 3 && what.contains("missing field `at`"), "{line}: {what}");
}

#[test]
fn what_does_not_fit_together_is_told_with_its_line() {
    for (lines, line, told) in [
        ("rtx = { 97 = 98 }", 3, "98 is no payload type of codecs"),
        ("kind = 'audio'", 2, "all of them for audio or all for video"),
        ("[[loss]]\nseed = 1", 3, "which packets?"),
        ("[[loss]]\npackets = [1]\nrate = 0.1", 3, "either packets"),
        ("\n[[loss]]\nrate = 1.1", 4, "from 0 to 1"),
        ("[[loss]]\npackets = [1]\nburst = 2", 3, "needs a rate"),
        ("[[loss]]\nrate = 0.1\nburst = 0", 3, "1 or more"),
        ("[[loss]]\nrate = 0.1\ndelay = '1s'", 3, "no delay"),
        ("[[reorder]]\nrate = 0.1", 3, "how late?"),
        ("[[loss]]\nrate = 0.1\nlink = 'down'\nencoding = 'h'", 3, "no encodings"),
    ] {
        let (found, what) = wrong_after(lines);
        assert!(found == line && what.contains(told), "{lines}: line {found}: {what}");
    }
}
