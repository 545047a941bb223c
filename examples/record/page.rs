//! The page that publishes, and the little of HTTP that carries it there, its offer here and the
//! answer back. One browser, one request at a time.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{Ipv4Addr, TcpListener, TcpStream};

use crate::recordings::Recording;

pub(crate) struct Page {
    listener: TcpListener,
    script: String,
    /// Where the answer is waited for.
    asking: Option<TcpStream>,
}

impl Page {
    pub(crate) fn listen() -> Result<Self, String> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0));
        let listener = listener.map_err(|error| format!("no port for the page: {error}"))?;
        Ok(Self { listener, script: String::new(), asking: None })
    }

    /// Makes the page one for `recording`. At `localhost` browsers allow what else needs HTTPS.
    pub(crate) fn url(&mut self, recording: &Recording) -> String {
        self.script = recording.script();
        let port = self.listener.local_addr().expect("it is bound").port();
        format!("http://localhost:{port}/")
    }

    /// Serves until the page has made its offer.
    pub(crate) fn offer(&mut self) -> Result<String, String> {
        loop {
            let (stream, _) = self.listener.accept().map_err(|error| error.to_string())?;
            let Ok((head, body)) = read_request(&stream) else { continue };
            match head.as_str() {
                "GET /" => {
                    let page = HTML.replace("/* RECORDING */", &self.script);
                    let _ = respond(&stream, "200 OK", "text/html; charset=utf-8", &page);
                }
                "POST /offer" => {
                    self.asking = Some(stream);
                    return Ok(body);
                }
                "POST /failed" => return Err(format!("the page: {body}")),
                _ => {
                    let _ = respond(&stream, "404 Not Found", "text/plain", "");
                }
            }
        }
    }

    pub(crate) fn answer(&mut self, answer: &str) -> Result<(), String> {
        let stream = self.asking.take().ok_or("nobody asked")?;
        respond(&stream, "200 OK", "application/sdp", answer).map_err(|error| error.to_string())
    }
}

/// Method and path, and the body.
fn read_request(stream: &TcpStream) -> std::io::Result<(String, String)> {
    let mut reader = BufReader::new(stream);
    let mut line = String::new();
    reader.read_line(&mut line)?;
    let head = line.rsplit_once(' ').map(|(head, _)| head.to_owned()).unwrap_or_default();
    let mut length = 0;
    loop {
        line.clear();
        reader.read_line(&mut line)?;
        let Some((name, value)) = line.split_once(':') else { break };
        if name.eq_ignore_ascii_case("content-length") {
            length = value.trim().parse().unwrap_or(0);
        }
    }
    let mut body = String::new();
    reader.take(length).read_to_string(&mut body)?;
    Ok((head, body))
}

fn respond(mut stream: &TcpStream, status: &str, kind: &str, body: &str) -> std::io::Result<()> {
    let length = body.len();
    write!(
        stream,
        "HTTP/1.1 {status}\r\nContent-Type: {kind}\r\nContent-Length: {length}\r\n\
         Connection: close\r\n\r\n{body}"
    )
}

const HTML: &str = include_str!("page.html");
