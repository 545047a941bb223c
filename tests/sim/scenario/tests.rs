//! What may be said, and what is answered to nonsense.

use super::*;

const SMALL: &str = "title = \"small\"
length = 10

[links.down]
capacity = [[0, \"1M\"], [5, \"500k\"]]
delay = \"30ms\"

[[publishers]]
name = \"p\"
count = 12
layers = [\"150k\", \"500k\"]

[[receivers]]
name = \"r\"
links = [\"down\"]
wants = [{ of = \"p\" }]
";

fn refused(text: &str) -> String {
    Scenario::read(text).map(|all| all.len()).expect_err("nonsense")
}

#[test]
fn smallest_scenario_is_enough() {
    let all = Scenario::read(SMALL).unwrap();
    assert_eq!((all.len(), all[0].title.as_str()), (1, "small"));
    assert_eq!(all[0].all_publishers().len(), 12);
    assert_eq!(all[0].links["down"].capacity.as_ref().unwrap().at(5_000_000), Bits(500_000));
}

#[test]
fn publishers_are_meant_one_by_one_by_range_and_all_together() {
    let scenario = Scenario::read(SMALL).unwrap().remove(0);
    assert_eq!(scenario.matching("p3"), [3]);
    assert_eq!(scenario.matching("p1-3"), [1, 2, 3]);
    assert_eq!(scenario.matching("p9-11"), [9, 10, 11]);
    assert_eq!(scenario.matching("p").len(), 12);
    assert!(scenario.matching("q").is_empty() && scenario.matching("p12").is_empty());
}

#[test]
fn variation_lies_over_tables_and_takes_the_place_of_lists() {
    let text = format!(
        "{SMALL}\n[[variations]]\nname = \"a\"\nchange = {{ links = {{ down = {{ delay = \"50ms\" }} }} }}\n\
         [[variations]]\nname = \"b\"\nchange = {{ lines = [{{ measure = \"loss\", at_most = 1 }}] }}\n"
    );
    let all = Scenario::read(&text).unwrap();
    assert_eq!(
        all.iter().map(|held| held.title.as_str()).collect::<Vec<_>>(),
        ["small, a", "small, b"]
    );
    let down = |place: usize| &all[place].links["down"];
    assert_eq!(down(0).delay.as_ref().unwrap().at(0), Span(50_000));
    assert_eq!(down(0).capacity, down(1).capacity, "what is beside it stays");
    assert_eq!((all[0].lines.len(), all[1].lines.len()), (0, 1));
}

#[test]
fn line_is_excused_in_its_variation_alone() {
    let text = format!(
        "{SMALL}\n[[lines]]\nmeasure = \"loss\"\nat_most = 1\nnot_met = \"why\"\nnot_met_in = \"b\"\n\
         [[variations]]\nname = \"a\"\n[[variations]]\nname = \"b\"\n"
    );
    let all = Scenario::read(&text).unwrap();
    let excused = |place: usize| all[place].lines[0].get_ref().not_met.is_some();
    assert!(!excused(0) && excused(1));
    assert!(refused(&text.replace("in = \"b\"", "in = \"c\"")).contains("no variation \"c\""));
    assert!(refused(&text.replace("not_met = \"why\"\n", "")).contains("has to say why"));
}

#[test]
fn flow_is_a_publisher_and_its_receiver() {
    let text = "title = \"t\"\nlength = 1\n[links.down]\n[[flows]]\nname = \"f\"\ncount = 2\n\
                start_step = 5\nlinks = [\"down\"]\nelastic = { least = 1, most = \"1M\" }\nvoices = 3";
    let scenario = Scenario::read(text).unwrap().remove(0);
    let receivers = scenario.all_receivers();
    assert_eq!(receivers.iter().map(|held| held.name.as_str()).collect::<Vec<_>>(), ["f0", "f1"]);
    assert_eq!((receivers[1].join, receivers[1].desired), (Span(5_000_000), Some(Bits(1_000_000))));
    assert_eq!(scenario.all_publishers().len(), 8);
    assert_eq!(scenario.matching("f1-voice").len(), 3);
    assert_eq!(scenario.matching("f1").len(), 1);
}

#[test]
fn nonsense_is_told_with_its_line() {
    for (from, to, line, told) in [
        ("length = 10", "length = \"long\"", "2:", "a time like"),
        ("capacity = [[0", "capacity = [[1", "5:", "begin at 0"),
        ("delay = \"30ms\"", "dealy = 1", "6:", "unknown field `dealy`"),
        ("links = [\"down\"]", "links = [\"up\"]", "13:", "there is no [links.up], only down"),
        ("{ of = \"p\" }", "{ of = \"x\" }", "13:", "nobody publishes as \"x\""),
        ("layers = [\"150k\", \"500k\"]", "audio = 1\nrate = 1", "8:", "one of layers"),
    ] {
        let said = refused(&SMALL.replace(from, to));
        assert!(said.starts_with(line) && said.contains(told), "{said}");
    }
    let with = |more: &str| refused(&format!("{SMALL}{more}"));
    let said = with("[[lines]]\nmeasure = \"loss\"");
    assert!(said.starts_with("17:") && said.contains("at_least"), "{said}");
    let said = with("[[lines]]\nmeasure = \"speed\"\nat_most = 1");
    assert!(said.contains("unknown variant `speed`"), "{said}");
    let said = with("[[lines]]\nmeasure = \"rate-reach\"\nat_most = 1");
    assert!(said.contains("needs a `rate`"), "{said}");
    let said = with("[[happenings]]\nat = 3\nuntil = 2\nmute = \"p1\"");
    assert!(said.contains("ends before it begins"), "{said}");
    let said = with("[[happenings]]\nat = 3\nmute = \"p1\"\nsilence = \"r\"");
    assert!(said.contains("a happening is one of"), "{said}");
}
