//! spec/forwarding.md, rule by rule: each test's name begins with the number of the rule that it
//! holds the engine to. Packets are written by hand, one case at a time; what nobody thought of is
//! the model's part (tests/model.rs).
//!
//! Read next: [`stage`], then any rule.

#![allow(unreachable_pub, reason = "tests in several files")]

#[allow(dead_code, reason = "shared by crates that use a part each")]
#[path = "support/descriptor.rs"]
mod descriptor;
#[allow(dead_code, unused_imports, reason = "shared by crates that use a part each")]
#[path = "support/publish/mod.rs"]
mod publish;

#[path = "rules/stage.rs"]
mod stage;

#[path = "rules/numbers.rs"]
mod numbers;
#[path = "rules/restarting.rs"]
mod restarting;
#[path = "rules/switching.rs"]
mod switching;
#[path = "rules/timing.rs"]
mod timing;
