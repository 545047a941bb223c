//! STUN messages.
#![no_main]

use lahn::wire::stun::StunMessage;

libfuzzer_sys::fuzz_target!(|datagram: &[u8]| {
    if let Ok(message) = StunMessage::parse(datagram) {
        let username = message.username.unwrap_or_default();
        assert!(username.starts_with(message.local_ufrag().unwrap_or_default()));
    }
});
