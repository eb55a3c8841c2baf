//! Which questions of a form are asked, given the answers so far (`enableWhen`).

use super::{is_true, list, text, valued};
use crate::date::FhirDate;
use crate::decimal::Decimal;
use crate::validate::compare;
use serde_json::Value;
use std::cmp::Ordering;
use std::collections::HashMap;

/// All answers of a response by the link of their question.
pub(super) struct Answers<'v>(HashMap<&'v str, Vec<&'v Value>>);

impl<'v> Answers<'v> {
    pub fn of(response: &'v Value) -> Self {
        let mut all = HashMap::new();
        collect(list(response, "item"), &mut all);
        Answers(all)
    }

    /// Whether a question is asked.
    pub fn enables(&self, question: &Value) -> bool {
        let conditions = list(question, "enableWhen");
        if conditions.is_empty() {
            return true;
        }
        let holds = |condition: &Value| self.holds(condition);
        match text(question, "enableBehavior") {
            "any" => conditions.iter().any(holds),
            _ => conditions.iter().all(holds),
        }
    }

    fn holds(&self, condition: &Value) -> bool {
        let none = Vec::new();
        let answers = self.0.get(text(condition, "question")).unwrap_or(&none);
        let operator = text(condition, "operator");
        let mut members = condition.as_object().into_iter().flatten();
        let Some((_, wanted)) = members.find(|(name, _)| name.starts_with("answer")) else { return true };
        if operator == "exists" {
            return answers.is_empty() != is_true(condition, "answerBoolean");
        }
        let fits = |answer: &&Value| match operator {
            "=" => is_same(answer, wanted),
            "!=" => !is_same(answer, wanted),
            ">" => order(answer, wanted) == Some(Ordering::Greater),
            "<" => order(answer, wanted) == Some(Ordering::Less),
            ">=" => order(answer, wanted).is_some_and(Ordering::is_ge),
            "<=" => order(answer, wanted).is_some_and(Ordering::is_le),
            _ => true,
        };
        answers.iter().any(fits)
    }
}

fn collect<'v>(items: &'v [Value], all: &mut HashMap<&'v str, Vec<&'v Value>>) {
    for item in items {
        for answer in list(item, "answer") {
            if let Some((_, value)) = valued(answer) {
                all.entry(text(item, "linkId")).or_default().push(value);
            }
            collect(list(answer, "item"), all);
        }
        collect(list(item, "item"), all);
    }
}

/// A coding is the same by system and code, whatever it is called.
fn is_same(answer: &Value, wanted: &Value) -> bool {
    match (answer.get("code"), wanted.get("code")) {
        (Some(answer_code), Some(code)) => {
            answer_code == code
                && (wanted.get("system").is_none() || wanted.get("system") == answer.get("system"))
        }
        _ => compare::same(wanted, answer),
    }
}

fn order(answer: &Value, wanted: &Value) -> Option<Ordering> {
    match (answer, wanted) {
        (Value::Number(a), Value::Number(b)) => {
            Some(Decimal::parse(a.as_str())?.compare(Decimal::parse(b.as_str())?))
        }
        (Value::String(a), Value::String(b)) => match (FhirDate::parse(a), FhirDate::parse(b)) {
            (Some(a), Some(b)) => Some(a.start.cmp(&b.start)),
            _ => Some(a.cmp(b)),
        },
        (Value::Object(a), Value::Object(b)) => order(a.get("value")?, b.get("value")?),
        _ => None,
    }
}
