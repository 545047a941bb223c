//! What others send: TCPs and constant bit rates, which the network drives by itself.

use super::super::cbr::{Cbr, CbrConfig};
use super::super::packet::{Head, Kind};
use super::super::rng::Pcg;
use super::super::tcp::{Act, Alarm, Flow, HEADERS, TcpConfig, TcpStats};
use super::{Happening, Load, Network, TcpId};

impl<B: Clone> Network<B> {
    /// Adds a TCP; none of its packets comes out of [`Self::next_before`].
    pub fn add_tcp(&mut self, config: TcpConfig) -> TcpId {
        let id = TcpId(self.tcps.len());
        let (flow, begin) = Flow::new(config, Pcg::new(self.seed, 1 << 40 | id.0 as u64));
        self.tcps.push(flow);
        self.agenda.add(begin.max(self.now), Happening::Tcp(id, Alarm::Begin));
        id
    }

    /// Adds a source of constant bit rate; none of its packets comes out either.
    pub fn add_cbr(&mut self, config: CbrConfig) {
        let cbr = Cbr::new(config);
        if let Some(at) = cbr.next() {
            self.agenda.add(at.max(self.now), Happening::Cbr(self.cbrs.len()));
        }
        self.cbrs.push(cbr);
    }

    /// What a TCP has done so far.
    pub fn tcp(&self, id: TcpId) -> TcpStats {
        self.tcps[id.0].stats()
    }

    /// Lets a TCP act.
    pub(super) fn drive(&mut self, id: TcpId, act: impl FnOnce(&mut Flow, &mut Vec<Act>)) {
        let mut acts = std::mem::take(&mut self.acts);
        act(&mut self.tcps[id.0], &mut acts);
        let TcpConfig { flow, route, back, .. } = self.tcps[id.0].config;
        for act in acts.drain(..) {
            match act {
                Act::Data { segment, bytes } => {
                    let head = Head::new(flow, bytes as u32 + HEADERS, Kind::Tcp);
                    self.dispatch(route, head, Load::Tcp(id, segment));
                }
                Act::Ack(segment) => {
                    let head = Head::new(flow, HEADERS, Kind::Tcp);
                    self.dispatch(back, head, Load::Tcp(id, segment));
                }
                Act::Wake(at, alarm) => self.agenda.add(at, Happening::Tcp(id, alarm)),
            }
        }
        self.acts = acts;
    }

    pub(super) fn send_cbr(&mut self, index: usize) {
        let (route, head) = self.cbrs[index].send();
        self.dispatch(route, head, Load::Nothing);
        if let Some(at) = self.cbrs[index].next() {
            self.agenda.add(at, Happening::Cbr(index));
        }
    }
}
