//! One WebSocket: text in, messages to the hall; messages from the hall, text out.

use std::ops::ControlFlow;
use std::time::Duration;

use axum::extract::ws::{CloseFrame, Message, WebSocket, close_code};
use tokio::time::{Instant, interval, timeout};

use crate::hall::{Hall, Membership};
use crate::message::{Incoming, Outgoing, clean_name};

/// How long a new connection may take to say who it is.
const JOIN: Duration = Duration::from_secs(10);

/// How often a silent browser is asked whether it is still there.
const PING: Duration = Duration::from_secs(15);

/// How long it may stay silent.
const SILENCE: Duration = Duration::from_secs(40);

pub(crate) async fn run(mut socket: WebSocket, hall: Hall, conference: String) {
    let member = match join(&mut socket, &hall, conference).await {
        Ok(member) => member,
        Err(message) => {
            say(&mut socket, &Outgoing::Error { about: "join", message }).await;
            return close(socket).await;
        }
    };
    serve(&mut socket, member).await;
    close(socket).await;
}

async fn join(
    socket: &mut WebSocket,
    hall: &Hall,
    conference: String,
) -> Result<Membership, String> {
    let first = timeout(JOIN, socket.recv()).await;
    let Ok(Some(Ok(Message::Text(text)))) = first else {
        return Err("the first message has to be a join, within 10 seconds".to_owned());
    };
    match serde_json::from_str(&text) {
        Ok(Incoming::Join { name, publishes }) => {
            let name = clean_name(&name).ok_or("a name has at least one visible character")?;
            hall.join(conference, name, publishes).await
        }
        Ok(_) => Err("the first message has to be a join".to_owned()),
        Err(error) => Err(format!("not understood: {error}")),
    }
}

/// Until either side has enough. Dropping the membership leaves the conference.
async fn serve(socket: &mut WebSocket, mut member: Membership) {
    let mut ping = interval(PING);
    let mut heard = Instant::now();
    loop {
        tokio::select! {
            told = member.told() => {
                let Some(message) = told else { return };
                let last = matches!(message, Outgoing::Left { .. });
                if !say(socket, &message).await || last {
                    return;
                }
            }
            received = socket.recv() => {
                let Some(Ok(message)) = received else { return };
                heard = Instant::now();
                if understand(socket, &member, message).await.is_break() {
                    return;
                }
            }
            _ = ping.tick() => {
                if heard.elapsed() > SILENCE || socket.send(Message::Ping("".into())).await.is_err() {
                    return;
                }
            }
        }
    }
}

async fn understand(
    socket: &mut WebSocket,
    member: &Membership,
    message: Message,
) -> ControlFlow<()> {
    let text = match message {
        Message::Text(text) => text,
        Message::Close(_) => return ControlFlow::Break(()),
        Message::Ping(_) | Message::Pong(_) | Message::Binary(_) => {
            return ControlFlow::Continue(());
        }
    };
    match serde_json::from_str(&text) {
        Ok(Incoming::Leave) => ControlFlow::Break(()),
        Ok(message) => member.say(message).await,
        Err(error) => {
            let message = format!("not understood: {error}");
            say(socket, &Outgoing::Error { about: "message", message }).await;
            ControlFlow::Continue(())
        }
    }
}

/// `false` if the browser is gone.
async fn say(socket: &mut WebSocket, message: &Outgoing) -> bool {
    let text = serde_json::to_string(message).expect("messages are plain data");
    socket.send(Message::Text(text.into())).await.is_ok()
}

async fn close(mut socket: WebSocket) {
    let frame = CloseFrame { code: close_code::NORMAL, reason: "".into() };
    let _ = socket.send(Message::Close(Some(frame))).await;
}
