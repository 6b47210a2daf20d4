//! The HTML report in headless Chromium, as a reader has it: on a phone, on a screen, in the dark and on paper.
//!
//! Skipped with a message where Chromium is not installed (Debian: `apt-get install chromium`); where `CI=true` that is a
//! failure. The report itself runs no script; a page around it, which is only in this test, measures it in frames of 360 and 1280 pixels.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stderr,
    reason = "what helps a test may fail it, and a skipped test says so"
)]

use crate::html_sample;

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use broaden::model::{InputFile, RawFile, Symbol};
use broaden::proposal::Proposal;
use broaden::report::{self, Options};
use html_sample::{proposal, with_trades};

/// A browser with a profile of its own, which is removed afterwards.
struct Browser {
    program: PathBuf,
    folder: tempfile::TempDir,
}

impl Browser {
    /// Returns a browser, or says that there is none.
    fn find() -> Option<Browser> {
        let path = std::env::var_os("PATH")?;
        let names = ["chromium", "chromium-browser", "google-chrome"];
        let program = std::env::split_paths(&path)
            .flat_map(|folder| names.map(|name| folder.join(name)))
            .find(|program| program.is_file());
        if program.is_none() {
            assert_ne!(std::env::var("CI").as_deref(), Ok("true"), "chromium is not installed");
            eprintln!("skipped: chromium is not installed");
        }
        Some(Browser { program: program?, folder: tempfile::tempdir().unwrap() })
    }

    fn write(&self, name: &str, text: &str) -> PathBuf {
        let path = self.folder.path().join(name);
        std::fs::write(&path, text).unwrap();
        path
    }

    /// Opens a file. What its console says goes to the standard error.
    fn open(&self, file: &Path, arguments: &[&str]) -> Output {
        Command::new(&self.program)
            .args(["--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"])
            .args(["--disable-background-networking", "--disable-component-update", "--disable-sync"])
            .args(["--disable-dev-shm-usage", "--allow-file-access-from-files", "--virtual-time-budget=10000"])
            .args(["--enable-logging=stderr", "--v=0"])
            .arg(format!("--user-data-dir={}", self.folder.path().join("profile").display()))
            .args(arguments)
            .arg(format!("file://{}", file.display()))
            .output()
            .unwrap()
    }

    /// Opens the report in frames of both widths and returns what `MEASURE` found, one line per frame and theme.
    fn measure(&self, page: &str, arguments: &[&str]) -> Vec<Vec<(String, String)>> {
        self.write("report.html", page);
        let wrapper = self.write("measure.html", MEASURE);
        let output = self.open(&wrapper, &[&["--dump-dom"], arguments].concat());
        let errors = String::from_utf8_lossy(&output.stderr);
        assert!(!errors.contains("CONSOLE"), "the console is not silent:\n{errors}");
        let dom = String::from_utf8_lossy(&output.stdout);
        let (_, rest) = dom.split_once("<pre id=\"found\">").expect("the measuring page");
        let (text, _) = rest.split_once("</pre>").expect("its end");
        let lines = text.trim().lines().map(|line| {
            let pairs = line.split(';').filter_map(|pair| pair.split_once('='));
            pairs.map(|(key, value)| (key.to_owned(), value.to_owned())).collect()
        });
        lines.collect()
    }
}

/// Loads the report in two frames and writes down what a reader would stumble over.
const MEASURE: &str = r##"<!doctype html><meta charset="utf-8"><body style="margin:0">
<iframe width="360" height="800" src="report.html"></iframe><iframe width="1280" height="800" src="report.html"></iframe>
<pre id="found"></pre><script>
addEventListener("load", () => {
  const lines = [];
  for (const frame of document.querySelectorAll("iframe")) {
    const page = frame.contentDocument, view = frame.contentWindow, wide = page.documentElement.clientWidth;
    const beyond = [...page.querySelectorAll("body *:not(.skip):not(.hidden)")].filter(e => {
      const box = e.getBoundingClientRect();
      return box.width > 0 && (box.right > wide + 1 || box.left < -1) && !e.closest(".skip,.hidden");
    });
    const texts = [...page.querySelectorAll("body *")].filter(e => [...e.childNodes].some(n => n.nodeType === 3 && n.data.trim()));
    const pictures = [...page.querySelectorAll("svg[role=img]")];
    lines.push([
      "width=" + wide,
      "scroll=" + page.documentElement.scrollWidth,
      "beyond=" + beyond.slice(0, 3).map(e => e.tagName + "." + e.getAttribute("class")).join(","),
      "smallest=" + Math.min(...texts.map(e => parseFloat(view.getComputedStyle(e).fontSize))),
      "pictures=" + pictures.length,
      "flat=" + pictures.filter(e => e.getBoundingClientRect().width < 100 || e.getBoundingClientRect().height < 10).length,
      "narrowest=" + Math.min(...[...page.querySelectorAll("tbody th")].map(e => e.getBoundingClientRect().width)),
      "bars=" + page.querySelectorAll(".bar .now,.bar .after").length,
      "boxes=" + page.querySelectorAll("input[type=checkbox]").length,
      "scripts=" + page.scripts.length,
      "images=" + page.images.length,
      "loaded=" + view.performance.getEntriesByType("resource").length,
      "back=" + view.getComputedStyle(page.body).backgroundColor,
      "title=" + page.title,
    ].join(";"));
  }
  document.getElementById("found").textContent = lines.join("\n");
});
</script>"##;

fn html(proposal: &Proposal) -> String {
    report::html::render(proposal, Options { width: 80, colour: false })
}

fn value<'a>(frame: &'a [(String, String)], key: &str) -> &'a str {
    frame.iter().find(|(name, _)| name == key).map_or("", |(_, value)| value)
}

fn number(frame: &[(String, String)], key: &str) -> f64 {
    value(frame, key).parse().unwrap_or_else(|_| panic!("{key} in {frame:?}"))
}

/// What must hold for every report at every width.
fn assert_readable(frames: &[Vec<(String, String)>]) {
    assert_eq!(frames.len(), 2, "{frames:?}");
    for frame in frames {
        assert!(number(frame, "scroll") <= number(frame, "width"), "the page scrolls sideways: {frame:?}");
        assert_eq!(value(frame, "beyond"), "", "something sticks out: {frame:?}");
        assert!(number(frame, "smallest") >= 12.0, "{frame:?}");
        assert!(number(frame, "narrowest") >= 90.0, "a name is squeezed: {frame:?}");
        assert!(number(frame, "pictures") >= 20.0, "{frame:?}");
        assert_eq!(number(frame, "flat"), 0.0, "a picture has no size: {frame:?}");
        assert_eq!((value(frame, "scripts"), value(frame, "images"), value(frame, "loaded")), ("0", "0", "0"));
        assert_eq!(value(frame, "title"), "Rebalancing proposal of 2026-11-20");
    }
}

#[test]
fn the_report_reads_well_on_a_phone_and_on_a_screen() {
    let Some(browser) = Browser::find() else { return };
    let frames = browser.measure(&html(&proposal()), &[]);
    assert_readable(&frames);
    assert_eq!(frames.iter().map(|frame| value(frame, "back")).collect::<Vec<_>>(), ["rgb(255, 255, 255)"; 2]);
    assert!(frames.iter().all(|frame| value(frame, "boxes") == "8" && number(frame, "bars") > 20.0), "{frames:?}");
}

#[test]
fn the_report_is_dark_where_the_reader_wants_it() {
    let Some(browser) = Browser::find() else { return };
    let frames = browser.measure(&html(&proposal()), &["--blink-settings=preferredColorScheme=0"]);
    assert_readable(&frames);
    assert_eq!(frames.iter().map(|frame| value(frame, "back")).collect::<Vec<_>>(), ["rgb(20, 24, 29)"; 2]);
}

#[test]
fn hostile_and_endless_names_break_nothing() {
    let Some(browser) = Browser::find() else { return };
    for name in [
        "<script>document.title='broken'</script><img src=x onerror=\"document.title='broken'\">".to_owned(),
        "W".repeat(10_000),
        "\u{202e}\u{5d0}\u{5d1}\u{5d2} =HYPERLINK(\"http://127.0.0.1:9/\")".to_owned(),
    ] {
        let mut proposal = with_trades(50);
        for verdict in &mut proposal.verdicts {
            verdict.id += &name;
            verdict.evidence.clone_from(&name);
        }
        for trade in &mut proposal.trades {
            trade.symbol = Symbol::new(&name);
            trade.account += &name;
            if let Some(lot) = &mut trade.lot {
                lot.origin.own.clone_from(&name);
            }
        }
        for issuer in &mut proposal.exposure.issuers {
            issuer.name.clone_from(&name);
        }
        proposal.exposure.benchmark.symbol.clone_from(&name);
        for file in &mut proposal.files {
            *file = InputFile::new(&RawFile::new(&name, Vec::new()), "holdings");
        }
        for holding in &mut proposal.excluded {
            (holding.label, holding.why) = (name.clone(), name.clone());
        }
        proposal.plan.solver.clone_from(&name);
        assert_readable(&browser.measure(&html(&proposal), &[]));
    }
}

/// Leaves the pictures in `target/tmp` to be looked at.
#[test]
fn the_report_can_be_photographed_and_printed() {
    let Some(browser) = Browser::find() else { return };
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR"));
    let page = folder.join("report.html");
    std::fs::write(&page, html(&proposal())).unwrap();
    for (name, width, arguments) in [
        ("phone", 360, ["--window-size=520,9000", "--hide-scrollbars"]),
        ("screen", 1280, ["--window-size=1280,7200", "--hide-scrollbars"]),
        ("dark", 1280, ["--window-size=1280,7200", "--blink-settings=preferredColorScheme=0"]),
    ] {
        // A window has a least width; a frame has none.
        let frame = format!(
            "<!doctype html><body style=\"margin:0\"><iframe src=\"file://{}\" width=\"{width}\" height=\"9000\" style=\"border:0\">",
            page.display()
        );
        let picture = folder.join(format!("report-{name}.png"));
        let shot = format!("--screenshot={}", picture.display());
        browser.open(&browser.write("frame.html", &frame), &[&arguments[..], &[&shot]].concat());
        assert!(std::fs::read(&picture).unwrap().starts_with(b"\x89PNG"), "{name}");
    }
    let paper = folder.join("report.pdf");
    browser.open(&page, &["--no-pdf-header-footer", &format!("--print-to-pdf={}", paper.display())]);
    let pdf = std::fs::read(&paper).unwrap();
    assert!(pdf.starts_with(b"%PDF") && pdf.len() > 20_000, "{} bytes", pdf.len());
}
