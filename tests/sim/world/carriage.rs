//! What the engine's packets are to the network: a class to be counted by, and the ECN field in the
//! network's words. Read next: [`super`], which sends them.

use lahn::EcnCodepoint;
use lahn::params::MediaKind;

use super::outlet::Seen;
use super::receiver::Receiver;
use super::session;
use crate::metrics::Class;
use crate::net::Ecn;

/// What a packet that leaves for a receiver is to be counted as.
pub fn class_of(receiver: &Receiver, seen: &Seen) -> Class {
    let place = session::place_of(lahn::Ssrc(seen.ssrc));
    match (seen.tag, place) {
        (None, _) => Class::Padding,
        (_, Some((_, true))) => Class::Resent,
        (_, Some((place, _))) => match receiver.kind_at(place) {
            Some(MediaKind::Audio) => Class::Audio,
            _ => Class::Video,
        },
        _ => Class::Video,
    }
}

/// As the network has it.
pub const fn mark(ecn: EcnCodepoint) -> Ecn {
    match ecn {
        EcnCodepoint::NotEct => Ecn::NotEct,
        EcnCodepoint::Ect0 => Ecn::Ect0,
        EcnCodepoint::Ect1 => Ecn::Ect1,
        EcnCodepoint::Ce => Ecn::Ce,
    }
}

/// The reverse.
pub const fn codepoint(ecn: Ecn) -> EcnCodepoint {
    match ecn {
        Ecn::NotEct => EcnCodepoint::NotEct,
        Ecn::Ect0 => EcnCodepoint::Ect0,
        Ecn::Ect1 => EcnCodepoint::Ect1,
        Ecn::Ce => EcnCodepoint::Ce,
    }
}
