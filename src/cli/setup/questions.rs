//! What is asked, in which order, and which keys of the config the answers are.

use anyhow::Result;
use broaden::config::{Kind, Param};
use broaden::diagnostics::{Severity, Sink, Source, SourceKind};
use broaden::holdings::{self, key_matches};
use broaden::model::{Account, AccountKindOrigin};
use broaden::pipeline::{self, Inputs, Setup};
use broaden::plan::TAX_PARAMS;
use broaden::proposal::Proposal;
use broaden::units::{NumberStyle, parse_number};
use chrono::Datelike;

use super::dialogue::Dialogue;
use crate::cli::edit::{edited, without};

/// What leaves a question open.
const SKIP: &str = "skip";
/// Flat rates, which go before the tables.
const FLAT: [&str; 3] = ["short-rate", "long-rate", "ordinary-rate"];

/// What the answers are about, and what they came to.
pub struct Answers<'a> {
    inputs: &'a Inputs,
    setup: &'a Setup,
    proposal: &'a Proposal,
    /// The config with the answers so far.
    pub text: String,
}

impl<'a> Answers<'a> {
    /// Begins with a config; an empty one where there is none.
    pub fn new(inputs: &'a Inputs, setup: &'a Setup, proposal: &'a Proposal, text: String) -> Self {
        Answers { inputs, setup, proposal, text }
    }

    /// Asks everything.
    ///
    /// # Errors
    /// When the answers end or are not understood.
    pub fn ask(&mut self, dialogue: &mut Dialogue<'_>) -> Result<()> {
        let setup = self.setup;
        let kinds = choices(holdings::ACCOUNT_PARAMS, "kind");
        dialogue.say(&format!("\nHow is each account taxed: {kinds}?"))?;
        for account in &setup.portfolio.accounts {
            self.kind(account, dialogue)?;
        }
        self.tax(dialogue)?;
        self.neutral(dialogue)?;
        self.reserve(dialogue)?;
        self.lots(dialogue)
    }

    /// Asks whether purchase dates and costs are at hand where they are missing, and says where they go: what they are only the
    /// user knows.
    fn lots(&mut self, dialogue: &mut Dialogue<'_>) -> Result<()> {
        let setup = pipeline::configure(&self.inputs_with(&self.text), &mut Sink::default());
        let Some((names, file)) = pipeline::without_lots(&setup.portfolio) else { return Ok(()) };
        let question = format!(
            "The files do not say when {names} were bought, or for how much, and the tax of selling them hangs on it. Do you have \
             the dates and costs (the broker's page of lots, or its confirmations)? yes or no"
        );
        if !dialogue.ask(&question, Some("no"), yes)? {
            return dialogue.say(
                "  Until they are there, what has no date counts as bought less than a year ago, and what has no cost is not sold",
            );
        }
        dialogue.say(
            "  Save the broker's file of lots beside the export. Or save this there as lots.toml, with a day for each YYYY-MM-DD and \
             a { } for each purchase; the shares must add up, and what has no date yet is left out:\n",
        )?;
        dialogue.show(&file)
    }

    /// Asks how an account is taxed, unless its own file says so.
    fn kind(&mut self, account: &Account, dialogue: &mut Dialogue<'_>) -> Result<()> {
        let setup = self.setup;
        let entry = setup.accounts.iter().find(|entry| entry.matches(account));
        if entry.is_some_and(|entry| entry.out_of_scope) {
            return Ok(());
        }
        let by_config = entry.is_some_and(|entry| entry.kind.is_some());
        let why = match account.kind_origin {
            AccountKindOrigin::Config(_) if by_config => "as the config says",
            AccountKindOrigin::Config(_) => {
                return dialogue.say(&format!("\n{} is {}: its file says so", account.label(), account.kind.id()));
            }
            AccountKindOrigin::GuessedFromName => "going by its name",
            AccountKindOrigin::Assumed => "of which nothing says how it is taxed",
        };
        let name = entry.map_or_else(|| holdings::account_key(account), |entry| entry.name.clone());
        if setup.portfolio.accounts.iter().filter(|other| key_matches(&name, other)).count() > 1 {
            return dialogue.say(&format!(
                "\n{} cannot be told from another account by its name or number; it is {} ({why})",
                account.label(),
                account.kind.id()
            ));
        }
        let key = format!("accounts.{}.kind", quoted(&name));
        let question = format!("{}, {why}:", account.label());
        self.text = dialogue.ask(&question, Some(account.kind.id()), |answer| {
            let answer = answer.to_lowercase();
            if by_config && answer == account.kind.id() {
                return Ok(self.text.clone());
            }
            self.with(&[(&key, &quoted(&answer))])
        })?;
        Ok(())
    }

    /// Asks for filing status and income, or for rates.
    fn tax(&mut self, dialogue: &mut Dialogue<'_>) -> Result<()> {
        if !self.taxable(dialogue)? {
            return Ok(());
        }
        let rates = "rates";
        let filing = self.value("tax", "filing");
        let flat = self.value("tax", "short-rate").or_else(|| self.value("tax", "long-rate"));
        let offered = match (&flat, &filing) {
            (Some(_), _) => rates,
            (None, Some(filing)) => filing,
            (None, None) => SKIP,
        };
        let statuses = choices(TAX_PARAMS, "filing");
        let question = format!(
            "Your tax rates: from the federal tables by filing status ({statuses}), your own (`{rates}`), or as they \
             are taken now (`{SKIP}`: {} on what is held a year or less, {} after that)?",
            percent(self.proposal.problem.tax.short_rate),
            percent(self.proposal.problem.tax.long_rate),
        );
        let answer = dialogue.ask(&question, Some(offered), |answer| {
            let answer = answer.to_lowercase();
            // With an income: one does not go without the other.
            let known = answer == SKIP || answer == rates;
            let checked = known || self.with(&[("tax.filing", &quoted(&answer)), ("tax.taxable-income", "0")]).is_ok();
            checked.then_some(answer).ok_or_else(|| format!("one of {statuses}, {rates}, {SKIP}"))
        })?;
        match answer.as_str() {
            SKIP => {}
            "rates" => {
                let short = "Your rate on gains of a year or less, with state and the 3.8% on investment income, such as \
                             37%?";
                self.rate("short-rate", short, dialogue)?;
                self.rate(
                    "long-rate",
                    "Your rate on gains of more than a year, the same way, such as 18.8%?",
                    dialogue,
                )?;
            }
            status => self.tables(status, dialogue)?,
        }
        self.realised(dialogue)
    }

    /// Asks what the year has realised before the first record.
    fn realised(&mut self, dialogue: &mut Dialogue<'_>) -> Result<()> {
        let year = self.proposal.as_of.year().to_string();
        for (key, held) in [("realised-short", "a year or less"), ("realised-long", "more than a year")] {
            let now = self.value("tax", key).unwrap_or_default();
            let question = format!(
                "What you sold in {year} after {held}, all gains less all losses in dollars, but for what `broaden record` \
                 has added (a loss with a minus)?"
            );
            self.text = dialogue.ask(&question, Some(&now), |answer| {
                if answer == now {
                    return Ok(self.text.clone());
                }
                self.with(&[(&format!("tax.{key}"), &amount(answer)?), ("tax.realised-year", &year)])
            })?;
        }
        Ok(())
    }

    /// Asks what the tables need.
    fn tables(&mut self, status: &str, dialogue: &mut Dialogue<'_>) -> Result<()> {
        if FLAT.iter().any(|key| self.value("tax", key).is_some()) {
            dialogue.say("  rates of your own would go before the tables, and are taken out of the config")?;
            self.text = without(&self.text, "tax", &FLAT)?;
        }
        let question = "Your taxable income without gains, after deductions, in dollars (line 15 of form 1040, less \
                        gains)?";
        let (filing, old) = (quoted(status), self.text.clone());
        self.text = dialogue.ask(question, self.value("tax", "taxable-income").as_deref(), |answer| {
            let income = amount(answer)?;
            let keys = [("tax.filing", filing.as_str()), ("tax.taxable-income", income.as_str())];
            // An income above the old `magi` is no mistake of this answer: that one is asked for next.
            let anew = || self.set(&without(&old, "tax", &["magi"]).ok()?, &keys).ok();
            self.set(&old, &keys).or_else(|why| anew().ok_or(why))
        })?;
        let magi = self.value("tax", "magi").filter(|magi| self.with(&[("tax.magi", magi)]).is_ok());
        let question = format!(
            "Your modified adjusted gross income without gains, in dollars (line 11 of form 1040, less gains)? It decides the \
             3.8% on investment income; `{SKIP}` where you do not know it:"
        );
        self.text = dialogue.ask(&question, Some(magi.as_deref().unwrap_or(SKIP)), |answer| {
            if answer.eq_ignore_ascii_case(SKIP) || magi.as_deref() == Some(answer) {
                return Ok(self.text.clone());
            }
            self.with(&[("tax.magi", &amount(answer)?)])
        })?;
        let states = ["state-short-rate", "state-long-rate"].map(|key| self.value("tax", key).unwrap_or_default());
        let [short, long] = &states;
        if short != long {
            return dialogue.say("\nYour state's two rates stay as the config has them");
        }
        let question = "Your state's rate on gains, such as 5%; 0% where there is none?";
        self.text = dialogue.ask(question, Some(short), |answer| {
            if answer == short {
                return Ok(self.text.clone());
            }
            let rate = weight(answer)?;
            self.with(&[("tax.state-short-rate", &rate), ("tax.state-long-rate", &rate)])
        })?;
        Ok(())
    }

    fn rate(&mut self, key: &str, question: &str, dialogue: &mut Dialogue<'_>) -> Result<()> {
        let now = self.value("tax", key);
        self.text = dialogue.ask(question, now.as_deref(), |answer| {
            if now.as_deref() == Some(answer) {
                return Ok(self.text.clone());
            }
            self.with(&[(&format!("tax.{key}"), &weight(answer)?)])
        })?;
        Ok(())
    }

    /// Returns whether anything is taxed with the kinds that are answered.
    fn taxable(&self, dialogue: &mut Dialogue<'_>) -> Result<bool> {
        let mut sink = Sink::default();
        let setup = pipeline::configure(&self.inputs_with(&self.text), &mut sink);
        let found = setup.portfolio.accounts.iter().any(|account| account.kind.is_taxable());
        if !found {
            dialogue.say("\nNo account is taxed on what it sells, so your tax rates are not asked for")?;
        }
        Ok(found)
    }

    /// Asks for the fund that takes what is not to lie in cash.
    fn neutral(&mut self, dialogue: &mut Dialogue<'_>) -> Result<()> {
        let now = super::neutral(self.setup);
        let question = format!(
            "Which fund takes what is sold and goes to no other, so that it is not left in cash? It is sold itself only \
             where cash is needed. A ticker, or `{SKIP}`:"
        );
        self.text = dialogue.ask(&question, Some(&now), |answer| {
            let ticker = answer.to_uppercase();
            if answer.eq_ignore_ascii_case(SKIP) || ticker == now {
                return Ok(self.text.clone());
            }
            let is_ticker = |c: char| c.is_ascii_alphanumeric() || ".-/".contains(c);
            if ticker.len() > 12 || !ticker.starts_with(char::is_alphabetic) || !ticker.chars().all(is_ticker) {
                return Err("a ticker, such as RSP".to_owned());
            }
            self.with(&[("sleeves.neutral", &quoted(&ticker))])
        })?;
        Ok(())
    }

    /// Asks for the cash reserve.
    fn reserve(&mut self, dialogue: &mut Dialogue<'_>) -> Result<()> {
        let now = self.value("household", "cash-reserve").unwrap_or_default();
        let question = "Which share of each account stays in cash?";
        self.text = dialogue.ask(question, Some(&now), |answer| {
            if answer.starts_with('$') {
                return Err("a share, such as 1%; dollars are the key `reserve` of one account".to_owned());
            }
            if answer == now {
                return Ok(self.text.clone());
            }
            self.with(&[("household.cash-reserve", &weight(answer)?)])
        })?;
        Ok(())
    }

    /// Returns a value that is in effect, as one would type it.
    fn value(&self, section: &str, key: &str) -> Option<String> {
        let value = self.setup.document.root.table(section)?.get(key)?.value.toml();
        Some(value.trim_matches('"').to_owned())
    }

    /// Returns the config so far with some keys set, or what is wrong with them.
    fn with(&self, changes: &[(&str, &str)]) -> Result<String, String> {
        self.set(&self.text, changes)
    }

    /// Returns a config with some keys set, or what is wrong with them.
    fn set(&self, text: &str, changes: &[(&str, &str)]) -> Result<String, String> {
        let changes: Vec<(String, String)> =
            changes.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect();
        let text = edited(text, &changes).map_err(|error| format!("{error:#}"))?;
        let mut sink = Sink::default();
        pipeline::configure(&self.inputs_with(&text), &mut sink);
        match sink.items.into_iter().find(|item| item.severity == Severity::Error) {
            Some(wrong) => Err(wrong.hint.map_or(wrong.message.clone(), |hint| format!("{}; {hint}", wrong.message))),
            None => Ok(text),
        }
    }

    /// Returns the run with another config.
    pub fn inputs_with(&self, text: &str) -> Inputs {
        let name = self.inputs.config.as_ref().map_or(crate::cli::inputs::CONFIG, |source| &source.name);
        Inputs { config: Some(Source::of(SourceKind::File, name, text)), ..self.inputs.clone() }
    }
}

/// Understands yes and no.
pub fn yes(answer: &str) -> Result<bool, String> {
    match answer.to_lowercase().as_str() {
        "y" | "yes" => Ok(true),
        "n" | "no" => Ok(false),
        _ => Err("yes or no".to_owned()),
    }
}

/// Returns the words that a key takes.
fn choices(params: &[Param], name: &str) -> String {
    let found = params.iter().find(|param| param.name == name);
    match found.map(|param| param.kind) {
        Some(Kind::Choice(words)) => words.join(", "),
        _ => String::new(),
    }
}

fn percent(rate: broaden::units::Decimal) -> String {
    format!("{}%", (rate * broaden::units::Decimal::ONE_HUNDRED).normalize())
}

/// Reads dollars, and writes them as TOML.
fn amount(answer: &str) -> Result<String, String> {
    if answer.contains('%') {
        return Err("an amount in dollars, such as 120000, and not a percent".to_owned());
    }
    match parse_number(answer, NumberStyle::Point) {
        Ok(Some(amount)) => Ok(amount.normalize().to_string()),
        Ok(None) => Err("an amount in dollars, such as 120000".to_owned()),
        Err(problem) => Err(problem.to_string()),
    }
}

/// Writes a text as TOML.
fn quoted(text: &str) -> String {
    toml_edit::Value::from(text).to_string()
}

/// Writes a weight as TOML: percents as text, and the rest as it is, so that the config says what it takes. One that the
/// config would take for all is more likely a percent without its sign.
fn weight(answer: &str) -> Result<String, String> {
    match answer.parse::<f64>() {
        Ok(number) if number >= 1.0 => Err(format!("write \"{answer}%\" if you mean a percent")),
        Ok(number) if number.is_finite() => Ok(answer.to_owned()),
        _ => Ok(quoted(answer)),
    }
}
