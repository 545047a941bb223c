//! The rules of forwarding (rules/README.md), one by one: each test's name begins with the number of the rule that it
//! holds the engine to. Packets are written by hand, one case at a time; what nobody thought of is
//! the model's part (tests/model.rs).
//!
//! R1, R2, R7: [`switching`] · R3: [`timing`] · R4, R8, R9: [`numbers`] · R5, R6: [`restarting`] ·
//! R10: [`reports`] · V: [`vp8`] · N: [`vp9`] · D1-D4: [`described`] · D5-D8: [`rewriting`] · H:
//! [`encrypted`] · K: [`recovery`] · A: [`links`].
//!
//! Read next: [`stage`], then any rule.

#![allow(unreachable_pub, reason = "tests in several files")]

#[allow(dead_code, reason = "shared by crates that use a part each")]
#[path = "support/counting.rs"]
mod counting;
#[allow(dead_code, reason = "shared by crates that use a part each")]
#[path = "support/descriptor.rs"]
mod descriptor;
#[path = "support/ends.rs"]
mod ends;
#[allow(dead_code, unused_imports, reason = "shared by crates that use a part each")]
#[path = "support/publish/mod.rs"]
mod publish;

#[path = "rules/feed.rs"]
mod feed;
#[path = "rules/stage.rs"]
mod stage;

#[path = "rules/descriptor.rs"]
mod described;
#[path = "rules/encrypted.rs"]
mod encrypted;
#[path = "rules/links.rs"]
mod links;
#[path = "rules/numbers.rs"]
mod numbers;
#[path = "rules/recovery.rs"]
mod recovery;
#[path = "rules/reports.rs"]
mod reports;
#[path = "rules/restarting.rs"]
mod restarting;
#[path = "rules/rewriting.rs"]
mod rewriting;
#[path = "rules/switching.rs"]
mod switching;
#[path = "rules/timing.rs"]
mod timing;
#[path = "rules/vp8.rs"]
mod vp8;
#[path = "rules/vp9.rs"]
mod vp9;
