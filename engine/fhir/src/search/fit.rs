//! What an expression may give, worked out from the definitions alone: whether a search parameter can have values at all,
//! and of which types.

use super::ParamKind;
use crate::definitions::{self, Type, TypeKind};
use crate::fhirpath::{Expr, Literal, Operator};
use socle_kernel::ResourceType;

/// The types that an expression may give.
#[derive(Clone, Debug)]
pub(crate) struct Gives {
    /// FHIR types, each once.
    pub(crate) types: Vec<&'static Type>,
    /// Computed values: `Boolean`, `String` ….
    pub(crate) computed: Vec<&'static str>,
    /// True when it may give anything: the definitions do not tell.
    pub(crate) is_open: bool,
}

impl Gives {
    fn nothing() -> Self {
        Gives { types: Vec::new(), computed: Vec::new(), is_open: false }
    }

    /// One type.
    pub(crate) fn one(definition: &'static Type) -> Self {
        Gives { types: vec![definition], ..Gives::nothing() }
    }

    fn computed(name: &'static str) -> Self {
        Gives { computed: vec![name], ..Gives::nothing() }
    }

    fn open() -> Self {
        Gives { is_open: true, ..Gives::nothing() }
    }

    fn add(&mut self, other: Gives) {
        for definition in other.types {
            if !self.types.iter().any(|known| known.name == definition.name) {
                self.types.push(definition);
            }
        }
        for name in other.computed {
            if !self.computed.contains(&name) {
                self.computed.push(name);
            }
        }
        self.is_open |= other.is_open;
    }

    fn only(mut self, name: &str) -> Self {
        let plain = name.strip_prefix("FHIR.").or_else(|| name.strip_prefix("System.")).unwrap_or(name);
        if self.is_open {
            return definitions::find_type(plain).map_or_else(Gives::open, Gives::one);
        }
        self.types.retain(|definition| definition.is_a(plain));
        self.computed.retain(|computed| *computed == plain);
        self
    }

    /// Their names.
    pub(crate) fn names(&self) -> Vec<&'static str> {
        self.types.iter().map(|definition| definition.name).chain(self.computed.iter().copied()).collect()
    }
}

/// What an expression gives on a focus. The error names the step that leads nowhere.
pub(crate) fn gives(expr: &Expr, focus: &Gives) -> Result<Gives, String> {
    Ok(match expr {
        Expr::Empty => Gives::nothing(),
        Expr::Literal(literal) => Gives::computed(match literal {
            Literal::Boolean(_) => "Boolean",
            Literal::String(_) => "String",
            Literal::Integer(_) => "Integer",
            Literal::Decimal(_) => "Decimal",
            Literal::Date(_) => "Date",
            Literal::DateTime(_) => "DateTime",
            Literal::Time(_) => "Time",
            Literal::Quantity(..) => "Quantity",
        }),
        Expr::This => focus.clone(),
        Expr::Index | Expr::Total => Gives::computed("Integer"),
        Expr::Variable(_) => Gives::open(),
        Expr::Member(None, name) => first_step(name, focus)?,
        Expr::Member(Some(target), name) => step(name, &gives(target, focus)?)?,
        Expr::Call(target, name, arguments) => {
            let target = match target {
                Some(target) => gives(target, focus)?,
                None => focus.clone(),
            };
            call(name.name(), target, arguments)?
        }
        Expr::Item(target, _) => gives(target, focus)?,
        Expr::Negative(operand) => gives(operand, focus)?,
        Expr::Binary(Operator::Union, left, right) => {
            let mut all = gives(left, focus)?;
            all.add(gives(right, focus)?);
            all
        }
        Expr::Binary(operator, left, right) => {
            let left = gives(left, focus)?;
            gives(right, focus)?;
            use Operator::{Concatenate, Div, DividedBy, Minus, Mod, Plus, Times};
            match operator {
                Times | DividedBy | Div | Mod | Plus | Minus => left,
                Concatenate => Gives::computed("String"),
                _ => Gives::computed("Boolean"),
            }
        }
        Expr::Is(operand, _) => {
            gives(operand, focus)?;
            Gives::computed("Boolean")
        }
        Expr::As(operand, name) => gives(operand, focus)?.only(&name.name),
    })
}

/// The first name of a path may be the type of the focus.
fn first_step(name: &str, focus: &Gives) -> Result<Gives, String> {
    let is_type = focus.types.iter().any(|definition| definition.is_a(name));
    if is_type { Ok(focus.clone().only(name)) } else { step(name, focus) }
}

fn step(name: &str, from: &Gives) -> Result<Gives, String> {
    if from.is_open {
        return Ok(Gives::open());
    }
    let mut all = Gives::nothing();
    let mut is_known = false;
    for definition in &from.types {
        let element = match definition.kind {
            // Of a primitive only its extensions and its value are below.
            TypeKind::Primitive if name == "extension" => {
                is_known = true;
                all.add(definitions::find_type("Extension").map_or_else(Gives::open, Gives::one));
                continue;
            }
            _ => definition.element(name),
        };
        let Some(element) = element else { continue };
        is_known = true;
        for type_ref in &element.types {
            let below = type_ref.definition();
            all.add(if below.name == "Resource" { Gives::open() } else { Gives::one(below) });
        }
    }
    if is_known { Ok(all) } else { Err(format!("{}.{name}", from.names().join("|"))) }
}

fn call(name: &str, target: Gives, arguments: &[Expr]) -> Result<Gives, String> {
    let type_named = |argument: &Expr| -> Option<String> {
        match argument {
            Expr::Member(None, name) => Some(name.clone()),
            Expr::Member(Some(space), name) => match &**space {
                Expr::Member(None, space) => Some(format!("{space}.{name}")),
                _ => None,
            },
            _ => None,
        }
    };
    Ok(match (name, arguments) {
        ("where", [condition]) => {
            gives(condition, &target)?;
            target
        }
        (
            "first" | "last" | "tail" | "skip" | "take" | "single" | "distinct" | "intersect" | "exclude"
            | "trace",
            _,
        ) => target,
        ("ofType" | "as", [argument]) => match type_named(argument) {
            Some(name) => target.only(&name),
            None => target,
        },
        ("extension", [_]) => {
            step("extension", &target)?;
            definitions::find_type("Extension").map_or_else(Gives::open, Gives::one)
        }
        ("select", [projection]) => gives(projection, &target)?,
        ("union" | "combine", [other]) => {
            let mut all = target.clone();
            all.add(gives(other, &target)?);
            all
        }
        (
            "exists" | "empty" | "not" | "all" | "hasExtension" | "hasValue" | "is" | "startsWith"
            | "contains" | "endsWith" | "matches" | "toBoolean",
            _,
        ) => Gives::computed("Boolean"),
        ("count" | "length" | "toInteger", _) => Gives::computed("Integer"),
        ("toString" | "upper" | "lower" | "substring" | "replace" | "join" | "trim", _) => {
            Gives::computed("String")
        }
        _ => Gives::open(),
    })
}

/// The types whose values a kind of parameter can look at; a type that specialises one of them counts too.
pub(crate) fn type_names(kind: ParamKind) -> &'static [&'static str] {
    match kind {
        ParamKind::Number => {
            &["integer", "decimal", "positiveInt", "unsignedInt", "Quantity", "Range", "Integer", "Decimal"]
        }
        ParamKind::Date => {
            &["date", "dateTime", "instant", "Period", "Timing", "Date", "DateTime", "Extension"]
        }
        ParamKind::String => &[
            "string",
            "markdown",
            "code",
            "id",
            "uri",
            "HumanName",
            "Address",
            "ContactPoint",
            "Identifier",
            "CodeableConcept",
            "Coding",
            "String",
            "Extension",
        ],
        ParamKind::Token => &[
            "code",
            "string",
            "id",
            "uri",
            "boolean",
            "integer",
            "Coding",
            "CodeableConcept",
            "Identifier",
            "ContactPoint",
            "Boolean",
            "String",
            "Integer",
            "dateTime",
            "date",
            "Extension",
        ],
        ParamKind::Reference => &["Reference", "canonical", "uri", "Extension"],
        ParamKind::Quantity => &["Quantity", "Money", "Range", "SampledData", "Extension"],
        ParamKind::Uri => &["uri", "String", "string", "Extension"],
        ParamKind::Composite | ParamKind::Special => &[],
    }
}

/// True when some of what is given can be looked at by such a parameter.
pub(crate) fn fits(kind: ParamKind, gives: &Gives) -> bool {
    let known = type_names(kind);
    gives.is_open
        || gives.types.iter().any(|definition| known.iter().any(|name| definition.is_a(name)))
        || gives.computed.iter().any(|computed| known.contains(computed))
}

/// The resource types a name of a `base` stands for: itself, or all of an abstract type.
pub fn types_of_base(base: &str) -> Vec<ResourceType> {
    match base.parse::<ResourceType>() {
        Ok(one) => vec![one],
        Err(_) => ResourceType::all().filter(|one| definitions::resource(*one).is_a(base)).collect(),
    }
}
