//! Our ICE credentials (RFC 8445 §5.3): the present ones, those of a restart that is on offer,
//! and the user name fragment that a restart left behind.

use str0m::IceCreds;

/// Credentials over restarts.
pub(super) struct LocalIce {
    current: IceCreds,
    /// In an offer of ours that asks for a restart.
    offered: Option<IceCreds>,
    previous: Option<String>,
    restart_wanted: bool,
}

impl LocalIce {
    /// Begins with what str0m drew.
    pub(super) const fn new(current: IceCreds) -> Self {
        Self { current, offered: None, previous: None, restart_wanted: false }
    }

    /// The next offer is to restart ICE.
    pub(super) const fn want_restart(&mut self) {
        self.restart_wanted = true;
    }

    /// Whether a restart is wished for and not settled.
    pub(super) const fn is_restart_wanted(&self) -> bool {
        self.restart_wanted
    }

    /// What an offer made now carries.
    pub(super) fn offer(&mut self) -> &IceCreds {
        if !self.restart_wanted {
            return &self.current;
        }
        self.offered.get_or_insert_with(IceCreds::new)
    }

    /// An offer of ours is outstanding that restarts ICE.
    pub(super) const fn is_restart_offered(&self) -> bool {
        self.offered.is_some()
    }

    /// Restarts: with the credentials that were offered, or new ones. Returns them.
    pub(super) fn restart(&mut self) -> &IceCreds {
        let next = self.offered.take().unwrap_or_else(IceCreds::new);
        self.previous = Some(std::mem::replace(&mut self.current, next).ufrag);
        self.restart_wanted = false;
        &self.current
    }

    /// Our offer is void; the wish for a restart stays.
    pub(super) fn withdraw(&mut self) {
        self.offered = None;
    }

    /// What str0m goes by.
    pub(super) const fn current(&self) -> &IceCreds {
        &self.current
    }

    /// Every fragment that may still arrive.
    pub(super) fn ufrags(&self) -> impl Iterator<Item = &str> {
        let offered = self.offered.as_ref().map(|creds| creds.ufrag.as_str());
        [Some(self.current.ufrag.as_str()), offered, self.previous.as_deref()].into_iter().flatten()
    }
}
