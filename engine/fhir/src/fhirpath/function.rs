//! The functions an expression may call, with how many arguments they take.

/// What `toX()` and `convertsToX()` make.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "the names of the types of FHIRPath")]
pub enum Target {
    Boolean,
    Integer,
    Decimal,
    String,
    Date,
    DateTime,
    Time,
    Quantity,
}

/// A function of FHIRPath or of FHIR.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "each is the function of this name in the specification")]
pub enum Function {
    Empty,
    Exists,
    All,
    AllTrue,
    AnyTrue,
    AllFalse,
    AnyFalse,
    SubsetOf,
    SupersetOf,
    Count,
    Distinct,
    IsDistinct,
    Not,
    Where,
    Select,
    Repeat,
    OfType,
    Is,
    As,
    Single,
    First,
    Last,
    Tail,
    Skip,
    Take,
    Intersect,
    Exclude,
    Union,
    Combine,
    Children,
    Descendants,
    Sort,
    Aggregate,
    Iif,
    To(Target),
    ConvertsTo(Target),
    IndexOf,
    LastIndexOf,
    Substring,
    StartsWith,
    EndsWith,
    Contains,
    Upper,
    Lower,
    Replace,
    Matches,
    MatchesFull,
    ReplaceMatches,
    Length,
    ToChars,
    Trim,
    Split,
    Join,
    Encode,
    Decode,
    Escape,
    Unescape,
    Abs,
    Ceiling,
    Exp,
    Floor,
    Ln,
    Log,
    Power,
    Round,
    Sqrt,
    Truncate,
    Trace,
    Now,
    Today,
    TimeOfDay,
    Type,
    Extension,
    HasExtension,
    HasValue,
    GetValue,
    Resolve,
    ElementDefinition,
    Slice,
    CheckModifiers,
    ConformsTo,
    MemberOf,
    Subsumes,
    SubsumedBy,
    HtmlChecks,
    LowBoundary,
    HighBoundary,
    Precision,
    Comparable,
}

/// Name, function, fewest and most arguments; sorted by name.
const TABLE: [(&str, Function, usize, usize); 103] = [
    ("abs", Function::Abs, 0, 0),
    ("aggregate", Function::Aggregate, 1, 2),
    ("all", Function::All, 1, 1),
    ("allFalse", Function::AllFalse, 0, 0),
    ("allTrue", Function::AllTrue, 0, 0),
    ("anyFalse", Function::AnyFalse, 0, 0),
    ("anyTrue", Function::AnyTrue, 0, 0),
    ("as", Function::As, 1, 1),
    ("ceiling", Function::Ceiling, 0, 0),
    ("checkModifiers", Function::CheckModifiers, 0, 64),
    ("children", Function::Children, 0, 0),
    ("combine", Function::Combine, 1, 1),
    ("comparable", Function::Comparable, 1, 1),
    ("conformsTo", Function::ConformsTo, 1, 1),
    ("contains", Function::Contains, 1, 1),
    ("convertsToBoolean", Function::ConvertsTo(Target::Boolean), 0, 0),
    ("convertsToDate", Function::ConvertsTo(Target::Date), 0, 1),
    ("convertsToDateTime", Function::ConvertsTo(Target::DateTime), 0, 1),
    ("convertsToDecimal", Function::ConvertsTo(Target::Decimal), 0, 0),
    ("convertsToInteger", Function::ConvertsTo(Target::Integer), 0, 0),
    ("convertsToQuantity", Function::ConvertsTo(Target::Quantity), 0, 1),
    ("convertsToString", Function::ConvertsTo(Target::String), 0, 0),
    ("convertsToTime", Function::ConvertsTo(Target::Time), 0, 1),
    ("count", Function::Count, 0, 0),
    ("decode", Function::Decode, 1, 1),
    ("descendants", Function::Descendants, 0, 0),
    ("distinct", Function::Distinct, 0, 0),
    ("elementDefinition", Function::ElementDefinition, 0, 0),
    ("empty", Function::Empty, 0, 0),
    ("encode", Function::Encode, 1, 1),
    ("endsWith", Function::EndsWith, 1, 1),
    ("escape", Function::Escape, 1, 1),
    ("exclude", Function::Exclude, 1, 1),
    ("exists", Function::Exists, 0, 1),
    ("exp", Function::Exp, 0, 0),
    ("extension", Function::Extension, 1, 1),
    ("first", Function::First, 0, 0),
    ("floor", Function::Floor, 0, 0),
    ("getValue", Function::GetValue, 0, 0),
    ("hasExtension", Function::HasExtension, 1, 1),
    ("hasValue", Function::HasValue, 0, 0),
    ("highBoundary", Function::HighBoundary, 0, 1),
    ("htmlChecks", Function::HtmlChecks, 0, 0),
    ("iif", Function::Iif, 2, 3),
    ("indexOf", Function::IndexOf, 1, 1),
    ("intersect", Function::Intersect, 1, 1),
    ("is", Function::Is, 1, 1),
    ("isDistinct", Function::IsDistinct, 0, 0),
    ("join", Function::Join, 0, 1),
    ("last", Function::Last, 0, 0),
    ("lastIndexOf", Function::LastIndexOf, 1, 1),
    ("length", Function::Length, 0, 0),
    ("ln", Function::Ln, 0, 0),
    ("log", Function::Log, 1, 1),
    ("lowBoundary", Function::LowBoundary, 0, 1),
    ("lower", Function::Lower, 0, 0),
    ("matches", Function::Matches, 1, 1),
    ("matchesFull", Function::MatchesFull, 1, 1),
    ("memberOf", Function::MemberOf, 1, 1),
    ("not", Function::Not, 0, 0),
    ("now", Function::Now, 0, 0),
    ("ofType", Function::OfType, 1, 1),
    ("power", Function::Power, 1, 1),
    ("precision", Function::Precision, 0, 0),
    ("repeat", Function::Repeat, 1, 1),
    ("replace", Function::Replace, 2, 2),
    ("replaceMatches", Function::ReplaceMatches, 2, 2),
    ("resolve", Function::Resolve, 0, 0),
    ("round", Function::Round, 0, 1),
    ("select", Function::Select, 1, 1),
    ("single", Function::Single, 0, 0),
    ("skip", Function::Skip, 1, 1),
    ("slice", Function::Slice, 2, 2),
    ("sort", Function::Sort, 0, 16),
    ("split", Function::Split, 1, 1),
    ("sqrt", Function::Sqrt, 0, 0),
    ("startsWith", Function::StartsWith, 1, 1),
    ("subsetOf", Function::SubsetOf, 1, 1),
    ("substring", Function::Substring, 1, 2),
    ("subsumedBy", Function::SubsumedBy, 1, 1),
    ("subsumes", Function::Subsumes, 1, 1),
    ("supersetOf", Function::SupersetOf, 1, 1),
    ("tail", Function::Tail, 0, 0),
    ("take", Function::Take, 1, 1),
    ("timeOfDay", Function::TimeOfDay, 0, 0),
    ("toBoolean", Function::To(Target::Boolean), 0, 0),
    ("toChars", Function::ToChars, 0, 0),
    ("toDate", Function::To(Target::Date), 0, 1),
    ("toDateTime", Function::To(Target::DateTime), 0, 1),
    ("toDecimal", Function::To(Target::Decimal), 0, 0),
    ("toInteger", Function::To(Target::Integer), 0, 0),
    ("toQuantity", Function::To(Target::Quantity), 0, 1),
    ("toString", Function::To(Target::String), 0, 0),
    ("toTime", Function::To(Target::Time), 0, 1),
    ("today", Function::Today, 0, 0),
    ("trace", Function::Trace, 1, 2),
    ("trim", Function::Trim, 0, 0),
    ("truncate", Function::Truncate, 0, 0),
    ("type", Function::Type, 0, 0),
    ("unescape", Function::Unescape, 1, 1),
    ("union", Function::Union, 1, 1),
    ("upper", Function::Upper, 0, 0),
    ("where", Function::Where, 1, 1),
];

impl Function {
    /// The function of this name, with its fewest and most arguments.
    pub(super) fn find(name: &str) -> Option<(Self, usize, usize)> {
        let index = TABLE.binary_search_by(|(known, ..)| (*known).cmp(name)).ok()?;
        let (_, function, fewest, most) = TABLE[index];
        Some((function, fewest, most))
    }

    /// Its name, as expressions write it.
    pub fn name(self) -> &'static str {
        TABLE.iter().find(|(_, known, ..)| *known == self).map_or("?", |(name, ..)| name)
    }
}

/// The names of all functions.
#[cfg(test)]
pub(super) fn names() -> impl Iterator<Item = &'static str> {
    TABLE.iter().map(|(name, ..)| *name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_function_is_found_by_its_name() {
        for (name, function, ..) in TABLE {
            assert_eq!(Function::find(name).map(|(found, ..)| found), Some(function), "{name}");
            assert_eq!(function.name(), name);
        }
    }
}
