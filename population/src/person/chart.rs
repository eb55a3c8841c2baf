//! A person's record while it is written: entries so far, and the facts that documents will tell again.

use super::identity::Identity;
use crate::calendar::Day;
use crate::clinic::{Illness, Medicine, Test};
use crate::draw::{Draw, Stream};
use crate::region::Region;
use crate::resource::{meta, named_reference, object, post, reference, text};
use serde_json::Value;

/// A record in the making.
pub(crate) struct Chart<'a> {
    pub(crate) region: &'a Region,
    pub(crate) who: &'a Identity,
    pub(crate) draw: Draw,
    /// Address of the Patient in its Bundle.
    pub(crate) patient: String,
    pub(crate) entries: Vec<Value>,
    /// Last day of the history: today, or the day of death.
    pub(crate) end: Day,
    pub(crate) facts: Facts<'a>,
    /// The one minor of the region who asked for care without their parents.
    pub(crate) is_confiding_minor: bool,
}

/// What is known so far.
#[derive(Default)]
pub(crate) struct Facts<'a> {
    pub(crate) illnesses: Vec<(&'a Illness, Day)>,
    pub(crate) medicines: Vec<(&'a Medicine, Day)>,
    pub(crate) results: Vec<Finding<'a>>,
    pub(crate) vaccines: Vec<(&'static str, &'static str, Day, String)>,
    pub(crate) visits: Vec<Visit>,
    pub(crate) acts: Vec<(&'static str, &'static str, Day, usize)>,
}

/// A result of laboratory.
#[derive(Clone)]
pub(crate) struct Finding<'a> {
    pub(crate) test: &'a Test,
    pub(crate) value: f64,
    pub(crate) day: Day,
}

/// A visit to a professional.
#[derive(Clone)]
pub(crate) struct Visit {
    pub(crate) day: Day,
    pub(crate) professional: usize,
    pub(crate) url: String,
    pub(crate) reason: &'static str,
    /// What was measured, in words.
    pub(crate) measured: Vec<String>,
}

impl<'a> Chart<'a> {
    /// An empty record.
    pub(super) fn new(region: &'a Region, household: u32, people: &'a [Identity], index: usize) -> Chart<'a> {
        let who = &people[index];
        let number = (u64::from(household) << 8) | index as u64;
        let mut draw = Draw::new(region.settings.seed, Stream::Person, number);
        let patient = draw.urn();
        let end = who.deceased.unwrap_or(region.today);
        Chart {
            region,
            who,
            draw,
            patient,
            entries: Vec::with_capacity(40),
            end,
            facts: Facts::default(),
            is_confiding_minor: region.plan.confiding_minor() == Some((household, index)),
        }
    }

    /// Adds a resource; gives its address in the Bundle.
    pub(crate) fn add(&mut self, resource: Value) -> String {
        let url = self.draw.urn();
        self.add_at(&url, resource);
        url
    }

    /// Adds a resource at an address drawn before.
    pub(crate) fn add_at(&mut self, url: &str, resource: Value) {
        self.entries.push(post(url, resource));
    }

    /// The reference to the person.
    pub(crate) fn subject(&self) -> Value {
        reference(&self.patient)
    }

    /// The first elements of a resource of the record.
    pub(crate) fn resource(&self, kind: &str) -> Value {
        object([("resourceType", text(kind)), ("meta", meta(None))])
    }

    /// Completed years at the end of the history.
    pub(crate) fn age(&self) -> i32 {
        self.who.birth().years_until(self.end)
    }

    /// The reference to a professional, with their name.
    pub(crate) fn professional(&self, index: usize) -> Value {
        let network = &self.region.network;
        named_reference(&network.practitioner_reference(index), &network.spoken_name(index))
    }

    /// The reference to the main place of a professional.
    pub(crate) fn place_of(&self, professional: usize) -> Value {
        let site = self.region.network.main_site(professional);
        named_reference(&self.region.network.organization_reference(site), &site.name)
    }

    /// A professional near the person's home.
    pub(crate) fn near(&mut self, profession: &str) -> usize {
        let commune = self.who.homes[0].1;
        self.region.network.draw_near(&mut self.draw, profession, commune)
    }

    /// A working day this many days before the end of the history, never before birth.
    pub(crate) fn day_before_end(&self, days: i32) -> Day {
        let day = self.end.plus_days(-days).working_day();
        let day = if day > self.end { self.end.plus_days(-days) } else { day };
        day.max(self.who.birth())
    }
}
