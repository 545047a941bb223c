//! STUN messages (RFC 8489), as far as routing needs them: whose check is it?
//!
//! Nothing here is authenticated; checking MESSAGE-INTEGRITY and answering is str0m's, in
//! `control`. So what is read may choose an endpoint, but must not change one.

use super::Malformed;

/// A view of one STUN message.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct StunMessage<'a> {
    /// Request, indication or response.
    pub class: StunClass,
    /// Whether the method is Binding, the only one ICE uses.
    pub is_binding: bool,
    /// Pairs a response with its request.
    pub transaction_id: [u8; 12],
    /// USERNAME (RFC 8489 §14.3), whole: `receiver's ufrag:sender's ufrag` on an ICE check.
    pub username: Option<&'a [u8]>,
    /// USE-CANDIDATE (RFC 8445 §7.1.2): the controlling side nominates this path.
    pub use_candidate: bool,
    /// PRIORITY (RFC 8445 §7.1.1) of the peer's candidate.
    pub priority: Option<u32>,
}

/// The class of a STUN message (RFC 8489 §5).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum StunClass {
    /// Wants an answer.
    Request,
    /// Wants none.
    Indication,
    /// Success response.
    Success,
    /// Error response.
    Error,
}

impl<'a> StunMessage<'a> {
    /// Reads a datagram that is one STUN message with magic cookie, not a byte more or less.
    ///
    /// Of an attribute that occurs more than once the first counts (RFC 8489 §14), and what stands
    /// behind a MESSAGE-INTEGRITY is ignored (§14.5): it is not protected by it.
    pub fn parse(datagram: &'a [u8]) -> Result<Self, Malformed> {
        let (header, mut attributes) =
            datagram.split_first_chunk::<20>().ok_or(Malformed("STUN header cut short"))?;
        let &[t0, t1, l0, l1, c0, c1, c2, c3, ref transaction_id @ ..] = header;
        let message_type = u16::from_be_bytes([t0, t1]);
        if message_type & 0xc000 != 0 {
            return Err(Malformed("STUN type begins with ones"));
        }
        if [c0, c1, c2, c3] != MAGIC_COOKIE {
            return Err(Malformed("STUN without magic cookie"));
        }
        if usize::from(u16::from_be_bytes([l0, l1])) != attributes.len() {
            return Err(Malformed("STUN length differs from the datagram's"));
        }

        let mut message = Self {
            class: StunClass::of(message_type),
            is_binding: message_type & !CLASS_BITS == METHOD_BINDING,
            transaction_id: *transaction_id,
            username: None,
            use_candidate: false,
            priority: None,
        };
        let mut is_protected = true;
        while !attributes.is_empty() {
            let (attribute, value, rest) =
                split_attribute(attributes).ok_or(Malformed("STUN attribute cut short"))?;
            attributes = rest;
            match attribute {
                USERNAME if is_protected => message.username = message.username.or(Some(value)),
                USE_CANDIDATE if is_protected => message.use_candidate = true,
                PRIORITY if is_protected => {
                    let value = value.try_into().map_err(|_| Malformed("STUN priority"))?;
                    message.priority.get_or_insert_with(|| u32::from_be_bytes(value));
                }
                MESSAGE_INTEGRITY | MESSAGE_INTEGRITY_SHA256 => is_protected = false,
                _ => {}
            }
        }
        Ok(message)
    }

    /// The part of USERNAME before ':' (RFC 8445 §7.2.2): on a request arriving here, our own
    /// ufrag. `None` without a ':'.
    pub fn local_ufrag(&self) -> Option<&'a [u8]> {
        let username = self.username?;
        let colon = username.iter().position(|byte| *byte == b':')?;
        username.get(..colon)
    }
}

impl StunClass {
    const fn of(message_type: u16) -> Self {
        match (message_type & 0x0100 != 0, message_type & 0x0010 != 0) {
            (false, false) => Self::Request,
            (false, true) => Self::Indication,
            (true, false) => Self::Success,
            (true, true) => Self::Error,
        }
    }
}

/// Type, value, and what follows the padding to 32 bits (RFC 8489 §14).
fn split_attribute(bytes: &[u8]) -> Option<(u16, &[u8], &[u8])> {
    let (&[t0, t1, l0, l1], rest) = bytes.split_first_chunk::<4>()?;
    let len = usize::from(u16::from_be_bytes([l0, l1]));
    let (padded, rest) = rest.split_at_checked(len.next_multiple_of(4))?;
    Some((u16::from_be_bytes([t0, t1]), padded.get(..len)?, rest))
}

const MAGIC_COOKIE: [u8; 4] = [0x21, 0x12, 0xa4, 0x42];
const CLASS_BITS: u16 = 0x0110;
const METHOD_BINDING: u16 = 0x0001;
const USERNAME: u16 = 0x0006;
const MESSAGE_INTEGRITY: u16 = 0x0008;
const MESSAGE_INTEGRITY_SHA256: u16 = 0x001c;
const PRIORITY: u16 = 0x0024;
const USE_CANDIDATE: u16 = 0x0025;

#[cfg(test)]
mod tests;
