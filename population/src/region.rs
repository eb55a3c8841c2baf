//! The region: what is decided once, and what is made on demand.

use crate::accounts::{self, AccountSeed};
use crate::calendar::Day;
use crate::care::{self, Network};
use crate::clinic::Clinic;
use crate::geo::Geography;
use crate::growth::Growth;
use crate::names::Names;
use crate::person;
use crate::plan::Plan;
use serde_json::Value;
use socle_kernel::{Kind, Problem};

/// Most people of one region: what the invented ranges of numbers hold.
pub const PEOPLE_MAX: u32 = 4_000_000;

/// What a region is made from. The same settings give the same bytes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Settings {
    /// How many people, from 0 to [`PEOPLE_MAX`].
    pub people: u32,
    /// Which region among all that could be.
    pub seed: u64,
    /// The day up to which histories go.
    pub today: jiff::civil::Date,
    /// INSEE code of a region of France, `53` for Bretagne.
    pub region: String,
}

/// A synthetic region. Making one computes the plan only; people are made household by household, in any order.
pub struct Region {
    pub(crate) settings: Settings,
    pub(crate) today: Day,
    pub(crate) geography: Geography,
    pub(crate) names: Names,
    pub(crate) clinic: Clinic,
    pub(crate) growth: Growth,
    pub(crate) network: Network,
    pub(crate) plan: Plan,
}

impl Region {
    /// Plans the region.
    pub fn new(settings: Settings) -> Result<Region, Problem> {
        if settings.people > PEOPLE_MAX {
            return Err(too_many(settings.people));
        }
        let today = Day::of(settings.today);
        let geography = Geography::of_region(&settings.region)?;
        let names = Names::of_region(&settings.region);
        let network = Network::new(settings.seed, settings.people, &geography, &names);
        let plan = Plan::new(settings.seed, settings.people, today, &geography);
        let (clinic, growth) = (Clinic::read(), Growth::read());
        Ok(Region { settings, today, geography, names, clinic, growth, network, plan })
    }

    /// What the region was made from.
    pub fn settings(&self) -> &Settings {
        &self.settings
    }

    /// Transaction Bundles of places and professionals, to load before people and in this order; at most 500 entries
    /// each.
    pub fn foundations(&self) -> Vec<Value> {
        care::bundles(&self.network, &self.geography, self.settings.seed)
    }

    /// How many people live in the region.
    pub fn people(&self) -> u32 {
        self.plan.people()
    }

    /// How many households; they are numbered from 0.
    pub fn households(&self) -> u32 {
        self.plan.households()
    }

    /// One transaction Bundle for each person of a household; nothing past the last household.
    pub fn person_bundles(&self, household: u32) -> Vec<Value> {
        person::bundles(self, household)
    }

    /// Who can sign in: the people and professionals of the story.
    pub fn accounts(&self) -> Vec<AccountSeed> {
        accounts::accounts(self)
    }
}

fn too_many(people: u32) -> Problem {
    Problem::new(
        Kind::Unprocessable,
        format!("Une région inventée compte au plus {PEOPLE_MAX} personnes."),
        format!("An invented region has at most {PEOPLE_MAX} people."),
    )
    .coded("value")
    .at("people")
    .expecting(PEOPLE_MAX.to_string())
    .receiving(people.to_string())
}
