//! The last bytes of every payload: which packet it really is.

/// Bytes of an [`Identity`] at the end of a payload.
pub const IDENTITY_LEN: usize = 12;

/// One packet of one frame of one encoding. Frames count on over restarts.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Identity {
    pub encoding: u8,
    pub frame: u32,
    pub packet: u8,
}

impl Identity {
    /// `publisher` keeps those of several apart.
    pub fn to_bytes(self, publisher: u64) -> [u8; IDENTITY_LEN] {
        let mut bytes = [0; IDENTITY_LEN];
        bytes[0] = self.encoding;
        bytes[1..5].copy_from_slice(&self.frame.to_be_bytes());
        bytes[5] = self.packet;
        let check = checksum(publisher, &bytes[..6]);
        bytes[6..].copy_from_slice(&check.to_be_bytes()[2..]);
        bytes
    }

    /// Of a payload of this publisher.
    pub fn of(payload: &[u8], publisher: u64) -> Option<Self> {
        let bytes = payload.last_chunk::<IDENTITY_LEN>()?;
        let [_, frame @ .., _] = *bytes.first_chunk::<6>()?;
        let identity =
            Self { encoding: bytes[0], frame: u32::from_be_bytes(frame), packet: bytes[5] };
        (identity.to_bytes(publisher) == *bytes).then_some(identity)
    }
}

/// FNV-1a, 64 bits.
pub fn checksum(seed: u64, bytes: &[u8]) -> u64 {
    let start = seed ^ 0xcbf2_9ce4_8422_2325;
    bytes.iter().fold(start, |hash, byte| (hash ^ u64::from(*byte)).wrapping_mul(0x100_0000_01b3))
}
