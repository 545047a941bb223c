//! Many runs in one system call: `sendmmsg`, where each message has its own destination, source
//! address and segment length.
//!
//! Unsafe code, because rustix knows the control message neither of UDP GSO nor of the source
//! address. All memory that the kernel reads, but for the datagrams, is allocated once and lives
//! here; the pointers to it are set anew for each call.
//!
//! Must not know runs or addresses of the core. Read next: `send`, which says what goes.

use std::fmt;
use std::io;
use std::net::{IpAddr, SocketAddr};
use std::os::fd::{AsRawFd, BorrowedFd};

use socket2::SockAddr;

use crate::EcnCodepoint;

/// Most messages of one call. Measured with one datagram to each of 100 receivers, CPU of the
/// worker per datagram: 1: 4,341 ns, 16: 3,379, 32: 3,333, 64: 3,274, 128: 3,319.
pub(super) const MESSAGES: usize = 64;

/// Room for a segment length, an IPv6 source address and a traffic class, headers and padding
/// included; checked with each message that is written.
const CONTROL: usize = 96;

/// What is sent at once to one destination: a datagram, or several with UDP GSO.
#[derive(Clone, Copy, Debug)]
pub(super) struct Message<'a> {
    /// As the socket wants it: IPv4 as a mapped address on an IPv6 socket.
    pub(super) destination: SocketAddr,
    /// The address it leaves from; `None` leaves that to routing.
    pub(super) source: Option<IpAddr>,
    pub(super) ecn: EcnCodepoint,
    /// Length of each datagram but the last; `None`: there is only one.
    pub(super) segment: Option<u16>,
    pub(super) contents: &'a [u8],
}

/// Storage for the messages of one call.
pub(super) struct Batch {
    headers: Box<[libc::mmsghdr]>,
    names: Box<[SockAddr]>,
    slices: Box<[libc::iovec]>,
    controls: Box<[Control]>,
}

// SAFETY: what makes it `!Send` are the pointers in `headers` and `slices`. They are followed only
// within `send`, which writes those it needs before, so it does not matter which thread that is on.
unsafe impl Send for Batch {}

impl Batch {
    /// `None` if `sendmmsg` is not to be had: an old kernel, or a filter (seccomp) in front of it.
    pub(super) fn new(socket: BorrowedFd<'_>) -> Option<Self> {
        // SAFETY: zero is a valid value of every field: null pointers and lengths of 0.
        let header: libc::mmsghdr = unsafe { std::mem::zeroed() };
        let slice = libc::iovec { iov_base: std::ptr::null_mut(), iov_len: 0 };
        let nobody = SockAddr::from(SocketAddr::from(([0, 0, 0, 0], 0)));
        let mut batch = Self {
            headers: vec![header; MESSAGES].into_boxed_slice(),
            names: vec![nobody; MESSAGES].into_boxed_slice(),
            slices: vec![slice; MESSAGES].into_boxed_slice(),
            controls: vec![Control([0; CONTROL]); MESSAGES].into_boxed_slice(),
        };
        match batch.call(socket, 0) {
            Ok(_) => Some(batch),
            Err(error) => {
                tracing::info!(%error, "no sendmmsg here: one system call per run");
                None
            }
        }
    }

    /// Sends the first [`MESSAGES`] of `messages`, or fewer if the kernel refuses one. How many
    /// went; an error is the first one's.
    pub(super) fn send<'a>(
        &mut self,
        socket: BorrowedFd<'_>,
        messages: impl Iterator<Item = Message<'a>>,
    ) -> io::Result<usize> {
        let mut count = 0;
        for (place, message) in (0..MESSAGES).zip(messages) {
            self.write(place, &message);
            count = place + 1;
        }
        loop {
            match self.call(socket, count) {
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                sent => return sent,
            }
        }
    }

    fn write(&mut self, place: usize, message: &Message<'_>) {
        let Message { destination, source, ecn, segment, contents } = *message;
        let control = &mut self.controls[place];
        let mut used = 0;
        if let Some(segment) = segment {
            used = control.push(used, libc::SOL_UDP, libc::UDP_SEGMENT, segment);
        }
        // A mapped address as the IPv4 address that it is: the kernel takes both from an IPv6
        // socket, but for the longer control message it has to allocate.
        match source.map(|source| source.to_canonical()) {
            Some(IpAddr::V4(ip)) => {
                let address = libc::in_addr { s_addr: u32::from_ne_bytes(ip.octets()) };
                let nothing = libc::in_addr { s_addr: 0 };
                let info =
                    libc::in_pktinfo { ipi_ifindex: 0, ipi_spec_dst: address, ipi_addr: nothing };
                used = control.push(used, libc::IPPROTO_IP, libc::IP_PKTINFO, info);
            }
            Some(IpAddr::V6(ip)) => {
                let ipi6_addr = libc::in6_addr { s6_addr: ip.octets() };
                let info = libc::in6_pktinfo { ipi6_addr, ipi6_ifindex: 0 };
                used = control.push(used, libc::IPPROTO_IPV6, libc::IPV6_PKTINFO, info);
            }
            None => {}
        }
        // Left out where it says nothing: the kernel then sends what the socket is set to, 0.
        if ecn != EcnCodepoint::NotEct {
            let bits = libc::c_int::from(ecn.bits());
            used = match destination.ip().to_canonical() {
                IpAddr::V4(_) => control.push(used, libc::IPPROTO_IP, libc::IP_TOS, bits),
                IpAddr::V6(_) => control.push(used, libc::IPPROTO_IPV6, libc::IPV6_TCLASS, bits),
            };
        }
        let slice = &mut self.slices[place];
        // The kernel only reads it; `iovec` has no const pointers because receiving uses it too.
        slice.iov_base = contents.as_ptr().cast_mut().cast();
        slice.iov_len = contents.len();
        let name = &mut self.names[place];
        *name = destination.into();
        let header = &mut self.headers[place].msg_hdr;
        header.msg_name = name.as_ptr().cast_mut().cast();
        header.msg_namelen = name.len();
        header.msg_iov = slice;
        header.msg_iovlen = 1;
        header.msg_control = control.0.as_mut_ptr().cast();
        header.msg_controllen = used as _;
    }

    /// Has the kernel take the first `count` messages, which `write` has just written.
    fn call(&mut self, socket: BorrowedFd<'_>, count: usize) -> io::Result<usize> {
        let headers = &mut self.headers[..count];
        let len = libc::c_uint::try_from(headers.len()).expect("at most MESSAGES");
        // SAFETY: `headers` are `len` of them. `write` has set the pointers of each to the name,
        // the slice and the control messages of the same place, which nobody touched since and
        // which stay where they are (boxed, and `self` is borrowed), and the slice to contents
        // that `send`'s caller keeps borrowed until it returns. The lengths are those of what is
        // pointed to. The kernel writes nothing but `msg_len`.
        let sent = unsafe { libc::sendmmsg(socket.as_raw_fd(), headers.as_mut_ptr(), len, 0) };
        usize::try_from(sent).map_err(|_| io::Error::last_os_error())
    }
}

impl fmt::Debug for Batch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Batch").finish_non_exhaustive()
    }
}

/// Control messages of one message, back to back, aligned as the kernel wants a `cmsghdr`.
#[derive(Clone, Copy)]
#[repr(align(8))]
struct Control([u8; CONTROL]);

const _: () = assert!(align_of::<libc::cmsghdr>() <= align_of::<Control>());

impl Control {
    /// Writes one behind the first `used` bytes; how many are used then.
    fn push<T: Copy>(&mut self, used: usize, level: i32, kind: i32, value: T) -> usize {
        let len = u32::try_from(size_of::<T>()).expect("a few bytes");
        // SAFETY: these only calculate.
        let (space, whole, data) =
            unsafe { (libc::CMSG_SPACE(len), libc::CMSG_LEN(len), libc::CMSG_LEN(0)) };
        let place = &mut self.0[used..used + space as usize];
        // SAFETY: zero is a valid value of every field.
        let mut header: libc::cmsghdr = unsafe { std::mem::zeroed() };
        header.cmsg_len = whole as _;
        header.cmsg_level = level;
        header.cmsg_type = kind;
        // SAFETY: `place` is long enough for the header, padding, and the value at `data`, and the
        // writes ask for no alignment.
        unsafe {
            place.as_mut_ptr().cast::<libc::cmsghdr>().write_unaligned(header);
            place.as_mut_ptr().add(data as usize).cast::<T>().write_unaligned(value);
        }
        used + space as usize
    }
}
