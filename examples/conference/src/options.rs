//! The command line.

use std::net::IpAddr;

use lahn::DtlsVersions;

pub(crate) const USAGE: &str = "\
A video conference in the browser, through lahn.

  --port N          HTTP port on localhost; 0 takes any (default 3000, or the next free one)
  --https           serve the local network too, over HTTPS with a self-signed certificate
  --https-port N    HTTPS port; 0 takes any (default: HTTP port + 443)
  --media-port N    UDP port for media; 0 takes any (default 0)
  --advertise IP    an address browsers can reach media at; may be given more than once
                    (default: the addresses of this machine)
  --dtls VERSION    1.2 or 1.3 only (default: whichever gives the better SRTP profile)
  --ignore-links    send everything at once, whatever links carry
  --help            this text";

/// How far beyond the HTTP port the HTTPS port lies by default.
const HTTPS_OFFSET: u16 = 443;

/// What the command line says.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Options {
    pub(crate) port: u16,
    pub(crate) https: bool,
    https_port: Option<u16>,
    pub(crate) media_port: u16,
    pub(crate) advertise: Vec<IpAddr>,
    pub(crate) dtls: DtlsVersions,
    /// No congestion control.
    pub(crate) ignores_links: bool,
}

impl Options {
    /// `None` if only help was asked for.
    pub(crate) fn parse(args: impl Iterator<Item = String>) -> Result<Option<Self>, String> {
        let mut options = Self {
            port: 3000,
            https: false,
            https_port: None,
            media_port: 0,
            advertise: vec![],
            dtls: DtlsVersions::default(),
            ignores_links: false,
        };
        let mut args = args.into_iter();
        while let Some(arg) = args.next() {
            match arg.as_str() {
                "--port" => options.port = number(&arg, args.next())?,
                "--https" => options.https = true,
                "--https-port" => options.https_port = Some(number(&arg, args.next())?),
                "--media-port" => options.media_port = number(&arg, args.next())?,
                "--advertise" => options.advertise.push(number(&arg, args.next())?),
                "--dtls" => options.dtls = dtls(args.next().as_deref())?,
                "--ignore-links" => options.ignores_links = true,
                "--help" | "-h" => return Ok(None),
                unknown => return Err(format!("unknown option {unknown}")),
            }
        }
        Ok(Some(options))
    }

    pub(crate) fn https_port(&self) -> u16 {
        let default = if self.port == 0 { 0 } else { self.port.saturating_add(HTTPS_OFFSET) };
        self.https_port.unwrap_or(default)
    }
}

fn dtls(version: Option<&str>) -> Result<DtlsVersions, String> {
    match version {
        Some("1.2") => Ok(DtlsVersions::Dtls12),
        Some("1.3") => Ok(DtlsVersions::Dtls13),
        _ => Err("--dtls wants 1.2 or 1.3".to_owned()),
    }
}

fn number<T: std::str::FromStr>(option: &str, value: Option<String>) -> Result<T, String> {
    let value = value.ok_or_else(|| format!("{option} wants a value"))?;
    value.parse().map_err(|_| format!("{option}: {value:?} is not a valid value"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(line: &str) -> Result<Option<Options>, String> {
        Options::parse(line.split_whitespace().map(str::to_owned))
    }

    #[test]
    fn options_are_read_and_wrong_ones_refused() {
        let options = parse("--port 0 --https --advertise 192.0.2.1").unwrap().unwrap();
        assert_eq!((options.port, options.https, options.https_port()), (0, true, 0));
        assert_eq!(parse("").unwrap().unwrap().https_port(), 3443);
        assert_eq!(parse("--help"), Ok(None));
        assert_eq!(parse("--dtls 1.3").unwrap().unwrap().dtls, DtlsVersions::Dtls13);
        assert!(parse("--dtls 1.1").is_err());
        assert!(parse("--port").is_err());
        assert!(parse("--port 70000").is_err());
        assert!(parse("--colour blue").is_err());
    }
}
