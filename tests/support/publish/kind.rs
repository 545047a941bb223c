//! What there is to publish: a codec, its encodings and layers, and who can read them.

#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Codec {
    Vp8,
    Vp9,
    Av1,
    H264,
}

/// The layers of an encoding, and what refers to what.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Mode {
    /// Two temporal layers; nothing refers to the upper one.
    L1T2,
    /// Three temporal layers; every upper frame refers to lower layers alone.
    L1T3,
    /// Three temporal layers over eight pictures, as VP8 encoders do it: in the first four, upper
    /// layers begin anew (layer sync), in the others they refer to themselves.
    L1T3Long,
    /// Three spatial layers, each referring to the one below.
    L3T3,
    /// Three spatial layers that refer to each other in key pictures only (K-SVC).
    L3T3Key,
    /// Three spatial layers that know nothing of each other.
    S3T3,
}

impl Mode {
    pub const fn spatial_layers(self) -> u8 {
        match self {
            Self::L1T2 | Self::L1T3 | Self::L1T3Long => 1,
            Self::L3T3 | Self::L3T3Key | Self::S3T3 => 3,
        }
    }

    pub const fn temporal_layers(self) -> u8 {
        match self {
            Self::L1T2 => 2,
            _ => 3,
        }
    }
}

#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct Kind {
    pub codec: Codec,
    pub encodings: u8,
    pub mode: Mode,
    /// VP9: references are told picture by picture (P_DIFF), not by a pattern and TL0PICIDX.
    pub flexible: bool,
    /// Packets carry a dependency descriptor.
    pub descriptor: bool,
    /// Encrypted end to end: behind the payload descriptor, payloads are random.
    pub opaque: bool,
}

impl Kind {
    pub const VP8_SIMULCAST: Self = Self::of(Codec::Vp8, 3, Mode::L1T3Long);
    pub const VP8_SIMULCAST_DD: Self = Self::of(Codec::Vp8, 3, Mode::L1T3).described();
    pub const VP9_L3T3: Self = Self::of(Codec::Vp9, 1, Mode::L3T3);
    pub const VP9_L3T3_FLEXIBLE: Self = Self { flexible: true, ..Self::VP9_L3T3 };
    pub const VP9_L3T3_KEY: Self = Self::of(Codec::Vp9, 1, Mode::L3T3Key);
    pub const VP9_L3T3_KEY_FLEXIBLE: Self = Self { flexible: true, ..Self::VP9_L3T3_KEY };
    pub const AV1_L1T3: Self = Self::of(Codec::Av1, 1, Mode::L1T3).described();
    pub const AV1_SIMULCAST: Self = Self::of(Codec::Av1, 3, Mode::L1T3).described();
    pub const AV1_L3T3: Self = Self::of(Codec::Av1, 1, Mode::L3T3).described();
    pub const AV1_L3T3_KEY: Self = Self::of(Codec::Av1, 1, Mode::L3T3Key).described();
    pub const AV1_S3T3: Self = Self::of(Codec::Av1, 1, Mode::S3T3).described();
    pub const H264_SIMULCAST: Self = Self::of(Codec::H264, 3, Mode::L1T2);
    pub const H264_SIMULCAST_DD: Self = Self::of(Codec::H264, 3, Mode::L1T3).described();

    /// All of the above, none opaque.
    pub const ALL: [Self; 13] = [
        Self::VP8_SIMULCAST,
        Self::VP8_SIMULCAST_DD,
        Self::VP9_L3T3,
        Self::VP9_L3T3_FLEXIBLE,
        Self::VP9_L3T3_KEY,
        Self::VP9_L3T3_KEY_FLEXIBLE,
        Self::AV1_L1T3,
        Self::AV1_SIMULCAST,
        Self::AV1_L3T3,
        Self::AV1_L3T3_KEY,
        Self::AV1_S3T3,
        Self::H264_SIMULCAST,
        Self::H264_SIMULCAST_DD,
    ];

    const fn of(codec: Codec, encodings: u8, mode: Mode) -> Self {
        Self { codec, encodings, mode, flexible: false, descriptor: false, opaque: false }
    }

    const fn described(self) -> Self {
        Self { descriptor: true, ..self }
    }

    /// The same, encrypted end to end. Same seed, same packets but for the bytes that are hidden.
    pub const fn opaque(self) -> Self {
        Self { opaque: true, ..self }
    }
}
