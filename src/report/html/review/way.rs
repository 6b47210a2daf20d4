//! The route over the coming runs and tax years: what is still to be sold after each stage, and the tax of each year.

use askama::Template;

use crate::explain::brief::brief;
use crate::plan::RouteStage;
use crate::proposal::Proposal;
use crate::report::html::label::Label;
use crate::report::html::section::{Section, View};

/// The section; without a route it says that this run is planned alone.
#[derive(Template)]
#[template(path = "review/way.html")]
pub(super) struct Way {
    route: bool,
    section: Option<Section>,
    stages: Vec<Stage>,
    years: Vec<Year>,
}

struct Stage {
    days: String,
    runs: usize,
    sold: String,
    left: String,
    /// What is left, as a part of what there was to sell.
    width: String,
}

struct Year {
    year: i32,
    tax: String,
    short: String,
    long: String,
}

impl Way {
    pub fn new(proposal: &Proposal) -> Way {
        let Some(route) = &proposal.plan.route else {
            return Way { route: false, section: None, stages: Vec::new(), years: Vec::new() };
        };
        let all = route.to_sell.to_f64();
        let stage = |stage: &RouteStage| Stage {
            days: if stage.first == stage.last {
                stage.first.to_string()
            } else {
                format!("{} to {}", stage.first, stage.last)
            },
            runs: stage.runs,
            sold: stage.sold.whole_dollars(),
            left: stage.still_to_sell.whole_dollars(),
            width: format!(
                "{:.2}%",
                100.0 * if all > 0.0 { (stage.still_to_sell.to_f64() / all).clamp(0.0, 1.0) } else { 0.0 }
            ),
        };
        let found = brief(proposal).into_iter().find(|section| section.id == "route");
        Way {
            route: true,
            section: found.map(|section| Section::new(&section)),
            stages: route.stages.iter().map(stage).collect(),
            years: (route.years.iter())
                .map(|(year, own)| Year {
                    year: *year,
                    tax: own.tax.dollars(),
                    short: own.short.dollars(),
                    long: own.long.dollars(),
                })
                .collect(),
        }
    }
}

impl Way {
    /// The sentences of the section.
    fn words(&self) -> Vec<&Label> {
        let blocks = self.section.iter().flat_map(|section| &section.blocks);
        let lists = blocks.filter_map(|block| if let View::List(list) = block { Some(list) } else { None });
        lists.flatten().collect()
    }
}
