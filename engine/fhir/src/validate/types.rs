//! Types and profiles that apply to a value: declared by the resource, named by a profile for the type of an element,
//! or by the address of an extension.

use super::finding::Family;
use super::profile::{self, Active, Profile, TypeRule};
use super::walk::{Walk, short};
use crate::definitions::TypeKind;
use crate::fhirpath::Element;
use serde_json::Value;
use socle_kernel::Severity;

/// Where the profiles of the base standard are: a type is not a profile of itself.
const OFFICIAL: &str = "http://hl7.org/fhir/StructureDefinition/";

/// True for the definition of a type of the standard itself, which the walk checks anyway.
pub(super) fn is_base_type(canonical: &str) -> bool {
    canonical.strip_prefix(OFFICIAL).is_some_and(|name| {
        let name = name.split('|').next().unwrap_or(name);
        crate::definitions::find_type(name).is_some()
    })
}

impl<'a> Walk<'a, '_> {
    /// Adds the profiles that the resource says it follows.
    pub fn declared_profiles(&mut self, element: &Element<'a>, actives: &mut Vec<Active>) {
        let declared =
            element.value.and_then(|value| value.pointer("/meta/profile")).and_then(Value::as_array);
        for canonical in declared.into_iter().flatten().filter_map(Value::as_str) {
            if is_base_type(canonical) {
                continue;
            }
            if let Some(profile) = self.profile_for(element, canonical)
                && !actives.iter().any(|active| std::ptr::eq(active.node, &profile.root))
            {
                actives.push(profile.active());
            }
        }
    }

    /// A profile by its address, when it can be used for this resource; says what is wrong otherwise.
    pub fn profile_for(&mut self, element: &Element<'a>, canonical: &str) -> Option<&'static Profile> {
        let depth = self.place.steps.len();
        for name in ["meta", "profile"] {
            self.place.steps.push(super::place::Step { name, index: None });
        }
        let found = self.usable(element, canonical);
        self.place.steps.truncate(depth);
        found
    }

    fn usable(&mut self, element: &Element<'a>, canonical: &str) -> Option<&'static Profile> {
        match profile::find(canonical) {
            None => {
                let said = || {
                    (
                        format!(
                            "Le profil {canonical} n'est pas installé : la ressource n'a pas été vérifiée contre lui. Ajoutez son paquet avec « socle package add »."
                        ),
                        format!(
                            "The profile {canonical} is not installed: the resource was not checked against it. Add its package with `socle package add`."
                        ),
                    )
                };
                self.tell(Family::Rule, Severity::Warning, "not-found", said, "a known profile", canonical);
                None
            }
            Some(Err(why)) => {
                let said = || {
                    (
                        format!(
                            "Le profil {canonical} ne peut pas servir à la validation : la ressource n'a pas été vérifiée contre lui."
                        ),
                        format!(
                            "The profile {canonical} cannot be used for validation: the resource was not checked against it."
                        ),
                    )
                };
                self.tell(Family::Rule, Severity::Warning, "not-supported", said, "a usable profile", why);
                None
            }
            Some(Ok(profile)) if element.definition.is_a(&profile.type_name) => Some(profile),
            Some(Ok(profile)) => {
                let (wanted, is) = (&profile.type_name, element.definition.name);
                let said = || {
                    (
                        format!(
                            "Le profil {canonical} décrit {wanted}, pas {is}. Retirez-le ou changez le type de la ressource."
                        ),
                        format!(
                            "The profile {canonical} describes {wanted}, not {is}. Leave it out or change the type of the resource."
                        ),
                    )
                };
                self.tell(Family::Rule, Severity::Error, "invalid", said, wanted, is);
                None
            }
        }
    }

    /// The parts of profiles that apply to an element: the given ones, and those of profiles its types name.
    pub fn expanded<'n>(
        &mut self,
        element: &Element<'a>,
        nodes: &'n [Active],
        room: &'n mut Vec<Active>,
    ) -> &'n [Active] {
        let is_extension = element.definition.name == "Extension";
        let names_profiles =
            |active: &Active| active.node.types.iter().flatten().any(|rule| !rule.profiles.is_empty());
        let is_resource = element.definition.kind == TypeKind::Resource;
        if !is_extension && (is_resource || !nodes.iter().any(names_profiles)) {
            return nodes;
        }
        room.extend_from_slice(nodes);
        for node in nodes {
            self.type_profiles(element, *node, room);
        }
        if is_extension {
            self.extension(element, room);
        }
        room
    }

    /// Adds the profile that an element's type rule names; of several, one must fit.
    pub fn type_profiles(&mut self, element: &Element<'a>, active: Active, all: &mut Vec<Active>) {
        let Some(rule) = active.node.types.as_ref().and_then(|rules| fitting(rules, element)) else { return };
        let known: Vec<&'static Profile> = rule
            .profiles
            .iter()
            .filter(|canonical| !is_base_type(canonical))
            .filter_map(|canonical| profile::find(canonical)?.ok())
            .collect();
        // An unknown profile among several may be the one that fits.
        let are_all_known = known.len() == rule.profiles.len();
        if !are_all_known {
            return;
        }
        if let [one] = known.as_slice() {
            if !all.iter().any(|active| std::ptr::eq(active.node, &one.root)) {
                all.push(one.active());
            }
        } else if !known.is_empty() && !known.iter().any(|one| self.conforms_to(element, one)) {
            let names: Vec<&str> = known.iter().map(|one| short(one)).collect();
            self.none_of(&names);
        }
    }

    fn none_of(&mut self, names: &[&str]) {
        let names = names.join(", ");
        let said = || {
            (
                format!("La valeur ne respecte aucun des profils permis ici : {names}."),
                format!("The value conforms to none of the profiles allowed here: {names}."),
            )
        };
        self.tell(Family::Rule, Severity::Error, "structure", said, &names, "none of them");
    }

    /// Data type profiles that the base definition names, as `SimpleQuantity`.
    pub fn base_profiles(&mut self, element: &Element<'a>, profiles: &[Box<str>]) {
        for canonical in profiles {
            if let Some(Ok(profile)) = profile::find(canonical)
                && element.definition.is_a(&profile.type_name)
            {
                self.demands(element, profile.active());
                for (name, child) in &profile.root.children {
                    let is_there = element.value.is_some_and(|value| value.get(&**name).is_some());
                    if child.max == Some(0) && is_there {
                        self.forbidden(name, profile);
                    }
                }
            }
        }
    }

    fn forbidden(&mut self, name: &str, profile: &'static Profile) {
        let profile = short(profile);
        let said = || {
            (
                format!("Le profil {profile} ne permet pas l'élément « {name} ». Retirez-le."),
                format!("The profile {profile} does not allow the element `{name}`. Leave it out."),
            )
        };
        self.tell(Family::Rule, Severity::Error, "structure", said, "nothing", name);
    }

    /// Whether the value's type is one that the profile allows.
    pub fn type_allowed(&mut self, element: &Element<'a>, active: Active) {
        let Some(rules) = &active.node.types else { return };
        if fitting(rules, element).is_some() {
            return;
        }
        let allowed: Vec<&str> = rules.iter().map(|rule| &*rule.code).collect();
        let (name, is) = (short(active.profile), element.definition.name);
        let said = || {
            (
                format!("Le profil {name} ne permet pas le type {is} ici. Utilisez un des types attendus."),
                format!(
                    "The profile {name} does not allow the type {is} here. Use one of the expected types."
                ),
            )
        };
        self.tell(Family::Rule, Severity::Error, "structure", said, &allowed.join(", "), is);
    }
}

/// The rule for the type of an element.
pub(super) fn fitting<'r>(rules: &'r [TypeRule], element: &Element<'_>) -> Option<&'r TypeRule> {
    let exact = rules.iter().find(|rule| *rule.code == *element.definition.name);
    exact.or_else(|| rules.iter().find(|rule| element.definition.is_a(&rule.code)))
}
