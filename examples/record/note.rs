//! The note beside a recording: what tests and tools must know to read it, a line each.

use std::cmp::Reverse;
use std::fmt::Write;

use crate::receiver::Recorded;
use crate::recordings::Recording;

/// The text of the note. `answer` is the SDP that was agreed on.
pub(crate) fn write(
    recording: &Recording,
    browser: &str,
    answer: &str,
    recorded: &Recorded,
) -> String {
    let Recording { name, codec, kind, mode, size, .. } = recording;
    let mut note = format!("recording {name}\nbrowser {browser}\ncodec {codec}\n");
    if *kind == "video" {
        let _ = writeln!(note, "mode {mode}");
    }
    for (attribute, key) in [("rtpmap", "payload"), ("fmtp", "format"), ("extmap", "extension")] {
        for value in attributes(answer, attribute) {
            // Without the direction that RFC 8285 §5 allows behind the id, which no one uses.
            let _ = writeln!(note, "{key} {value}");
        }
    }
    let scale = |rid: &Option<String>| rid.as_deref().map_or(1, scale);
    let mut encodings: Vec<_> = recorded.encodings.iter().collect();
    encodings.sort_by_key(|(_, rid)| Reverse(scale(rid))); // low to high
    for (ssrc, rid) in encodings {
        let _ = write!(note, "encoding {ssrc}");
        if *kind == "video" {
            let down = scale(rid);
            let _ = write!(note, " {}x{}", size.0 / down, size.1 / down);
        }
        if let Some(rid) = rid {
            let _ = write!(note, " {rid}");
        }
        note.push('\n');
    }
    note
}

/// Payload types of retransmissions (RFC 4588).
pub(crate) fn repair_payloads(answer: &str) -> Vec<u8> {
    let maps = attributes(answer, "rtpmap").filter_map(|map| map.split_once(' '));
    maps.filter(|(_, codec)| codec.starts_with("rtx/")).flat_map(|(pt, _)| pt.parse()).collect()
}

fn attributes<'a>(sdp: &'a str, name: &str) -> impl Iterator<Item = &'a str> {
    sdp.lines()
        .filter_map(move |line| line.strip_prefix("a=")?.strip_prefix(name)?.strip_prefix(':'))
}

/// As in `recordings`: `scaleResolutionDownBy`.
fn scale(rid: &str) -> u16 {
    match rid {
        "l" => 4,
        "m" => 2,
        _ => 1,
    }
}
