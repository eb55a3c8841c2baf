//! The texts of every read. They hold on PostgreSQL as they stand; the tests below hold their plans.

macro_rules! row_columns {
    () => {
        "home, type, seq, version, deleted, last_updated, sort_date, labels, sketch"
    };
}

macro_rules! version_columns {
    () => {
        "version, deleted, last_updated, body, blob"
    };
}

pub(super) const ROW: &str =
    concat!("SELECT ", row_columns!(), " FROM resource WHERE home = $1 AND type = $2 AND seq = $3");
pub(super) const SCAN_TYPE_NEWEST: &str = concat!(
    "SELECT ",
    row_columns!(),
    " FROM resource WHERE home = $1 AND type = $2 AND seq < $3 ORDER BY seq DESC"
);
pub(super) const SCAN_TYPE: &str = concat!(
    "SELECT ",
    row_columns!(),
    " FROM resource WHERE home = $1 AND type = $2 AND seq > $3 ORDER BY seq"
);
pub(super) const SCAN_HOME_NEWEST: &str = concat!(
    "SELECT ",
    row_columns!(),
    " FROM resource WHERE home = $1 AND (type, seq) < ($2, $3) ORDER BY type DESC, seq DESC"
);
pub(super) const SCAN_HOME: &str = concat!(
    "SELECT ",
    row_columns!(),
    " FROM resource WHERE home = $1 AND (type, seq) > ($2, $3) ORDER BY type, seq"
);
/// The one read without a home: a bounded scan, by design, from a key on.
pub(super) const SCAN_ALL: &str = concat!(
    "SELECT ",
    row_columns!(),
    " FROM resource WHERE (home, type, seq) > ($1, $2, $3) ORDER BY home, type, seq"
);
/// One type that has a home for each of its resources; the list is that of the index, word for word.
pub(super) const SCAN_DIRECTORY: &str = concat!(
    "SELECT ",
    row_columns!(),
    " FROM resource WHERE type = $1 AND type IN (45, 60, 71, 100, 103, 108, 109) \
     AND (home, seq) > ($2, $3) ORDER BY home, seq"
);
/// Codes of the types in that index.
pub(super) const DIRECTORY_TYPES: [u16; 7] = [45, 60, 71, 100, 103, 108, 109];
pub(super) const VERSION: &str = concat!(
    "SELECT ",
    version_columns!(),
    " FROM version WHERE home = $1 AND type = $2 AND seq = $3 AND version = $4"
);
pub(super) const VERSIONS: &str = concat!(
    "SELECT ",
    version_columns!(),
    " FROM version WHERE home = $1 AND type = $2 AND seq = $3 AND version < $4 ORDER BY version DESC LIMIT $5"
);
pub(super) const FIND: &str = "SELECT home, seq FROM key WHERE param = $1 AND value = $2 AND type = $3 \
     AND (home, seq) > ($4, $5) ORDER BY home, seq LIMIT $6";
pub(super) const NEXT_BIRTH_DAY: &str =
    "SELECT birth_day FROM person WHERE birth_day >= $1 AND birth_day <= $2 ORDER BY birth_day LIMIT 1";
pub(super) const PEOPLE: &str = "SELECT home, type, seq FROM person WHERE birth_day = $1 \
     AND family >= $2 AND family <= $3 AND given >= $4 AND given <= $5 ORDER BY family, given, home, type, seq";
pub(super) const ALIAS: &str = "SELECT home, seq FROM alias WHERE type = $1 AND id = $2";
pub(super) const DRAWER: &str = "SELECT value FROM drawer WHERE home = $1 AND drawer = $2 AND key = $3";
pub(super) const DRAWER_LIST: &str =
    "SELECT key, value FROM drawer WHERE home = $1 AND drawer = $2 AND key > $3 ORDER BY key LIMIT $4";
pub(super) const AUDIT: &str = "SELECT home, seq, number, at, entry FROM audit WHERE home = $1 AND seq < $2 \
     ORDER BY seq DESC LIMIT $3";
pub(super) const AUDIT_FROM: &str = "SELECT leaf.owner, leaf.seq, leaf.number, audit.at, audit.entry FROM leaf \
     LEFT JOIN audit ON audit.home = leaf.owner AND audit.seq = leaf.seq \
     WHERE leaf.home = $1 AND leaf.number >= $2 ORDER BY leaf.number LIMIT $3";
pub(super) const FEED: &str = "SELECT number, subject, type, seq, version, deleted, at FROM feed \
     WHERE home = $1 AND number > $2 ORDER BY number LIMIT $3";
pub(super) const FEED_BACK: &str = "SELECT number, subject, type, seq, version, deleted, at FROM feed \
     WHERE home = $1 AND number < $2 ORDER BY number DESC LIMIT $3";
pub(super) const FEED_LAST: &str = "SELECT number FROM feed WHERE home = $1 ORDER BY number DESC LIMIT 1";
pub(super) const TALLY: &str = "SELECT kind, amount FROM tally WHERE home = $1";
pub(super) const HOME_KEY: &str = "SELECT wrapped FROM home_key WHERE home = $1 AND key_id = $2";
pub(super) const HOME_KEY_NEWEST: &str =
    "SELECT key_id, wrapped FROM home_key WHERE home = $1 ORDER BY key_id DESC LIMIT 1";
pub(super) const TREE: &str = "SELECT size, frontier, mac FROM tree WHERE home = $1";
pub(super) const HEAD_LAST: &str =
    "SELECT size, root, at, signature FROM head WHERE home = $1 ORDER BY size DESC LIMIT 1";
pub(super) const LEAF_HASHES: &str =
    "SELECT hash FROM leaf WHERE home = $1 AND number >= $2 AND number < $3 ORDER BY number";
pub(super) const SWEEPS: &str = "SELECT home FROM sweep ORDER BY home";

/// What an erasure reads: the whole of the three tables that find a home, on a snapshot of its own.
pub(super) const KEYS_OF_HOME: &str = "SELECT param, value, type, seq FROM key WHERE home = $1";
pub(super) const PEOPLE_OF_HOME: &str =
    "SELECT birth_day, family, given, type, seq FROM person WHERE home = $1";
pub(super) const ALIASES_OF_HOME: &str = "SELECT type, id FROM alias WHERE home = $1";

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sqlite::schema;
    use crate::{PlatformKeys, StoreConfig};
    use socle_kernel::ResourceType;

    /// Every read that a request makes, with the start of its plan.
    const PLANS: &[(&str, &str)] = &[
        (ROW, "SEARCH resource USING PRIMARY KEY (home=? AND type=? AND seq=?)"),
        (SCAN_TYPE_NEWEST, "SEARCH resource USING PRIMARY KEY (home=? AND type=? AND seq<?)"),
        (SCAN_TYPE, "SEARCH resource USING PRIMARY KEY (home=? AND type=? AND seq>?)"),
        (SCAN_HOME_NEWEST, "SEARCH resource USING PRIMARY KEY (home=? AND (type,seq)<(?,?))"),
        (SCAN_HOME, "SEARCH resource USING PRIMARY KEY (home=? AND (type,seq)>(?,?))"),
        (SCAN_ALL, "SEARCH resource USING PRIMARY KEY ((home,type,seq)>(?,?,?))"),
        (SCAN_DIRECTORY, "SEARCH resource USING INDEX directory (type=? AND (home,seq)>(?,?))"),
        (VERSION, "SEARCH version USING PRIMARY KEY (home=? AND type=? AND seq=? AND version=?)"),
        (VERSIONS, "SEARCH version USING PRIMARY KEY (home=? AND type=? AND seq=? AND version<?)"),
        (FIND, "SEARCH key USING PRIMARY KEY (param=? AND value=? AND type=? AND (home,seq)>(?,?))"),
        (NEXT_BIRTH_DAY, "SEARCH person USING PRIMARY KEY (birth_day>? AND birth_day<?)"),
        (PEOPLE, "SEARCH person USING PRIMARY KEY (birth_day=? AND family>? AND family<?)"),
        (ALIAS, "SEARCH alias USING PRIMARY KEY (type=? AND id=?)"),
        (DRAWER, "SEARCH drawer USING PRIMARY KEY (home=? AND drawer=? AND key=?)"),
        (DRAWER_LIST, "SEARCH drawer USING PRIMARY KEY (home=? AND drawer=? AND key>?)"),
        (AUDIT, "SEARCH audit USING PRIMARY KEY (home=? AND seq<?)"),
        (AUDIT_FROM, "SEARCH leaf USING PRIMARY KEY (home=? AND number>?)"),
        (FEED, "SEARCH feed USING PRIMARY KEY (home=? AND number>?)"),
        (FEED_BACK, "SEARCH feed USING PRIMARY KEY (home=? AND number<?)"),
        (FEED_LAST, "SEARCH feed USING PRIMARY KEY (home=?)"),
        (TALLY, "SEARCH tally USING PRIMARY KEY (home=?)"),
        (HOME_KEY, "SEARCH home_key USING PRIMARY KEY (home=? AND key_id=?)"),
        (HOME_KEY_NEWEST, "SEARCH home_key USING PRIMARY KEY (home=?)"),
        (TREE, "SEARCH tree USING PRIMARY KEY (home=?)"),
        (HEAD_LAST, "SEARCH head USING PRIMARY KEY (home=?)"),
        (LEAF_HASHES, "SEARCH leaf USING PRIMARY KEY (home=? AND number>? AND number<?)"),
    ];

    #[test]
    fn the_index_holds_people_and_the_directory() {
        let names = DIRECTORY_TYPES.map(|code| ResourceType::from_code(code).expect("a type").name());
        let expected = [
            "Endpoint",
            "HealthcareService",
            "Location",
            "Organization",
            "Patient",
            "Practitioner",
            "PractitionerRole",
        ];
        assert_eq!(names, expected);
        assert!(SCAN_DIRECTORY.contains(&format!("{DIRECTORY_TYPES:?}").replace('[', "(").replace(']', ")")));
    }

    #[test]
    fn every_read_touches_one_range_of_a_primary_key() {
        let folder = tempfile::tempdir().expect("folder");
        let keys = PlatformKeys::from_bytes([1; 32]);
        let conn = schema::open_writer(&StoreConfig::new(folder.path()), &keys).expect("opens");
        for (text, expected) in PLANS {
            let mut statement = conn.prepare(&format!("EXPLAIN QUERY PLAN {text}")).expect("valid SQL");
            let count = statement.parameter_count();
            let steps: Vec<String> = statement
                .query_map(rusqlite::params_from_iter(std::iter::repeat_n(0, count)), |row| row.get(3))
                .expect("explains")
                .collect::<rusqlite::Result<_>>()
                .expect("steps");
            assert_eq!(steps[0], *expected, "{text}");
            for step in &steps {
                assert!(!step.contains("SCAN") && !step.contains("TEMP B-TREE"), "{text}: {step}");
            }
        }
    }
}
