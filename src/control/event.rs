//! What comes out of the control plane of one endpoint.

use crate::base::Path;
use crate::srtp::TransportKeys;

/// Comes out of `Control::poll`.
#[derive(Debug)]
pub(crate) enum ControlOutput {
    /// A STUN or DTLS datagram to send; never one of media.
    Transmit {
        /// From where to where.
        path: Path,
        /// The datagram.
        datagram: Vec<u8>,
    },
    /// Something happened.
    Event(ControlEvent),
}

/// What happened.
#[derive(Debug)]
pub(crate) enum ControlEvent {
    /// The peer has proved to be there (RFC 8445 §7.3): its DTLS may come from there, and does
    /// before it nominates.
    PathValidated(Path),
    /// Media goes there from now on: authenticated and nominated by the peer.
    PathChanged(Path),
    /// DTLS is done. Comes once.
    Connected {
        /// "DTLS1.2" or "DTLS1.3".
        dtls_version: &'static str,
        /// Master keys of both directions.
        keys: TransportKeys,
    },
    /// The peer has not checked any path for 15 s. It may come back.
    Disconnected,
    /// The peer said goodbye (DTLS close_notify). Comes once; nothing but what says goodbye back
    /// comes after.
    Closed,
    /// It will never work: wrong certificate, no common version or SRTP profile, handshake timed
    /// out. Comes once; nothing comes after.
    Failed(Failure),
}

/// Why the connection failed for good.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Failure {
    /// The handshake ended without an SRTP profile that `DtlsConfig::srtp_profiles` lists.
    SrtpProfile,
    /// DTLS failed: wrong certificate, no common version, time-out.
    Dtls,
}

/// Why a datagram was not taken. Counted by the engine, never answered.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Refused {
    /// Neither STUN nor DTLS by its first byte (RFC 7983).
    NotControl,
    /// STUN that does not parse.
    Malformed,
    /// DTLS from where no check came from.
    UnknownPath,
    /// Checks from more places than a peer can have.
    TooManyPaths,
    /// DTLS that the handshake or the connection has no use for.
    Rejected,
    /// The connection is over.
    Closed,
}
