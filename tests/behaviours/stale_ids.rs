//! An id that names nothing any more is an error, for every method, and touches nobody else.

use lahn::{ConferenceId, Constraints, EndpointId, Error, SourceId, SubscriptionId};

use crate::support::*;

#[track_caller]
fn is_stale<T: std::fmt::Debug>(result: Result<T, Error>) {
    assert!(matches!(result, Err(Error::StaleId(_))), "{result:?}");
}

/// Every method that takes an id, with ids that name nothing.
fn all_refuse(
    world: &mut World,
    (conference, endpoint, source, subscription): (
        ConferenceId,
        EndpointId,
        SourceId,
        SubscriptionId,
    ),
    (living_endpoint, living_source): (EndpointId, SourceId),
) {
    let now = world.now;
    let engine = &mut world.engine;
    is_stale(engine.close_conference(now, conference));
    is_stale(engine.add_endpoint(now, conference, &[ENGINE]));
    is_stale(engine.sources(conference));

    is_stale(engine.remove_endpoint(now, endpoint));
    is_stale(engine.set_session(now, endpoint, &Default::default()));
    is_stale(engine.accept_offer(now, endpoint, "v=0"));
    is_stale(engine.create_offer(now, endpoint));
    is_stale(engine.accept_answer(now, endpoint, "v=0"));
    is_stale(engine.add_remote_candidate(now, endpoint, ""));
    is_stale(engine.restart_ice(now, endpoint));
    is_stale(engine.subscribe(now, endpoint, living_source));
    is_stale(engine.subscriptions(endpoint));
    is_stale(engine.endpoint_stats(now, endpoint));

    is_stale(engine.subscribe(now, living_endpoint, source));
    is_stale(engine.request_key_frame(now, source));
    is_stale(engine.source_info(source));
    is_stale(engine.source_stats(now, source));

    is_stale(engine.unsubscribe(now, subscription));
    is_stale(engine.set_paused(now, subscription, true));
    is_stale(engine.set_constraints(now, subscription, Constraints::default()));
    is_stale(engine.constraints(subscription));
    is_stale(engine.subscription_info(subscription));
    is_stale(engine.subscription_stats(now, subscription));
}

#[test]
fn stale_and_invented_ids_are_errors_for_every_method() {
    let mut world = World::new(150);
    let publisher = world.join(&[Medium::Video]);
    let receiver = world.join(&[Medium::Video]);
    let subscription = world.subscribe_all(receiver, publisher)[0];
    world.connect();
    let elsewhere = world.engine.open_conference().expect("room");
    world.engine.close_conference(world.now, elsewhere).expect("it is open");
    let stale = (elsewhere, world.endpoint(publisher), world.sources(publisher)[0], subscription);
    world.engine.remove_endpoint(world.now, stale.1).expect("it lives");
    world.settle();
    world.participants[publisher].gone = true;

    let living = (world.endpoint(receiver), world.sources(receiver)[0]);
    all_refuse(&mut world, stale, living);
    // The slots are taken again, the old ids still name nobody.
    let again = world.join(&[Medium::Video]);
    world.subscribe_all(receiver, again);
    world.engine.open_conference().expect("room");
    world.connect();
    all_refuse(&mut world, stale, living);

    for raw in [0, 1, u64::MAX, 7 << 32, 0xffff_ffff, 1 << 63] {
        let invented = (
            ConferenceId::from_u64(raw),
            EndpointId::from_u64(raw),
            SourceId::from_u64(raw),
            SubscriptionId::from_u64(raw),
        );
        // A number may hit a living id by its generation: those here do not.
        if world.engine.sources(invented.0).is_err()
            && world.engine.subscriptions(invented.1).is_err()
        {
            let named = world.engine.source_info(invented.2).is_ok()
                || world.engine.subscription_info(invented.3).is_ok();
            assert!(!named || raw == 1, "{raw} names something");
            if !named {
                all_refuse(&mut world, invented, living);
            }
        }
    }
    let before = world.participants[receiver].received.len();
    world.run_for(secs(1));
    assert!(world.participants[receiver].received.len() > before + 100, "the call was touched");
}
