//! `broaden setup`: a few questions on a terminal, answered once, into `broaden.toml`.

mod dialogue;
mod questions;

use std::path::{Path, PathBuf};

use anyhow::Result;
use broaden::diagnostics::{Diagnostic, Sink, counted};
use broaden::explain::brief::{Section, brief};
use broaden::holdings;
use broaden::model::Symbol;
use broaden::pipeline::{self, Setup};
use broaden::proposal::Proposal;
use broaden::report;

use super::disk::folder_of;
use super::edit::difference;
use super::exit::Status;
use super::inputs::{CONFIG, CONFIG_NOT_TRUSTED, CONFIG_USED, Gathered, Options, gather};
use super::outputs::{Outputs, shown, unchanged};
use super::ui::Ui;
use dialogue::Dialogue;
use questions::{Answers, yes};

/// Answer a few questions, and have them written into broaden.toml
///
/// Asks how each account is taxed, for your filing status and income or your rates, for the gains of the year so far, for the
/// fund that takes what is not to lie in cash, for the cash that stays, and whether purchase dates and costs that are missing are
/// at hand: then it says into which file they go. Each question comes with an answer to take.
/// Nothing is written before you have seen what changes and said yes; comments and order of a broaden.toml that is there
/// stay. Scripts write the keys themselves.
#[derive(clap::Args)]
#[command(after_long_help = "\
Examples:
  broaden setup household/
  broaden setup Individual-Positions-2026-11-20.csv")]
pub struct Args {
    /// Broker exports, TOML portfolios, or folders that hold them
    #[arg(value_name = "PATH", required = true)]
    paths: Vec<PathBuf>,
    /// The config to write into, instead of broaden.toml beside the holdings
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
}

/// What a config begins with that is written here.
const HEAD: &str = "# What is not here is at its default; `broaden config list` prints every value in effect.\n\n";

/// Runs the verb.
pub fn run(args: &Args, ui: &mut Ui) -> Result<Status> {
    let disk = ui.disk.clone();
    let mut sink = Sink::default();
    // Of a config that is not there yet there is nothing to read.
    let named = args.config.clone().filter(|path| disk.metadata(path).is_ok());
    let no_config = args.config.is_some() && named.is_none();
    let options = Options { config: named, no_config, ..Options::default() };
    let gathered = gather(&*disk, &args.paths, &options, &mut sink)?;
    let proposal = if sink.has_errors() { None } else { pipeline::advise(&gathered.inputs, &mut sink) };
    let target = gathered.config.clone().or_else(|| args.config.clone()).unwrap_or_else(|| beside(&args.paths));
    let setup = pipeline::configure(&gathered.inputs, &mut Sink::default());
    let Some(proposal) = proposal else {
        ui.diagnostics(&sink.items);
        return Ok(Status::CouldNot);
    };
    let width = ui.width();
    // Which config it is, where nobody named one.
    let found = [CONFIG_USED, CONFIG_NOT_TRUSTED];
    let found: Vec<Diagnostic> = sink.items.iter().filter(|item| found.contains(&item.code)).cloned().collect();
    ui.diagnostics(&found);
    let Some((mut reader, mut writer)) = ui.dialogue() else {
        ui.say(&by_hand(&setup, &target));
        return Ok(Status::CouldNot);
    };
    let mut dialogue = Dialogue::new(&mut reader, &mut writer, width);
    let written = converse(&mut dialogue, &gathered, &setup, &proposal, &target)?;
    let Some(text) = written else { return Ok(Status::Done) };
    unchanged(&*disk, &target, before(&gathered))?;
    gathered.guard.check_own(&*disk, &target)?;
    let mut outputs = Outputs::new(&*disk);
    outputs.stage(&target, text.as_bytes())?;
    outputs.commit()?;
    let answers = Answers::new(&gathered.inputs, &setup, &proposal, String::new());
    let mut sink = Sink::default();
    let inputs = answers.inputs_with(&text);
    let after = pipeline::advise(&inputs, &mut sink);
    let neutral = neutral(&pipeline::configure(&inputs, &mut Sink::default()));
    let mut dialogue = Dialogue::new(&mut reader, &mut writer, width);
    dialogue.say(&format!("\nwrote {}", shown(&target)))?;
    match after {
        Some(after) => dialogue.show(&missing(&after, &neutral, width))?,
        None => ui.diagnostics(&sink.items),
    }
    let paths: Vec<String> = args.paths.iter().map(|path| shown(path)).collect();
    let mut dialogue = Dialogue::new(&mut reader, &mut writer, width);
    dialogue.show(&format!("\nnext: broaden advise {}", paths.join(" ")))?;
    Ok(Status::Done)
}

/// The config as it was read; empty where there is none.
fn before(gathered: &Gathered) -> &str {
    gathered.inputs.config.as_ref().map_or("", |source| &source.text)
}

/// The config that the next run finds.
fn beside(paths: &[PathBuf]) -> PathBuf {
    let first = paths.first().map_or(Path::new("."), PathBuf::as_path);
    let folder = if first.is_dir() { first } else { folder_of(first) };
    folder.join(CONFIG)
}

/// Asks, shows what would change, and returns the text to be written; `None` when nothing is to be.
fn converse(
    dialogue: &mut Dialogue<'_>,
    gathered: &Gathered,
    setup: &Setup,
    proposal: &Proposal,
    target: &Path,
) -> Result<Option<String>> {
    dialogue.say(&format!(
        "{} as of {}: {}. Enter takes the answer in brackets, Ctrl-C ends it. Nothing is written before the last question",
        counted(proposal.portfolio.accounts.len(), "account", "accounts"),
        proposal.as_of,
        proposal.exposure.value.dollars(),
    ))?;
    let old = before(gathered);
    let mut answers = Answers::new(&gathered.inputs, setup, proposal, old.to_owned());
    answers.ask(dialogue)?;
    if answers.text == old {
        dialogue.say("\nNothing changes, so nothing is written")?;
        return Ok(None);
    }
    let is_new = gathered.config.is_none();
    let text = if is_new { HEAD.to_owned() + &answers.text } else { answers.text };
    dialogue.say(&format!("\n{} {}:", shown(target), if is_new { "would be" } else { "would change" }))?;
    dialogue.show(&difference(old, &text))?;
    let offered = if is_new { "yes" } else { "no" };
    let yes = dialogue.ask("Write this? yes or no", Some(offered), yes)?;
    if !yes {
        dialogue.say("\nNothing is written")?;
    }
    Ok(yes.then_some(text))
}

/// What takes the rest: the first of the funds that are named, or cash.
pub(super) fn neutral(setup: &Setup) -> String {
    pipeline::preferred(setup).first().map_or_else(|| "cash".to_owned(), Symbol::to_string)
}

/// Sections of the report that say what is still missing.
const MISSING: [&str; 2] = ["takes", "missing"];

/// Says what is still missing.
fn missing(proposal: &Proposal, neutral: &str, width: usize) -> String {
    let is_in_dollars = proposal.problem.in_dollars.contains(&Symbol::new(neutral));
    let unpriced = is_in_dollars.then(|| {
        format!(
            "\n{neutral} has no price in your files, so it is ordered in dollars: `broaden fetch` gets one into market/\n"
        )
    });
    unpriced.unwrap_or_default() + &sections(proposal, width)
}

fn sections(proposal: &Proposal, width: usize) -> String {
    let sections: Vec<Section> =
        brief(proposal).into_iter().filter(|section| MISSING.contains(&section.id.as_str())).collect();
    match sections.is_empty() {
        true => "\nNothing else is missing".to_owned(),
        false => report::text::draw(&sections, report::Options { width, colour: false }),
    }
}

/// Says which keys are written where, for those who have no terminal.
fn by_hand(setup: &Setup, target: &Path) -> String {
    let mut lines = vec![format!(
        "error: setup asks questions, and there is no terminal to ask on. Write what you know at the top of {}:",
        shown(target)
    )];
    for account in &setup.portfolio.accounts {
        let key = holdings::account_key(account);
        lines.push(format!("  accounts.{key:?}.kind = \"{}\"", account.kind.id()));
    }
    lines.push("  tax.filing = \"single\"          # with the next; or tax.short-rate and tax.long-rate".to_owned());
    lines.push("  tax.taxable-income = 120000".to_owned());
    let neutral = neutral(setup);
    lines.push(format!("  sleeves.neutral = \"{neutral}\"        # the fund that takes what is not to lie in cash"));
    lines.push(format!("  household.cash-reserve = \"{}\"", setup.household.cash_reserve.percent()));
    lines.push("hint: `broaden explain tax` and `broaden explain accounts` list all keys".to_owned());
    lines.join("\n")
}

#[cfg(test)]
mod tests {
    use broaden::diagnostics::{Source, SourceKind};
    use broaden::model::RawFile;
    use broaden::pipeline::Inputs;

    use super::*;

    const EXPORT: &str = "\
Account Number,Account Name,Symbol,Description,Quantity,Last Price,Current Value,Cost Basis Total,Type
Z12345678,Individual - TOD,SPAXX**,HELD IN MONEY MARKET,,,$6200.00,,Cash,
Z12345678,Individual - TOD,NVDA,NVIDIA CORPORATION COM,200,$182.33,$36466.00,$6000.00,Cash,
Z12345678,Individual - TOD,VTI,VANGUARD TOTAL STOCK MARKET ETF,100,$327.50,$32750.00,$20000.00,Cash,
234567891,ROTH IRA,SCHD,SCHWAB US DIVIDEND EQUITY ETF,400,$28.55,$11420.00,$10000.00,Cash,
";

    /// Answers all questions, and returns what is to be written, with what was said.
    fn answered(config: Option<&str>, answers: &[&str]) -> (Result<Option<String>, String>, String) {
        let inputs = Inputs {
            holdings: vec![RawFile::new("Portfolio_Positions_Nov-20-2026.csv", EXPORT.as_bytes())],
            config: config.map(|text| Source::of(SourceKind::File, "broaden.toml", text)),
            today: chrono::NaiveDate::from_ymd_opt(2026, 11, 20).unwrap(),
            ..Inputs::default()
        };
        let mut sink = Sink::default();
        let proposal = pipeline::advise(&inputs, &mut sink).unwrap();
        let setup = pipeline::configure(&inputs, &mut sink);
        let target = PathBuf::from("household/broaden.toml");
        let gathered = Gathered { inputs, config: config.map(|_| target.clone()), ..Gathered::default() };
        let lines = answers.join("\n") + "\n";
        let (mut reader, mut writer) = (lines.as_bytes(), Vec::new());
        let mut dialogue = Dialogue::new(&mut reader, &mut writer, 80);
        let text = converse(&mut dialogue, &gathered, &setup, &proposal, &target);
        (text.map_err(|error| error.to_string()), String::from_utf8(writer).unwrap())
    }

    fn written(config: Option<&str>, answers: &[&str]) -> String {
        let (text, said) = answered(config, answers);
        text.unwrap_or_else(|why| panic!("{why}: {said}")).unwrap_or_else(|| panic!("nothing is written: {said}"))
    }

    #[test]
    fn answers_become_keys_and_defaults_do_not() {
        let text = written(None, &["", "", "Joint", "$310,000", "330000", "5%", "-1,200", "$500.50", "", "", "", ""]);
        let keys = "[accounts.\"...5678\"]\nkind = \"taxable\"\n\n[accounts.\"...7891\"]\nkind = \"roth\"\n\n[tax]\n\
                    filing = \"joint\"\ntaxable-income = 310000\nmagi = 330000\nstate-short-rate = \"5%\"\n\
                    state-long-rate = \"5%\"\nrealised-short = -1200\nrealised-year = 2026\nrealised-long = 500.5\n";
        assert!(text.starts_with(&(HEAD.to_owned() + keys)), "{text}");
        assert!(!text.contains("cash-reserve"), "{text}");
        let text = written(None, &["", "hsa", "rates", "37%", "0.188", "", "", "schb", "2.5%", "no", "yes"]);
        let keys = "kind = \"hsa\"\n\n[tax]\nshort-rate = \"37%\"\nlong-rate = 0.188\n\n[sleeves]\nneutral = \"SCHB\"\n\n\
                    [household]\ncash-reserve = \"2.5%\"\n";
        assert!(text.ends_with(keys), "{text}");
    }

    /// A config that is there is changed where the answers change it, and only after a yes.
    #[test]
    fn comments_and_order_stay_and_the_difference_is_shown_first() {
        let old = "# mine\n[tax] # ours\nshort-rate = 0.3 # from last year\nlong-rate = 0.15\n\n[limits.tech]\nbase = \"40%\"\n\n\
                   [accounts.\"Individual - TOD\"]\nkind = \"taxable\"\nmenu = [\"VTI\"] # all\n";
        let answers = ["", "roth", "single", "90000", "", "0%", "", "0", "VTI", "1%", ""];
        let new = old.replace(
            "short-rate = 0.3 # from last year\nlong-rate = 0.15\n",
            "filing = \"single\"\ntaxable-income = 90000\n",
        ) + "\n[accounts.\"...7891\"]\nkind = \"roth\"\n\n[sleeves]\nneutral = \"VTI\"\n";
        assert_eq!(written(Some(old), &[&answers[..], &["y"]].concat()), new);
        let (text, said) = answered(Some(old), &[&answers[..], &[""]].concat());
        assert_eq!(text, Ok(None));
        for part in ["household/broaden.toml would change:", "- short-rate = 0.3 # from last year", "[no] >"] {
            assert!(said.contains(part), "{part}: {said}");
        }
    }

    #[test]
    fn what_is_as_it_was_is_not_written() {
        let all = "accounts.\"...5678\".kind = \"taxable\"\naccounts.\"...7891\".kind = \"roth\"\n\
                   tax.filing = \"single\"\ntax.taxable-income = 90000\nsleeves.neutral = \"VTI\"\n";
        let (text, said) = answered(Some(all), &[""; 11]);
        assert_eq!(text, Ok(None), "{said}");
        assert!(said.ends_with("Nothing changes, so nothing is written\n"), "{said}");
    }

    #[test]
    fn the_config_says_what_is_wrong_with_an_answer() {
        let (text, said) =
            answered(None, &["rotth", "roth", "traditional", "5", "VTI; rm", "VTI", "1", "$500", "1.5%", "y"]);
        assert!(text.is_ok_and(|text| text.is_some_and(|text| text.ends_with("cash-reserve = \"1.5%\"\n"))), "{said}");
        for part in [
            "`kind` is one of taxable, traditional, roth, hsa, 401k, not `rotth`; did you",
            "No account is taxed on what it sells",
            "a ticker, such as RSP",
            "write \"1%\" if you mean a percent",
            "dollars are the key `reserve` of one account",
        ] {
            assert!(said.contains(part), "{part}: {said}");
        }
        let (text, said) = answered(None, &["", "", "skip", "5%", "100", "", "", "", "", ""]);
        assert!(text.is_ok_and(|text| text.is_some_and(|text| text.contains("realised-short = 100"))), "{said}");
        assert!(said.contains("in dollars, such as 120000, and not a percent"), "{said}");
        let (text, said) = answered(None, &["", "", "rates", "37", "140%", "x"]);
        assert!(text.is_err_and(|why| why.contains("nothing is written")), "{said}");
        assert!(said.contains("write \"37%\" if you mean a percent"), "{said}");
    }

    /// A magi below the income is asked for again; one that a higher income has outgrown stops no answer.
    #[test]
    fn a_magi_below_the_income_is_asked_for_again() {
        let text = written(None, &["", "", "joint", "310000", "34220", "342200", "", "", "", "", "", "", ""]);
        assert!(text.contains("taxable-income = 310000\nmagi = 342200\n"), "{text}");
        let old = "[tax]\nfiling = \"joint\"\ntaxable-income = 90000\nmagi = 100000 # of 2025\n";
        let answers = ["", "", "", "310000", "342200", "", "", "", "", "", "", "yes"];
        let text = written(Some(old), &answers);
        assert!(text.contains("taxable-income = 310000\nmagi = 342200\n"), "{text}");
        let text = written(Some(old), &["", "", "", "95000", "", "", "", "", "", "", "", "yes"]);
        assert!(text.contains("taxable-income = 95000\nmagi = 100000 # of 2025\n"), "{text}");
    }

    /// Whoever has the dates is told where they go, with what is known filled in; the file that is shown is read as lots.
    #[test]
    fn lots_that_are_at_hand_are_told_where_to_go() {
        let all = "accounts.\"...5678\".kind = \"taxable\"\naccounts.\"...7891\".kind = \"roth\"\n\
                   tax.filing = \"single\"\ntax.taxable-income = 90000\nsleeves.neutral = \"VTI\"\n";
        let (text, said) = answered(Some(all), &["", "", "", "", "", "", "", "", "", "", "perhaps", "yes"]);
        assert_eq!(text, Ok(None), "{said}");
        let words = |said: &str| said.split_whitespace().collect::<Vec<_>>().join(" ");
        for part in ["when NVDA and VTI were bought", "this there as lots.toml", "yes or no"] {
            assert!(words(&said).contains(part), "{part}: {said}");
        }
        let file = said.split_once("[[lots]]").map(|(_, rest)| format!("[[lots]]{rest}")).unwrap_or_default();
        let file = file.split_once("\nNothing changes").unwrap().0.replace("YYYY-MM-DD", "2024-02-01");
        assert!(file.contains("quantity = 200, cost-basis = 6000") && !file.contains("SCHD"), "{file}");
        let inputs = Inputs {
            holdings: vec![
                RawFile::new("Portfolio_Positions_Nov-20-2026.csv", EXPORT.as_bytes()),
                RawFile::new("lots.toml", file.as_bytes()),
            ],
            today: chrono::NaiveDate::from_ymd_opt(2026, 11, 20).unwrap(),
            ..Inputs::default()
        };
        let mut sink = Sink::default();
        let setup = pipeline::configure(&inputs, &mut sink);
        assert!(!sink.has_errors(), "{:?}", sink.items);
        assert_eq!(pipeline::without_lots(&setup.portfolio), None);
        let (_, said) = answered(Some(all), &[""; 11]);
        assert!(words(&said).contains("what has no cost is not sold"), "{said}");
    }

    #[test]
    fn answers_that_end_write_nothing() {
        let all = ["", "", "joint", "310000", "", "5%", "", "", "", "", ""];
        for given in 0..all.len() {
            let (text, said) = answered(None, &all[..given]);
            // What is joined of no answers is one empty line.
            let why = "the answers ended before the last question; nothing is written";
            assert_eq!(text, Err(why.to_owned()), "{said}");
        }
    }
}
