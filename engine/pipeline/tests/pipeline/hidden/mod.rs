//! The proof that nothing hidden shows: every answer of the FHIR API equals the answer of a second store from which what is
//! hidden from the caller was removed, references to it included.
//!
//! Each case is a seed: a region of invented people with random records, labels, blocks and consents (`world.rs`), a random
//! caller (`callers.rs`), and random requests (`requests.rs`), each asked of both stores (`house.rs`) with every page walked.
//! `SOCLE_HIDDEN_CASES` sets how many regions are made, `SOCLE_HIDDEN_SEED` the first of them: a failure names its seed.

mod callers;
mod compare;
mod dice;
mod house;
mod requests;
mod world;

use callers::Caller;
use dice::Dice;
use house::House;
use world::World;

/// Regions of one run, unless `SOCLE_HIDDEN_CASES` says otherwise: about twenty seconds.
const CASES: u64 = 8;
/// Callers of one region.
const CALLERS: usize = 5;
/// Requests of one caller.
const REQUESTS: usize = 60;

fn setting(name: &str, usual: u64) -> u64 {
    std::env::var(name).ok().map_or(usual, |text| text.parse().unwrap())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_answer_is_that_of_a_store_without_what_is_hidden() {
    let first = setting("SOCLE_HIDDEN_SEED", 1);
    let mut told = Told::default();
    for seed in first..first + setting("SOCLE_HIDDEN_CASES", CASES) {
        one_region(seed, &mut told).await;
    }
    // A proof that compares refusals only, or hides nothing, proves nothing.
    assert!(told.found * 6 > told.asked, "too few requests are answered: {told:?}");
    assert!(told.hidden > told.callers, "too little is hidden: {told:?}");
    println!("{told:?}");
}

/// What a run compared.
#[derive(Debug, Default)]
struct Told {
    callers: usize,
    hidden: usize,
    asked: usize,
    /// Requests answered with at least one resource.
    found: usize,
}

async fn one_region(seed: u64, told: &mut Told) {
    let mut dice = Dice::new(seed);
    let world = World::draw(&mut dice);
    for number in 0..CALLERS {
        let caller = Caller::draw(&mut dice, &world);
        let whole = House::open().await;
        whole.write(&world, &|_| true).await;
        let hidden = whole.hidden_from(&caller, &world).await;
        let reduced = House::open().await;
        reduced.write(&world, &|index| !hidden.contains(&index)).await;
        told.callers += 1;
        told.hidden += hidden.len();
        for _ in 0..REQUESTS {
            let asked = requests::draw(&mut dice, &world);
            let (one, other) = (whole.walk(&caller, &asked).await, reduced.walk(&caller, &asked).await);
            told.asked += 1;
            told.found += usize::from(one.iter().any(compare::has_entries));
            assert!(
                one == other,
                "seed {seed}, caller {number} {caller:?}\nhidden: {:?}\n{asked}\nwith what is hidden, {}",
                hidden.iter().map(|index| world.name(*index)).collect::<Vec<_>>(),
                compare::difference(&one, &other),
            );
        }
    }
}
