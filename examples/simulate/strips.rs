//! Which layer of each source a receiver gets, and when its picture froze.

use crate::json;
use crate::metrics::{ReceiverAccount, Run, SubscriptionAccount};
use crate::picture::{LEFT, Paper};

const STRIP: f64 = 14.0;

/// Whether there are layers to tell apart.
pub(crate) fn is_of_interest(held: &ReceiverAccount) -> bool {
    held.videos().next().is_some()
}

pub(crate) fn height(held: &ReceiverAccount) -> f64 {
    held.videos().count() as f64 * STRIP
}

pub(crate) fn layers(paper: &mut Paper, run: &Run, held: &ReceiverAccount, top: f64) {
    paper.frame(top, height(held), 0.0, "");
    for (place, video) in held.videos().enumerate() {
        let y = top + place as f64 * STRIP;
        paper.svg.text((LEFT - 6.0, y + STRIP - 4.0), "end", "faint", &video.name);
        strip(paper, run, video, y);
    }
    paper.happenings(run, top, height(held), false);
    let most = held.videos().map(|video| video.rates.len()).max().unwrap_or(0);
    let names: &[&str] = match most {
        0 | 1 => &["sent"],
        2 => &["lower layer", "upper layer"],
        3 => &["lowest layer", "middle layer", "top layer"],
        _ => &["layer 0", "layer 1", "layer 2", "layer 3"],
    };
    let names = names.iter().enumerate().map(|(layer, name)| (*name, format!("l{layer}")));
    let names: Vec<_> = names.chain([("frozen", "badfill".to_owned())]).collect();
    paper.key(top, &format!("what {} gets", held.name), &names);
}

fn strip(paper: &mut Paper, run: &Run, video: &SubscriptionAccount, y: f64) {
    let ends = video.layers.iter().skip(1).map(|change| change.0).chain([run.length]);
    for ((from, layer), until) in video.layers.iter().zip(ends) {
        let Some(layer) = layer else { continue };
        let (x, end) = (paper.x(*from), paper.x(until));
        let rate = video
            .rates
            .get(usize::from(*layer))
            .map_or(String::new(), |rate| format!(", {} kbit/s", rate / 1_000));
        let title = format!("layer {layer}{rate} from {:.2} s", *from as f64 / 1e6);
        let size = ((end - x).max(0.3), STRIP - 3.0);
        paper.svg.block((x, y + 1.5), size, &format!("l{}", layer.min(&3)), &title);
    }
    for (at, lasts) in video.freezes(&run.publishers[video.publisher], json::all(run)) {
        let begun = at.saturating_sub(200_000);
        let width = (paper.x(begun + lasts) - paper.x(begun)).max(1.5);
        let title = format!("no picture for {} ms", lasts / 1_000);
        paper.svg.block((paper.x(begun), y + 3.0), (width, STRIP - 6.0), "badfill", &title);
    }
}
