//! Against the real kernel, over loopback.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, UdpSocket as StdSocket};
use std::time::Instant;

use super::*;
use crate::driver::clock;
use crate::{EcnCodepoint, EgressSink, Transmit};

const PATIENCE: Duration = Duration::from_secs(5);

fn backend(change: impl FnOnce(&mut DriverConfig)) -> UdpBackend {
    let advertise = vec![Ipv4Addr::LOCALHOST.into(), Ipv6Addr::LOCALHOST.into()];
    let mut config = DriverConfig { advertise, ..DriverConfig::default() };
    change(&mut config);
    UdpBackend::bind(&config).expect("loopback can be bound")
}

fn socket(ip: impl Into<IpAddr>) -> StdSocket {
    let socket = StdSocket::bind(SocketAddr::new(ip.into(), 0)).expect("loopback");
    socket.set_read_timeout(Some(PATIENCE)).expect("a timeout");
    socket
}

/// Waits and receives until `count` datagrams came.
fn receive(backend: &mut UdpBackend, count: usize) -> Vec<(Path, Vec<u8>)> {
    let (mut stats, mut got) = (DriverStats::default(), Vec::new());
    let until = clock::now() + PATIENCE;
    while got.len() < count && clock::now() < until {
        backend.wait(Some(Duration::from_millis(100))).expect("poll");
        while backend.receive(&mut stats, |path, bytes| got.push((path, bytes.to_vec()))) {}
    }
    got
}

fn put(backend: &mut UdpBackend, path: Path, bytes: &[u8]) -> bool {
    put_marked(backend, path, EcnCodepoint::NotEct, bytes)
}

fn put_marked(backend: &mut UdpBackend, path: Path, ecn: EcnCodepoint, bytes: &[u8]) -> bool {
    let Some(sink) = backend.sink() else { return false };
    let Some(slot) = sink.slot(bytes.len()) else { return false };
    slot.copy_from_slice(bytes);
    sink.commit(Transmit { path, len: bytes.len(), ecn });
    true
}

/// One system call per run, as where there is no `sendmmsg`.
fn one_run_per_call(backend: &mut UdpBackend) {
    #[cfg(any(target_os = "linux", target_os = "android"))]
    {
        backend.batch = None;
    }
    assert!(!sends_batches(backend));
}

fn sends_batches(backend: &UdpBackend) -> bool {
    #[cfg(any(target_os = "linux", target_os = "android"))]
    return backend.batch.is_some();
    #[cfg(not(any(target_os = "linux", target_os = "android")))]
    return false;
}

/// What comes next, and where from.
fn next(peer: &StdSocket) -> (Vec<u8>, SocketAddr) {
    let mut bytes = vec![0; 2_000];
    let (len, from) = peer.recv_from(&mut bytes).expect("something comes");
    bytes.truncate(len);
    (bytes, from)
}

fn told(backend: &UdpBackend, ip: impl Into<IpAddr>) -> SocketAddr {
    SocketAddr::new(ip.into(), backend.local_addr().port())
}

#[test]
fn dual_stack_socket_sees_ipv4_as_ipv4_and_knows_where_it_arrived() {
    let mut backend = backend(|_| {});
    for (ip, text) in
        [(IpAddr::from(Ipv4Addr::LOCALHOST), b"four"), (Ipv6Addr::LOCALHOST.into(), b"six!")]
    {
        let peer = socket(ip);
        let local = told(&backend, ip);
        peer.send_to(text, local).expect("sent");
        let remote = peer.local_addr().expect("bound");
        assert_eq!(receive(&mut backend, 1), [(Path { local, remote }, text.to_vec())]);

        assert!(put(&mut backend, Path { local, remote }, text));
        assert_eq!(backend.flush(&mut DriverStats::default()), Flushed::All);
        let mut answer = [0; 16];
        let (len, from) = peer.recv_from(&mut answer).expect("an answer");
        assert_eq!((&answer[..len], from), (&text[..], local));
    }
}

#[test]
fn answer_leaves_from_the_address_that_was_asked() {
    let second = Ipv4Addr::new(127, 0, 0, 2);
    if StdSocket::bind((second, 0)).is_err() {
        return; // not a machine whose whole 127.0.0.0/8 is loopback
    }
    let mut backend = backend(|config| config.advertise.push(second.into()));
    let peer = socket(Ipv4Addr::LOCALHOST);
    let local = told(&backend, second);
    peer.send_to(b"?", local).expect("sent");
    let [(path, _)] = receive(&mut backend, 1).try_into().expect("one");
    assert_eq!(path.local, local);
    assert!(put(&mut backend, path, b"!"));
    assert_eq!(backend.flush(&mut DriverStats::default()), Flushed::All);
    let (_, from) = peer.recv_from(&mut [0; 16]).expect("an answer");
    assert_eq!(from, local);
}

#[test]
fn burst_arrives_whole_and_in_order_by_runs_and_one_by_one() {
    for (gso, batches) in [(true, true), (true, false), (false, true), (false, false)] {
        let mut sender = backend(|config| config.gso = gso);
        if !batches {
            one_run_per_call(&mut sender);
        }
        let mut receiver = backend(|_| {});
        let local = told(&sender, Ipv4Addr::LOCALHOST);
        let remote = told(&receiver, Ipv4Addr::LOCALHOST);
        let mut sent = Vec::new();
        for number in 0..150_u8 {
            // Some shorter ones in between end runs.
            let len = if number % 40 == 39 { 700 } else { 1_100 };
            sent.push(vec![number; len]);
            assert!(put(&mut sender, Path { local, remote }, &vec![number; len]));
        }
        let mut stats = DriverStats::default();
        assert_eq!(sender.flush(&mut stats), Flushed::All);
        assert_eq!((stats.datagrams_sent, stats.send_errors), (150, 0));
        if stats.gso_segments > 1 {
            assert_eq!((stats.runs_sent, stats.gso_runs), (4, 4), "{stats:?}");
        } else {
            assert_eq!((stats.runs_sent, stats.gso_runs), (150, 0), "{stats:?}");
            assert!(stats.gso_off.is_some());
        }
        let per_call = if sends_batches(&sender) { 64 } else { 1 };
        assert_eq!(stats.send_calls, stats.runs_sent.div_ceil(per_call), "{stats:?}");
        let got: Vec<_> = receive(&mut receiver, 150).into_iter().map(|(_, bytes)| bytes).collect();
        assert!(got == sent, "{} datagrams came", got.len());
    }
}

#[test]
fn many_destinations_in_one_call_each_get_theirs_whole_and_in_order() {
    let mut sender = backend(|_| {});
    let local = told(&sender, Ipv4Addr::LOCALHOST);
    let peers: Vec<_> = (0..50).map(|_| socket(Ipv4Addr::LOCALHOST)).collect();
    for (number, peer) in (0..).zip(&peers) {
        let path = Path { local, remote: peer.local_addr().expect("bound") };
        for place in 0..3_u8 {
            assert!(put(&mut sender, path, &[[number, place]; 300].concat()));
        }
    }
    let mut stats = DriverStats::default();
    assert_eq!(sender.flush(&mut stats), Flushed::All);
    assert_eq!((stats.datagrams_sent, stats.bytes_sent), (150, 150 * 600), "{stats:?}");
    if sends_batches(&sender) && stats.gso_segments > 1 {
        assert_eq!((stats.runs_sent, stats.gso_runs, stats.send_calls), (50, 50, 1), "{stats:?}");
    }
    for (number, peer) in (0..).zip(&peers) {
        for place in 0..3 {
            assert_eq!(next(peer), ([[number, place]; 300].concat(), local));
        }
    }
}

#[test]
fn runs_beyond_what_one_call_takes_go_with_the_next() {
    let mut sender = backend(|_| {});
    let local = told(&sender, Ipv4Addr::LOCALHOST);
    let peers = [socket(Ipv4Addr::LOCALHOST), socket(Ipv4Addr::LOCALHOST)];
    for number in 0..65_u8 {
        for peer in &peers {
            let remote = peer.local_addr().expect("bound");
            assert!(put(&mut sender, Path { local, remote }, &[number; 100]));
        }
    }
    let mut stats = DriverStats::default();
    assert_eq!(sender.flush(&mut stats), Flushed::All);
    assert_eq!((stats.runs_sent, stats.gso_runs, sender.unsent()), (130, 0, 0));
    assert_eq!(stats.send_calls, if sends_batches(&sender) { 3 } else { 130 });
    for peer in &peers {
        for number in 0..65 {
            assert_eq!(next(peer).0, [number; 100]);
        }
    }
}

#[test]
fn both_families_and_their_source_addresses_may_be_mixed_in_one_call() {
    let second = Ipv4Addr::new(127, 0, 0, 2);
    if StdSocket::bind((second, 0)).is_err() {
        return; // not a machine whose whole 127.0.0.0/8 is loopback
    }
    let mut sender = backend(|config| config.advertise.push(second.into()));
    let (four, six) = (socket(Ipv4Addr::LOCALHOST), socket(Ipv6Addr::LOCALHOST));
    let from_each: [(&StdSocket, IpAddr, usize); 5] = [
        (&four, second.into(), 1),
        (&six, Ipv6Addr::LOCALHOST.into(), 3),
        (&four, Ipv4Addr::LOCALHOST.into(), 2),
        (&six, Ipv6Addr::LOCALHOST.into(), 1),
        (&four, second.into(), 4),
    ];
    for (number, &(peer, ip, count)) in (0..).zip(&from_each) {
        let path = Path { local: told(&sender, ip), remote: peer.local_addr().expect("bound") };
        for _ in 0..count {
            assert!(put(&mut sender, path, &[number; 500]));
        }
    }
    let mut stats = DriverStats::default();
    assert_eq!(sender.flush(&mut stats), Flushed::All);
    assert_eq!((stats.datagrams_sent, stats.send_errors), (11, 0), "{stats:?}");
    if sends_batches(&sender) {
        assert_eq!(stats.send_calls, 1);
    }
    for (number, &(peer, ip, count)) in (0..).zip(&from_each) {
        for _ in 0..count {
            assert_eq!(next(peer), (vec![number; 500], told(&sender, ip)));
        }
    }
}

#[test]
fn ipv4_socket_sends_batches_too() {
    let mut sender = backend(|config| config.listen = (Ipv4Addr::UNSPECIFIED, 0).into());
    let local = told(&sender, Ipv4Addr::LOCALHOST);
    let peer = socket(Ipv4Addr::LOCALHOST);
    let remote = peer.local_addr().expect("bound");
    for len in [10, 20, 20, 5] {
        assert!(put(&mut sender, Path { local, remote }, &vec![7; len]));
    }
    assert_eq!(sender.flush(&mut DriverStats::default()), Flushed::All);
    for len in [10, 20, 20, 5] {
        assert_eq!(next(&peer), (vec![7; len], local));
    }
}

#[test]
fn segmentation_the_kernel_refuses_is_switched_off_and_nothing_is_lost() {
    for batches in [true, false] {
        let mut sender = backend(|_| {});
        if sender.gso.segments() == 1 {
            return; // nothing to switch off
        }
        if !batches {
            one_run_per_call(&mut sender);
        }
        let mut receiver = backend(|_| {});
        let local = told(&sender, Ipv4Addr::LOCALHOST);
        let remote = told(&receiver, Ipv4Addr::LOCALHOST);
        let other = socket(Ipv4Addr::LOCALHOST);
        let beside = Path { local, remote: other.local_addr().expect("bound") };
        for place in 0..2 {
            assert!(put(&mut sender, beside, &[place; 10]));
        }
        // More segments than any kernel takes (UDP_MAX_SEGMENTS): EINVAL, as from a poor device.
        sender.arena.set_max_segments(1_000);
        for number in 0..200_u8 {
            assert!(put(&mut sender, Path { local, remote }, &[number; 100]));
        }
        for place in 2..4 {
            assert!(put(&mut sender, beside, &[place; 10]));
        }
        let mut stats = DriverStats::default();
        assert_eq!(sender.flush(&mut stats), Flushed::All);
        assert_eq!((stats.datagrams_sent, stats.send_errors), (204, 0), "{stats:?}");
        // The first run still went whole.
        assert_eq!((stats.gso_segments, stats.gso_runs), (1, 1), "{stats:?}");
        assert!(stats.gso_off.is_some());
        let got = receive(&mut receiver, 200).into_iter().map(|(_, bytes)| bytes[0]);
        assert_eq!(got.collect::<Vec<_>>(), (0..200).collect::<Vec<u8>>());
        for place in 0..4 {
            assert_eq!(next(&other).0, [place; 10]);
        }
        if sends_batches(&sender) {
            // The run before, the refusal, one alone, and 201 in batches of 64.
            assert_eq!(stats.send_calls, 3 + 4, "{stats:?}");
        }
    }
}

#[test]
fn destination_that_cannot_be_sent_to_loses_only_its_run_and_leaves_segmentation_on() {
    for batches in [true, false] {
        let mut sender = backend(|_| {});
        if !batches {
            one_run_per_call(&mut sender);
        }
        let segments = sender.gso.segments();
        let local = told(&sender, Ipv4Addr::LOCALHOST);
        let nowhere = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
        let receiver = socket(Ipv4Addr::LOCALHOST);
        let remote = receiver.local_addr().expect("bound");
        for count in 1..4_usize {
            for place in 0..count {
                let bytes = [u8::try_from(place).expect("few"); 10];
                assert!(put(&mut sender, Path { local, remote }, &bytes));
            }
            for _ in 0..count {
                assert!(put(&mut sender, Path { local, remote: nowhere }, &[1; 100]));
            }
        }
        assert!(put(&mut sender, Path { local, remote }, b"still here"));
        let mut stats = DriverStats::default();
        assert_eq!(sender.flush(&mut stats), Flushed::All);
        assert_eq!((stats.send_errors, stats.datagrams_sent), (6, 7), "{stats:?}");
        assert_eq!((stats.gso_segments, stats.gso_off), (segments, None));
        for place in [0, 0, 1, 0, 1, 2] {
            assert_eq!(next(&receiver).0, [place; 10]);
        }
        assert_eq!(next(&receiver).0, b"still here");
    }
}

/// Loopback never says "no room": it drops at the receiver instead. So the state is set here as a
/// refused send leaves it.
#[test]
fn while_the_kernel_has_no_room_nothing_is_written_and_the_poll_tells_when_there_is() {
    let mut backend = backend(|_| {});
    let peer = socket(Ipv4Addr::LOCALHOST);
    let remote = peer.local_addr().expect("bound");
    let path = Path { local: told(&backend, Ipv4Addr::LOCALHOST), remote };
    assert!(put(&mut backend, path, b"kept"));
    backend.blocked = true;
    assert!(backend.sink().is_none());
    assert_eq!(backend.flush(&mut DriverStats::default()), Flushed::Blocked);
    assert_eq!(backend.unsent(), 1);

    backend.watch(Interest::READABLE | Interest::WRITABLE).expect("watched");
    backend.wait(Some(PATIENCE)).expect("poll");
    assert!(backend.sink().is_some());
    assert_eq!(backend.flush(&mut DriverStats::default()), Flushed::All);
    assert_eq!(peer.recv(&mut [0; 16]).expect("what was kept"), 4);
}

#[test]
fn idle_socket_with_room_to_send_does_not_wake_the_worker() {
    let mut backend = backend(|_| {});
    let peer = socket(Ipv4Addr::LOCALHOST);
    let remote = peer.local_addr().expect("bound");
    let path = Path { local: told(&backend, Ipv4Addr::LOCALHOST), remote };
    assert!(put(&mut backend, path, b"x"));
    assert_eq!(backend.flush(&mut DriverStats::default()), Flushed::All);
    let (before, sleep): (Instant, _) = (clock::now(), Duration::from_millis(50));
    backend.wait(Some(sleep)).expect("poll");
    assert!(clock::now() - before >= sleep);
}

/// The byte and the ECN bits of each datagram that comes, until `count` did.
fn marks(socket: &StdSocket, state: &UdpSocketState, count: usize) -> Vec<(u8, u8)> {
    let mut marks = Vec::new();
    let mut buffers = vec![vec![0; 65_536]; quinn_udp::BATCH_SIZE];
    let mut metas = [quinn_udp::RecvMeta::default(); quinn_udp::BATCH_SIZE];
    while marks.len() < count {
        let mut slices: Vec<_> =
            buffers.iter_mut().map(|buffer| io::IoSliceMut::new(buffer)).collect();
        let came = state.recv(socket.into(), &mut slices, &mut metas).expect("something comes");
        for (meta, buffer) in metas.iter().zip(&buffers).take(came) {
            let datagrams = buffer[..meta.len].chunks(meta.stride);
            let ecn = meta.ecn.map_or(0, |ecn| ecn as u8);
            marks.extend(datagrams.map(|bytes| (bytes[0], ecn)));
        }
    }
    marks
}

#[test]
fn every_datagram_leaves_with_its_own_codepoint_over_ipv4_and_ipv6() {
    for batches in [true, false] {
        for ip in [IpAddr::from(Ipv4Addr::LOCALHOST), Ipv6Addr::LOCALHOST.into()] {
            let mut sender = backend(|_| {});
            if !batches {
                one_run_per_call(&mut sender);
            }
            let Ok(peer) = StdSocket::bind((ip, 0)) else { continue }; // no IPv6 here
            let state = UdpSocketState::new((&peer).into()).expect("a socket");
            #[cfg(any(target_os = "linux", target_os = "android"))]
            stamps::stop_telling(peer.as_fd()); // its room for them is short by the ECN bits
            peer.set_nonblocking(false).expect("a socket");
            peer.set_read_timeout(Some(PATIENCE)).expect("a timeout");
            let path = Path { local: told(&sender, ip), remote: peer.local_addr().expect("bound") };
            let sent: Vec<_> = (0..24_u8).map(|n| (n, EcnCodepoint::from_bits(n / 4))).collect();
            for &(number, ecn) in &sent {
                assert!(put_marked(&mut sender, path, ecn, &[number; 100]));
            }
            let mut stats = DriverStats::default();
            assert_eq!(sender.flush(&mut stats), Flushed::All);
            if stats.gso_segments > 1 {
                assert_eq!((stats.runs_sent, stats.gso_runs), (6, 6), "{stats:?}");
            }
            let expected: Vec<_> = sent.iter().map(|(number, ecn)| (*number, ecn.bits())).collect();
            assert_eq!(marks(&peer, &state, sent.len()), expected, "{ip}, batches: {batches}");
        }
    }
}
