//! The packets of one encoding in plaintext, once, however many receivers there are: fan-out seals
//! from here, and so do retransmissions.
//!
//! A ring of records over a ring of bytes, both of fixed size: the oldest make room. A packet is
//! named by its [`Position`], the count of packets before it; asking for one that is gone gives
//! `None`, never another packet.

use crate::base::{ExtSeq, RtpTime};

/// Which packet of a [`History`]: counts arrivals, wraps at 2^32, which at 5,000 packets a second
/// is ten days after the packet itself is gone.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Position(pub(crate) u32);

/// A packet's fields, apart from its bytes.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Fields {
    /// The publisher's number, unwrapped, without the padding packets it had in between.
    pub(crate) seq: ExtSeq,
    /// The publisher's timestamp.
    pub(crate) timestamp: RtpTime,
    /// The marker bit.
    pub(crate) marker: bool,
    /// Whether a key frame starts here.
    pub(crate) key_frame: bool,
    /// Which of the source's codecs.
    pub(crate) codec: u8,
}

/// A packet as kept.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Packet<'a> {
    pub(crate) fields: Fields,
    /// Header extensions that travel on, as [`crate::media`] wrote them down.
    pub(crate) extensions: &'a [u8],
    /// The payload, without padding.
    pub(crate) payload: &'a [u8],
}

/// How far back packets are looked for that came too early: a large key frame, at least.
const MOST_OVERTAKING: usize = 64;

/// See [`History::overtaking`].
#[derive(Debug)]
pub(crate) struct Overtaking {
    packets: [Option<(Position, Fields)>; MOST_OVERTAKING],
}

impl Overtaking {
    /// In the order of their numbers.
    pub(crate) fn iter(&self) -> impl Iterator<Item = &(Position, Fields)> {
        self.packets.iter().flatten()
    }
}

/// How much a history holds.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Capacity {
    /// A power of two.
    pub(crate) packets: usize,
    pub(crate) bytes: usize,
}

impl Capacity {
    /// Ten seconds of 20-ms packets.
    pub(crate) const AUDIO: Self = Self { packets: 512, bytes: 64 * 1024 };
    /// Six seconds at 1.5 Mbit/s in full packets.
    pub(crate) const VIDEO: Self = Self { packets: 1_024, bytes: 1_200 * 1_024 };
}

/// See the module.
#[derive(Debug)]
pub(crate) struct History {
    records: Box<[Record]>,
    bytes: Box<[u8]>,
    /// Where the next packet's bytes go.
    write: usize,
    oldest: u32,
    next: u32,
    /// First position of the stream that packets come from now.
    begin: u32,
}

#[derive(Clone, Copy, Debug)]
struct Record {
    fields: Fields,
    offset: u32,
    extensions: u16,
    payload: u16,
}

impl Record {
    const EMPTY: Self = Self {
        fields: Fields {
            seq: ExtSeq(0),
            timestamp: RtpTime(0),
            marker: false,
            key_frame: false,
            codec: 0,
        },
        offset: 0,
        extensions: 0,
        payload: 0,
    };

    const fn start(&self) -> usize {
        self.offset as usize
    }

    const fn len(&self) -> usize {
        self.extensions as usize + self.payload as usize
    }
}

impl History {
    /// An empty one; all its memory is taken now.
    pub(crate) fn new(capacity: Capacity) -> Self {
        assert!(capacity.packets.is_power_of_two(), "a mask finds the record");
        Self {
            records: vec![Record::EMPTY; capacity.packets].into_boxed_slice(),
            bytes: vec![0; capacity.bytes].into_boxed_slice(),
            write: 0,
            oldest: 0,
            next: 0,
            begin: 0,
        }
    }

    /// From here on packets are another stream's, whose numbers start anywhere.
    pub(crate) const fn begin_stream(&mut self) {
        self.begin = self.next;
    }

    /// Keeps a packet; the oldest go to make room. `None` if it is longer than 64 KiB or the ring.
    pub(crate) fn push(
        &mut self,
        fields: Fields,
        extensions: &[u8],
        payload: &[u8],
    ) -> Option<Position> {
        let len = extensions.len() + payload.len();
        if len > self.bytes.len() {
            return None;
        }
        let (extensions_len, payload_len) =
            (u16::try_from(extensions.len()).ok()?, u16::try_from(payload.len()).ok()?);
        let start = self.make_room(len);
        let (to_extensions, rest) = self.bytes[start..].split_at_mut(extensions.len());
        to_extensions.copy_from_slice(extensions);
        rest[..payload.len()].copy_from_slice(payload);
        let position = Position(self.next);
        let place = self.place(self.next);
        self.records[place] = Record {
            fields,
            offset: u32::try_from(start).expect("rings are far below 4 GiB"),
            extensions: extensions_len,
            payload: payload_len,
        };
        self.next = self.next.wrapping_add(1);
        self.write = start + len;
        Some(position)
    }

    /// The packet at `position`, while it is held.
    #[inline]
    pub(crate) fn get(&self, position: Position) -> Option<Packet<'_>> {
        if position.0.wrapping_sub(self.oldest) >= self.next.wrapping_sub(self.oldest) {
            return None;
        }
        let record = &self.records[self.place(position.0)];
        let bytes = &self.bytes[record.start()..][..record.len()];
        let (extensions, payload) = bytes.split_at(usize::from(record.extensions));
        Some(Packet { fields: record.fields, extensions, payload })
    }

    /// The packets that arrived before the one at `position` though they come after it, in the
    /// order of their numbers; of the [`MOST_OVERTAKING`] newest.
    pub(crate) fn overtaking(&self, position: Position) -> Overtaking {
        let mut found = Overtaking { packets: [None; MOST_OVERTAKING] };
        let Some(overtaken) = self.get(position) else { return found };
        let newest = (1..).map(|back| Position(position.0.wrapping_sub(back)));
        let held = newest.map_while(|at| Some((at, self.get(at)?.fields)));
        // Numbers of another stream mean nothing here.
        let of_this_stream = position.0.wrapping_sub(self.begin) as usize;
        let after = held
            .take(of_this_stream.min(MOST_OVERTAKING))
            .filter(|(_, fields)| fields.seq > overtaken.fields.seq);
        for (place, packet) in found.packets.iter_mut().zip(after) {
            *place = Some(packet);
        }
        found.packets.sort_unstable_by_key(|packet| match packet {
            Some((_, fields)) => fields.seq.0,
            None => u64::MAX,
        });
        found
    }

    /// Frees `len` bytes in one piece, and a record; returns where the bytes start.
    fn make_room(&mut self, len: usize) -> usize {
        if self.next.wrapping_sub(self.oldest) as usize == self.records.len() {
            self.oldest = self.oldest.wrapping_add(1);
        }
        let mut start = self.write;
        if start + len > self.bytes.len() {
            // What lies between here and the end is older than what lies at the beginning.
            while self.oldest != self.next && self.oldest_record().start() >= start {
                self.oldest = self.oldest.wrapping_add(1);
            }
            start = 0;
        }
        // Bytes are taken in a circle, so the oldest record is the first that is in the way.
        while self.oldest != self.next {
            let record = self.oldest_record();
            let in_the_way =
                record.start() < start + len && start < record.start() + record.len().max(1);
            if !in_the_way {
                break;
            }
            self.oldest = self.oldest.wrapping_add(1);
        }
        start
    }

    fn oldest_record(&self) -> &Record {
        &self.records[self.place(self.oldest)]
    }

    const fn place(&self, position: u32) -> usize {
        position as usize & (self.records.len() - 1)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn fields(seq: u64) -> Fields {
        Fields { seq: ExtSeq(seq), ..Record::EMPTY.fields }
    }

    #[test]
    fn packet_longer_than_the_ring_is_refused() {
        let mut history = History::new(Capacity { packets: 4, bytes: 10 });
        assert!(history.push(fields(0), &[], &[0; 11]).is_none());
        assert!(history.push(fields(0), &[1], &[0; 9]).is_some());
    }

    #[test]
    fn position_that_is_gone_or_not_yet_there_gives_nothing() {
        let mut history = History::new(Capacity { packets: 4, bytes: 100 });
        let first = history.push(fields(0), &[], b"a").expect("fits");
        assert!(history.get(Position(first.0 + 1)).is_none());
        for seq in 1..=4 {
            history.push(fields(seq), &[], b"b").expect("fits");
        }
        assert!(history.get(first).is_none());
        assert_eq!(history.get(Position(1)).expect("held").fields.seq, ExtSeq(1));
    }

    #[test]
    fn packets_that_came_too_early_are_found_in_order() {
        let mut history = History::new(Capacity { packets: 256, bytes: 100_000 });
        for seq in [100, 103, 102, 105] {
            history.push(fields(seq), &[], b"x").expect("fits");
        }
        let late = history.push(fields(101), &[], b"x").expect("fits");
        let found: Vec<_> = history.overtaking(late).iter().map(|(_, f)| f.seq.0).collect();
        assert_eq!(found, [102, 103, 105]);
        let newest = history.push(fields(106), &[], b"x").expect("fits");
        assert_eq!(history.overtaking(newest).iter().count(), 0);

        history.begin_stream();
        history.push(fields(12), &[], b"x").expect("fits");
        let late = history.push(fields(10), &[], b"x").expect("fits");
        let found: Vec<_> = history.overtaking(late).iter().map(|(_, f)| f.seq.0).collect();
        assert_eq!(found, [12], "what an earlier stream sent did not overtake it");
    }

    proptest! {
        #[test]
        fn whatever_is_still_held_is_intact_and_the_newest_always_is(
            sizes in prop::collection::vec((0usize..8, 0usize..60), 1..200),
        ) {
            let mut history = History::new(Capacity { packets: 16, bytes: 256 });
            let mut pushed = Vec::new();
            for (n, (extensions, payload)) in sizes.into_iter().enumerate() {
                let fill = u8::try_from(n % 251).expect("below 251");
                let position = history
                    .push(fields(n as u64), &vec![fill; extensions], &vec![!fill; payload])
                    .expect("fits");
                pushed.push((position, fill, extensions, payload));
                prop_assert!(history.get(position).is_some());
                let mut gone = true;
                for &(position, fill, extensions, payload) in &pushed {
                    match history.get(position) {
                        Some(packet) => {
                            gone = false;
                            prop_assert_eq!(packet.extensions, &vec![fill; extensions][..]);
                            prop_assert_eq!(packet.payload, &vec![!fill; payload][..]);
                        }
                        None => prop_assert!(gone, "the oldest go first"),
                    }
                }
            }
        }
    }
}
