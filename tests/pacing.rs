//! Under congestion control packets leave at the pace of the receiver's link: sound at once,
//! pictures spaced, what waited too long not at all.

#[path = "pacing/call.rs"]
mod call;
#[expect(unreachable_pub, dead_code, reason = "shared by test crates that use a part each")]
#[path = "support/raw.rs"]
mod raw;

use std::time::Duration;

use call::{AUDIO_PAYLOAD, Answers, Kind, PacedCall, ms};
use lahn::srtp::Profile;
use lahn::{CongestionState, DropReason};

/// No more than this leaves at once: what 1.8 Mbit/s, the fastest probe, carries in 5 ms is less
/// than two packets.
const AT_ONCE: usize = 2;

#[test]
fn pictures_leave_spaced_and_in_order_however_many_come_at_once() {
    for profile in [Profile::AeadAes128Gcm, Profile::Aes128CmSha1_80] {
        let mut call = PacedCall::new(profile, 300_000);
        call.publish_frame(30, true);
        assert!(call.drain() <= AT_ONCE, "{profile:?}");
        call.run_for(ms(200));
        let sent = call.sent_of(Kind::Video);
        assert!(sent.len() >= 8, "{profile:?}: {} packets", sent.len());
        assert!(sent.windows(2).all(|pair| pair[1].seq == pair[0].seq.wrapping_add(1)));
        for burst in sent.chunk_by(|a, b| a.at == b.at) {
            assert!(burst.len() <= AT_ONCE, "{profile:?}: {} packets at once", burst.len());
        }
        // 300 kbit/s by six, the faster of the probes that a call begins with, and two packets.
        for first in &sent {
            let within = |at: Duration| (first.at..first.at + ms(20)).contains(&at);
            let bytes: usize = sent.iter().filter(|sent| within(sent.at)).map(|s| s.wire).sum();
            assert!(bytes <= 1_800_000 / 8 / 50 + 2 * 1_280, "{profile:?}: {bytes} in 20 ms");
        }
    }
}

#[test]
fn sound_leaves_at_once_in_front_of_pictures_that_wait() {
    let mut call = PacedCall::new(Profile::AeadAes128Gcm, 300_000);
    call.publish_frame(40, true);
    call.drain();
    for _ in 0..6 {
        call.publish_sound();
        assert!(call.stats().queued_packets > 1, "pictures wait");
        assert_eq!(call.drain_all().last().map(|sent| sent.kind), Some(Kind::Audio));
        call.run_for(ms(20));
    }
    assert_eq!(call.sent_of(Kind::Audio).len(), 6);
}

#[test]
fn pictures_that_waited_too_long_are_given_up_and_one_begins_anew() {
    let mut call = PacedCall::new(Profile::AeadAes128Gcm, 300_000);
    call.publish_frame(4, true);
    call.run_for(ms(600));
    let key_frames = call.key_frame_requests;
    call.publish_frame(150, false);
    for _ in 0..100 {
        call.run_for(ms(3));
        let waits = call.congestion().pacer_delay;
        assert!(waits <= ms(252), "{waits:?}");
    }
    let stats = call.stats();
    assert_eq!(stats.queued_packets, 0);
    assert!(stats.drops.get(DropReason::Congested) > 80, "{:?}", stats.drops);
    // What refers to what was given up is of no use.
    let before = call.sent_of(Kind::Video).len();
    call.publish_frame(2, false);
    call.run_for(ms(100));
    assert_eq!(call.sent_of(Kind::Video).len(), before);
    assert_eq!(call.key_frame_requests, key_frames + 1, "asked for once");
    call.publish_frame(3, true);
    call.publish_frame(2, false);
    call.run_for(ms(200));
    assert_eq!(call.sent_of(Kind::Video).len(), before + 5);
    call.run_for(ms(2_000));
    assert_eq!(call.key_frame_requests, key_frames + 1);
}

#[test]
fn key_frame_is_asked_for_again_ever_more_rarely_while_none_comes() {
    let mut call = PacedCall::new(Profile::AeadAes128Gcm, 300_000);
    call.publish_frame(4, true);
    call.run_for(ms(600));
    let before = call.key_frame_requests;
    call.publish_frame(150, false);
    let mut asked = Vec::new();
    for _ in 0..10 {
        call.run_for(ms(1_000));
        asked.push(call.key_frame_requests - before);
    }
    assert_eq!(asked[0], 2, "{asked:?}");
    assert!((3..=6).contains(&asked[9]), "{asked:?}");
}

#[test]
fn reported_rate_is_what_the_link_carries() {
    let mut call = PacedCall::new(Profile::AeadAes128Gcm, 300_000);
    for _ in 0..200 {
        call.publish_sound();
        call.run_for(ms(20));
    }
    let (mut reported, mut carried) = (0.0, 0.0);
    for _ in 0..250 {
        call.publish_sound();
        let before = call.wire_bytes;
        call.run_for(ms(20));
        carried += (call.wire_bytes - before) as f64 * 8.0 / 5.0;
        reported += call.congestion().sent_bitrate as f64 / 250.0;
    }
    let least = f64::from(u32::try_from(AUDIO_PAYLOAD + 12 + 16 + 28).expect("small")) * 400.0;
    assert!(carried > least, "{carried} of {least} bit/s");
    assert!((reported / carried - 1.0).abs() < 0.01, "{reported} of {carried} bit/s");
}

#[test]
fn feedback_by_streams_own_numbers_counts_like_transport_wide_feedback() {
    for answers in [Answers::TransportCc, Answers::ByStream, Answers::Never] {
        let mut call = PacedCall::with(Profile::AeadAes128Gcm, 300_000, answers);
        for nth in 0..150 {
            call.publish_frame(1, nth == 0);
            call.publish_sound();
            call.run_for(ms(33));
            if nth % 3 == 0 && nth < 100 {
                call.ask_again_for_the_newest(1);
            }
        }
        let stats = call.congestion();
        let hears = stats.state != CongestionState::NoFeedback;
        assert_eq!(hears, answers != Answers::Never, "{answers:?}: {stats:?}");
        if hears {
            // A picture and a sound each 33 ms.
            let sent = 8 * (1_000 + 100 + 2 * 62) * 30;
            assert!(stats.acked_bitrate.abs_diff(sent) < sent / 10, "{answers:?}: {stats:?}");
            assert!(stats.loss < 0.001, "{answers:?}: {stats:?}");
            assert!(call.sent_of(Kind::Rtx).len() > 10);
        }
    }
}

#[test]
fn retransmissions_take_no_more_than_their_share_of_the_link() {
    let mut call = PacedCall::new(Profile::AeadAes128Gcm, 300_000);
    call.publish_frame(1, true);
    call.run_for(ms(500));
    call.padding_ends();
    let mut asked = 0;
    for nth in 0..150 {
        call.publish_frame(1, false);
        call.run_for(ms(33));
        if nth % 2 == 0 {
            asked += call.ask_again_for_the_newest(2);
        }
    }
    let resent = call.sent_of(Kind::Rtx);
    assert!(asked > 100 && resent.len() > 15, "{} of {asked}", resent.len());
    for first in &resent {
        let within = |at: Duration| (first.at..first.at + ms(1_000)).contains(&at);
        let bytes: usize = resent.iter().filter(|sent| within(sent.at)).map(|s| s.wire).sum();
        assert!(bytes * 8 <= 45_000, "{bytes} bytes in a second");
    }
    assert!(call.stats().drops.get(DropReason::ResendBudget) > 20, "{:?}", call.stats().drops);
}
