//! Data channels pass through, though nothing is done with them yet.

use std::time::Duration;

use str0m::Event;
use str0m::config::DtlsVersion;

use super::rig::Rig;
use crate::control::DtlsConfig;

#[test]
fn data_channel_of_the_client_opens_with_nothing_but_data_on_offer() {
    for client in [DtlsVersion::Dtls12, DtlsVersion::Dtls13] {
        let mut rig = Rig::new(&DtlsConfig::default(), client);
        rig.client_offers(|api| {
            api.add_channel("chat".to_owned());
        });
        rig.run(Duration::from_secs(2));
        assert!(rig.is_connected());
        let open = |event: &Event| matches!(event, Event::ChannelOpen(_, label) if label == "chat");
        assert!(rig.client_events.iter().any(open), "{client:?}");
        assert!(rig.server.session().media.is_empty());
    }
}

#[test]
fn data_channel_can_be_added_later() {
    let mut rig = Rig::connected();
    rig.client_offers(|api| {
        api.add_channel("late".to_owned());
    });
    rig.run(Duration::from_secs(2));
    assert!(rig.client_events.iter().any(|event| matches!(event, Event::ChannelOpen(..))));
}
