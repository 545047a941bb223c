//! Why a session description or a candidate was refused. The texts go into logs and to operators:
//! they say what to do next and never carry the description itself, a password or an address.

/// Why the control plane refused something. The endpoint is left as it was before.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ControlError {
    /// The text is not SDP as RFC 8866 and RFC 8829 have it.
    #[error("SDP line {line}: {reason}; pass the description on exactly as the browser made it")]
    Malformed {
        /// Counted from 1; 0 if it is about the whole text.
        line: usize,
        /// What is wrong with it.
        reason: &'static str,
    },
    /// Longer than `Limits::sdp_bytes`.
    #[error("SDP is longer than {limit} bytes; raise Limits::sdp_bytes if that is meant")]
    TooLong {
        /// The limit.
        limit: usize,
    },
    /// More media sections than `Limits::media_per_endpoint`.
    #[error("more than {limit} media sections; raise Limits::media_per_endpoint if that is meant")]
    TooManyMedia {
        /// The limit.
        limit: usize,
    },
    /// No media section can be accepted.
    #[error(
        "nothing in common: offer UDP/TLS/RTP/SAVPF media with one of the codecs of Config::codecs"
    )]
    NothingInCommon,
    /// Several transports were asked for (RFC 9143).
    #[error("all media must share one transport: set bundlePolicy to \"max-bundle\"")]
    NotBundled,
    /// RTP and RTCP on different ports (RFC 5761).
    #[error("RTP and RTCP must share one port: set rtcpMuxPolicy to \"require\"")]
    NoRtcpMux,
    /// No `a=ice-ufrag` and `a=ice-pwd` (RFC 8839 §5.4).
    #[error("a=ice-ufrag or a=ice-pwd is missing; use a description of a WebRTC endpoint")]
    MissingIce,
    /// ICE credentials changed in an answer to an offer that asked for no restart (RFC 8839 §4.4).
    #[error("the answer restarts ICE, which the offer did not; send an offer to restart ICE")]
    UnexpectedIceRestart,
    /// The peer is ICE-lite, as we are: nobody would check (RFC 8445 §2.5).
    #[error("both sides are ICE-lite; the peer has to be a full ICE agent")]
    IceLitePeer,
    /// No `a=fingerprint` with SHA-256 (RFC 8122).
    #[error("a=fingerprint with sha-256 is missing; weaker and other hashes are not accepted")]
    MissingFingerprint,
    /// The peer's certificate may not change within a call.
    #[error("the certificate fingerprint changed; make a new endpoint for a new peer connection")]
    FingerprintChanged,
    /// The two sides want the same DTLS role (RFC 8842 §5).
    #[error("a=setup leaves no DTLS role for us; offer actpass and answer active or passive")]
    SetupConflict,
    /// Media sections vanished, moved or changed their kind (RFC 8829 §5.2.2).
    #[error("media sections were removed or reordered; a new description may only append to them")]
    SectionsChanged,
    /// There is no offer that this could answer.
    #[error(
        "no offer is outstanding; ask create_offer for one, a crossing offer replaced the last"
    )]
    NoPendingOffer,
    /// The answer has other media sections than the newest offer.
    #[error("the answer belongs to another offer; send the newest offer and answer that one")]
    StaleAnswer,
    /// Not an ICE candidate (RFC 8839 §5.1).
    #[error("not a candidate; pass on RTCIceCandidate.candidate, \"candidate:…\"")]
    BadCandidate,
    /// A local address that cannot be a candidate, or none at all.
    #[error("local addresses must be unicast IP addresses the peer can reach, at least one")]
    BadLocalAddress,
    /// The connection is over.
    #[error("the endpoint is closed; make a new one")]
    Closed,
}

impl ControlError {
    /// Something wrong in line `line`.
    pub(super) const fn line(line: usize, reason: &'static str) -> Self {
        Self::Malformed { line, reason }
    }
}
