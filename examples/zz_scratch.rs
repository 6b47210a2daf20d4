#[path = "support/random.rs"]
mod random;
use broaden::plan::*;
fn main() {
    let n: u64 = std::env::args().nth(1).and_then(|a| a.parse().ok()).unwrap_or(4000);
    let mut notes = std::collections::BTreeMap::new();
    let mut worst: Vec<(f64, u64, String)> = vec![];
    for seed in 0..n {
        let shape = if seed % 2 == 0 { random::Shape::Plain } else { random::Shape::Full };
        let p = random::household(seed, shape);
        let plan = solve(&p).unwrap();
        for note in &plan.notes {
            if std::env::args().nth(2).is_some() {
                println!("{seed} {note} whole={}", p.whole_shares);
            }
            notes.entry(note.split(':').take(2).collect::<Vec<_>>().join(":")).or_insert_with(Vec::new).push(seed);
        }
        if let (Some(b), Mode::Lexicographic) = (&plan.bound, &p.mode) {
            let v = plan.outcome.value.to_f64();
            let o = &plan.outcome.levels;
            let levels = [
                ("short", o.cash_shortfall, b.cash_shortfall),
                ("excess", o.excess, b.excess),
                ("gaps", o.gaps, b.gaps),
                ("largest", o.largest_gap, b.largest_gap),
                ("cost", o.cost, b.cost),
                ("turn", o.turnover, b.turnover),
                ("tax", o.signed_tax, b.signed_tax),
            ];
            for (name, got, bound) in levels {
                let d = got.to_f64() - bound.to_f64();
                let bp = d / v * 1e4;
                let tol = if p.whole_shares { 20.0 } else { 0.1 };
                if bp.abs() > tol {
                    worst.push((bp, seed, format!("{name} whole={} d={d:.2} bp={bp:.3} V={v:.0}", p.whole_shares)));
                    break;
                }
                if bp.abs() > tol / 10.0 {
                    break;
                }
            }
        }
    }
    for (n, s) in notes {
        println!("{} x {n}: {:?}", s.len(), &s[..s.len().min(8)]);
    }
    worst.sort_by(|a, b| b.0.abs().total_cmp(&a.0.abs()));
    println!("{} off", worst.len());
    for (_, seed, w) in worst.iter().take(30) {
        println!("seed {seed} {w}");
    }
}
