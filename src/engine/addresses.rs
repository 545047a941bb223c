//! Which endpoint a datagram is from: by the user name of its STUN request, or by its address once
//! ICE has vouched for that. Both maps hold only what this side made or authenticated.

use std::collections::HashMap;
use std::net::SocketAddr;

use crate::base::Key;

/// Addresses one endpoint may be known at: its network changes, and it checks several pairs.
const MOST_REMOTES: usize = 16;

/// See the module.
#[derive(Debug, Default)]
pub(super) struct Addresses {
    by_remote: HashMap<SocketAddr, Key>,
    by_ufrag: HashMap<Vec<u8>, Key>,
}

/// What stands in the maps for one endpoint.
#[derive(Debug, Default)]
pub(super) struct Names {
    remotes: Vec<SocketAddr>,
    ufrags: Vec<String>,
}

impl Addresses {
    /// ICE has vouched for `remote`. The newest endpoint to prove itself has it; of one endpoint's
    /// addresses the oldest goes when there are too many.
    pub(super) fn vouch(&mut self, endpoint: Key, names: &mut Names, remote: SocketAddr) {
        if self.by_remote.insert(remote, endpoint) == Some(endpoint) {
            return;
        }
        names.remotes.push(remote);
        if names.remotes.len() > MOST_REMOTES {
            let oldest = names.remotes.remove(0);
            self.forget_remote(endpoint, oldest);
        }
    }

    /// The ICE user name fragments the endpoint answers to now.
    pub(super) fn set_ufrags<'a>(
        &mut self,
        endpoint: Key,
        names: &mut Names,
        ufrags: impl Iterator<Item = &'a str>,
    ) {
        let now: Vec<String> = ufrags.map(str::to_owned).collect();
        for old in names.ufrags.iter().filter(|old| !now.contains(old)) {
            self.by_ufrag.remove(old.as_bytes());
        }
        for ufrag in &now {
            self.by_ufrag.insert(ufrag.clone().into_bytes(), endpoint);
        }
        names.ufrags = now;
    }

    /// The endpoint is gone.
    pub(super) fn forget(&mut self, endpoint: Key, names: &Names) {
        for remote in &names.remotes {
            self.forget_remote(endpoint, *remote);
        }
        for ufrag in &names.ufrags {
            self.by_ufrag.remove(ufrag.as_bytes());
        }
    }

    /// The endpoint at an address.
    pub(super) fn at(&self, remote: SocketAddr) -> Option<Key> {
        self.by_remote.get(&remote).copied()
    }

    /// The endpoint that a STUN request is for.
    pub(super) fn of_ufrag(&self, ufrag: &[u8]) -> Option<Key> {
        self.by_ufrag.get(ufrag).copied()
    }

    fn forget_remote(&mut self, endpoint: Key, remote: SocketAddr) {
        if self.at(remote) == Some(endpoint) {
            self.by_remote.remove(&remote);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::Slab;

    fn address(port: u16) -> SocketAddr {
        SocketAddr::from(([192, 0, 2, 1], port))
    }

    #[test]
    fn address_belongs_to_who_proved_it_last_and_survives_the_other_leaving() {
        let mut slab = Slab::new();
        let (a, b) = (slab.insert(()), slab.insert(()));
        let (mut of_a, mut of_b) = (Names::default(), Names::default());
        let mut addresses = Addresses::default();
        addresses.vouch(a, &mut of_a, address(1));
        addresses.vouch(b, &mut of_b, address(1));
        addresses.forget(a, &of_a);
        assert_eq!(addresses.at(address(1)), Some(b));
        addresses.forget(b, &of_b);
        assert_eq!(addresses.at(address(1)), None);
    }

    #[test]
    fn endpoint_is_known_at_a_bounded_number_of_addresses() {
        let mut slab = Slab::new();
        let (a, mut names, mut addresses) =
            (slab.insert(()), Names::default(), Addresses::default());
        for port in 1..100 {
            addresses.vouch(a, &mut names, address(port));
        }
        assert_eq!(addresses.by_remote.len(), MOST_REMOTES);
        assert_eq!(addresses.at(address(99)), Some(a));
        assert_eq!(addresses.at(address(1)), None);
    }

    #[test]
    fn old_user_name_is_forgotten_when_ice_restarts() {
        let mut slab = Slab::new();
        let (a, mut names, mut addresses) =
            (slab.insert(()), Names::default(), Addresses::default());
        addresses.set_ufrags(a, &mut names, ["one"].into_iter());
        addresses.set_ufrags(a, &mut names, ["two"].into_iter());
        assert_eq!(addresses.of_ufrag(b"one"), None);
        assert_eq!(addresses.of_ufrag(b"two"), Some(a));
    }
}
