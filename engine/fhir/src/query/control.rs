//! Parameters that say how to answer: how many, how much of each, in which order, with what else.

use super::refusals::{bad_value, reference_codes, sortable_codes};
use super::sort::{SortBy, SortField};
use super::{Contained, ContainedType, Include, Query, Summary, Total};
use crate::search::{ParamKind, Parameter, parameter};
use socle_kernel::{Problem, ResourceType, limits};

/// Takes the parameter when it is one of these.
pub(super) fn control(query: &mut Query, name: &str, value: &str) -> Result<bool, Problem> {
    match name {
        "_count" => {
            let count: usize = value.parse().map_err(|_| bad_value(name, value, "0, 1, 2 …"))?;
            query.count = Some(count.min(limits::PAGE_MAX));
        }
        "_total" => {
            query.total = match value {
                "none" => Total::None,
                "estimate" => Total::Estimate,
                "accurate" => Total::Accurate,
                _ => return Err(bad_value(name, value, "none, estimate, accurate")),
            }
        }
        "_summary" => {
            query.summary = match value {
                "false" => Summary::Whole,
                "true" => Summary::Summary,
                "text" => Summary::Text,
                "data" => Summary::Data,
                "count" => Summary::Count,
                _ => return Err(bad_value(name, value, "true, false, text, data, count")),
            }
        }
        "_elements" => elements(query, value),
        "_page" => query.page = Some(value.to_owned()),
        "_sort" => {
            for criterion in value.split(',').filter(|criterion| !criterion.trim().is_empty()) {
                let criterion = sort_by(query.resource_type, criterion.trim())?;
                query.sort.push(criterion);
            }
        }
        "_include" | "_include:iterate" | "_include:recurse" => {
            let found = include(name, value)?;
            query.include.push(found);
        }
        "_revinclude" | "_revinclude:iterate" | "_revinclude:recurse" => {
            let found = include(name, value)?;
            query.revinclude.push(found);
        }
        "_contained" => {
            query.contained = match value {
                "false" => Contained::No,
                "true" => Contained::Only,
                "both" => Contained::Both,
                _ => return Err(bad_value(name, value, "false, true, both")),
            }
        }
        "_containedType" => {
            query.contained_type = match value {
                "container" => ContainedType::Container,
                "contained" => ContainedType::Contained,
                _ => return Err(bad_value(name, value, "container, contained")),
            }
        }
        // On one type it can only say the same again; several are searched at the root.
        "_type" => {
            let own = query.resource_type.name();
            if !value.split(',').any(|name| name.trim() == own) {
                return Err(bad_value(name, value, own));
            }
        }
        "_format" | "_pretty" => {}
        _ => return Ok(false),
    }
    Ok(true)
}

fn elements(query: &mut Query, value: &str) {
    for element in value.split(',').map(str::trim).filter(|element| !element.is_empty()) {
        if !query.elements.iter().any(|known| known == element) {
            query.elements.push(element.to_owned());
        }
    }
}

fn sort_by(resource_type: ResourceType, text: &str) -> Result<SortBy, Problem> {
    let (code, descending) = text.strip_prefix('-').map_or((text, false), |code| (code, true));
    let field = match (code, parameter(resource_type, code)) {
        ("_id", _) => SortField::Id,
        ("_lastUpdated", _) => SortField::LastUpdated,
        (_, Some(known)) if !matches!(known.kind, ParamKind::Composite | ParamKind::Special) => {
            SortField::Parameter(known.number, known.kind)
        }
        _ => return Err(bad_value("_sort", text, &sortable_codes(resource_type))),
    };
    Ok(SortBy { field, descending })
}

fn include(name: &str, value: &str) -> Result<Include, Problem> {
    let iterate = name.contains(':');
    if value == "*" {
        return Ok(Include { iterate, source_type: None, code: "*".to_owned(), target: None });
    }
    let wrong = || bad_value(name, value, "Type:parameter, Type:parameter:Target, Type:*");
    let mut parts = value.split(':');
    let source: ResourceType = parts.next().and_then(|part| part.parse().ok()).ok_or_else(wrong)?;
    let code = parts.next().ok_or_else(wrong)?;
    let known = parameter(source, code).filter(|found| found.kind == ParamKind::Reference);
    if code != "*" && known.is_none() {
        return Err(bad_value(name, value, &format!("{source}: {}", reference_codes(source))));
    }
    let target: Option<ResourceType> =
        parts.next().map(|part| part.parse().map_err(|_| wrong())).transpose()?;
    if parts.next().is_some() {
        return Err(wrong());
    }
    let may_point =
        |known: &Parameter, target: &ResourceType| known.targets.is_empty() || known.targets.contains(target);
    if let (Some(known), Some(target)) = (known, &target)
        && !may_point(known, target)
    {
        let forms = known.targets.iter().map(|target| format!("{source}:{code}:{target}"));
        return Err(bad_value(name, value, &forms.collect::<Vec<_>>().join(", ")));
    }
    Ok(Include { iterate, source_type: Some(source), code: code.to_owned(), target })
}
