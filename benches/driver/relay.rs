//! The least that forwarding isolated packets takes: a thread that sleeps until a datagram comes,
//! and sends as many as there are sinks, with `sendto`. No engine, no cipher; but woken as often as
//! the driver's worker, and with caches as cold.

use std::hint;
use std::io;
use std::net::{Ipv4Addr, SocketAddr, UdpSocket};
use std::thread;
use std::time::Duration;

use crate::call::clock;
use crate::cpu::Cpu;
use crate::shape::Shape;
use crate::sinks::Sinks;

pub(crate) struct Relay {
    socket: UdpSocket,
    publisher: UdpSocket,
    addresses: Vec<SocketAddr>,
    datagram: Vec<u8>,
    period: Duration,
}

impl Relay {
    pub(crate) fn new(shape: Shape, sinks: &Sinks) -> io::Result<Self> {
        let socket = UdpSocket::bind((Ipv4Addr::LOCALHOST, 0))?;
        socket.set_read_timeout(Some(Duration::from_secs(5)))?;
        let publisher = UdpSocket::bind((Ipv4Addr::LOCALHOST, 0))?;
        publisher.connect(socket.local_addr()?)?;
        let (addresses, datagram) = (sinks.addresses.clone(), vec![0x5a; shape.lens()[0]]);
        let period = Duration::from_millis(3);
        let mut relay = Self { socket, publisher, addresses, datagram, period };
        let spent = relay.forward(20);
        relay.period = spent.total / 20 * 2 + Duration::from_micros(100);
        Ok(relay)
    }

    /// As [`Call::forward`](crate::call::Call::forward).
    pub(crate) fn forward(&self, rounds: u64) -> Cpu {
        thread::scope(|scope| {
            let worker = scope.spawn(|| self.work(rounds));
            let mut next = clock();
            for _ in 0..rounds {
                while clock() < next {
                    hint::spin_loop();
                }
                next = clock() + self.period;
                self.publisher.send(&self.datagram).expect("loopback takes it");
            }
            worker.join().expect("it does not panic")
        })
    }

    fn work(&self, rounds: u64) -> Cpu {
        let before = Cpu::of_this_thread();
        let mut buffer = [0; 1_500];
        for _ in 0..rounds {
            let len = self.socket.recv(&mut buffer).expect("it was sent");
            for address in &self.addresses {
                self.socket.send_to(&buffer[..len], address).expect("loopback takes it");
            }
        }
        Cpu::of_this_thread() - before
    }
}
