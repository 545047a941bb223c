//! A datagram as it comes from the socket: told apart, then read as what it claims to be.
#![no_main]

use lahn::wire::demux::{DatagramKind, datagram_kind};
use lahn::wire::{rtcp, rtp, stun};

libfuzzer_sys::fuzz_target!(|datagram: &[u8]| {
    match datagram_kind(datagram) {
        Some(DatagramKind::Stun) => drop(stun::StunMessage::parse(datagram)),
        Some(DatagramKind::Rtp) => drop(rtp::RtpHeader::parse(datagram)),
        Some(DatagramKind::Rtcp) => drop(rtcp::parse(datagram)),
        Some(DatagramKind::Dtls) | None => {}
    }
});
