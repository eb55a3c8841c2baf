//! Which parameters go to the key table (`data/search/global.toml`).

use serde::Deserialize;
use socle_kernel::ResourceType;
use std::collections::BTreeMap;
use std::sync::OnceLock;

const TABLE: &str = include_str!("../../../../data/search/global.toml");

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Global {
    all: Vec<String>,
    types: BTreeMap<String, Vec<String>>,
}

static GLOBAL: OnceLock<Global> = OnceLock::new();

fn table() -> &'static Global {
    GLOBAL.get_or_init(|| toml::from_str(TABLE).expect("data/search/global.toml is well-formed"))
}

pub(super) fn is_global(resource_type: ResourceType, code: &str) -> bool {
    let global = table();
    let named = |codes: &[String]| codes.iter().any(|known| known == code);
    named(&global.all) || global.types.get(resource_type.name()).is_some_and(|codes| named(codes))
}

#[cfg(test)]
mod tests {
    use super::table;
    use crate::search::parameter;
    use socle_kernel::ResourceType;

    #[test]
    fn names_only_parameters_that_exist() {
        for (name, codes) in &table().types {
            let resource_type: ResourceType = name.parse().expect("a resource type");
            for code in codes {
                assert!(parameter(resource_type, code).is_some_and(|p| p.is_global), "{name}.{code}");
            }
        }
    }
}
