//! JSON commands over a WebSocket: what DevTools protocol and WebDriver BiDi have in common.

use std::net::TcpStream;
use std::time::Duration;

use serde_json::{Value, json};
use tungstenite::{Message, WebSocket, client};

/// How long a browser may take over one command.
const PATIENCE: Duration = Duration::from_secs(30);

pub(crate) struct Remote {
    socket: WebSocket<TcpStream>,
    last_id: u64,
}

impl Remote {
    pub(crate) fn connect(port: u16, path: &str) -> Self {
        let stream = TcpStream::connect(("127.0.0.1", port)).expect("the browser listens");
        stream.set_read_timeout(Some(PATIENCE)).expect("a timeout");
        let url = format!("ws://127.0.0.1:{port}{path}");
        let (socket, _) = client(url, stream).expect("the browser takes a WebSocket");
        Self { socket, last_id: 0 }
    }

    /// Sends a command and waits for its result; `more` are members beside `params`.
    pub(crate) fn command(
        &mut self,
        method: &str,
        params: Value,
        more: Value,
    ) -> Result<Value, String> {
        self.last_id += 1;
        let mut command = json!({ "id": self.last_id, "method": method, "params": params });
        if let (Some(command), Value::Object(more)) = (command.as_object_mut(), more) {
            command.extend(more);
        }
        let text = Message::text(command.to_string());
        self.socket.send(text).map_err(|error| format!("{method}: {error}"))?;
        loop {
            let message = self.socket.read().map_err(|error| format!("{method}: {error}"))?;
            let Message::Text(text) = message else { continue };
            let answer: Value = serde_json::from_str(&text).map_err(|error| error.to_string())?;
            if answer["id"] != self.last_id {
                continue; // an event
            }
            if answer["error"].is_null() {
                return Ok(answer["result"].clone());
            }
            return Err(format!("{method}: {answer}"));
        }
    }
}
