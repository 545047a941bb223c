//! Structures as libwebrtc's scalability modes define them, and how they are written.

use lahn::wire::ext::dependency_descriptor::Indication;

use super::Mode;

#[derive(Clone, Debug)]
pub(super) struct Layout {
    pub(super) mode: Mode,
    pub(super) spatial_layers: u8,
    pub(super) template_id_offset: u8,
    pub(super) templates: Vec<Template>,
    pub(super) resolutions: Vec<(u16, u16)>,
}

#[derive(Clone, Debug)]
pub(super) struct Template {
    pub(super) spatial: u8,
    pub(super) temporal: u8,
    pub(super) indications: Vec<Indication>,
    pub(super) chain_diffs: Vec<u8>,
    pub(super) diffs: Vec<u16>,
}

pub(super) const TEMPORAL_LAYERS: u8 = 3;

impl Layout {
    /// With template ids from 0 on, and no resolutions yet.
    pub(super) fn new(mode: Mode) -> Self {
        Self {
            mode,
            spatial_layers: if mode == Mode::L1T3 { 1 } else { 3 },
            template_id_offset: 0,
            templates: templates(mode),
            resolutions: Vec::new(),
        }
    }

    /// `template_dependency_structure` (§A.8.2).
    pub(super) fn write(&self, bits: &mut Bits) {
        let target_count = self.spatial_layers * TEMPORAL_LAYERS;
        bits.push(6, self.template_id_offset.into());
        bits.push(5, u32::from(target_count) - 1);
        for pair in self.templates.windows(2) {
            let (before, after) = (&pair[0], &pair[1]);
            let next = if after.spatial != before.spatial {
                2
            } else {
                u32::from(after.temporal != before.temporal)
            };
            bits.push(2, next);
        }
        bits.push(2, 3);
        for template in &self.templates {
            template.indications.iter().for_each(|each| bits.push(2, code(*each)));
        }
        for template in &self.templates {
            for diff in &template.diffs {
                bits.push(1, 1);
                bits.push(4, u32::from(*diff) - 1);
            }
            bits.push(1, 0);
        }
        bits.push_below(u32::from(target_count) + 1, self.spatial_layers.into());
        for (spatial, _) in targets(self.spatial_layers) {
            bits.push_below(self.spatial_layers.into(), spatial.into());
        }
        for template in &self.templates {
            template.chain_diffs.iter().for_each(|diff| bits.push(4, (*diff).into()));
        }
        bits.push(1, 1);
        for (width, height) in &self.resolutions {
            bits.push(16, u32::from(*width) - 1);
            bits.push(16, u32::from(*height) - 1);
        }
    }
}

/// Spatial and temporal layer of each decode target.
pub(super) fn targets(spatial_layers: u8) -> impl Iterator<Item = (u8, u8)> {
    (0..spatial_layers).flat_map(|s| (0..TEMPORAL_LAYERS).map(move |t| (s, t)))
}

pub(super) fn code(indication: Indication) -> u32 {
    match indication {
        Indication::NotPresent => 0,
        Indication::Discardable => 1,
        Indication::Switch => 2,
        Indication::Required => 3,
    }
}

/// Templates sorted by layer: spatial and temporal layer, indications, chain diffs, frame diffs.
fn templates(mode: Mode) -> Vec<Template> {
    let text = match mode {
        Mode::L1T3 => {
            "0 0 SSS 0      | 0 0 SSS 4    4 | 0 1 -DS 2    2 | 0 2 --D 1    1 | 0 2 --D 3    1"
        }
        Mode::L3T3 => {
            "0 0 SSSRRRRRR 12,11,10 12   | 0 0 SSSSSSSSS 0,0,0    | 0 1 -DS-RR-RR 6,5,4  6   |
             0 2 --D--R--R 3,2,1    3    | 0 2 --D--R--R 9,8,7  3 |
             1 0 ---SSSRRR 1,1,1    12,1 | 1 0 ---SSSSSS 1,1,1  1 | 1 1 ----DS-RR 7,6,5  6,1 |
             1 2 -----D--R 4,3,2    3,1  | 1 2 -----D--R 10,9,8 3,1 |
             2 0 ------SSS 2,1,1    12,1 | 2 0 ------SSS 2,1,1  1 | 2 1 -------DS 8,7,6  6,1 |
             2 2 --------D 5,4,3    3,1  | 2 2 --------D 11,10,9 3,1"
        }
        Mode::L3T3Key => {
            "0 0 SSSSSSSSS 0,0,0      | 0 0 SSS------ 12,11,10 12 | 0 1 -DS------ 6,5,4  6 |
             0 2 --D------ 3,2,1    3 | 0 2 --D------ 9,8,7    3  |
             1 0 ---SSSSSS 1,1,1    1 | 1 0 ---SSS--- 1,12,11  12 | 1 1 ----DS--- 7,6,5  6 |
             1 2 -----D--- 4,3,2    3 | 1 2 -----D--- 10,9,8   3  |
             2 0 ------SSS 2,1,1    1 | 2 0 ------SSS 2,1,12   12 | 2 1 -------DS 8,7,6  6 |
             2 2 --------D 5,4,3    3 | 2 2 --------D 11,10,9  3"
        }
        Mode::S3T3 => {
            "0 0 SSS------ 12,11,10 12 | 0 0 SSS------ 0,0,0      | 0 1 -DS------ 6,5,4  6 |
             0 2 --D------ 3,2,1    3  | 0 2 --D------ 9,8,7    3 |
             1 0 ---SSS--- 1,12,11  12 | 1 0 ---SSS--- 1,0,0      | 1 1 ----DS--- 7,6,5  6 |
             1 2 -----D--- 4,3,2    3  | 1 2 -----D--- 10,9,8   3 |
             2 0 ------SSS 2,1,12   12 | 2 0 ------SSS 2,1,0      | 2 1 -------DS 8,7,6  6 |
             2 2 --------D 5,4,3    3  | 2 2 --------D 11,10,9  3"
        }
    };
    text.split('|').map(template).collect()
}

fn template(text: &str) -> Template {
    let words: Vec<&str> = text.split_whitespace().collect();
    let numbers = |at: usize| {
        words.get(at).into_iter().flat_map(|word| word.split(',')).map(|n| n.parse().expect("n"))
    };
    let indication = |symbol| match symbol {
        'D' => Indication::Discardable,
        'S' => Indication::Switch,
        'R' => Indication::Required,
        _ => Indication::NotPresent,
    };
    Template {
        spatial: words[0].parse().expect("a spatial layer"),
        temporal: words[1].parse().expect("a temporal layer"),
        indications: words[2].chars().map(indication).collect(),
        chain_diffs: numbers(3).map(|diff: u16| diff as u8).collect(),
        diffs: numbers(4).collect(),
    }
}

/// Bits in the order they are sent.
#[derive(Default)]
pub(super) struct Bits(Vec<bool>);

impl Bits {
    /// `f(count)`.
    pub(super) fn push(&mut self, count: usize, value: u32) {
        self.0.extend((0..count).rev().map(|bit| value >> bit & 1 != 0));
    }

    /// `ns(n)`, told by its table: the lower numbers take a bit less.
    pub(super) fn push_below(&mut self, n: u32, value: u32) {
        let width = (u32::BITS - n.leading_zeros()) as usize;
        let short_ones = (1 << width) - n;
        if value < short_ones {
            self.push(width - 1, value);
        } else {
            self.push(width, value + short_ones);
        }
    }

    pub(super) fn into_bytes(self) -> Vec<u8> {
        let byte = |bits: &[bool]| {
            bits.iter().enumerate().fold(0, |byte, (at, bit)| byte | u8::from(*bit) << (7 - at))
        };
        self.0.chunks(8).map(byte).collect()
    }
}
