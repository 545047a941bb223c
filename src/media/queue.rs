//! What waits to be sent to one endpoint: references to packets, sound apart from pictures, and
//! what is to be sent again.

use std::collections::VecDeque;

use crate::base::ExtSeq;
use crate::forward::PacketRef;
use crate::params::MediaKind;
use crate::stream::send::Sent;

/// Retransmissions that wait; more asked for at once than this is no use to a receiver.
const MOST_RESENDS: usize = 512;

/// A packet to be sent again.
#[derive(Clone, Copy, Debug)]
pub(crate) struct ResendRef {
    /// Index of the sent stream.
    pub(crate) stream: u32,
    pub(crate) ext: ExtSeq,
    pub(crate) sent: Sent,
    /// When it was asked for, in milliseconds.
    pub(crate) since: u32,
}

/// A packet that waits.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Waiting {
    pub(crate) packet: PacketRef,
    /// Since when, in milliseconds.
    pub(crate) since: u32,
}

/// Packets of one kind, the longest waiting first.
#[derive(Debug, Default)]
pub(crate) struct Lane(VecDeque<Waiting>);

/// See the module. Bounded: the oldest packet goes when a new one finds no place.
#[derive(Debug)]
pub(crate) struct Queue {
    pub(crate) sound: Lane,
    pub(crate) pictures: Lane,
    resends: VecDeque<ResendRef>,
    most: usize,
}

impl Lane {
    /// The packet to send next; it stays until [`pop`](Self::pop).
    pub(crate) fn front(&self) -> Option<&Waiting> {
        self.0.front()
    }

    /// The packets in front that are of one stream and encoding.
    pub(crate) fn run(&self) -> impl Iterator<Item = &PacketRef> {
        let of = |waiting: &Waiting| (waiting.packet.stream, waiting.packet.encoding());
        let first = self.0.front().map(of);
        let run = self.0.iter().take_while(move |waiting| Some(of(waiting)) == first);
        run.map(|waiting| &waiting.packet)
    }

    /// So many packets in front were sent or dropped.
    pub(crate) fn pop(&mut self, count: usize) {
        self.0.drain(..count);
    }

    /// Keeps those that `keep` says, asked from the front on; how many went.
    pub(crate) fn retain(&mut self, keep: impl FnMut(&Waiting) -> bool) -> usize {
        let before = self.0.len();
        self.0.retain(keep);
        before - self.0.len()
    }

    /// All that wait.
    pub(crate) fn iter(&self) -> impl Iterator<Item = &Waiting> {
        self.0.iter()
    }

    /// How many wait.
    pub(crate) fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether none waits.
    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl Queue {
    /// Empty; takes memory as it fills, up to `most` packets.
    pub(crate) const fn new(most: usize) -> Self {
        Self {
            sound: Lane(VecDeque::new()),
            pictures: Lane(VecDeque::new()),
            resends: VecDeque::new(),
            most,
        }
    }

    /// A packet waits since `now`. Returns whether an older one was dropped for it: a picture's
    /// rather than a sound's.
    pub(crate) fn push(&mut self, now: u32, kind: MediaKind, packet: PacketRef) -> bool {
        let full = self.sound.len() + self.pictures.len() >= self.most;
        if full && self.pictures.0.pop_front().is_none() {
            self.sound.0.pop_front();
        }
        let lane = match kind {
            MediaKind::Audio => &mut self.sound,
            MediaKind::Video => &mut self.pictures,
        };
        lane.0.push_back(Waiting { packet, since: now });
        full
    }

    /// A retransmission waits. Returns whether there was room.
    pub(crate) fn push_resend(&mut self, resend: ResendRef) -> bool {
        let room = self.resends.len() < MOST_RESENDS;
        if room {
            self.resends.push_back(resend);
        }
        room
    }

    /// The retransmission to send next; it stays until [`pop_resend`](Self::pop_resend).
    pub(crate) fn front_resend(&self) -> Option<ResendRef> {
        self.resends.front().copied()
    }

    /// The front retransmission was sent or dropped.
    pub(crate) fn pop_resend(&mut self) {
        self.resends.pop_front();
    }

    /// Nothing of `stream` that waits is to be sent any more. How much that was, without what would
    /// have gone again.
    pub(crate) fn forget(&mut self, stream: u32) -> usize {
        self.forget_resends(stream);
        let is_other = |waiting: &Waiting| u32::from(waiting.packet.stream) != stream;
        self.sound.retain(is_other) + self.pictures.retain(is_other)
    }

    /// Nothing of `stream` that was sent is to be sent again.
    pub(crate) fn forget_resends(&mut self, stream: u32) {
        self.resends.retain(|resend| resend.stream != stream);
    }

    /// How much waits.
    pub(crate) fn len(&self) -> usize {
        self.sound.len() + self.pictures.len() + self.resends.len()
    }

    /// Whether anything waits that goes for the first time.
    pub(crate) fn has_media(&self) -> bool {
        !(self.sound.is_empty() && self.pictures.is_empty())
    }

    /// Whether nothing waits.
    pub(crate) fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::Seq;
    use crate::stream::history::Position;
    use crate::stream::send::Munge;

    fn packet(stream: u16, seq: u16) -> PacketRef {
        packet_of(stream, 0, seq)
    }

    fn packet_of(stream: u16, encoding: u8, seq: u16) -> PacketRef {
        PacketRef::new(stream, encoding, Position(0), Seq(seq), 0, Munge::default())
    }

    fn push(queue: &mut Queue, packet: PacketRef) -> bool {
        queue.push(0, MediaKind::Video, packet)
    }

    fn front(queue: &Queue) -> Option<PacketRef> {
        queue.pictures.front().map(|waiting| waiting.packet)
    }

    #[test]
    fn full_queue_gives_up_its_oldest_packet() {
        let mut queue = Queue::new(2);
        assert!(!push(&mut queue, packet(0, 1)));
        assert!(!push(&mut queue, packet(0, 2)));
        assert!(push(&mut queue, packet(0, 3)));
        assert_eq!(front(&queue), Some(packet(0, 2)));
        assert_eq!(queue.len(), 2);
    }

    #[test]
    fn full_queue_gives_up_pictures_before_sound() {
        let mut queue = Queue::new(2);
        assert!(!queue.push(0, MediaKind::Audio, packet(1, 1)));
        assert!(!push(&mut queue, packet(0, 2)));
        assert!(queue.push(0, MediaKind::Audio, packet(1, 3)));
        assert_eq!((queue.sound.len(), queue.pictures.len()), (2, 0));
        assert!(queue.push(0, MediaKind::Audio, packet(1, 4)));
        assert_eq!(queue.sound.front().map(|waiting| waiting.packet), Some(packet(1, 3)));
    }

    #[test]
    fn run_is_what_stands_in_front_of_one_stream_and_encoding() {
        let mut queue = Queue::new(9);
        for (stream, seq) in [(0, 1), (0, 2), (1, 3), (0, 4)] {
            push(&mut queue, packet(stream, seq));
        }
        push(&mut queue, packet_of(0, 1, 5));
        let lens: Vec<_> = std::iter::from_fn(|| {
            front(&queue)?;
            let len = queue.pictures.run().count();
            queue.pictures.pop(len);
            Some(len)
        })
        .collect();
        assert_eq!(lens, [2, 1, 1, 1]);
    }

    #[test]
    fn stream_that_is_forgotten_leaves_the_others_in_order() {
        let mut queue = Queue::new(9);
        for (stream, seq) in [(0, 1), (1, 2), (0, 3), (1, 4)] {
            push(&mut queue, packet(stream, seq));
        }
        assert_eq!(queue.forget(0), 2);
        assert_eq!(front(&queue), Some(packet(1, 2)));
        queue.pictures.pop(1);
        assert_eq!(front(&queue), Some(packet(1, 4)));
    }
}
