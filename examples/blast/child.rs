//! The engine's process, seen from here.

use std::env;
use std::io::{BufRead, BufReader, Write};
use std::net::SocketAddr;
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

use crate::counters::Counters;

#[derive(Debug)]
pub(crate) struct EngineProcess {
    child: Child,
    questions: Option<ChildStdin>,
    answers: BufReader<ChildStdout>,
    /// Where it listens.
    pub(crate) address: SocketAddr,
}

impl EngineProcess {
    /// Starts it with our own command line, and tells it where the endpoints' sockets are.
    pub(crate) fn start(ports: &[u16]) -> Result<Self, String> {
        let program = env::current_exe().map_err(|error| error.to_string())?;
        let mut child = Command::new(program)
            .args(env::args_os().skip(1))
            .arg("--engine")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .map_err(|error| format!("the engine's process does not start: {error}"))?;
        let questions = child.stdin.take();
        let answers = BufReader::new(child.stdout.take().expect("it is piped"));
        let address = SocketAddr::from(([0, 0, 0, 0], 0));
        let mut process = Self { child, questions, answers, address };
        let ports: Vec<_> = ports.iter().map(u16::to_string).collect();
        let answer = process.ask(&format!("ports {}", ports.join(" ")))?;
        let address = answer.strip_prefix("listening ").and_then(|text| text.trim().parse().ok());
        process.address = address.ok_or_else(|| format!("the engine says: {answer}"))?;
        Ok(process)
    }

    pub(crate) fn counters(&mut self) -> Result<Counters, String> {
        let answer = self.ask("counters")?;
        Counters::parse(&answer).ok_or_else(|| format!("the engine says: {answer}"))
    }

    fn ask(&mut self, question: &str) -> Result<String, String> {
        let gone = |error: std::io::Error| format!("the engine's process is gone: {error}");
        let questions = self.questions.as_mut().expect("open until the end");
        writeln!(questions, "{question}").map_err(gone)?;
        let mut answer = String::new();
        match self.answers.read_line(&mut answer).map_err(gone)? {
            0 => Err("the engine's process has ended; what it said stands above".to_owned()),
            _ => Ok(answer),
        }
    }
}

impl Drop for EngineProcess {
    /// The end of its input ends it.
    fn drop(&mut self) {
        drop(self.questions.take());
        let _ = self.child.wait();
    }
}
