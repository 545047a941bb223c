//! The program under test, as somebody would start it.

use std::io::{BufRead, BufReader};
use std::process::{Child, ChildStdout, Command, Stdio};

pub(crate) struct Server {
    child: Child,
    /// The line it prints.
    pub(crate) url: String,
    /// Kept open: it may print more.
    _output: BufReader<ChildStdout>,
}

impl Server {
    pub(crate) const PROGRAM: &str = env!("CARGO_BIN_EXE_conference");

    pub(crate) fn start(options: &[&str]) -> Self {
        Self::start_by(Command::new(Self::PROGRAM), options)
    }

    /// By a command that runs [`PROGRAM`](Self::PROGRAM).
    pub(crate) fn start_by(mut command: Command, options: &[&str]) -> Self {
        let mut child = command
            .args(["--port", "0"])
            .args(options)
            .stdout(Stdio::piped())
            .spawn()
            .expect("the program starts");
        let mut url = String::new();
        let mut output = BufReader::new(child.stdout.take().expect("piped"));
        output.read_line(&mut url).expect("it prints its address");
        let url = url.trim().to_owned();
        assert!(url.starts_with("http://localhost:"), "it printed {url:?}");
        Self { child, url, _output: output }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
