//! A driver with one publisher and a receiver for each sink, fed over a real socket.

use std::hint;
use std::net::{Ipv4Addr, SocketAddr, UdpSocket};
use std::time::{Duration, Instant};

use lahn::driver::{Driver, DriverConfig, DriverStats, Events};
use lahn::params::MediaKind;
use lahn::srtp::{Profile, Protector};
use lahn::{CongestionConfig, Engine, Error, Event, Path};
use quinn_udp::{Transmit, UdpSocketState};

use crate::cpu::Cpu;
use crate::endpoint::{self, HEADER_LEN, Packet, Stamp};
use crate::figures::AtOnce;
use crate::shape::Shape;
use crate::sinks::Sinks;

const PROFILE: Profile = Profile::AeadAes128Gcm;

/// Longest datagram, rounded up.
const ROOM: usize = 1_500;

pub(crate) struct Call {
    driver: Driver,
    _events: Events,
    engine_at: SocketAddr,
    publisher: UdpSocket,
    state: UdpSocketState,
    keys: Protector,
    shape: Shape,
    receivers: u64,
    /// Packets published.
    number: u64,
    /// Time between two rounds: twice what the worker needs for one.
    period: Duration,
}

impl Call {
    pub(crate) fn start(shape: Shape, sinks: &Sinks, choose: fn(&mut DriverConfig)) -> Self {
        let listen = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
        let mut config = DriverConfig { listen, ..DriverConfig::default() };
        // The sinks never say a word.
        config.engine.idle_timeout = Duration::from_secs(3_600);
        config.engine.congestion = CongestionConfig::OFF;
        choose(&mut config);
        let (driver, events) = Driver::start(config).expect("loopback can be bound");
        let engine_at = driver.candidates()[0];
        let publisher = UdpSocket::bind((Ipv4Addr::LOCALHOST, 0)).expect("loopback");
        let remote = publisher.local_addr().expect("bound");
        let receivers = sinks.addresses.clone();
        let made =
            driver.call(move |engine, now| conference(engine, now, engine_at, remote, &receivers));
        made.expect("it runs").expect("there is room");
        let state = UdpSocketState::new((&publisher).into()).expect("a UDP socket");
        let mut call = Self {
            driver,
            _events: events,
            engine_at,
            publisher,
            state,
            keys: Protector::new(&endpoint::keys(PROFILE, 0).1),
            shape,
            receivers: sinks.addresses.len() as u64,
            number: 0,
            period: Duration::from_millis(3),
        };
        let rounds = 20;
        let spent = call.forward(rounds);
        call.period = spent.total / 20 * 2 + Duration::from_micros(100);
        call
    }

    /// Publishes `rounds` of the shape, each when the one before has long been forwarded; what
    /// that cost the worker.
    pub(crate) fn forward(&mut self, rounds: u64) -> Cpu {
        let (before, first) = self.look();
        let mut next = clock();
        for _ in 0..rounds {
            while clock() < next {
                hint::spin_loop();
            }
            next = clock() + self.period;
            self.publish();
        }
        let packets = rounds * u64::from(self.shape.packets());
        let wait_until = clock() + Duration::from_secs(5);
        loop {
            let (after, last) = self.look();
            let sent = last.datagrams_sent - first.datagrams_sent;
            if last.datagrams_received - first.datagrams_received >= packets
                && sent >= packets * self.receivers
            {
                return after - before;
            }
            assert!(clock() < wait_until, "{sent} of {} sent", packets * self.receivers);
        }
    }

    /// How many datagrams went in a run, and how many in a system call, on average.
    pub(crate) fn datagrams_at_once(&self) -> AtOnce {
        let stats = self.driver.stats();
        let datagrams = stats.datagrams_sent as f64;
        AtOnce {
            per_run: datagrams / stats.runs_sent as f64,
            per_call: datagrams / stats.send_calls as f64,
        }
    }

    fn look(&self) -> (Cpu, DriverStats) {
        let cpu = self.driver.call(|_, _| Cpu::of_this_thread()).expect("it runs");
        (cpu, self.driver.stats())
    }

    /// One round, each run of one length in one system call, so that it arrives at once.
    fn publish(&mut self) {
        let mut bytes = [0; 5 * ROOM];
        let mut filled = 0;
        let frame = self.number / u64::from(self.shape.packets());
        let count = self.shape.lens().len();
        for (place, len) in self.shape.lens().iter().enumerate() {
            let packet = Packet {
                payload_len: len - HEADER_LEN - PROFILE.rtp_overhead(),
                first: place == 0,
                last: place + 1 == count,
                key_frame: frame == 0,
                frame,
                timestamp: u32::try_from(frame * 3_000 % (1 << 32)).expect("cut off"),
            };
            let stamp = Stamp { publisher: 0, number: self.number, sent: 0 };
            let out = &mut bytes[filled..];
            filled += endpoint::seal(&self.keys, MediaKind::Video, packet, stamp, out);
            self.number += 1;
        }
        let mut rest = &bytes[..filled];
        for (len, count) in self.shape.runs() {
            let (contents, others) = rest.split_at(len * count);
            rest = others;
            let segment_size = (count > 1).then_some(len);
            let destination = self.engine_at;
            let run = Transmit { destination, ecn: None, contents, segment_size, src_ip: None };
            self.state.try_send((&self.publisher).into(), &run).expect("loopback takes it");
        }
    }
}

impl Drop for Call {
    fn drop(&mut self) {
        self.driver.stop(Duration::ZERO).expect("nothing is in its way");
    }
}

fn conference(
    engine: &mut Engine,
    now: Instant,
    local: SocketAddr,
    publisher: SocketAddr,
    receivers: &[SocketAddr],
) -> Result<(), Error> {
    let conference = engine.open_conference()?;
    let path = |remote| Path { local, remote };
    let (ours, _) = endpoint::keys(PROFILE, 0);
    let endpoint = engine.add_raw_endpoint(now, conference, path(publisher), ours)?;
    engine.set_session(now, endpoint, &endpoint::publishing(MediaKind::Video, 0))?;
    let Some(Event::SourceAdded { source, .. }) = engine.poll_event() else {
        panic!("it publishes");
    };
    for (number, receiver) in (0..).zip(receivers) {
        let (ours, _) = endpoint::keys(PROFILE, 1 + number);
        let endpoint = engine.add_raw_endpoint(now, conference, path(*receiver), ours)?;
        engine.subscribe(now, endpoint, source)?;
        let session = endpoint::receiving(MediaKind::Video, number..number + 1);
        engine.set_session(now, endpoint, &session)?;
    }
    Ok(())
}

#[expect(clippy::disallowed_methods, reason = "a benchmark has a clock")]
pub(crate) fn clock() -> Instant {
    Instant::now()
}
