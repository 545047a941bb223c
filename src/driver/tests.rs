//! A whole worker with a real engine in it.

use std::net::{Ipv4Addr, UdpSocket};
use std::sync::mpsc;

use super::*;

const PATIENCE: Duration = Duration::from_secs(5);

fn start(change: impl FnOnce(&mut DriverConfig)) -> (Driver, Events) {
    let advertise = vec![Ipv4Addr::LOCALHOST.into()];
    let mut config = DriverConfig { advertise, ..DriverConfig::default() };
    change(&mut config);
    Driver::start(config).expect("loopback can be bound")
}

#[test]
fn call_returns_what_the_command_returned() {
    let (driver, _events) = start(|_| {});
    let conference = driver.call(|engine, _| engine.open_conference()).expect("runs");
    assert!(conference.is_ok());
    assert_eq!(driver.call(|_, _| 7), Ok(7));
    assert!(driver.stats().commands >= 1, "those of the turns before");
}

#[test]
fn stop_ends_the_thread_the_events_and_refuses_what_comes_later() {
    let (driver, mut events) = start(|_| {});
    driver.stop(PATIENCE).expect("in order");
    assert_eq!(events.next(), None);
    assert_eq!(driver.call(|_, _| ()), Err(CommandError::Stopped));
    assert_eq!(driver.post(|_, _| ()), Err(CommandError::Stopped));
    assert_eq!(driver.stop(PATIENCE), Ok(()));
}

#[test]
fn last_handle_dropped_ends_the_worker() {
    let (driver, mut events) = start(|_| {});
    let other = driver.clone();
    drop(driver);
    assert_eq!(other.call(|_, _| 7), Ok(7));
    drop(other);
    assert_eq!(events.next(), None);
}

#[test]
fn command_that_panics_ends_the_worker_and_not_its_caller() {
    let (driver, mut events) = start(|_| {});
    let answer = driver.call(|_, _| -> u8 { panic!("on purpose") });
    assert_eq!(answer, Err(CommandError::Stopped));
    assert_eq!(events.next(), None);
    assert_eq!(driver.stop(PATIENCE), Err(CommandError::Stopped));
}

#[test]
fn command_that_waits_for_its_own_worker_is_refused() {
    let (driver, _events) = start(|_| {});
    let inner = driver.clone();
    let answer = driver.call(move |_, _| (inner.call(|_, _| ()), inner.stop(PATIENCE)));
    let refused = Err(CommandError::OwnThread);
    assert_eq!(answer, Ok((refused, refused)));
}

#[test]
fn full_command_queue_refuses_and_recovers() {
    let (driver, _events) = start(|config| config.command_queue = 2);
    let (release, wait) = mpsc::sync_channel::<()>(0);
    let (begun, begins) = mpsc::sync_channel(0);
    driver
        .post(move |_, _| {
            begun.send(()).expect("the test waits");
            wait.recv().expect("released");
        })
        .expect("room");
    begins.recv().expect("the worker is busy now");
    assert_eq!(driver.post(|_, _| ()), Ok(()));
    assert_eq!(driver.post(|_, _| ()), Ok(()));
    assert_eq!(driver.post(|_, _| ()), Err(CommandError::QueueFull));
    release.send(()).expect("the worker waits");
    assert_eq!(driver.call(|_, _| 1), Ok(1));
}

#[test]
fn datagrams_reach_the_engine_which_counts_rubbish() {
    let (driver, _events) = start(|_| {});
    let socket = UdpSocket::bind((Ipv4Addr::LOCALHOST, 0)).expect("loopback");
    for _ in 0..10 {
        socket.send_to(&[255; 50], driver.candidates()[0]).expect("sent");
    }
    let until = clock::now() + PATIENCE;
    let mut drops = 0;
    while drops < 10 && clock::now() < until {
        drops = driver.call(|engine, _| engine.drops().total()).expect("runs");
    }
    driver.call(|_, _| ()).expect("the turn before is counted now");
    assert_eq!((drops, driver.stats().datagrams_received), (10, 10));
}

#[test]
fn idle_worker_sleeps() {
    let (driver, _events) = start(|_| {});
    driver.call(|engine, _| engine.open_conference().is_ok()).expect("runs");
    let before = driver.stats().turns;
    thread::sleep(Duration::from_millis(300));
    let turns = driver.stats().turns - before;
    assert!(turns < 20, "{turns} turns in 300 ms of idleness");
}
