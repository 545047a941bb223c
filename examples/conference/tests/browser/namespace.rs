//! Network namespaces: programs that run in one, connections that begin in one. `tests/netns/run`
//! makes them.

use std::env;
use std::ffi::OsStr;
use std::process::Command;
use std::thread;

/// One of those that `ip netns` lists.
#[derive(Clone, Debug)]
pub(crate) struct Namespace(String);

impl Namespace {
    /// The one that the variable names.
    pub(crate) fn named_by(variable: &str) -> Self {
        Self(env::var(variable).expect("tests/netns/run sets it"))
    }

    /// A program that will run there.
    pub(crate) fn command(&self, program: impl AsRef<OsStr>) -> Command {
        let mut command = Command::new("ip");
        command.args(["netns", "exec", &self.0]).arg(program);
        command
    }

    /// Does something on a thread that stands there; sockets stay where they were made.
    pub(crate) fn within<T: Send>(&self, what: impl FnOnce() -> T + Send) -> T {
        thread::scope(|scope| {
            let there = scope.spawn(|| {
                self.enter();
                what()
            });
            there.join().expect("no panic there")
        })
    }

    #[cfg(target_os = "linux")]
    fn enter(&self) {
        use rustix::thread::{LinkNameSpaceType, move_into_link_name_space};
        use std::os::fd::AsFd;
        let file = std::fs::File::open(format!("/run/netns/{}", self.0)).expect("it is there");
        move_into_link_name_space(file.as_fd(), Some(LinkNameSpaceType::Network))
            .expect("whoever made it may enter it");
    }

    #[cfg(not(target_os = "linux"))]
    fn enter(&self) {
        panic!("only Linux has network namespaces");
    }
}
