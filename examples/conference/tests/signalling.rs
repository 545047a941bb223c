//! The signalling as SIGNALLING.md has it, without a browser: who is told what, and that wrong
//! input is answered clearly while everything else goes on.

#[path = "browser/server.rs"]
mod server;

use std::net::TcpStream;
use std::time::Duration;

use serde_json::{Value, json};
use server::Server;
use tungstenite::{Message, WebSocket, client};

struct Page {
    socket: WebSocket<TcpStream>,
}

impl Page {
    fn open(server: &Server, conference: &str) -> Self {
        let host = server.url.strip_prefix("http://").expect("an address");
        let stream = TcpStream::connect(host).expect("it listens");
        stream.set_read_timeout(Some(Duration::from_secs(5))).expect("a timeout");
        let url = format!("ws://{host}/-/signalling/{conference}");
        let (socket, _) = client(url, stream).expect("it takes a WebSocket");
        Self { socket }
    }

    fn join(server: &Server, conference: &str, name: &str) -> Self {
        let mut page = Self::open(server, conference);
        page.say(json!({ "type": "join", "name": name, "publishes": true }));
        page.expect("welcome");
        page
    }

    fn say(&mut self, message: Value) {
        self.socket.send(Message::text(message.to_string())).expect("it listens");
    }

    /// The next message of this type; figures and others are passed over.
    fn expect(&mut self, wanted: &str) -> Value {
        for _ in 0..20 {
            match self.socket.read().expect("it answers") {
                Message::Text(text) => {
                    let message: Value = serde_json::from_str(&text).expect("JSON");
                    if message["type"] == wanted {
                        return message;
                    }
                }
                Message::Close(_) => panic!("closed instead of {wanted}"),
                _ => {}
            }
        }
        panic!("no {wanted}");
    }

    /// The names of the others, as soon as there are so many.
    fn others(&mut self, count: usize) -> Vec<String> {
        loop {
            let told = self.expect("participants");
            let others = told["participants"].as_array().expect("a list");
            if others.len() == count {
                let name = |other: &Value| other["name"].as_str().expect("a name").to_owned();
                return others.iter().map(name).collect();
            }
        }
    }

    fn is_closed(&mut self) -> bool {
        loop {
            match self.socket.read() {
                Ok(Message::Close(_)) | Err(_) => return true,
                Ok(Message::Text(text)) if text.contains("\"stats\"") => return false,
                Ok(_) => {}
            }
        }
    }
}

#[test]
fn participants_of_one_conference_hear_of_each_other_and_of_no_one_else() {
    let server = Server::start(&[]);
    let mut ada = Page::join(&server, "one", "Ada");
    let _eve = Page::join(&server, "two", "Eve");
    let mut bob = Page::join(&server, "one", "  Bob\u{7} ");
    assert_eq!(ada.others(1), ["Bob"]);
    assert_eq!(bob.others(1), ["Ada"]);
    bob.say(json!({ "type": "state", "microphone": true, "camera": false }));
    let told = ada.expect("participants");
    assert_eq!(told["participants"][0]["microphone"], true);
    bob.say(json!({ "type": "leave" }));
    assert!(ada.others(0).is_empty());
}

#[test]
fn figures_tell_of_the_links_to_everybody_in_the_conference_and_to_no_one_else() {
    let server = Server::start(&[]);
    let mut ada = Page::open(&server, "one");
    ada.say(json!({ "type": "join", "name": "Ada" }));
    let ada_is = ada.expect("welcome")["you"].clone();
    let _eve = Page::join(&server, "two", "Eve");
    let mut bob = Page::open(&server, "one");
    bob.say(json!({ "type": "join", "name": "Bob" }));
    let bob_is = bob.expect("welcome")["you"].clone();
    for page in [&mut ada, &mut bob] {
        let links = loop {
            let links = page.expect("stats")["links"].clone();
            if links.as_object().expect("an object").len() > 1 {
                break links;
            }
        };
        // Nothing is known of either: nobody has connected yet.
        let expected = json!({ ada_is.to_string(): null, bob_is.to_string(): null });
        assert_eq!(links, expected);
    }
}

#[test]
fn wrong_input_is_answered_and_the_call_beside_it_goes_on() {
    let server = Server::start(&[]);
    let mut ada = Page::join(&server, "one", "Ada");
    let mut bob = Page::join(&server, "one", "Bob");
    let truncated = "v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nt=0 0\r\nm=audio 9 UDP/TLS/RTP/SA";
    for (message, about) in [
        (json!({ "type": "offer", "sdp": truncated }), "offer"),
        (json!({ "type": "offer", "sdp": "" }), "offer"),
        (json!({ "type": "join", "name": "Ada" }), "join"),
        (json!({ "type": "shutdown" }), "message"),
        (json!({ "type": "offer", "sdp": 7 }), "message"),
        (json!(null), "message"),
    ] {
        ada.say(message.clone());
        let error = ada.expect("error");
        assert_eq!(error["about"], about, "{message} got {error}");
        assert!(!error["message"].as_str().expect("a text").is_empty());
    }
    // Nothing to answer, and nothing that could be one.
    ada.say(json!({ "type": "answer", "sdp": "rubbish" }));
    ada.say(json!({ "type": "candidate", "candidate": "candidate:1 1 udp 1 x.local 9 typ host" }));
    ada.say(json!({ "type": "candidate", "candidate": "rubbish" }));
    assert!(!ada.is_closed());
    bob.say(json!({ "type": "state", "microphone": true, "camera": true }));
    assert_eq!(ada.expect("participants")["participants"][0]["camera"], true);
}

#[test]
fn tiles_that_make_no_sense_are_refused_and_the_call_goes_on() {
    let server = Server::start(&[]);
    let mut ada = Page::join(&server, "one", "Ada");
    let mut bob = Page::join(&server, "one", "Bob");
    let tile = |field: &str, value: Value| {
        let mut tile = json!({ "mid": "1", "width": 320, "height": 180 });
        tile[field] = value;
        json!({ "type": "view", "tiles": [tile] })
    };
    let many = vec![json!({ "mid": "1" }); 101];
    for (message, about) in [
        // Well-formed, of a section that brings nothing.
        (tile("mid", json!("1")), "view"),
        (tile("mid", json!("no such section, and far too long a name for one")), "view"),
        (tile("width", json!(0)), "view"),
        (tile("height", json!(16_385)), "view"),
        (tile("width", json!(null)), "view"),
        (tile("maxSpatial", json!(8)), "view"),
        (json!({ "type": "view", "tiles": many }), "view"),
        (tile("width", json!(-320)), "message"),
        (tile("height", json!(180.5)), "message"),
        (tile("height", json!("180")), "message"),
        (tile("mid", json!(1)), "message"),
        (tile("maxTemporal", json!(256)), "message"),
        (tile("paused", json!("yes")), "message"),
        (json!({ "type": "view" }), "message"),
    ] {
        ada.say(message.clone());
        let error = ada.expect("error");
        assert_eq!(error["about"], about, "{message} got {error}");
    }
    ada.say(json!({ "type": "view", "tiles": [] }));
    assert!(!ada.is_closed());
    bob.say(json!({ "type": "state", "microphone": true, "camera": true }));
    assert_eq!(ada.expect("participants")["participants"][0]["camera"], true);
}

#[test]
fn flood_of_tiles_is_refused_and_heard_again_when_it_is_over() {
    let server = Server::start(&[]);
    let mut ada = Page::join(&server, "one", "Ada");
    let tiles = json!({ "type": "view", "tiles": [{ "mid": "1" }] });
    let is_flood = |error: &Value| {
        assert_eq!(error["about"], "view");
        error["message"].as_str().expect("a text").contains("in a second")
    };
    // However the seconds fall, one of them gets more than its 20.
    (0..100).for_each(|_| ada.say(tiles.clone()));
    let refused = (0..100).filter(|_| is_flood(&ada.expect("error"))).count();
    assert!(refused > 0);
    // The figures come with the new second.
    ada.expect("stats");
    ada.say(tiles);
    assert!(!is_flood(&ada.expect("error")));
}

#[test]
fn who_does_not_join_properly_is_told_why_and_shut_out() {
    let server = Server::start(&[]);
    for first in [
        json!({ "type": "state", "microphone": true, "camera": true }),
        json!({ "type": "join", "name": " \n " }),
        json!({ "type": "join" }),
    ] {
        let mut page = Page::open(&server, "one");
        page.say(first);
        assert_eq!(page.expect("error")["about"], "join");
        assert!(page.is_closed());
    }
}

#[test]
fn conference_takes_no_more_than_its_limit() {
    let server = Server::start(&[]);
    let pages: Vec<Page> =
        (0..32).map(|number| Page::join(&server, "full", &number.to_string())).collect();
    let mut late = Page::open(&server, "full");
    late.say(json!({ "type": "join", "name": "Late" }));
    let error = late.expect("error");
    assert_eq!(error["about"], "join");
    assert!(error["message"].as_str().expect("a text").contains("limit"), "{error}");
    drop(pages);
}

#[test]
fn overlong_message_ends_its_sender_only() {
    let server = Server::start(&[]);
    let mut ada = Page::join(&server, "one", "Ada");
    let mut bob = Page::join(&server, "one", "Bob");
    assert_eq!(ada.others(1), ["Bob"]);
    let long = "x".repeat(300 * 1024);
    // The server may close before it has read all of it.
    let _ = bob.socket.send(Message::text(json!({ "type": "offer", "sdp": long }).to_string()));
    assert!(bob.is_closed());
    assert!(ada.others(0).is_empty());
}
