//! No receive timestamps: `quinn-udp` asks for them on every socket and nobody here reads them.
//!
//! Telling them costs a control message with each datagram: 680 instead of 757 ns where a
//! `recvmmsg` takes 32. The kernel goes on stamping until the socket is closed, which costs nothing
//! that could be measured. Whoever comes to read them drops this file.

use std::io;
use std::os::fd::{AsRawFd, BorrowedFd};

/// Has the kernel no longer tell when a datagram came.
pub(super) fn stop_telling(socket: BorrowedFd<'_>) {
    let off: libc::c_int = 0;
    let len = libc::socklen_t::try_from(size_of_val(&off)).expect("four bytes");
    // SAFETY: the kernel reads `len` bytes of `off`, and keeps no pointer.
    let result = unsafe {
        let value = (&raw const off).cast();
        libc::setsockopt(socket.as_raw_fd(), libc::SOL_SOCKET, libc::SO_TIMESTAMPNS, value, len)
    };
    if result != 0 {
        tracing::debug!(error = %io::Error::last_os_error(), "receive timestamps stay on");
    }
}

#[cfg(test)]
mod tests {
    use std::io::IoSliceMut;
    use std::net::UdpSocket;
    use std::os::fd::AsFd;

    use quinn_udp::{RecvMeta, UdpSocketState};

    use super::*;

    #[test]
    fn datagrams_come_without_the_time_once_it_is_not_asked_for() {
        let socket = UdpSocket::bind("127.0.0.1:0").expect("loopback");
        let state = UdpSocketState::new((&socket).into()).expect("a UDP socket");
        let comes_with_time = || {
            let (mut bytes, mut meta) = ([0; 8], [RecvMeta::default()]);
            socket.send_to(b"?", socket.local_addr().expect("bound")).expect("sent to itself");
            let slices = &mut [IoSliceMut::new(&mut bytes)];
            assert_eq!(state.recv((&socket).into(), slices, &mut meta).expect("it came"), 1);
            meta[0].timestamp.is_some()
        };
        assert!(comes_with_time(), "otherwise this file is of no use");
        stop_telling(socket.as_fd());
        assert!(!comes_with_time());
    }
}
