//! What the engine does, seen through its public face: one file per behaviour. Real str0m peers
//! join over real SDP, on a network with delay, loss, reordering and duplication, in virtual time.

#[expect(unreachable_pub, reason = "a test crate exports nothing, its modules do")]
#[path = "../support/mod.rs"]
mod support;

#[expect(unreachable_pub, dead_code, reason = "shared by test crates that use a part each")]
#[path = "../support/raw.rs"]
mod raw;

mod conferences_stay_apart;
mod everybody_receives;
mod feedback;
mod handshakes;
mod hostile_input;
mod ice;
mod key_frames;
mod leaving;
mod limits;
mod loss_is_repaired;
mod negotiation;
mod pausing;
mod reordering;
mod sender_reports;
mod silence_before_connected;
mod simulcast;
mod stale_ids;
mod statistics;
mod storm;
