//! The suite on SQLite, and what concerns its files.

mod files;
mod limits;
mod tamper;

use crate::builders::{Opened, at, keys};
use rusqlite::Connection;
use socle_kernel::{ManualClock, SeededChance};
use socle_store::{Result, StoreConfig};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

/// Opens the store of a folder as the tests do.
pub async fn open_in(folder: &Path) -> Result<Opened> {
    open_with(StoreConfig { reserve_bytes: 0, ..StoreConfig::new(folder) }).await
}

/// Opens a store with these settings.
pub async fn open_with(config: StoreConfig) -> Result<Opened> {
    /// A seed for each opening: a store that is opened again must not draw the same nonces.
    static SEED: AtomicU64 = AtomicU64::new(1);
    let clock = ManualClock::at(at(0));
    let chance = SeededChance::new(SEED.fetch_add(1, Ordering::Relaxed));
    let store = socle_store::open(config, keys(), Arc::new(clock.clone()), Arc::new(chance)).await?;
    Ok(Opened { store, clock })
}

/// The database of a stopped store, to look into or to tamper with.
pub fn database(folder: &Path) -> Connection {
    Connection::open(folder.join("socle.db")).expect("opens")
}

macro_rules! suite {
    ($($module:ident: $($name:ident),+;)+) => {
        $(mod $module {
            $(#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn $name() {
                let folder = tempfile::tempdir().expect("folder");
                let store = super::open_in(folder.path()).await.expect("opens");
                crate::suite::$module::$name(&store).await;
                store.close().await.expect("closes");
            })+
        })+
    };
}

suite! {
    resources: gives_back_what_was_written, refuses_a_write_that_saw_another_version, keeps_a_deletion_as_a_version,
        writes_all_of_a_commit_or_nothing, holds_several_versions_of_one_resource_in_one_commit,
        scans_a_home_by_type_in_both_directions, scans_on_after_a_key, says_when_a_scan_met_its_budget,
        counts_what_is_there_and_not_deleted, shows_one_stable_view_while_others_write;
    drawers: keeps_entries_by_home_and_key, removes_entries, lists_entries_in_key_order_page_by_page,
        refuses_a_change_when_the_entry_is_not_as_expected, changes_drawers_and_resources_together_or_not_at_all;
    keys: finds_resources_by_value_type_and_parameter, pages_through_what_a_value_finds_in_key_order,
        stops_finding_by_values_that_were_removed, resolves_the_ids_that_clients_chose,
        refuses_an_id_that_another_resource_has, reserves_the_id_of_a_resource_that_comes_later;
    people: finds_people_by_birth_day_and_beginnings_of_names, names_a_person_once_whatever_the_number_of_names,
        forgets_names_that_changed_and_people_who_left;
    audit: lists_the_log_of_a_home_newest_first, lists_the_whole_log_in_the_order_of_writing,
        traces_nothing_of_a_commit_that_was_refused, an_untouched_log_verifies_while_it_grows,
        signs_a_head_when_it_is_time, proves_that_a_line_is_in_the_log;
    feed: tells_every_change_in_order, has_no_gap_under_32_writers, wakes_who_waits_for_the_next_change,
        lets_who_waits_go_when_the_store_closes;
    races: of_two_writers_of_one_version_exactly_one_wins, a_refused_commit_harms_none_of_its_neighbours,
        many_first_writes_of_one_home_share_its_key, more_snapshots_than_connections_wait_their_turn,
        a_commit_goes_through_while_every_view_is_taken;
    blobs: gives_back_contents_of_every_size, keeps_a_content_under_a_name_and_removes_it,
        opens_a_content_only_in_its_home_and_by_its_name_and_size,
        counts_the_contents_that_versions_name;
    erasure: nothing_of_an_erased_home_can_be_read, an_erased_home_is_found_no_more_and_others_are_untouched,
        nothing_can_be_written_to_an_erased_home, the_log_of_an_erased_home_stays_and_verifies,
        refuses_to_erase_a_shared_home;
    model: agrees_with_a_model_in_memory;
}
