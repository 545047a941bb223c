//! What the command line asks for.

use std::path::PathBuf;
use std::str::FromStr;
use std::time::Duration;

use lahn::params::MediaKind;
use lahn::srtp::Profile;

pub(crate) const HELP: &str = "\
Load on a media engine over loopback, every packet checked. The engine is a process of its own.

cargo run --release --example blast -- [options]

  --publishers n       endpoints that publish one source each (9)
  --receivers n        endpoints that receive (50)
  --subscriptions n    sources that each receiver subscribes to (all)
  --seconds s          how long to measure, after one second of warming up (10)
  --audio              microphones (20 ms, 80-120 bytes) instead of cameras (1.5 Mbit/s, 30 fps)
  --pattern file       frames to send: a line each, `<ms since the one before> <bytes> [key]`
  --bytes n --rate n   instead: packets of n bytes of payload, n of them per second
  --pacing x           spread a frame's packets as if sent at x times the bitrate (2.5)
  --burst              do not: libwebrtc now lets 40 ms of that rate go at once, which is a frame
  --speed x            run the pattern x times as fast (1)
  --loss p             lose this share (0-1) of the packets on their way in (0)
  --profile p          gcm128, gcm256 or sha1 (gcm128)
  --check c            open `every` packet, or each 64th: `sampled` (every; sampled to saturate)
  --saturate           raise the speed until packets are lost or late; then measure at half of it
  --seed n             for what is random here (1)
  --json file          the figures, as a flat list of name, value and unit
";

#[derive(Clone, Debug)]
pub(crate) struct Options {
    /// This process is to be the engine.
    pub(crate) engine: bool,
    pub(crate) publishers: u32,
    pub(crate) receivers: u32,
    pub(crate) subscriptions: u32,
    pub(crate) duration: Duration,
    pub(crate) media: Media,
    /// Multiple of the bitrate that a frame's packets are spread by; `None`: not at all.
    pub(crate) pacing: Option<f64>,
    pub(crate) speed: f64,
    pub(crate) loss: f64,
    pub(crate) profile: Profile,
    /// Each so many packets one is opened.
    pub(crate) check_each: u64,
    pub(crate) saturate: bool,
    pub(crate) seed: u64,
    pub(crate) json: Option<PathBuf>,
}

/// What is published.
#[derive(Clone, PartialEq, Debug)]
pub(crate) enum Media {
    Camera,
    Microphone,
    Recorded(PathBuf),
    Constant { payload: usize, per_second: f64 },
}

impl Media {
    pub(crate) fn kind(&self) -> MediaKind {
        if *self == Self::Microphone { MediaKind::Audio } else { MediaKind::Video }
    }
}

impl Options {
    pub(crate) fn parse(mut words: impl Iterator<Item = String>) -> Result<Self, String> {
        let mut options = Self {
            engine: false,
            publishers: 9,
            receivers: 50,
            subscriptions: u32::MAX,
            duration: Duration::from_secs(10),
            media: Media::Camera,
            pacing: Some(2.5),
            speed: 1.0,
            loss: 0.0,
            profile: Profile::AeadAes128Gcm,
            check_each: 0,
            saturate: false,
            seed: 1,
            json: None,
        };
        let (mut bytes, mut rate) = (None, None);
        while let Some(word) = words.next() {
            let mut value = || words.next().ok_or_else(|| format!("{word} wants a value"));
            match word.as_str() {
                "--engine" => options.engine = true,
                "--publishers" => options.publishers = number(&word, &value()?)?,
                "--receivers" => options.receivers = number(&word, &value()?)?,
                "--subscriptions" => options.subscriptions = number(&word, &value()?)?,
                "--seconds" => options.duration = seconds(&value()?)?,
                "--audio" => options.media = Media::Microphone,
                "--pattern" => options.media = Media::Recorded(value()?.into()),
                "--bytes" => bytes = Some(number(&word, &value()?)?),
                "--rate" => rate = Some(number(&word, &value()?)?),
                "--burst" => options.pacing = None,
                "--pacing" => options.pacing = Some(number(&word, &value()?)?),
                "--speed" => options.speed = number(&word, &value()?)?,
                "--loss" => options.loss = number(&word, &value()?)?,
                "--profile" => options.profile = profile(&value()?)?,
                "--check" => options.check_each = check(&value()?)?,
                "--saturate" => options.saturate = true,
                "--seed" => options.seed = number(&word, &value()?)?,
                "--json" => options.json = Some(value()?.into()),
                _ => return Err(format!("{word} is not an option")),
            }
        }
        if bytes.is_some() || rate.is_some() {
            let (payload, per_second) = (bytes.unwrap_or(1_160), rate.unwrap_or(100.0));
            options.media = Media::Constant { payload, per_second };
        }
        options.settle()
    }

    /// What follows from the others, and what cannot be.
    fn settle(mut self) -> Result<Self, String> {
        self.subscriptions = self.subscriptions.min(self.publishers);
        if self.check_each == 0 {
            self.check_each = if self.saturate { SAMPLED } else { 1 };
        }
        let some = |count| (1..=10_000).contains(&count);
        if !some(self.publishers) || !some(self.receivers) || self.subscriptions == 0 {
            return Err("publishers, receivers and subscriptions are 1 to 10,000".to_owned());
        }
        if self.subscriptions > 512 {
            return Err("an endpoint has at most 512 sections: --subscriptions 512".to_owned());
        }
        let positive = |value: f64| value.is_finite() && value > 0.0;
        if !positive(self.speed) || !self.pacing.is_none_or(positive) {
            return Err("speed and pacing are positive".to_owned());
        }
        if !(0.0..1.0).contains(&self.loss) {
            return Err("the share to lose is from 0 to below 1".to_owned());
        }
        Ok(self)
    }
}

const SAMPLED: u64 = 64;

fn number<T: FromStr>(option: &str, text: &str) -> Result<T, String> {
    text.parse().map_err(|_| format!("{option}: {text} is not such a number"))
}

fn seconds(text: &str) -> Result<Duration, String> {
    let seconds = number("--seconds", text)?;
    Duration::try_from_secs_f64(seconds).map_err(|error| format!("--seconds {text}: {error}"))
}

fn check(text: &str) -> Result<u64, String> {
    match text {
        "every" => Ok(1),
        "sampled" => Ok(SAMPLED),
        _ => Err(format!("--check {text}: every or sampled")),
    }
}

const PROFILES: [(&str, Profile); 3] = [
    ("gcm128", Profile::AeadAes128Gcm),
    ("gcm256", Profile::AeadAes256Gcm),
    ("sha1", Profile::Aes128CmSha1_80),
];

fn profile(text: &str) -> Result<Profile, String> {
    let found = PROFILES.into_iter().find(|(name, _)| *name == text);
    found
        .map(|(_, profile)| profile)
        .ok_or_else(|| format!("--profile {text}: gcm128, gcm256 or sha1"))
}

pub(crate) fn profile_name(profile: Profile) -> &'static str {
    let found = PROFILES.into_iter().find(|(_, known)| *known == profile);
    found.map_or("another", |(name, _)| name)
}
