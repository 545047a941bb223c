//! The sending thread: every publisher's packets, each when its time has come.

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::thread;
use std::time::{Duration, Instant};

use lahn::srtp::Protector;
use quinn_udp::Transmit;

use crate::addresses::{Shared, ip_of};
use crate::endpoint::{self, Packet, Stamp};
use crate::options::Options;
use crate::pattern::Pattern;
use crate::random::{self, Loss};
use crate::sent::{Sent, wall_clock};

/// Longer than that the thread does not sleep without a look at the speed.
const LONGEST_SLEEP: Duration = Duration::from_millis(5);

pub(crate) struct Sender {
    sockets: Arc<[Shared]>,
    engine_at: SocketAddr,
    pattern: Pattern,
    loss: Loss,
    sent: Arc<Sent>,
    publishers: Vec<Publisher>,
    /// When whose next packet is due, in the pattern's time.
    due: BinaryHeap<Reverse<(Duration, u32)>>,
}

struct Publisher {
    keys: Protector,
    /// Packets sent.
    number: u64,
    /// Where in the pattern the next is.
    place: usize,
    /// When the pattern began this time, in its own time, which starts before zero for who enters
    /// it in the middle: moved by one period.
    began: Duration,
    frames_before: u64,
    first_frame: u64,
}

impl Sender {
    pub(crate) fn new(
        options: &Options,
        pattern: Pattern,
        sockets: Arc<[Shared]>,
        engine_at: SocketAddr,
        sent: Arc<Sent>,
    ) -> Self {
        let loss = Loss { seed: options.seed, share: options.loss };
        let mut sender = Self {
            sockets,
            engine_at,
            pattern,
            loss,
            sent,
            publishers: Vec::new(),
            due: BinaryHeap::new(),
        };
        (0..options.publishers).for_each(|number| sender.add(options, number));
        sender
    }

    /// Publishers do not begin at the same time, nor at the same place.
    fn add(&mut self, options: &Options, number: u32) {
        let Pattern { packets, period, .. } = &self.pattern;
        let share = |place| random::share(options.seed, 2 * u64::from(number) + place);
        let place = self.pattern.place_at(share(0));
        let first = &packets[place];
        let wait = period.mul_f64(share(1) / self.pattern.frames as f64);
        let publisher = Publisher {
            keys: Protector::new(&endpoint::keys(options.profile, number).1),
            number: 0,
            place,
            began: *period + wait - first.at,
            frames_before: 0,
            first_frame: first.frame,
        };
        self.due.push(Reverse((publisher.began + first.at - *period, number)));
        self.publishers.push(publisher);
    }

    /// Sends until it is told to stop.
    pub(crate) fn run(mut self) -> io::Result<()> {
        let mut speed = self.sent.speed();
        let (mut since, mut base) = (clock(), Duration::ZERO);
        while !self.sent.is_stopped() {
            let now = base + since.elapsed().mul_f64(speed);
            let wanted = self.sent.speed();
            if wanted != speed {
                (since, base, speed) = (clock(), now, wanted);
            }
            match self.due.peek() {
                Some(Reverse((at, number))) if *at <= now => {
                    let (number, late) = (*number, (now - *at).div_f64(speed));
                    self.send(number, late)?;
                }
                Some(Reverse((at, _))) => {
                    thread::sleep((*at - now).div_f64(speed).min(LONGEST_SLEEP));
                }
                None => return Ok(()),
            }
        }
        Ok(())
    }

    fn send(&mut self, number: u32, late: Duration) -> io::Result<()> {
        let Self { sockets, pattern, publishers, sent, .. } = self;
        let publisher = &mut publishers[number as usize];
        let planned = pattern.packets[publisher.place];
        let frame = publisher.frames_before + planned.frame;
        let packet = Packet {
            payload_len: planned.payload_len,
            first: planned.first,
            last: planned.last,
            // Nobody can begin with any other.
            key_frame: planned.key_frame || frame == publisher.first_frame,
            frame,
            timestamp: ticks(pattern, publisher.began + planned.taken),
        };
        let now = wall_clock();
        sent.note(number, publisher.number, now, late);
        if !self.loss.takes(number, publisher.number) {
            let stamp = Stamp { publisher: number, number: publisher.number, sent: now };
            let mut out = [0; 1_500];
            let len = endpoint::seal(&publisher.keys, pattern.kind, packet, stamp, &mut out);
            let from = &sockets[number as usize % sockets.len()];
            let datagram = Transmit {
                destination: self.engine_at,
                ecn: None,
                contents: &out[..len],
                segment_size: None,
                src_ip: Some(ip_of(number).into()),
            };
            match from.state.try_send((&from.socket).into(), &datagram) {
                // What finds no room is lost on the way in, and will be missed.
                Err(error) if error.kind() != io::ErrorKind::WouldBlock => return Err(error),
                _ => {}
            }
            sent.datagrams.fetch_add(1, Ordering::Relaxed);
            sent.bytes.fetch_add(len as u64, Ordering::Relaxed);
        }
        self.advance(number);
        Ok(())
    }

    fn advance(&mut self, number: u32) {
        let Self { pattern, publishers, due, .. } = self;
        let publisher = &mut publishers[number as usize];
        publisher.number += 1;
        publisher.place += 1;
        if publisher.place == pattern.packets.len() {
            publisher.place = 0;
            publisher.began += pattern.period;
            publisher.frames_before += pattern.frames;
        }
        let at = publisher.began + pattern.packets[publisher.place].at - pattern.period;
        due.pop();
        due.push(Reverse((at, number)));
    }
}

/// RTP time, in units of the codec's clock.
fn ticks(pattern: &Pattern, time: Duration) -> u32 {
    let rate = if pattern.kind == lahn::params::MediaKind::Audio { 48_000 } else { 90_000 };
    let ticks = time.as_nanos() * rate / 1_000_000_000;
    u32::try_from(ticks % (1 << 32)).expect("cut off")
}

#[expect(clippy::disallowed_methods, reason = "a load generator has a clock")]
fn clock() -> Instant {
    Instant::now()
}
