//! What the answer is of: the run, its inputs, how it was found, and what it is not.

use crate::diagnostics::counted;
use crate::explain::brief::{Place, Section};
use crate::explain::words::sentence;
use crate::proposal::{Asked, DISCLAIMER, Flow, Proposal};

/// More files than this of one role are counted; the appendix lists them.
const MOST_FILES: usize = 12;

/// Says it.
pub fn find(proposal: &Proposal) -> Option<Section> {
    let count = proposal.portfolio.accounts.len();
    let aside = format!(
        "broaden {}, as of {}, {}, {}",
        proposal.version,
        proposal.as_of,
        counted(count, "account", "accounts"),
        proposal.exposure.value.dollars()
    );
    let mut words = vec![DISCLAIMER.trim_end_matches('.').to_owned()];
    if !proposal.asked.is_empty() {
        let asked: Vec<String> = proposal.asked.iter().map(Asked::text).collect();
        words.push(format!("WHAT IF, for this run only: {}", asked.join("  ")));
    }
    words.extend(Flow::words(&proposal.flows()).map(|flows| sentence(&flows)));
    words.push(format!("Inputs {}", inputs(proposal)));
    let digest: String = proposal.config_digest.chars().take(12).collect();
    let defaults = if proposal.has_config {
        ""
    } else {
        "; all rules are defaults: `broaden init` writes them to a file you can edit"
    };
    words.push(format!("Config {digest}{defaults}"));
    words.push(solved(proposal));
    words.extend(proposal.plan.notes.iter().map(|note| sentence(note)));
    Some(Section::new("head", "", Place::Head).aside(aside).words(words))
}

/// Says what solved the plan.
fn solved(proposal: &Proposal) -> String {
    let plan = &proposal.plan;
    if plan.bound.is_none() && plan.route.is_none() {
        return "Nothing had to be solved".to_owned();
    }
    format!("Solved by {}", plan.solver)
}

/// Returns the files with the beginning of their digests, the folder they share said once.
fn inputs(proposal: &Proposal) -> String {
    let folder = |name: &str| name.rfind('/').map_or(0, |end| end + 1);
    let own = proposal.files.iter().filter(|file| file.role != "previous");
    let names: Vec<&str> = own.map(|file| file.name()).collect();
    let first = names.first().copied().unwrap_or_default();
    let mut shared = first.get(..folder(first)).unwrap_or_default();
    while !shared.is_empty() && !names.iter().all(|name| name.starts_with(shared)) {
        let up = shared.trim_end_matches('/');
        shared = up.get(..folder(up)).unwrap_or_default();
    }
    let shared = if names.len() > 1 { shared } else { "" };
    let many = |role: &str| proposal.files.iter().filter(|file| file.role == role).count() > MOST_FILES;
    let listed = proposal.files.iter().filter(|file| !many(file.role)).map(|file| {
        let name = file.name().strip_prefix(shared).unwrap_or(file.name());
        format!("{name} {}", file.sha256().chars().take(8).collect::<String>())
    });
    let mut roles: Vec<&str> = proposal.files.iter().map(|file| file.role).filter(|role| many(role)).collect();
    roles.dedup();
    let folded = roles.iter().map(|role| {
        let count = proposal.files.iter().filter(|file| file.role == *role).count();
        format!("{count} {role} files, each with its digest in --json and in -o report.html")
    });
    let shared = if shared.is_empty() { String::new() } else { format!("in {shared}: ") };
    format!("{shared}{}", listed.chain(folded).collect::<Vec<_>>().join(", "))
}
