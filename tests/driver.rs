//! The driver with an engine in it, over the real kernel: packets of a publisher come in through
//! its socket and go out to every receiver, in runs, and an orderly stop loses none of them.

#[expect(unreachable_pub, dead_code, reason = "shared by test crates that use a part each")]
#[path = "support/raw.rs"]
mod raw;

use std::net::{Ipv4Addr, SocketAddr, UdpSocket};
use std::sync::mpsc::{self, SyncSender};
use std::time::Duration;

use lahn::driver::{Driver, DriverConfig, DriverStats, Events};
use lahn::params::Mid;
use lahn::srtp::{Protector, ReceiveIndex, Unprotector};
use lahn::{CloseReason, CongestionConfig, EndpointId, Event, Path, Seq, Ssrc};
use raw::PAYLOAD_LEN;

const PATIENCE: Duration = Duration::from_secs(5);

/// A publisher and some receivers, each on a socket of its own.
struct Call {
    driver: Driver,
    events: Events,
    publisher: UdpSocket,
    seals: Protector,
    receivers: Vec<Receiver>,
    endpoints: Vec<EndpointId>,
}

struct Receiver {
    socket: UdpSocket,
    ssrc: Ssrc,
    opens: Unprotector,
    index: ReceiveIndex,
}

fn socket() -> UdpSocket {
    let socket = UdpSocket::bind((Ipv4Addr::LOCALHOST, 0)).expect("loopback");
    socket.set_read_timeout(Some(PATIENCE)).expect("a timeout");
    socket
}

impl Call {
    fn new(receivers: u32, change: impl FnOnce(&mut DriverConfig)) -> Self {
        let listen = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
        let mut config = DriverConfig { listen, ..DriverConfig::default() };
        config.engine.congestion = CongestionConfig::OFF;
        change(&mut config);
        let (driver, events) = Driver::start(config).expect("loopback can be bound");
        let local = driver.candidates()[0];
        let conference =
            driver.call(|engine, _| engine.open_conference()).expect("runs").expect("room");

        let publisher = socket();
        let (ours, theirs) = raw::keys(0);
        let path = Path { local, remote: publisher.local_addr().expect("bound") };
        let seals = Protector::new(&theirs);
        let endpoint = driver.call(move |engine, now| {
            let endpoint = engine.add_raw_endpoint(now, conference, path, ours)?;
            engine.set_session(now, endpoint, &raw::publishing())?;
            Ok::<_, lahn::Error>(endpoint)
        });
        let mut endpoints = vec![endpoint.expect("runs").expect("room")];
        let Ok(Event::SourceAdded { source, .. }) = events.recv_timeout(PATIENCE) else {
            panic!("it publishes");
        };

        let mut made = Vec::new();
        for number in 1..=receivers {
            let socket = socket();
            let (ours, theirs) = raw::keys(number);
            let path = Path { local, remote: socket.local_addr().expect("bound") };
            let ssrc = Ssrc(0x2000_0000 + number);
            let endpoint = driver.call(move |engine, now| {
                let endpoint = engine.add_raw_endpoint(now, conference, path, ours)?;
                engine.subscribe(now, endpoint, source)?;
                let mid = Mid::new(b"0").expect("a token");
                engine.set_session(now, endpoint, &raw::receiving(mid, ssrc))?;
                Ok::<_, lahn::Error>(endpoint)
            });
            endpoints.push(endpoint.expect("runs").expect("room"));
            let opens = Unprotector::new(&theirs);
            made.push(Receiver { socket, ssrc, opens, index: ReceiveIndex::default() });
        }
        Self { driver, events, publisher, seals, receivers: made, endpoints }
    }

    /// Keeps the worker busy until what comes back is used or dropped.
    fn hold(&self) -> SyncSender<()> {
        let (release, held) = mpsc::sync_channel(0);
        let (begun, begins) = mpsc::sync_channel(0);
        let command = move |_: &mut _, _| {
            let _ = begun.send(());
            let _ = held.recv();
        };
        self.driver.post(command).expect("room");
        begins.recv().expect("the worker runs it");
        release
    }

    /// Counters that hold what was received from the driver already.
    fn stats(&self) -> DriverStats {
        self.driver.call(|_, _| ()).expect("the turn before is counted now");
        self.driver.stats()
    }

    fn publish(&self, packets: std::ops::Range<u64>) {
        let mut datagram = [0; 1_500];
        for number in packets {
            let len = raw::seal(&self.seals, number, &mut datagram);
            self.publisher.send_to(&datagram[..len], self.driver.candidates()[0]).expect("sent");
        }
    }
}

impl Receiver {
    /// The numbers of the next `count` packets of the publisher's, opened and looked at.
    fn receive(&mut self, count: usize) -> Vec<u64> {
        let mut numbers = Vec::new();
        let mut buffer = [0; 2_000];
        while numbers.len() < count {
            let Ok(len) = self.socket.recv(&mut buffer) else { break };
            let datagram = &mut buffer[..len];
            if (192..=223).contains(&datagram[1]) {
                continue; // RTCP
            }
            let header_len =
                12 + 4 + 4 * usize::from(u16::from_be_bytes([datagram[14], datagram[15]]));
            let seq = Seq(u16::from_be_bytes([datagram[2], datagram[3]]));
            let opened = self.opens.rtp(&mut self.index, self.ssrc, seq, header_len, datagram);
            let payload = opened.expect("sealed for this receiver");
            let (_, number) = payload.split_at(PAYLOAD_LEN - 8);
            numbers.push(u64::from_be_bytes(number.try_into().expect("eight bytes")));
        }
        numbers
    }
}

#[test]
fn burst_of_a_publisher_reaches_every_receiver_whole_in_order_and_in_runs() {
    let mut call = Call::new(3, |_| {});
    let held = call.hold();
    call.publish(0..40);
    drop(held);
    for receiver in &mut call.receivers {
        assert_eq!(receiver.receive(40), (0..40).collect::<Vec<_>>());
    }
    let stats = call.stats();
    assert!(stats.datagrams_received >= 40 && stats.datagrams_sent >= 120, "{stats:?}");
    assert_eq!(stats.send_errors, 0, "{stats:?}");
    if stats.gso_segments > 1 {
        // 40 datagrams to each of 3 take at least 3 runs; and few went otherwise.
        assert!(stats.gso_runs >= 3 && stats.runs_sent < 40 && stats.send_calls < 40, "{stats:?}");
    }
}

#[test]
fn call_goes_on_where_segmentation_is_off() {
    let mut call = Call::new(2, |config| config.gso = false);
    call.publish(0..20);
    for receiver in &mut call.receivers {
        assert_eq!(receiver.receive(20), (0..20).collect::<Vec<_>>());
    }
    let stats = call.stats();
    assert_eq!((stats.gso_runs, stats.gso_segments), (0, 1), "{stats:?}");
}

#[test]
fn orderly_stop_sends_what_was_accepted_and_closes_every_endpoint() {
    let mut call = Call::new(2, |_| {});
    let held = call.hold();
    call.publish(0..40);
    // The worker still has all of it in front of it when it is asked to stop.
    let stopping = std::thread::spawn({
        let driver = call.driver.clone();
        move || driver.stop(PATIENCE)
    });
    std::thread::sleep(Duration::from_millis(50));
    drop(held);
    assert_eq!(stopping.join().expect("no panic"), Ok(()));
    for receiver in &mut call.receivers {
        assert_eq!(receiver.receive(40), (0..40).collect::<Vec<_>>());
    }
    let mut closed = Vec::new();
    for event in call.events {
        if let Event::EndpointClosed { endpoint, reason: CloseReason::Removed } = event {
            closed.push(endpoint);
        }
    }
    closed.sort_unstable();
    call.endpoints.sort_unstable();
    assert_eq!(closed, call.endpoints);
    assert_eq!(call.driver.stats().unsent, 0);
}

#[test]
fn events_nobody_reads_wait_and_come_out_in_order() {
    let call = Call::new(2, |config| config.event_queue = 1);
    let endpoints = call.endpoints.clone();
    let closed = call.driver.call(move |engine, now| {
        endpoints.into_iter().try_for_each(|endpoint| engine.remove_endpoint(now, endpoint))
    });
    closed.expect("runs").expect("they live");
    let mut seen = Vec::new();
    while seen.len() < call.endpoints.len() {
        match call.events.recv_timeout(PATIENCE).expect("nothing is lost") {
            Event::EndpointClosed { endpoint, .. } => seen.push(endpoint),
            Event::Overflow { lost } => panic!("{lost} lost"),
            _ => {}
        }
    }
    assert_eq!(seen, call.endpoints);
}
