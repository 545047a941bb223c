//! Where everybody is in the network: links, routes, other people's traffic. Knows no engine.

use crate::metrics::LinkAccount;
use crate::metrics::bins::{BIN, Bins};
use crate::net::cbr::CbrConfig;
use crate::net::tcp::{Algorithm, Load, TcpConfig};
use crate::net::{LinkConfig, LinkId, Network, RouteId, Time};
use crate::scenario::{CrossKind, Scenario, TcpName};

/// Endpoints of receivers are numbered from here, publishers' from 0.
const RECEIVERS: u16 = 0x4000;
/// Flows of others.
const OTHERS: u32 = 0x1_0000;
/// Bytes of a packet of steady cross traffic.
const STEADY: u32 = 1_200;

pub struct Places {
    links: Vec<(String, LinkId)>,
    /// To each receiver,
    pub forth: Vec<RouteId>,
    /// and back.
    pub back: Vec<RouteId>,
    /// Links on the way to each receiver, by place.
    pub on_way: Vec<Vec<usize>>,
}

/// The endpoint number of a receiver.
pub fn number_of(receiver: usize) -> u16 {
    RECEIVERS + u16::try_from(receiver).expect("few")
}

/// The receiver of an endpoint number; none: a publisher's.
pub fn receiver_of(number: u16) -> Option<usize> {
    number.checked_sub(RECEIVERS).map(usize::from)
}

impl Places {
    /// # Errors
    /// A link cannot be as it is described.
    pub fn lay_out<B: Clone>(
        scenario: &Scenario,
        seed: u64,
        net: &mut Network<B>,
    ) -> Result<Self, String> {
        let beside = |file: &std::path::PathBuf| {
            let file = scenario.folder.join(file);
            std::fs::read_to_string(&file).map_err(|error| format!("{}: {error}", file.display()))
        };
        let mut places =
            Self { links: Vec::new(), forth: Vec::new(), back: Vec::new(), on_way: Vec::new() };
        let mut delays = Vec::new();
        for (name, words) in &scenario.links {
            let config = words.config(seed, scenario.length.0, &beside);
            let config = config.map_err(|what| format!("[links.{name}] {what}"))?;
            delays.push(config.delay[0].1);
            places.links.push((name.clone(), net.add_link(config)));
        }
        let known: Vec<_> = places.links.clone();
        let find = |name: &String| known.iter().position(|link| link.0 == *name).expect("checked");
        let way = |net: &mut Network<B>, links: &[String], back: &[String], delay: Time| {
            let forth: Vec<_> = links.iter().map(find).collect();
            let ids: Vec<_> = forth.iter().map(|place| known[*place].1).collect();
            let back: Vec<_> = back.iter().map(|name| known[find(name)].1).collect();
            let there = net.add_route(&ids, delay);
            let back = if back.is_empty() {
                let same = forth.iter().map(|place| delays[*place]).sum::<Time>();
                let wire = net.add_link(LinkConfig::wire(same));
                net.add_route(&[wire], delay)
            } else {
                net.add_route(&back, delay)
            };
            (forth, there, back)
        };
        for receiver in scenario.all_receivers() {
            let (on, there, back) = way(net, &receiver.links, &receiver.back, receiver.delay.0);
            places.on_way.push(on);
            places.forth.push(there);
            places.back.push(back);
        }
        let mut flow = OTHERS;
        for cross in scenario.cross.iter().map(toml::Spanned::get_ref) {
            for place in 0..cross.count {
                let (_, there, back) = way(net, &cross.links, &[], cross.delay.0);
                let until = cross.until.map_or(Time::MAX, |until| until.0);
                let algorithm = match cross.algorithm {
                    TcpName::NewReno => Algorithm::NewReno,
                    TcpName::Cubic => Algorithm::Cubic,
                };
                let tcp = TcpConfig {
                    from: cross.from.0,
                    until,
                    ..TcpConfig::long(flow, there, back, algorithm)
                };
                match cross.kind {
                    CrossKind::LongTcp => _ = net.add_tcp(tcp),
                    CrossKind::ShortTcp => {
                        _ = net.add_tcp(TcpConfig { load: Load::short(place >= 2), ..tcp });
                    }
                    CrossKind::Steady => net.add_cbr(CbrConfig {
                        flow,
                        route: there,
                        rate: cross.rate.ok_or("steady cross traffic needs a `rate`")?.0,
                        bytes: STEADY,
                        from: cross.from.0,
                        until,
                    }),
                }
                flow += 1;
            }
        }
        Ok(places)
    }

    /// What happened at links.
    pub fn accounts<B: Clone>(&self, net: &Network<B>, length: Time) -> Vec<LinkAccount> {
        let account = |(name, link): &(String, LinkId)| {
            let bits = |bin| net.capacity(*link, bin * BIN, (bin + 1) * BIN);
            LinkAccount {
                name: name.clone(),
                records: net.records(*link).to_vec(),
                capacity: Bins((0..length / BIN).map_while(bits).collect()),
            }
        };
        self.links.iter().map(account).collect()
    }
}

/// Whether a flow is one of our receivers'.
pub fn is_own(flow: u32) -> bool {
    flow < OTHERS
}
