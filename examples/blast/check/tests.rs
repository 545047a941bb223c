use std::time::Duration;

use lahn::ExtSeq;
use lahn::srtp::Protector;

use super::*;

/// Two publishers, two receivers; subscription 2 is the second receiver's, to the second publisher.
const SUBSCRIPTION: u32 = 2;
const PUBLISHER: u32 = 1;
const RECEIVER: u32 = 3;

struct Rig {
    checker: Checker,
    sent: Arc<Sent>,
    /// The engine's, towards the receiver.
    keys: Protector,
}

impl Rig {
    fn new(words: &str) -> Self {
        let words = format!("--publishers 2 --receivers 2 {words}");
        let options = Options::parse(words.split_whitespace().map(str::to_owned)).expect("good");
        let sent = Arc::new(Sent::new(2, 1.0));
        let checker = Checker::new(&options, Arc::clone(&sent));
        let keys = Protector::new(&endpoint::keys(options.profile, RECEIVER).0);
        Self { checker, sent, keys }
    }

    /// The publisher sends packet `number`; what the engine makes of it.
    fn forward(&self, number: u64) -> Vec<u8> {
        self.sent.note(PUBLISHER, number, 7 + number, Duration::ZERO);
        self.sealed(number, Stamp { publisher: PUBLISHER, number, sent: 7 + number })
    }

    fn sealed(&self, number: u64, stamp: Stamp) -> Vec<u8> {
        let ssrc = endpoint::forwarded_ssrc(SUBSCRIPTION);
        let mut out = vec![0; 100];
        let [.., high, low] = (5_000 + number).to_be_bytes();
        out[..4].copy_from_slice(&[0x80, 96, high, low]);
        out[8..12].copy_from_slice(&ssrc.0.to_be_bytes());
        let mut payload = [0; Stamp::LEN];
        stamp.write(&mut payload);
        let sealed = self.keys.rtp(&mut out, 12, &[], &payload, ssrc, ExtSeq(5_000 + number));
        out.truncate(sealed.expect("it fits").len());
        out
    }

    fn check(&mut self, mut datagram: Vec<u8>) -> Result<Good, Wrong> {
        self.checker.check(Some(RECEIVER), &mut datagram)
    }

    fn pass(&mut self, numbers: std::ops::Range<u64>) {
        for number in numbers {
            let datagram = self.forward(number);
            let good = Good { sent: 7 + number, injected: 0, lost: 0 };
            assert_eq!(self.check(datagram), Ok(good), "{number}");
        }
    }
}

#[test]
fn packet_that_comes_twice_or_late_is_seen_opened_or_not() {
    for words in ["", "--check sampled"] {
        let mut rig = Rig::new(words);
        rig.pass(0..1);
        let (early, late) = (rig.forward(1), rig.forward(2));
        assert_eq!(rig.check(late.clone()), Ok(Good { sent: 9, injected: 0, lost: 1 }), "{words}");
        assert_eq!(rig.check(late), Err(Wrong::Duplicate), "{words}");
        assert_eq!(rig.check(early), Err(Wrong::OutOfOrder), "{words}");
        rig.pass(3..70);
    }
}

#[test]
fn gap_is_told_apart_from_what_was_lost_on_purpose() {
    let mut rig = Rig::new("--loss 0.5");
    rig.pass(0..1);
    let loss = Loss { seed: 1, share: 0.5 };
    let injected = (1..200).filter(|number| loss.takes(PUBLISHER, *number)).count() as u64;
    let after = rig.forward(200);
    let good = Good { sent: 207, injected, lost: 199 - injected };
    assert!(injected > 20);
    assert_eq!(rig.check(after), Ok(good));
}

#[test]
fn packets_that_never_came_are_missed_in_the_end() {
    let mut rig = Rig::new("");
    rig.pass(0..10);
    rig.forward(12);
    // Three of this subscription, and all 13 of the other one to the same publisher.
    assert_eq!(rig.checker.tails(), (0, 3 + 13));
}

#[test]
fn packet_that_is_not_what_was_sent_is_seen() {
    let mut rig = Rig::new("");
    rig.pass(0..1);
    let mut flipped = rig.forward(1);
    flipped[20] ^= 1;
    assert_eq!(rig.check(flipped), Err(Wrong::NotAuthentic));
    let good = Stamp { publisher: PUBLISHER, number: 1, sent: 8 };
    for stamp in
        [Stamp { publisher: 0, ..good }, Stamp { number: 2, ..good }, Stamp { sent: 9, ..good }]
    {
        let mut rig = Rig::new("");
        rig.pass(0..1);
        rig.forward(1);
        let changed = rig.sealed(1, stamp);
        assert_eq!(rig.check(changed), Err(Wrong::Changed), "{stamp:?}");
    }
}

#[test]
fn packet_for_somebody_else_or_of_nobody_is_seen() {
    let mut rig = Rig::new("");
    let mut datagram = rig.forward(0);
    assert_eq!(rig.checker.check(Some(RECEIVER - 1), &mut datagram), Err(Wrong::Astray));
    datagram[8..12].copy_from_slice(&endpoint::forwarded_ssrc(4).0.to_be_bytes());
    assert_eq!(rig.check(datagram), Err(Wrong::Unknown));
    assert_eq!(rig.check(vec![0; 20]), Err(Wrong::Unknown));
}
