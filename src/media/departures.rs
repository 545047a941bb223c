//! What is counted as packets leave: transport-wide numbers, and what congestion control is to know
//! of them.

use super::paced::{Congestion, Paced};
use crate::base::{EcnCodepoint, Micros, SendTime, Seq, Ssrc};
use crate::cc::Class;
use crate::forward::PacketRef;
use crate::params::Extension;
use crate::stream::history::{Marks, Packet};
use crate::stream::send::SendStream;

/// See the module.
pub(super) struct Departures<'a> {
    now: Micros,
    pub(super) transport_seq: &'a mut Seq,
    paced: Option<&'a mut Paced>,
}

impl<'a> Departures<'a> {
    pub(super) fn new(
        time: &SendTime,
        transport_seq: &'a mut Seq,
        paced: &'a mut Option<Box<Paced>>,
    ) -> Self {
        Self { now: time.micros, transport_seq, paced: paced.as_deref_mut() }
    }

    /// The transport-wide number that was written is taken.
    #[inline]
    pub(super) fn on_sent(
        &mut self,
        stream: &SendStream,
        (ssrc, seq): (Ssrc, Seq),
        len: usize,
        class: Class,
    ) {
        let is_written = stream.extensions().id(Extension::TransportCc).is_some();
        let (now, number) = (self.now, *self.transport_seq);
        let mut is_taken = is_written;
        if let Some(side) = self.side() {
            if side.numbers_all() {
                is_taken = true;
                side.name(ssrc, seq, number);
            }
            side.on_sent(now, is_taken.then_some(number), len, class);
        }
        *self.transport_seq = Seq(number.0.wrapping_add(u16::from(is_taken)));
    }

    /// What it is sent as.
    #[inline]
    pub(super) fn codepoint(&mut self) -> EcnCodepoint {
        self.side().map_or(EcnCodepoint::NotEct, |side| side.codepoint())
    }

    /// A packet left under a number that is taken.
    pub(super) fn on_sent_twice(&mut self, seq: Seq, len: usize) {
        let now = self.now;
        if let Some(side) = self.side() {
            side.on_sent(now, None, len, Class::Resend);
            side.on_sent_again(seq);
        }
    }

    /// Whether the pacer lets it go.
    #[inline]
    pub(super) fn may_send(&mut self, class: Class) -> bool {
        self.side().is_none_or(|side| side.may_send(class))
    }

    /// Whether it can be shown.
    #[inline]
    pub(super) fn is_of_use(&mut self, reference: &PacketRef, packet: &Packet<'_>) -> bool {
        let begins = || packet.fields.marks.has(Marks::KEY);
        let paced = self.paced.as_deref_mut();
        paced.is_none_or(|paced| paced.is_of_use(reference.stream, begins))
    }

    #[inline]
    fn side(&mut self) -> Option<&mut Congestion> {
        self.paced.as_deref_mut().map(|paced| &mut paced.side)
    }
}
