//! Why an answer cannot be given: what is not loaded, or cannot be evaluated.

use socle_kernel::Words;

/// Why a value set cannot be listed, or a code not be judged.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Gap {
    /// A value set that is not loaded.
    NoSet(String),
    /// A code system that is not loaded, or not in this version.
    NoSystem(String),
    /// A code system of which only a part is loaded.
    PartOfSystem(String),
    /// A code system with a grammar: its codes are without end.
    Endless(String),
    /// A filter that this system's definition cannot answer: system, property, operator.
    Filter(String, String, String),
    /// A value set that refers to itself, or too deeply to others ([`super::NESTED_SETS`]).
    Nested(String),
}

impl Gap {
    /// In words.
    pub fn words(&self) -> Words {
        match self {
            Gap::NoSet(url) => Words::new(
                format!("Le jeu de valeurs {url} n'est pas chargé."),
                format!("The value set {url} is not loaded."),
            ),
            Gap::NoSystem(url) => Words::new(
                format!("Le système de codes {url} n'est pas chargé."),
                format!("The code system {url} is not loaded."),
            ),
            Gap::PartOfSystem(url) => Words::new(
                format!("Seule une partie du système de codes {url} est chargée."),
                format!("Only a part of the code system {url} is loaded."),
            ),
            Gap::Endless(url) => Words::new(
                format!("Le système de codes {url} suit une grammaire : ses codes sont sans nombre."),
                format!("The code system {url} follows a grammar: its codes are without number."),
            ),
            Gap::Filter(system, property, operator) => Words::new(
                format!("Le filtre « {property} {operator} » ne peut pas être évalué sur {system}."),
                format!("The filter \"{property} {operator}\" cannot be evaluated on {system}."),
            ),
            Gap::Nested(url) => Words::new(
                format!("Le jeu de valeurs {url} se contient lui-même, ou s'imbrique trop profondément."),
                format!("The value set {url} contains itself, or nests too deeply."),
            ),
        }
    }
}
