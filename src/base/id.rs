//! Ids the application holds: a slot and a generation, so that a stale id is an error and never
//! somebody else's endpoint.

use super::Key;

macro_rules! id {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub struct $name(Key);

        impl $name {
            /// The id as one number, never 0: slot in the low, generation in the high 32 bits.
            pub const fn as_u64(self) -> u64 {
                self.0.as_u64()
            }

            /// The reverse of [`as_u64`](Self::as_u64). Any number may be tried: one that names
            /// nothing is refused by the engine as stale.
            pub const fn from_u64(raw: u64) -> Self {
                Self(Key::from_u64(raw))
            }

            pub(crate) const fn new(key: Key) -> Self {
                Self(key)
            }

            pub(crate) const fn key(self) -> Key {
                self.0
            }
        }

        impl std::fmt::Debug for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                write!(f, "{}({}.{})", stringify!($name), self.0.slot(), self.0.generation())
            }
        }
    };
}

id!(
    /// A set of endpoints that may receive each other's sources.
    ConferenceId
);
id!(
    /// One participant's transport: one BUNDLEd ICE/DTLS association (RFC 9143).
    EndpointId
);
id!(
    /// One thing published: a microphone, a camera, a screen (RFC 7656 §2.1).
    SourceId
);
id!(
    /// One endpoint's wish for one source, and the rewritten stream that serves it.
    SubscriptionId
);
