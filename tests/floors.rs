//! The plan of the house, checked: who leans on whom, what stays out of the core, how long a file
//! may grow, which words are not used (ARCHITECTURE §2 and §3).
//!
//! It reads the sources as text. The checking functions take strings, so that the tests at the
//! end can show each of them failing.

use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

/// The floors from the ground up. Two of one level do not know each other.
const FLOORS: &[(&str, u8)] = &[
    ("base", 0),
    ("wire", 1),
    ("params", 1),
    ("srtp", 2),
    ("cc", 2),
    ("stream", 3),
    ("forward", 4),
    ("media", 5),
    ("control", 5),
    ("engine", 6),
    ("driver", 7),
];

/// Where the outside world begins: the only floor with sockets, threads and a clock. It may have
/// unsafe code, as otherwise only [`SIMD`] may.
const OUTSIDE: &str = "driver";

/// What only [`OUTSIDE`] may name.
const OUTSIDE_ONLY: &[&str] = &[
    "Instant::now",
    "SystemTime",
    "UdpSocket",
    "UdpSocketState",
    "TcpStream",
    "TcpListener",
    "std::thread",
    "mio",
    "quinn_udp",
    "socket2",
    "libc",
];

/// Where else unsafe code may be: vector instructions.
const SIMD: [&str; 2] = ["srtp", "simd"];

/// Words that say too little, or that the web's vocabulary uses for something else.
const FORBIDDEN_WORDS: &[&str] = &[
    "track",
    "peer",
    "room",
    "channel",
    "client",
    "user",
    "forwarder",
    "manager",
    "handler",
    "helper",
    "util",
    "common",
    "misc",
];

/// Names that protocols gave their messages.
const GIVEN_NAMES: &[&str] = &["ClientHello", "client_hello"];

const MOST_LINES: usize = 500;

#[test]
fn every_module_leans_only_on_lower_floors() {
    report(each_file(|file| upward_references(&file.module, &file.code)));
}

#[test]
fn only_the_driver_names_a_clock_a_socket_or_a_thread() {
    report(each_file(|file| outside_names(&file.module, &file.code)));
}

#[test]
fn unsafe_code_stands_in_the_driver_and_in_simd_only() {
    report(each_file(|file| unsafe_code(&file.module, &file.code)));
}

#[test]
fn every_floor_but_the_driver_forbids_unsafe_code() {
    let root = fs::read_to_string(source_root().join("lib.rs")).expect("lib.rs is there");
    let mut complaints = Vec::new();
    let has_simd = |floor: &str| floor == SIMD[0];
    for (floor, _) in FLOORS.iter().filter(|(floor, _)| *floor != OUTSIDE && !has_simd(floor)) {
        let Some(head) = head_of_floor(floor) else { continue };
        if !forbids_unsafe(floor, &root, &head) {
            complaints.push(format!("{floor}: no forbid(unsafe_code) at its head or in lib.rs"));
        }
    }
    report(complaints);
}

/// `srtp` itself cannot forbid it and have `simd`: it denies it, and lets in that module alone;
/// all the others forbid it.
#[test]
fn every_module_of_srtp_but_simd_forbids_unsafe_code() {
    let floor = source_root().join(SIMD[0]);
    let head = fs::read_to_string(floor.join("mod.rs")).expect("the floor is there");
    let mut complaints = modules_let_in(&head, SIMD[1]);
    for module in modules_of(&head).filter(|module| *module != SIMD[1] && *module != "tests") {
        let path = [floor.join(module).with_extension("rs"), floor.join(module).join("mod.rs")];
        let text = path.iter().find_map(|path| fs::read_to_string(path).ok());
        if !forbids_unsafe(module, &head, &text.expect("a module has a file")) {
            complaints.push(format!("srtp/{module}: no forbid(unsafe_code) at its head"));
        }
    }
    report(complaints);
}

#[test]
fn no_file_is_longer_than_it_may_be() {
    let mut lengths: Vec<_> =
        sources().into_iter().map(|file| (lines_of_code(&file.code), file.path)).collect();
    lengths.sort();
    let (longest, path) = lengths.last().expect("there are sources");
    println!("longest file: {} with {longest} lines of code", path.display());
    println!("{}", lines_per_floor());
    report(
        lengths
            .iter()
            .filter(|(lines, _)| *lines > MOST_LINES)
            .map(|(lines, path)| format!("{}: {lines} lines of code", path.display()))
            .collect(),
    );
}

#[test]
fn forbidden_words_name_no_type_and_no_module() {
    report(each_file(|file| {
        let mut complaints = forbidden_names(&file.code);
        complaints.extend(file.module.iter().filter_map(|name| forbidden_word(name)));
        complaints
    }));
}

// ---- the checks, on strings ---------------------------------------------------------------

/// References of a module to a floor it must not know.
fn upward_references(module: &[String], code: &str) -> Vec<String> {
    let Some(home) = module.first() else { return Vec::new() }; // lib.rs names everything
    let mut complaints = Vec::new();
    for name in crate_references(code) {
        if name == *home {
            continue;
        }
        let (Some(here), there) = (level(home), level(&name)) else {
            complaints.push(format!("{home} is on no floor: add it to FLOORS"));
            break;
        };
        match there {
            // The crate's own front door is for those outside.
            None if home == OUTSIDE => {}
            None => complaints.push(format!("crate::{name} is no floor: name where it lives")),
            Some(there) if there < here => {}
            Some(_) => complaints.push(format!("{home} must not know crate::{name}")),
        }
    }
    if longest_super_run(code) >= module.len() {
        complaints.push("super:: climbs out of the floor: write crate::".to_owned());
    }
    complaints
}

/// The first name after each `crate::`, groups included.
fn crate_references(code: &str) -> Vec<String> {
    let mut names = Vec::new();
    for (at, _) in code.match_indices("crate::") {
        let rest = code[at + "crate::".len()..].trim_start();
        match rest.strip_prefix('{') {
            Some(group) => names.extend(group_heads(group)),
            None => names.push(first_name(rest)),
        }
    }
    names.retain(|name| !name.is_empty());
    names.sort();
    names.dedup();
    names
}

/// The first name of each entry of a `use` group; `group` starts after its opening brace.
fn group_heads(group: &str) -> Vec<String> {
    let mut heads = Vec::new();
    let (mut depth, mut entry_start) = (0, 0);
    for (at, c) in group.char_indices() {
        let entry_ends = match c {
            '{' => {
                depth += 1;
                false
            }
            '}' if depth == 0 => true,
            '}' => {
                depth -= 1;
                false
            }
            ',' => depth == 0,
            _ => false,
        };
        if entry_ends {
            heads.push(first_name(group[entry_start..at].trim_start()));
            entry_start = at + 1;
        }
        if entry_ends && c == '}' {
            break;
        }
    }
    heads
}

fn first_name(text: &str) -> String {
    text.chars().take_while(|c| is_name_char(*c)).collect()
}

fn longest_super_run(code: &str) -> usize {
    let mut longest = 0;
    for (at, _) in code.match_indices("super::") {
        let run = code[at..].split("::").take_while(|part| *part == "super").count();
        longest = longest.max(run);
    }
    longest
}

fn level(floor: &str) -> Option<u8> {
    FLOORS.iter().find(|(name, _)| *name == floor).map(|(_, level)| *level)
}

/// Names of the outside world in the core.
fn outside_names(module: &[String], code: &str) -> Vec<String> {
    if module.first().is_some_and(|floor| floor == OUTSIDE) {
        return Vec::new();
    }
    OUTSIDE_ONLY
        .iter()
        .filter(|name| mentions(code, name))
        .map(|name| format!("{name} belongs into {OUTSIDE}/"))
        .collect()
}

/// Whether `name` stands in `code` as a whole path segment.
fn mentions(code: &str, name: &str) -> bool {
    code.match_indices(name).any(|(at, _)| {
        let before = code[..at].chars().next_back();
        let after = code[at + name.len()..].chars().next();
        !before.is_some_and(is_name_char) && !after.is_some_and(is_name_char)
    })
}

/// Unsafe code, or leave to have some, where neither may be.
fn unsafe_code(module: &[String], code: &str) -> Vec<String> {
    let may = module.first().is_some_and(|floor| floor == OUTSIDE) || module.starts_with(&simd());
    let mut complaints = Vec::new();
    if !may && mentions(code, "unsafe") {
        complaints.push("unsafe code belongs into driver/ or srtp/simd/".to_owned());
    }
    // The one place that lets it in is looked at by `modules_let_in`.
    let lets_in = ["allow(unsafe_code", "warn(unsafe_code"].iter().any(|text| code.contains(text))
        || code.contains("expect(unsafe_code") && module != &simd()[..1];
    if lets_in && !may {
        complaints.push("lets unsafe code in".to_owned());
    }
    complaints
}

fn simd() -> Vec<String> {
    SIMD.map(str::to_owned).to_vec()
}

/// What is wrong with a floor's head that denies unsafe code and lets it into `module` alone.
fn modules_let_in(head: &str, module: &str) -> Vec<String> {
    let mut complaints = Vec::new();
    if !head.lines().any(|line| line.starts_with("#![deny(unsafe_code)]")) {
        complaints.push("no deny(unsafe_code) at the head".to_owned());
    }
    let code = code_only(head);
    let mut after = code.split("expect(unsafe_code").skip(1);
    let next = after.next().and_then(|text| modules_of(text).next());
    if next != Some(module) || after.next().is_some() {
        complaints.push(format!("unsafe code is let in, but not into {module} alone"));
    }
    complaints
}

/// The names of the modules that `text` declares, in order.
fn modules_of(text: &str) -> impl Iterator<Item = &str> {
    text.lines().filter_map(|line| {
        let line = line.trim().trim_start_matches("pub ").trim_start_matches("pub(crate) ");
        line.strip_prefix("mod ")?.strip_suffix(';')
    })
}

fn forbids_unsafe(floor: &str, root: &str, head: &str) -> bool {
    if head.lines().any(|line| line.trim() == "#![forbid(unsafe_code)]") {
        return true;
    }
    let declares = |line: &str| {
        let line = line.trim().trim_start_matches("pub ").trim_start_matches("pub(crate) ");
        line == format!("mod {floor};")
    };
    let before: Vec<_> = root.lines().take_while(|line| !declares(line)).collect();
    let attributes = before.iter().rev().take_while(|line| line.trim().starts_with("#["));
    before.len() < root.lines().count()
        && attributes.into_iter().any(|line| line.trim() == "#[forbid(unsafe_code)]")
        || root.lines().any(|line| line.trim() == "#![forbid(unsafe_code)]")
}

/// Types and modules declared under a forbidden word.
fn forbidden_names(code: &str) -> Vec<String> {
    let words: Vec<&str> =
        code.split(|c: char| !is_name_char(c)).filter(|word| !word.is_empty()).collect();
    words
        .windows(2)
        .filter(|pair| {
            matches!(
                pair[0],
                "struct" | "enum" | "union" | "trait" | "type" | "mod" | "macro_rules"
            )
        })
        .filter_map(|pair| forbidden_word(pair[1]))
        .collect()
}

/// The complaint about `name`, if one of its words is forbidden.
fn forbidden_word(name: &str) -> Option<String> {
    if GIVEN_NAMES.contains(&name) {
        return None;
    }
    let mut spaced = String::new();
    for c in name.chars() {
        if c.is_uppercase() || c == '_' {
            spaced.push(' ');
        }
        spaced.extend(c.to_lowercase().filter(|c| *c != '_'));
    }
    let is_forbidden = |word: &str| {
        FORBIDDEN_WORDS.iter().any(|bad| word == *bad || word.strip_suffix('s') == Some(bad))
    };
    spaced.split(' ').any(is_forbidden).then(|| format!("{name} uses a forbidden word"))
}

/// Lines that hold code, in text without comments.
fn lines_of_code(code: &str) -> usize {
    code.lines().filter(|line| !line.trim().is_empty()).count()
}

/// `source` without comments, the contents of strings, and `#[cfg(test)]` modules.
fn code_only(source: &str) -> String {
    without_test_modules(&without_comments_and_strings(source))
}

fn without_comments_and_strings(source: &str) -> String {
    let mut out = String::with_capacity(source.len());
    let mut rest = source;
    while let Some(c) = rest.chars().next() {
        let skipped = if rest.starts_with("//") {
            rest.find('\n').unwrap_or(rest.len())
        } else if rest.starts_with("/*") {
            rest.find("*/").map_or(rest.len(), |end| end + 2)
        } else if let Some(hashes) = raw_string_hashes(rest, out.chars().next_back()) {
            let close = format!("\"{}", "#".repeat(hashes));
            let open = 2 + hashes;
            rest[open..].find(&close).map_or(rest.len(), |end| open + end + close.len())
        } else if c == '"' {
            string_length(rest)
        } else {
            // A quote or a brace as a character literal is no string and no block.
            let literals = ["'\"'", "'{'", "'}'", "'\\''", "'\\\"'", "b'\"'", "b'{'", "b'}'"];
            literals.iter().find(|text| rest.starts_with(**text)).map_or(0, |text| text.len())
        };
        if skipped == 0 {
            out.push(c);
            rest = &rest[c.len_utf8()..];
        } else {
            // Lines keep their places.
            out.extend(rest[..skipped].chars().filter(|c| *c == '\n'));
            rest = &rest[skipped..];
        }
    }
    out
}

fn raw_string_hashes(rest: &str, before: Option<char>) -> Option<usize> {
    if before.is_some_and(|c| is_name_char(c) && c != 'b') {
        return None;
    }
    let after = rest.strip_prefix('r')?;
    let hashes = after.chars().take_while(|c| *c == '#').count();
    after[hashes..].starts_with('"').then_some(hashes)
}

fn string_length(rest: &str) -> usize {
    let mut escaped = false;
    for (at, c) in rest.char_indices().skip(1) {
        match c {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            '"' => return at + 1,
            _ => {}
        }
    }
    rest.len()
}

fn without_test_modules(code: &str) -> String {
    let mut out = String::with_capacity(code.len());
    let mut rest = code;
    while let Some(at) = rest.find("#[cfg(test)]") {
        out.push_str(&rest[..at]);
        let item = &rest[at..];
        let end = match (item.find('{'), item.find(';')) {
            (Some(open), semicolon) if semicolon.is_none_or(|semicolon| open < semicolon) => {
                block_end(item, open)
            }
            (_, Some(semicolon)) => semicolon + 1,
            _ => item.len(),
        };
        rest = &item[end..];
    }
    out.push_str(rest);
    out
}

fn block_end(item: &str, open: usize) -> usize {
    let mut depth = 0;
    for (at, c) in item[open..].char_indices() {
        match c {
            '{' => depth += 1,
            '}' => depth -= 1,
            _ => {}
        }
        if depth == 0 {
            return open + at + 1;
        }
    }
    item.len()
}

fn is_name_char(c: char) -> bool {
    c.is_alphanumeric() || c == '_'
}

// ---- the files -----------------------------------------------------------------------------

struct Source {
    path: PathBuf,
    /// `["media", "ingress"]` for src/media/ingress.rs; empty for lib.rs.
    module: Vec<String>,
    /// Without comments, strings and tests.
    code: String,
}

fn source_root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("src")
}

fn sources() -> Vec<Source> {
    let mut paths = Vec::new();
    collect(&source_root(), &mut paths);
    paths.sort();
    paths
        .into_iter()
        .map(|path| Source {
            module: module_of(path.strip_prefix(source_root()).expect("below src/")),
            code: code_only(&fs::read_to_string(&path).expect("a readable source")),
            path,
        })
        .collect()
}

/// Every Rust file below `folder` that is not a test.
fn collect(folder: &Path, paths: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).expect("a readable folder") {
        let path = entry.expect("a readable entry").path();
        let is_test = path.file_stem().is_some_and(|name| name == "tests");
        if path.is_dir() && !is_test {
            collect(&path, paths);
        } else if path.extension().is_some_and(|end| end == "rs") && !is_test {
            paths.push(path);
        }
    }
}

fn module_of(path: &Path) -> Vec<String> {
    path.with_extension("")
        .iter()
        .map(|part| part.to_string_lossy().into_owned())
        .filter(|part| part != "mod" && part != "lib")
        .collect()
}

/// The text of a floor's first file; `None` while the floor is not built.
fn head_of_floor(floor: &str) -> Option<String> {
    let folder = source_root().join(floor).join("mod.rs");
    let file = source_root().join(floor).with_extension("rs");
    fs::read_to_string(folder).or_else(|_| fs::read_to_string(file)).ok()
}

fn lines_per_floor() -> String {
    let mut text = String::from("lines of code per floor:");
    let sources = sources();
    for (floor, level) in FLOORS {
        let files = sources.iter().filter(|file| file.module.first().is_some_and(|m| m == floor));
        let lines: usize = files.map(|file| lines_of_code(&file.code)).sum();
        let _ = write!(text, " F{level} {floor} {lines},");
    }
    text
}

fn each_file(check: impl Fn(&Source) -> Vec<String>) -> Vec<String> {
    let mut complaints = Vec::new();
    for file in sources() {
        let found = check(&file);
        complaints.extend(found.iter().map(|text| format!("{}: {text}", file.path.display())));
    }
    complaints
}

#[track_caller]
fn report(complaints: Vec<String>) {
    assert!(complaints.is_empty(), "\n{}\n", complaints.join("\n"));
}

// ---- the checks can fail -------------------------------------------------------------------

fn module(path: &str) -> Vec<String> {
    module_of(Path::new(path))
}

#[test]
fn upward_sideways_and_unknown_references_are_found() {
    let refused = |path: &str, code: &str| !upward_references(&module(path), code).is_empty();
    assert!(refused("wire/rtp.rs", "use crate::media::Ingress;"));
    assert!(refused("wire/rtp.rs", "use crate::params::Codec;"));
    assert!(refused("srtp/mod.rs", "use crate::{base::Seq, cc::Pacer};"));
    assert!(refused("media/mod.rs", "fn f() { crate::control::start() }"));
    assert!(refused("control/mod.rs", "use crate::media::{DropReason};"));
    assert!(refused("media/a.rs", "use crate::Engine;"));
    assert!(refused("media/a.rs", "use super::super::engine::Event;"));
    assert!(refused("params.rs", "use super::wire::Header;"));
    assert!(refused("attic/mod.rs", "use crate::base::Seq;"));

    assert!(!refused("media/a.rs", "use crate::{base::{Seq, Ssrc}, stream, srtp::Key};"));
    assert!(!refused("media/a/b.rs", "use super::super::c; use crate::media::c;"));
    assert!(!refused("engine/mod.rs", "use crate::media::A; use crate::control::B;"));
    assert!(!refused("driver/mio.rs", "use crate::{Engine, Config};"));
    assert!(!refused("lib.rs", "pub use crate::engine::Engine;"));
}

#[test]
fn the_outside_world_is_found_in_the_core_and_nowhere_else() {
    assert!(!outside_names(&module("cc/pacer.rs"), "let now = Instant::now();").is_empty());
    assert!(!outside_names(&module("engine/mod.rs"), "use std::net::UdpSocket;").is_empty());
    assert!(!outside_names(&module("engine/mod.rs"), "use mio::Token;").is_empty());
    assert!(outside_names(&module("driver/clock.rs"), "Instant::now()").is_empty());
    assert!(outside_names(&module("base/datagram.rs"), "use std::net::SocketAddr;").is_empty());
    assert!(outside_names(&module("params.rs"), "let mionet = 1;").is_empty());
}

#[test]
fn missing_forbid_is_found_and_either_place_will_do() {
    assert!(!forbids_unsafe("wire", "mod base;\npub mod wire;", "//! F1\nmod rtp;"));
    assert!(!forbids_unsafe("wire", "#[forbid(unsafe_code)]\nmod base;\nmod wire;", "mod rtp;"));
    assert!(!forbids_unsafe("wire", "#[forbid(unsafe_code)]", "// #![forbid(unsafe_code)]"));
    assert!(forbids_unsafe("wire", "mod wire;", "//! F1\n#![forbid(unsafe_code)]"));
    assert!(forbids_unsafe("wire", "mod base;\n#[forbid(unsafe_code)]\npub mod wire;", ""));
}

#[test]
fn unsafe_code_is_found_outside_of_its_two_places() {
    let refused = |path: &str, code: &str| !unsafe_code(&module(path), code).is_empty();
    for code in ["fn f() { unsafe { g() } }", "unsafe fn f();", "#[allow(unsafe_code)] mod a;"] {
        assert!(refused("srtp/suite/mac.rs", code), "{code}");
        assert!(refused("srtp/mod.rs", code), "{code}");
        assert!(refused("wire/rtp.rs", code), "{code}");
        assert!(!refused("srtp/simd/x86/aes.rs", code), "{code}");
        assert!(!refused("driver/udp.rs", code), "{code}");
    }
    assert!(refused("wire/mod.rs", "#[expect(unsafe_code)] mod fast;"));
    assert!(!refused("wire/mod.rs", "#![forbid(unsafe_code)]"));
}

#[test]
fn more_than_one_module_that_unsafe_code_is_let_into_is_found() {
    let simd = "#[cfg_attr(x, expect(unsafe_code, reason = \"y\"))]\nmod simd;\n";
    let head = format!("//! F2\n#![deny(unsafe_code)] // why\nmod a;\n{simd}mod b;\n");
    assert!(modules_let_in(&head, "simd").is_empty());
    assert_eq!(modules_of(&head).collect::<Vec<_>>(), ["a", "simd", "b"]);
    assert!(!modules_let_in(&head.replace("deny", "warn"), "simd").is_empty());
    assert!(!modules_let_in(&head.replace("mod simd", "mod other"), "simd").is_empty());
    let two = format!("{head}#[expect(unsafe_code)]\nmod more;\n");
    assert!(!modules_let_in(&two, "simd").is_empty());
}

#[test]
fn forbidden_words_are_found_inside_names() {
    for code in ["struct PeerState;", "enum TrackKind {}", "mod utils {", "type Clients = u8;"] {
        assert_eq!(forbidden_names(code).len(), 1, "{code}");
    }
    assert!(forbidden_names("struct Userland; enum Broom {} let track_id = 1;").is_empty());
    assert!(forbidden_word("common").is_some());
    assert!(forbidden_word("ClientHello").is_none() && forbidden_word("ClientState").is_some());
}

#[test]
fn comments_strings_and_tests_are_no_code() {
    let source = "//! see crate::engine\nfn a() { \"crate::media\\\" {\"; r#\"crate::\"x\"#; '\"' }\n\
                  /* crate::cc\n */\n#[cfg(test)]\nmod tests { use crate::engine; fn b() {} }\nfn c() {}\n\
                  #[cfg(test)]\nmod more;\n";
    let code = code_only(source);
    assert!(crate_references(&code).is_empty(), "{code}");
    assert!(code.contains("fn a") && code.contains("fn c") && !code.contains("fn b"), "{code}");
    assert_eq!(lines_of_code(&code), 2, "{code}");
}
