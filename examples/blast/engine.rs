//! The process under load: a real driver with a real engine, told by lines on its standard input
//! who is where, and asked there what it did.
//!
//! ```text
//! in:  ports 40001 40002 ...    out: listening 127.0.0.1:5000
//! in:  counters                 out: cpu_ns=... sent=... (one line)
//! ```
//! The end of its input is its end.

use std::io::{self, Write};
use std::net::{Ipv4Addr, SocketAddr};
use std::time::{Duration, Instant};

use lahn::driver::{Driver, DriverConfig};
use lahn::{ConferenceId, CongestionConfig, Engine, Error, Path, SourceId};

use crate::addresses::address_of;
use crate::counters::Counters;
use crate::endpoint;
use crate::options::Options;

/// Endpoints added in one command.
const CHUNK: u32 = 64;

pub(crate) fn run(options: &Options) -> Result<(), String> {
    let listen = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
    let mut config = DriverConfig { listen, ..DriverConfig::default() };
    // Endpoints here do not answer; they are alive as long as the load is.
    config.engine.idle_timeout = Duration::from_secs(24 * 3_600);
    config.engine.congestion = CongestionConfig::OFF;
    let (driver, events) = Driver::start(config).map_err(|error| error.to_string())?;
    drop(events);
    let lines = io::stdin().lines();
    for line in lines {
        let line = line.map_err(|error| error.to_string())?;
        let answer = match line.split_once(' ').unwrap_or((&line, "")) {
            ("ports", ports) => {
                let ports: Result<Vec<u16>, _> = ports.split(' ').map(str::parse).collect();
                fill(&driver, options, &ports.map_err(|error| error.to_string())?)?;
                format!("listening {}", driver.candidates()[0])
            }
            ("counters", _) => Counters::of(&driver).to_line(),
            _ => return Err(format!("{line} is no question")),
        };
        writeln!(io::stdout(), "{answer}").map_err(|error| error.to_string())?;
    }
    driver.stop(Duration::from_secs(1)).map_err(|error| error.to_string())
}

/// Publishers and receivers, each of these subscribed to so many of those.
fn fill(driver: &Driver, options: &Options, ports: &[u16]) -> Result<(), String> {
    let local = driver.candidates()[0];
    let setup = Setup { options: options.clone(), ports: ports.to_vec(), local };
    let text = |error: &dyn std::error::Error| error.to_string();
    let conference = driver.call(|engine, _| engine.open_conference());
    let conference = conference.map_err(|error| text(&error))?.map_err(|error| text(&error))?;
    let all = 0..options.publishers + options.receivers;
    for first in all.clone().step_by(CHUNK as usize) {
        let (setup, some) = (setup.clone(), first..(first + CHUNK).min(all.end));
        let added = driver.call(move |engine, now| {
            some.into_iter().try_for_each(|number| setup.add(engine, now, conference, number))
        });
        added.map_err(|error| text(&error))?.map_err(|error| text(&error))?;
    }
    Ok(())
}

#[derive(Clone)]
struct Setup {
    options: Options,
    ports: Vec<u16>,
    local: SocketAddr,
}

impl Setup {
    fn add(
        &self,
        engine: &mut Engine,
        now: Instant,
        conference: ConferenceId,
        number: u32,
    ) -> Result<(), Error> {
        let kind = self.options.media.kind();
        let (keys, _) = endpoint::keys(self.options.profile, number);
        let path = Path { local: self.local, remote: address_of(number, &self.ports) };
        let id = engine.add_raw_endpoint(now, conference, path, keys)?;
        let Some(receiver) = number.checked_sub(self.options.publishers) else {
            return engine.set_session(now, id, &endpoint::publishing(kind, number));
        };
        let sources: Vec<SourceId> = engine.sources(conference)?;
        let count = self.options.subscriptions;
        let subscriptions = receiver * count..(receiver + 1) * count;
        for subscription in subscriptions.clone() {
            let publisher = publisher_of(subscription, &self.options);
            engine.subscribe(now, id, sources[publisher as usize])?;
        }
        engine.set_session(now, id, &endpoint::receiving(kind, subscriptions))
    }
}

/// Whom a subscription is to: receivers take turns in where they begin.
pub(crate) fn publisher_of(subscription: u32, options: &Options) -> u32 {
    let (receiver, place) =
        (subscription / options.subscriptions, subscription % options.subscriptions);
    (receiver + place) % options.publishers
}
