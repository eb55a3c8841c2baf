//! A person: who they are, who cares for them, what happened to them.

mod chart;
mod history;
mod home;
mod identity;
mod illnesses;
mod measures;
mod papers;
mod patient;
mod relatives;
mod sheets;
mod story;
mod team;
mod vaccines;

pub(crate) use chart::Chart;

use crate::region::Region;
use crate::resource::transaction;
use serde_json::Value;

/// One transaction for each person of the household.
pub(crate) fn bundles(region: &Region, household: u32) -> Vec<Value> {
    let people = home::people(region, household);
    (0..people.len())
        .map(|index| {
            let mut chart = Chart::new(region, household, &people, index);
            patient::add(&mut chart);
            team::add(&mut chart);
            relatives::add(&mut chart, &people);
            history::add(&mut chart);
            transaction(chart.entries)
        })
        .collect()
}
