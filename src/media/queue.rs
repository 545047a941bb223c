//! What waits to be sent to one endpoint: references to packets, retransmissions first.

use std::collections::VecDeque;

use crate::base::ExtSeq;
use crate::forward::PacketRef;
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
}

/// See the module. Bounded: the oldest packet goes when a new one finds no place.
#[derive(Debug)]
pub(crate) struct Queue {
    packets: VecDeque<PacketRef>,
    resends: VecDeque<ResendRef>,
    most: usize,
}

impl Queue {
    /// Empty; takes memory as it fills, up to `most` packets.
    pub(crate) const fn new(most: usize) -> Self {
        Self { packets: VecDeque::new(), resends: VecDeque::new(), most }
    }

    /// A packet waits. Returns whether an older one was dropped for it.
    pub(crate) fn push(&mut self, packet: PacketRef) -> bool {
        let full = self.packets.len() >= self.most;
        if full {
            self.packets.pop_front();
        }
        self.packets.push_back(packet);
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

    /// The packet to send next; it stays until [`pop`](Self::pop).
    pub(crate) fn front(&self) -> Option<PacketRef> {
        self.packets.front().copied()
    }

    /// The packets in front that are of one stream and encoding.
    pub(crate) fn run(&self) -> impl Iterator<Item = &PacketRef> {
        let of = |packet: &PacketRef| (packet.stream, packet.encoding());
        let first = self.packets.front().map(of);
        self.packets.iter().take_while(move |packet| Some(of(packet)) == first)
    }

    /// So many packets in front were sent or dropped.
    pub(crate) fn pop(&mut self, count: usize) {
        self.packets.drain(..count);
    }

    /// The retransmission to send next; it stays until [`pop_resend`](Self::pop_resend).
    pub(crate) fn front_resend(&self) -> Option<ResendRef> {
        self.resends.front().copied()
    }

    /// The front retransmission was sent or dropped.
    pub(crate) fn pop_resend(&mut self) {
        self.resends.pop_front();
    }

    /// Nothing of `stream` is to be sent any more: it will carry something else.
    pub(crate) fn forget(&mut self, stream: u32) {
        self.packets.retain(|packet| u32::from(packet.stream) != stream);
        self.forget_resends(stream);
    }

    /// Nothing of `stream` that was sent is to be sent again.
    pub(crate) fn forget_resends(&mut self, stream: u32) {
        self.resends.retain(|resend| resend.stream != stream);
    }

    /// How much waits.
    pub(crate) fn len(&self) -> usize {
        self.packets.len() + self.resends.len()
    }

    /// Whether nothing waits.
    pub(crate) fn is_empty(&self) -> bool {
        self.packets.is_empty() && self.resends.is_empty()
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

    #[test]
    fn full_queue_gives_up_its_oldest_packet() {
        let mut queue = Queue::new(2);
        assert!(!queue.push(packet(0, 1)));
        assert!(!queue.push(packet(0, 2)));
        assert!(queue.push(packet(0, 3)));
        assert_eq!(queue.front(), Some(packet(0, 2)));
        assert_eq!(queue.len(), 2);
    }

    #[test]
    fn run_is_what_stands_in_front_of_one_stream_and_encoding() {
        let mut queue = Queue::new(9);
        for (stream, seq) in [(0, 1), (0, 2), (1, 3), (0, 4)] {
            queue.push(packet(stream, seq));
        }
        queue.push(packet_of(0, 1, 5));
        let lens: Vec<_> = std::iter::from_fn(|| {
            queue.front()?;
            let len = queue.run().count();
            queue.pop(len);
            Some(len)
        })
        .collect();
        assert_eq!(lens, [2, 1, 1, 1]);
    }

    #[test]
    fn stream_that_is_forgotten_leaves_the_others_in_order() {
        let mut queue = Queue::new(9);
        for (stream, seq) in [(0, 1), (1, 2), (0, 3), (1, 4)] {
            queue.push(packet(stream, seq));
        }
        queue.forget(0);
        assert_eq!(queue.front(), Some(packet(1, 2)));
        queue.pop(1);
        assert_eq!(queue.front(), Some(packet(1, 4)));
    }
}
