//! The engine under test with both its ends: raw endpoints whose keys are ours, one subscription.

use std::time::{Duration, Instant};

use lahn::params::SessionParams;
use lahn::{
    Config, CongestionConfig, EgressSink, EndpointId, Engine, Path, SourceId, SubscriptionId,
    Transmit,
};

use crate::publisher::Publisher;
use crate::receiver::Receiver;
use crate::script::Script;
use crate::session;

/// Who is who.
pub(crate) struct Ids {
    pub(crate) publisher: EndpointId,
    pub(crate) receiver: EndpointId,
    pub(crate) source: SourceId,
    pub(crate) subscription: SubscriptionId,
}

/// An engine with both ends and a subscription.
pub(crate) fn open(
    now: Instant,
    script: &Script,
    publishing: &SessionParams,
) -> Result<(Engine, Ids), lahn::Error> {
    // Who is silent here is so because the script says so.
    let idle_timeout = Duration::from_secs(1 << 30);
    let congestion = CongestionConfig::OFF;
    let config = Config { unix_time: UNIX_TIME, idle_timeout, congestion, ..Config::default() };
    let mut engine = Engine::new(config, now);
    let conference = engine.open_conference()?;
    let add = |engine: &mut Engine, number| {
        let (keys, _) = session::keys(number);
        engine.add_raw_endpoint(now, conference, session::path(number), keys)
    };
    let publisher = add(&mut engine, Publisher::NUMBER)?;
    engine.set_session(now, publisher, publishing)?;
    let sources = engine.sources(conference)?;
    let source = *sources.first().ok_or(lahn::Error::State("nothing is published"))?;
    let receiver = add(&mut engine, Receiver::NUMBER)?;
    let subscription = engine.subscribe(now, receiver, source)?;
    engine.set_session(now, receiver, &session::receiving(script))?;
    // Of setting up; what it may say of layers is said again by the statistics.
    while engine.poll_event().is_some() {}
    Ok((engine, Ids { publisher, receiver, source, subscription }))
}

/// Datagrams as they come out.
pub(crate) struct Mail {
    slot: Vec<u8>,
    pub(crate) posted: Vec<(Path, Vec<u8>)>,
}

impl Default for Mail {
    fn default() -> Self {
        Self { slot: vec![0; 65_536], posted: Vec::new() }
    }
}

impl EgressSink for Mail {
    fn slot(&mut self, len: usize) -> Option<&mut [u8]> {
        self.slot.get_mut(..len)
    }

    fn commit(&mut self, transmit: Transmit) {
        self.posted.push((transmit.path, self.slot[..transmit.len].to_vec()));
    }
}

/// What the wall clock shows when the recording begins: 2025-01-01.
const UNIX_TIME: Duration = Duration::from_secs(1_735_689_600);
