//! Whole households, damaged: every plan passes the independent checker and what the files alone say. For longer:
//! `cargo run --release --example damaged_households -- 600`.

#[path = "../../examples/support/whole.rs"]
mod whole;

use whole::{Dice, Outcome, advise, mutated};

const HOUSEHOLDS: [&[u8]; 2] =
    [include_bytes!("../households/two-accounts.txt"), include_bytes!("../households/market.txt")];

#[test]
fn a_damaged_household_is_refused_or_planned_within_its_rules() {
    for text in HOUSEHOLDS {
        let whole = advise(text);
        assert!(matches!(whole, Outcome::Planned(1..)), "{whole:?}");
    }
    let (mut refused, mut planned) = (0, 0);
    for seed in 0..200 {
        let mut dice = Dice::new(seed);
        let (text, other) = (HOUSEHOLDS[dice.below(2)], HOUSEHOLDS[dice.below(2)]);
        match advise(&mutated(text, other, &mut dice)) {
            Outcome::Refused => refused += 1,
            Outcome::Planned(_) => planned += 1,
            Outcome::Broken(words) => panic!("seed {seed}: {words:?}"),
        }
    }
    assert!(refused > 20 && planned > 20, "{refused} refused, {planned} planned");
}
