//! HTTP: the page, which is part of the program, and the door to the WebSocket.

use axum::Router;
use axum::extract::ws::WebSocketUpgrade;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::get;

use crate::hall::Hall;
use crate::message::MAX_MESSAGE;
use crate::session;

/// Where `/` leads to.
const DEFAULT_CONFERENCE: &str = "/meeting";

/// Longest name of a conference, in characters.
const MAX_CONFERENCE_NAME: usize = 64;

const INDEX: &str = include_str!("../page/index.html");

/// What the page is made of, by its path.
const FILES: [(&str, &str, &str); 13] = [
    ("style.css", "text/css", include_str!("../page/style.css")),
    ("app.js", "text/javascript", include_str!("../page/app.js")),
    ("call.js", "text/javascript", include_str!("../page/call.js")),
    ("demand.js", "text/javascript", include_str!("../page/demand.js")),
    ("devices.js", "text/javascript", include_str!("../page/devices.js")),
    ("encodings.js", "text/javascript", include_str!("../page/encodings.js")),
    ("layers.js", "text/javascript", include_str!("../page/layers.js")),
    ("links.js", "text/javascript", include_str!("../page/links.js")),
    ("plot.js", "text/javascript", include_str!("../page/plot.js")),
    ("tile.js", "text/javascript", include_str!("../page/tile.js")),
    ("tiles.js", "text/javascript", include_str!("../page/tiles.js")),
    ("figures.js", "text/javascript", include_str!("../page/figures.js")),
    ("views.js", "text/javascript", include_str!("../page/views.js")),
];

/// Nothing is loaded from elsewhere, nothing is run that is not one of the files.
const CONTENT_SECURITY_POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; \
    img-src 'self' data:; media-src 'self' blob: mediastream:; connect-src 'self' ws: wss:; \
    base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

pub(crate) fn app(hall: Hall) -> Router {
    Router::new()
        .route("/", get(|| async { Redirect::temporary(DEFAULT_CONFERENCE) }))
        .route("/{conference}", get(index))
        .route("/-/page/{file}", get(file))
        .route("/-/signalling/{conference}", get(signalling))
        .with_state(hall)
}

async fn index(Path(conference): Path<String>) -> Response {
    if !is_conference_name(&conference) {
        return (StatusCode::NOT_FOUND, NAME_RULE).into_response();
    }
    text("text/html", INDEX)
}

async fn file(Path(name): Path<String>) -> Response {
    match FILES.iter().find(|(file, _, _)| *file == name) {
        Some((_, mime, content)) => text(mime, content),
        None => StatusCode::NOT_FOUND.into_response(),
    }
}

async fn signalling(
    State(hall): State<Hall>,
    Path(conference): Path<String>,
    headers: HeaderMap,
    upgrade: WebSocketUpgrade,
) -> Response {
    if !is_conference_name(&conference) {
        return (StatusCode::NOT_FOUND, NAME_RULE).into_response();
    }
    if !is_same_origin(&headers) {
        return (StatusCode::FORBIDDEN, "another site's page may not join").into_response();
    }
    let upgrade = upgrade.max_message_size(MAX_MESSAGE).max_frame_size(MAX_MESSAGE);
    upgrade.on_upgrade(move |socket| session::run(socket, hall, conference))
}

const NAME_RULE: &str = "A conference's name has 1 to 64 letters, digits, '-' or '_'.";

fn is_conference_name(name: &str) -> bool {
    let allowed = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '_';
    (1..=MAX_CONFERENCE_NAME).contains(&name.len()) && name != "-" && name.chars().all(allowed)
}

/// A browser says where the page came from that opens a WebSocket; other programs say nothing.
fn is_same_origin(headers: &HeaderMap) -> bool {
    let Some(origin) = headers.get(header::ORIGIN) else { return true };
    let host = headers.get(header::HOST).and_then(|host| host.to_str().ok());
    let origin = origin.to_str().ok().and_then(|origin| origin.split_once("://"));
    origin.is_some_and(|(_, origin)| Some(origin) == host)
}

fn text(mime: &str, content: &'static str) -> Response {
    let headers = [
        (header::CONTENT_TYPE, format!("{mime}; charset=utf-8")),
        (header::CACHE_CONTROL, "no-cache".to_owned()),
        (header::CONTENT_SECURITY_POLICY, CONTENT_SECURITY_POLICY.to_owned()),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff".to_owned()),
        (header::REFERRER_POLICY, "no-referrer".to_owned()),
    ];
    (headers, content).into_response()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn conference_name_is_short_and_plain() {
        assert!(is_conference_name("team-42_b"));
        for name in ["", "-", "a/b", "a b", "ü", "<script>", &"x".repeat(65)] {
            assert!(!is_conference_name(name), "{name}");
        }
    }

    #[test]
    fn page_of_another_origin_may_not_open_the_signalling() {
        let headers = |origin: &'static str| {
            let mut headers = HeaderMap::new();
            headers.insert(header::HOST, "localhost:3000".parse().unwrap());
            headers.insert(header::ORIGIN, origin.parse().unwrap());
            headers
        };
        assert!(is_same_origin(&headers("http://localhost:3000")));
        assert!(!is_same_origin(&headers("http://evil.example")));
        assert!(!is_same_origin(&headers("null")));
        assert!(is_same_origin(&HeaderMap::new()));
    }
}
