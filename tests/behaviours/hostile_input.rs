//! Rubbish, forgeries and replays: counted under the right reason, and the call beside it goes on.

use std::net::SocketAddr;

use lahn::{DropReason, Error};

use crate::support::*;

struct Call {
    world: World,
    publisher: Who,
    receiver: Who,
}

fn call(seed: u64) -> Call {
    let mut world = World::new(seed);
    let publisher = world.join(&[Medium::Video]);
    let receiver = world.join(&[]);
    world.subscribe_all(receiver, publisher);
    world.connect();
    world.run_for(secs(1));
    Call { world, publisher, receiver }
}

impl Call {
    /// Drops of this reason, at the publisher's door and at nobody's.
    fn drops(&self, reason: DropReason) -> u64 {
        let stats =
            self.world.engine.endpoint_stats(self.world.now, self.world.endpoint(self.publisher));
        stats.expect("it lives").drops.get(reason) + self.world.engine.drops().get(reason)
    }

    fn all_drops(&self) -> u64 {
        DropReason::ALL.into_iter().map(|reason| self.drops(reason)).sum()
    }

    /// The newest datagram of the publisher's that `is_wanted`.
    fn newest(&self, is_wanted: impl Fn(&Captured) -> bool) -> Vec<u8> {
        let mine = |c: &&Captured| c.who == self.publisher && !c.from_engine && is_wanted(c);
        self.world.captured.iter().rev().find(mine).expect("it sent one").bytes.clone()
    }

    fn publisher_sends(&mut self, bytes: Vec<u8>) {
        let address = self.world.participants[self.publisher].outer;
        self.world.give_engine(address, bytes);
    }

    /// Asserts that the receiver has lost nothing, and goes on receiving.
    #[track_caller]
    fn goes_on(&mut self) {
        let before = self.world.participants[self.receiver].received.len();
        self.world.run_for(secs(1));
        let sent = &self.world.participants[self.publisher].publications[0].sent;
        let received: Vec<_> = self.world.participants[self.receiver].received.iter().collect();
        check::is_a_faithful_copy(sent, &received);
        assert!(received.len() >= before + 110, "only {} more", received.len() - before);
    }
}

const STRANGER: ([u8; 4], u16) = ([203, 0, 113, 9], 9_999);

#[test]
fn garbage_of_every_first_byte_is_counted_wherever_it_comes_from() {
    let mut call = call(80);
    let mut dice = net::Dice::new(80);
    let insider = call.world.participants[call.publisher].outer;
    for from in [SocketAddr::from(STRANGER), insider] {
        for first in 0..=255u8 {
            for length in [1, 2, 11, 12, 13, 20, 28, 60, 500, 1_400] {
                let mut bytes: Vec<u8> = (0..length).map(|_| dice.next() as u8).collect();
                bytes[0] = first;
                let before = call.all_drops();
                call.world.give_engine(from, bytes);
                let counted = call.all_drops() - before;
                // From where ICE says the peer is, DTLS is given to DTLS, which discards invalid
                // records without a word (RFC 6347 §4.1.2.7).
                let is_for_dtls = from == insider && (20..=63).contains(&first);
                assert!(counted == 1 || is_for_dtls, "first byte {first}, {length} bytes");
            }
        }
    }
    call.world.give_engine(insider, Vec::new());
    call.goes_on();
}

#[test]
fn garbage_is_answered_with_nothing_to_a_stranger() {
    let mut call = call(81);
    let mut dice = net::Dice::new(81);
    let before = call.world.strays;
    for first in 0..=255u8 {
        let mut bytes: Vec<u8> = (0..100).map(|_| dice.next() as u8).collect();
        bytes[0] = first;
        call.world.give_engine(STRANGER.into(), bytes);
    }
    call.world.run_for(secs(1));
    assert_eq!(call.world.strays, before, "datagrams left for a stranger");
}

#[test]
fn media_from_an_unknown_address_is_not_taken() {
    let mut call = call(82);
    let packet = call.newest(Captured::is_rtp);
    call.world.give_engine(STRANGER.into(), packet);
    assert_eq!(call.drops(DropReason::UnknownAddress), 1);
    call.goes_on();
}

#[test]
fn replayed_media_is_dropped() {
    let mut call = call(83);
    let ours = |c: &&Captured| c.who == call.publisher && !c.from_engine && c.is_rtp();
    let packets: Vec<_> =
        call.world.captured.iter().filter(ours).map(|c| c.bytes.clone()).collect();
    call.world.run_for(ms(100));
    let count = packets.len() as u64;
    assert!(count > 100);
    packets.into_iter().for_each(|packet| call.publisher_sends(packet));
    assert_eq!(call.drops(DropReason::Replayed), count);
    call.goes_on();
}

#[test]
fn replayed_control_is_dropped() {
    let mut call = call(84);
    call.world.run_for(secs(5));
    let report = call.newest(|c| c.is_srtp_or_srtcp() && !c.is_rtp());
    call.world.run_for(ms(100));
    call.publisher_sends(report);
    assert_eq!(call.drops(DropReason::Replayed), 1);
    call.goes_on();
}

#[test]
fn flipped_bit_is_not_authentic_and_does_not_burn_the_number() {
    let mut call = call(85);
    let mut flips = 0;
    for place in 0..200 {
        // A packet that is on its way and has not arrived: the forgery overtakes it.
        let sent_before = call.world.captured.len();
        call.world.run_until("a packet", secs(1), |w| {
            w.captured[sent_before..]
                .iter()
                .any(|c| !c.from_engine && c.who == call.publisher && c.is_rtp())
        });
        let mut forged = call.newest(Captured::is_rtp);
        // Anywhere but in what makes it another stream's, or no RTP at all.
        let bit = 12 * 8 + place * 37 % ((forged.len() - 12) * 8);
        forged[bit / 8] ^= 1 << (bit % 8);
        let before =
            [DropReason::AuthenticationFailed, DropReason::MalformedRtp].map(|r| call.drops(r));
        call.publisher_sends(forged);
        let after =
            [DropReason::AuthenticationFailed, DropReason::MalformedRtp].map(|r| call.drops(r));
        assert_eq!(before.iter().sum::<u64>() + 1, after.iter().sum::<u64>(), "bit {bit}");
        flips += after[0] - before[0];
    }
    assert!(flips > 190, "only {flips} got as far as the tag");
    call.goes_on();
    assert_eq!(call.drops(DropReason::Replayed), 0, "a forgery took an honest packet's place");
}

#[test]
fn flipped_bit_in_control_is_not_authentic() {
    let mut call = call(86);
    let is_report = |c: &Captured| c.is_srtp_or_srtcp() && !c.is_rtp();
    let sent_before = call.world.captured.len();
    call.world.run_until("a report", secs(10), |w| {
        w.captured[sent_before..]
            .iter()
            .any(|c| !c.from_engine && c.who == call.publisher && is_report(c))
    });
    let mut forged = call.newest(is_report);
    forged[12] ^= 1; // the last four bytes are the index: another one might be a replay
    call.publisher_sends(forged);
    assert_eq!(call.drops(DropReason::AuthenticationFailed), 1);
    call.goes_on();
    assert_eq!(call.drops(DropReason::Replayed), 0);
}

#[test]
fn forged_goodbye_ends_nothing() {
    let mut call = call(93);
    // A DTLS alert in the clear, as anybody may send it: close_notify, then handshake_failure
    // (RFC 6347 §4.1, RFC 5246 §7.2).
    for (level, description) in [(1, 0), (2, 40)] {
        for version in [[0xfe, 0xfd], [0xfe, 0xff]] {
            let mut alert = vec![21, version[0], version[1], 0, 0, 0, 0, 0, 0, 0, 9, 0, 2];
            alert.extend_from_slice(&[level, description]);
            call.publisher_sends(alert);
        }
    }
    call.goes_on();
}

#[test]
fn replayed_handshake_changes_nothing() {
    let mut call = call(94);
    let is_handshake = |c: &&Captured| {
        c.who == call.publisher && !c.from_engine && (20..=63).contains(&c.bytes[0])
    };
    let handshake: Vec<_> =
        call.world.captured.iter().filter(is_handshake).map(|c| c.bytes.clone()).collect();
    assert!(handshake.len() >= 2);
    handshake.into_iter().for_each(|datagram| call.publisher_sends(datagram));
    call.goes_on();
    call.goes_on();
}

#[test]
fn header_that_promises_more_than_there_is_does_not_parse() {
    let mut call = call(87);
    let honest = call.newest(Captured::is_rtp);
    let mut crowded = honest[..12].to_vec();
    crowded[0] |= 0x0f; // fifteen CSRCs that are not there
    call.publisher_sends(crowded);
    let mut extended = honest[..12].to_vec();
    extended[0] |= 0x10;
    extended.extend_from_slice(&[0xbe, 0xde, 0xff, 0xff]);
    call.publisher_sends(extended);
    assert_eq!(call.drops(DropReason::MalformedRtp), 2);
    call.goes_on();
}

/// An offer of a participant who is not there yet.
fn an_offer(world: &mut World) -> (lahn::EndpointId, String) {
    let conference = world.conference;
    let who = world.add_participant(conference);
    world.participants[who].gone = true;
    let mut offer = String::new();
    let now = world.now;
    let _ = world.participants[who].publish(now, &[Medium::Audio, Medium::Simulcast], |sdp| {
        offer = sdp;
        Err(())
    });
    (world.endpoint(who), offer)
}

#[test]
fn truncated_offer_is_an_error_or_a_smaller_offer_and_never_a_panic() {
    let mut call = call(88);
    let (endpoint, offer) = an_offer(&mut call.world);
    let mut refused = 0;
    for length in 0..offer.len() {
        let fresh = call
            .world
            .engine
            .add_endpoint(call.world.now, call.world.conference, &[ENGINE])
            .expect("room");
        let result = call.world.engine.accept_offer(call.world.now, fresh, &offer[..length]);
        refused += usize::from(result.is_err());
        call.world.engine.remove_endpoint(call.world.now, fresh).expect("it lives");
    }
    assert!(refused > 100, "{refused} refused of {}", offer.len());
    // And the whole one is still good.
    call.world.engine.accept_offer(call.world.now, endpoint, &offer).expect("a good offer");
    call.world.settle();
    call.goes_on();
}

#[test]
fn absurd_offers_are_errors() {
    let mut call = call(89);
    let (endpoint, offer) = an_offer(&mut call.world);
    let huge = offer.clone() + &"a=x-padding:zzzzzzzzzzzzzzzz\r\n".repeat(40_000);
    let absurd = [
        String::new(),
        "v=0".to_owned(),
        "hello, world\r\n".repeat(100),
        offer.replace("a=fingerprint:", "a=fingerblot:"),
        offer.replace("a=ice-pwd:", "a=ice-pwt:"),
        "\u{0}\u{ffff}".to_owned(),
        huge,
    ];
    for text in absurd {
        let result = call.world.engine.accept_offer(call.world.now, endpoint, &text);
        let start: String = text.chars().take(40).collect();
        assert!(matches!(result, Err(Error::Sdp(_) | Error::Limit(_))), "{result:?} for {start}");
    }
    call.world.engine.accept_offer(call.world.now, endpoint, &offer).expect("nothing has changed");
    call.world.settle();
    call.goes_on();
}

#[test]
fn offer_with_nothing_in_common_is_an_error() {
    let mut call = call(90);
    let (endpoint, offer) = an_offer(&mut call.world);
    let foreign = offer
        .replace("opus/48000/2", "L16/44100/2")
        .replace("VP8/90000", "THEORA/90000")
        .replace("VP9/90000", "DIRAC/90000")
        .replace("H264/90000", "H261/90000")
        .replace("H265/90000", "H263/90000")
        .replace("AV1/90000", "MPV/90000");
    let result = call.world.engine.accept_offer(call.world.now, endpoint, &foreign);
    assert!(matches!(result, Err(Error::Sdp(_))), "{result:?}");
    assert!(call.world.sources(2).is_empty());
    call.goes_on();
}

#[test]
fn absurd_answer_is_an_error_and_the_call_goes_on() {
    let mut call = call(91);
    let late = call.world.join(&[Medium::Audio]);
    call.world.connect();
    call.world.negotiates = false;
    call.world.subscribe_all(call.receiver, late);
    let endpoint = call.world.endpoint(call.receiver);
    let offer = call.world.engine.create_offer(call.world.now, endpoint).expect("may offer");
    let offer = offer.expect("something to tell");
    for text in ["", "v=0", "rubbish", &offer[..offer.len() / 2]] {
        let result = call.world.engine.accept_answer(call.world.now, endpoint, text);
        assert!(matches!(result, Err(Error::Sdp(_))), "{result:?}");
    }
    call.goes_on();
    assert!(
        call.world.engine.accept_answer(call.world.now, call.world.endpoint(late), "v=0").is_err()
    );
}

#[test]
fn absurd_candidates_are_errors() {
    let mut call = call(92);
    let endpoint = call.world.endpoint(call.receiver);
    for text in ["candidate:", "candidate:1 1 udp x 10.0.0.9 9 typ host", "rubbish", "\u{0}"] {
        let result = call.world.engine.add_remote_candidate(call.world.now, endpoint, text);
        assert!(result.is_err(), "{text:?} was taken");
    }
    call.world
        .engine
        .add_remote_candidate(call.world.now, endpoint, "")
        .expect("end of candidates");
    call.goes_on();
}
