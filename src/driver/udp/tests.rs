//! Against the real kernel, over loopback.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, UdpSocket as StdSocket};
use std::time::Instant;

use super::*;
use crate::driver::clock;
use crate::{EgressSink, Transmit};

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
    let Some(sink) = backend.sink() else { return false };
    let Some(slot) = sink.slot(bytes.len()) else { return false };
    slot.copy_from_slice(bytes);
    sink.commit(Transmit { path, len: bytes.len() });
    true
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
    for gso in [true, false] {
        let mut sender = backend(|config| config.gso = gso);
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
            assert_eq!((stats.send_calls, stats.gso_runs), (4, 4), "{stats:?}");
        } else {
            assert_eq!((stats.send_calls, stats.gso_runs), (150, 0), "{stats:?}");
            assert!(stats.gso_off.is_some());
        }
        let got: Vec<_> = receive(&mut receiver, 150).into_iter().map(|(_, bytes)| bytes).collect();
        assert!(got == sent, "{} datagrams came", got.len());
    }
}

#[test]
fn segmentation_the_kernel_refuses_is_switched_off_and_nothing_is_lost() {
    let mut sender = backend(|_| {});
    if sender.gso.segments() == 1 {
        return; // nothing to switch off
    }
    let mut receiver = backend(|_| {});
    let local = told(&sender, Ipv4Addr::LOCALHOST);
    let remote = told(&receiver, Ipv4Addr::LOCALHOST);
    // More segments than any kernel takes (UDP_MAX_SEGMENTS): EINVAL, as from a poor device.
    sender.arena.set_max_segments(1_000);
    for number in 0..200_u8 {
        assert!(put(&mut sender, Path { local, remote }, &[number; 100]));
    }
    let mut stats = DriverStats::default();
    assert_eq!(sender.flush(&mut stats), Flushed::All);
    assert_eq!((stats.datagrams_sent, stats.send_errors), (200, 0), "{stats:?}");
    assert_eq!((stats.gso_segments, stats.gso_runs), (1, 0), "{stats:?}");
    assert!(stats.gso_off.is_some());
    let got: Vec<_> = receive(&mut receiver, 200).into_iter().map(|(_, bytes)| bytes[0]).collect();
    assert_eq!(got, (0..200).collect::<Vec<u8>>());
}

#[test]
fn destination_that_cannot_be_sent_to_is_counted_and_leaves_segmentation_on() {
    let mut sender = backend(|_| {});
    let segments = sender.gso.segments();
    let local = told(&sender, Ipv4Addr::LOCALHOST);
    let nowhere = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
    for _ in 0..5 {
        assert!(put(&mut sender, Path { local, remote: nowhere }, &[1; 100]));
    }
    let receiver = socket(Ipv4Addr::LOCALHOST);
    let remote = receiver.local_addr().expect("bound");
    assert!(put(&mut sender, Path { local, remote }, b"still here"));
    let mut stats = DriverStats::default();
    assert_eq!(sender.flush(&mut stats), Flushed::All);
    assert_eq!((stats.send_errors, stats.datagrams_sent), (5, 1), "{stats:?}");
    assert_eq!((stats.gso_segments, stats.gso_off), (segments, None));
    assert_eq!(receiver.recv(&mut [0; 16]).expect("the last one"), 10);
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
