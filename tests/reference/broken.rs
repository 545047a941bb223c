//! A stream to be broken, one rule at a time.

use std::ops::Range;
use std::panic::{AssertUnwindSafe, catch_unwind};

use super::publish::{Kind, PlainPacket, Publisher, TrueFrame, Truth};
use super::reference::ForwardedPacket;
use super::stream::{Given, Honest, frame, publish, receive, straight_stream};

pub struct Broken {
    pub truth: Truth,
    pub stream: Vec<Given>,
}

impl Broken {
    /// Of the highest encoding, whole.
    pub fn straight(kind: Kind) -> Self {
        let (truth, stream) = straight_stream(kind, 21, 100);
        Self { truth, stream }
    }

    /// Selected honestly; `wants` says what is wanted at each picture, which all begin with a key
    /// frame where `key` says so.
    pub fn selected(
        kind: Kind,
        wants: impl Fn(u32) -> (u8, u8, u8),
        key: impl Fn(u32) -> bool,
    ) -> Self {
        let mut publisher = Publisher::new(kind, 22);
        let packets = publish(&mut publisher, 100, |picture, publisher| {
            if key(picture) {
                (0..kind.encodings).for_each(|each| publisher.key_frame_wanted(each));
            }
        });
        let truth = publisher.truth();
        let mut honest = Honest::new(truth.clone(), wants(0));
        let mut forward = |(at, plain): &(_, PlainPacket)| {
            honest.wanted = wants(frame(&truth, plain).picture);
            honest.forward(*at, plain)
        };
        let stream = packets.iter().filter_map(&mut forward).collect();
        Self { truth, stream }
    }

    /// The packets of the first frame that is so, from the 20th picture on.
    pub fn find(&self, is: impl Fn(&TrueFrame) -> bool) -> Range<usize> {
        let found = self.stream.iter().position(|given| {
            let frame = frame(&self.truth, &given.plain);
            frame.picture >= 20 && is(&frame)
        });
        let first = found.expect("there is such a frame");
        let id = self.stream[first].plain.identity;
        let same = |given: &&Given| given.plain.identity.frame == id.frame;
        first..first + self.stream[first..].iter().take_while(same).count()
    }

    /// Never sent, its numbers given to what follows.
    pub fn remove_and_close(&mut self, packets: Range<usize>) {
        let (at, count) = (packets.start, packets.len() as u16);
        self.stream.drain(packets);
        for given in &mut self.stream[at..] {
            given.packet.seq = given.packet.seq.wrapping_sub(count);
        }
    }

    pub fn lose(&self, packets: Range<usize>) {
        self.stream[packets].iter().for_each(|given| self.truth.lose(&given.plain));
    }

    pub fn each(&mut self, packets: Range<usize>, edit: impl Fn(&mut ForwardedPacket)) {
        self.stream[packets].iter_mut().for_each(|given| edit(&mut given.packet));
    }

    /// The reference receiver names the rule and says what is wrong.
    #[track_caller]
    pub fn breaks(&self, rule: &str, about: &str) {
        let received = catch_unwind(AssertUnwindSafe(|| receive(&self.truth, &self.stream)));
        let message = *received.expect_err("it is caught").downcast::<String>().expect("a text");
        let begins = format!("rule {rule} broken: ");
        assert!(message.starts_with(&begins) && message.contains(about), "{message}");
        assert!(message.contains("packets judged"), "with what happened last");
    }
}
