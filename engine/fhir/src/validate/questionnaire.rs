//! Questionnaires and the responses to them: every answer is to a question of the form, of its type, among its options,
//! and nothing that is required is left out.

mod enabled;

use super::finding::Family;
use super::place::Step;
use super::walk::Walk;
use super::{binding, compare};
use crate::packages::{self, Kind};
use enabled::Answers;
use serde_json::Value;
use socle_kernel::Severity;
use std::collections::HashSet;
use std::sync::Arc;

fn text<'v>(value: &'v Value, name: &str) -> &'v str {
    value.get(name).and_then(Value::as_str).unwrap_or("")
}

fn list<'v>(value: &'v Value, name: &str) -> &'v [Value] {
    value.get(name).and_then(Value::as_array).map_or(&[], Vec::as_slice)
}

fn is_true(value: &Value, name: &str) -> bool {
    value.get(name) == Some(&Value::Bool(true))
}

/// The value of an answer or an option, with the name that carries its type.
fn valued(answer: &Value) -> Option<(&str, &Value)> {
    let mut members = answer.as_object()?.iter();
    members.find(|(name, _)| name.starts_with("value")).map(|(name, value)| (name.as_str(), value))
}

/// The question of this link, wherever it is nested.
fn find<'q>(items: &'q [Value], link: &str) -> Option<&'q Value> {
    items.iter().find_map(|item| {
        if text(item, "linkId") == link { Some(item) } else { find(list(item, "item"), link) }
    })
}

/// What a response is checked against.
struct Form<'f> {
    questionnaire: &'f Value,
    answers: Answers<'f>,
    /// True when nothing required may be missing any more.
    is_final: bool,
}

impl<'a> Walk<'a, '_> {
    /// What the invariants of a Questionnaire do not say: conditions name questions that exist.
    pub fn questionnaire(&mut self, value: &'a Value) {
        let mut links = HashSet::new();
        collect_links(list(value, "item"), &mut links);
        self.conditions(list(value, "item"), &links);
    }

    fn conditions(&mut self, items: &'a [Value], links: &HashSet<&str>) {
        for (index, item) in items.iter().enumerate() {
            self.place.steps.push(Step { name: "item", index: Some(index) });
            for (number, condition) in list(item, "enableWhen").iter().enumerate() {
                let question = text(condition, "question");
                if links.contains(question) {
                    continue;
                }
                let steps = [
                    Step { name: "enableWhen", index: Some(number) },
                    Step { name: "question", index: None },
                ];
                self.place.steps.extend(steps);
                let said = || {
                    (
                        format!(
                            "Aucune question n'a le linkId « {question} ». Corrigez-le ou ajoutez la question."
                        ),
                        format!("No question has the linkId `{question}`. Mend it or add the question."),
                    )
                };
                self.tell(
                    Family::Rule,
                    Severity::Error,
                    "not-found",
                    said,
                    "the linkId of a question",
                    question,
                );
                self.place.steps.truncate(self.place.steps.len() - steps.len());
            }
            self.conditions(list(item, "item"), links);
            self.place.steps.pop();
        }
    }

    /// A response beside its questionnaire, when that is known.
    pub fn questionnaire_response(&mut self, value: &'a Value) {
        let canonical = text(value, "questionnaire");
        if canonical.is_empty() {
            return;
        }
        let found = match canonical.strip_prefix('#') {
            Some(_) => self.resolve(canonical).cloned().map(Arc::new),
            None => self
                .options
                .questionnaires
                .and_then(|find| find(canonical))
                .or_else(|| packages::find(Kind::Questionnaire, canonical)),
        };
        let Some(questionnaire) = found.filter(|found| found["resourceType"] == "Questionnaire") else {
            let said = || {
                (
                    format!(
                        "Le questionnaire {canonical} n'est pas connu : les réponses n'ont pas été vérifiées contre lui."
                    ),
                    format!(
                        "The questionnaire {canonical} is not known: the answers were not checked against it."
                    ),
                )
            };
            return self.tell(
                Family::Rule,
                Severity::Information,
                "not-found",
                said,
                "a known questionnaire",
                canonical,
            );
        };
        let form = Form {
            questionnaire: &questionnaire,
            answers: Answers::of(value),
            is_final: matches!(text(value, "status"), "completed" | "amended"),
        };
        self.answered(&form, list(&questionnaire, "item"), list(value, "item"));
    }

    /// The items of one level.
    fn answered(&mut self, form: &Form<'_>, questions: &[Value], items: &[Value]) {
        for (index, item) in items.iter().enumerate() {
            self.place.steps.push(Step { name: "item", index: Some(index) });
            let link = text(item, "linkId");
            match questions.iter().find(|question| text(question, "linkId") == link) {
                Some(question) => self.one_item(form, question, item),
                None => self.unknown_link(form, link),
            }
            self.place.steps.pop();
        }
        for question in questions {
            let link = text(question, "linkId");
            let own: Vec<&Value> = items.iter().filter(|item| text(item, "linkId") == link).collect();
            let is_missing = own.is_empty()
                || (text(question, "type") != "group"
                    && own.iter().all(|item| list(item, "answer").is_empty()));
            if is_missing
                && form.is_final
                && is_true(question, "required")
                && text(question, "type") != "display"
                && form.answers.enables(question)
            {
                self.missing_answer(link);
            }
            if own.len() > 1 && !(is_true(question, "repeats") && text(question, "type") == "group") {
                self.told_twice(link, own.len());
            }
        }
    }

    fn unknown_link(&mut self, form: &Form<'_>, link: &str) {
        let is_elsewhere = find(list(form.questionnaire, "item"), link).is_some();
        let said = || {
            if is_elsewhere {
                (
                    format!(
                        "La question « {link} » est à un autre niveau du questionnaire. Imbriquez la réponse comme la question."
                    ),
                    format!(
                        "The question `{link}` is at another level of the questionnaire. Nest the answer as the question."
                    ),
                )
            } else {
                (
                    format!(
                        "Le questionnaire n'a pas de question « {link} ». Corrigez le linkId ou retirez la réponse."
                    ),
                    format!(
                        "The questionnaire has no question `{link}`. Mend the linkId or leave the answer out."
                    ),
                )
            }
        };
        self.tell(
            Family::Rule,
            Severity::Error,
            "structure",
            said,
            "the linkId of a question at this level",
            link,
        );
    }

    fn missing_answer(&mut self, link: &str) {
        let said = || {
            (
                format!(
                    "La question obligatoire « {link} » n'a pas de réponse. Répondez-y, ou laissez la réponse « in-progress »."
                ),
                format!(
                    "The required question `{link}` has no answer. Answer it, or leave the response `in-progress`."
                ),
            )
        };
        self.tell(Family::Rule, Severity::Error, "required", said, "an answer", "nothing");
    }

    fn told_twice(&mut self, link: &str, count: usize) {
        let said = || {
            (
                format!("La question « {link} » ne se répète pas. Gardez un seul item."),
                format!("The question `{link}` does not repeat. Keep one item."),
            )
        };
        self.tell(Family::Rule, Severity::Error, "structure", said, "one item", &count.to_string());
    }

    fn one_item(&mut self, form: &Form<'_>, question: &Value, item: &Value) {
        let answers = list(item, "answer");
        let link = text(question, "linkId");
        let kind = text(question, "type");
        if !answers.is_empty() && !form.answers.enables(question) {
            let said = || {
                (
                    format!(
                        "La question « {link} » n'est pas posée (enableWhen). Retirez la réponse, ou corrigez celle dont elle dépend."
                    ),
                    format!(
                        "The question `{link}` is not asked (enableWhen). Leave the answer out, or mend the one it depends on."
                    ),
                )
            };
            self.tell(Family::Rule, Severity::Error, "business-rule", said, "no answer", "an answer");
        }
        if matches!(kind, "group" | "display") && !answers.is_empty() {
            let said = || {
                (
                    format!("« {link} » n'est pas une question : elle n'a pas de réponse."),
                    format!("`{link}` is not a question: it has no answer."),
                )
            };
            self.tell(Family::Rule, Severity::Error, "structure", said, "no answer", "an answer");
        }
        if answers.len() > 1 && !is_true(question, "repeats") {
            let said = || {
                (
                    format!("La question « {link} » n'admet qu'une réponse."),
                    format!("The question `{link}` allows one answer only."),
                )
            };
            self.tell(
                Family::Rule,
                Severity::Error,
                "structure",
                said,
                "one answer",
                &answers.len().to_string(),
            );
        }
        for (index, answer) in answers.iter().enumerate() {
            self.place.steps.push(Step { name: "answer", index: Some(index) });
            if !matches!(kind, "group" | "display") {
                self.one_answer(form, question, answer);
            }
            self.answered(form, list(question, "item"), list(answer, "item"));
            self.place.steps.pop();
        }
        if kind == "group" || !list(item, "item").is_empty() {
            self.answered(form, list(question, "item"), list(item, "item"));
        }
    }

    fn one_answer(&mut self, form: &Form<'_>, question: &Value, answer: &Value) {
        let Some((name, value)) = valued(answer) else { return };
        let kind = text(question, "type");
        let options = list(question, "answerOption");
        let allowed = allowed(kind, options);
        if !allowed.contains(&name) {
            let expected = allowed.join(", ");
            let said = || {
                (
                    format!("La réponse n'a pas le type de la question ({kind})."),
                    format!("The answer has not the type of the question ({kind})."),
                )
            };
            return self.tell(Family::Rule, Severity::Error, "value", said, &expected, name);
        }
        let is_free = kind == "open-choice" && name == "valueString";
        if !options.is_empty() && !is_free && !options.iter().any(|option| is_option(option, name, value)) {
            let said = || {
                (
                    "La réponse n'est pas une des options de la question.".to_owned(),
                    "The answer is none of the options of the question.".to_owned(),
                )
            };
            let known: Vec<String> = options
                .iter()
                .take(20)
                .filter_map(|option| Some(compare::short_text(valued(option)?.1)))
                .collect();
            self.tell(
                Family::Rule,
                Severity::Error,
                "code-invalid",
                said,
                &known.join(", "),
                &compare::short_text(value),
            );
        }
        let value_set = text(question, "answerValueSet");
        if !value_set.is_empty()
            && name == "valueCoding"
            && in_set(form.questionnaire, value_set, value)
                .or_else(|| binding::is_member(self.options, value, value_set))
                == Some(false)
        {
            let said = || {
                (
                    format!("La réponse n'est pas dans le jeu de valeurs de la question ({value_set})."),
                    format!("The answer is not in the value set of the question ({value_set})."),
                )
            };
            self.tell(
                Family::Rule,
                Severity::Error,
                "code-invalid",
                said,
                value_set,
                &compare::short_text(value),
            );
        }
        let most =
            question.get("maxLength").and_then(Value::as_u64).and_then(|most| usize::try_from(most).ok());
        if let (Some(most), Some(said_text)) = (most, value.as_str())
            && said_text.chars().count() > most
        {
            let said = || ("La réponse est trop longue.".to_owned(), "The answer is too long.".to_owned());
            let count = said_text.chars().count().to_string();
            self.tell(
                Family::Rule,
                Severity::Error,
                "too-long",
                said,
                &format!("at most {most} characters"),
                &count,
            );
        }
    }
}

fn collect_links<'v>(items: &'v [Value], links: &mut HashSet<&'v str>) {
    for item in items {
        links.insert(text(item, "linkId"));
        collect_links(list(item, "item"), links);
    }
}

/// The members that may carry an answer to a question of a type.
fn allowed(kind: &str, options: &[Value]) -> Vec<&'static str> {
    match kind {
        "boolean" => vec!["valueBoolean"],
        "decimal" => vec!["valueDecimal"],
        "integer" => vec!["valueInteger"],
        "date" => vec!["valueDate"],
        "dateTime" => vec!["valueDateTime"],
        "time" => vec!["valueTime"],
        "string" | "text" => vec!["valueString"],
        "url" => vec!["valueUri"],
        "attachment" => vec!["valueAttachment"],
        "reference" => vec!["valueReference"],
        "quantity" => vec!["valueQuantity"],
        "choice" | "open-choice" => {
            let mut names = vec!["valueCoding"];
            for name in ["valueInteger", "valueDate", "valueTime", "valueString", "valueReference"] {
                if options.iter().any(|option| option.get(name).is_some())
                    || (kind == "open-choice" && name == "valueString")
                {
                    names.push(name);
                }
            }
            names
        }
        _ => Vec::new(),
    }
}

fn is_option(option: &Value, name: &str, value: &Value) -> bool {
    let Some((_, known)) = valued(option).filter(|(known, _)| *known == name) else { return false };
    if name != "valueCoding" {
        return compare::same(known, value);
    }
    let is_same = |member: &str| known.get(member).is_none() || known.get(member) == value.get(member);
    is_same("system")
        && is_same("code")
        && (known.get("code").is_some() || known.get("display") == value.get("display"))
}

/// Whether a coding is in a value set that the questionnaire contains and that lists its codes.
fn in_set(questionnaire: &Value, value_set: &str, coding: &Value) -> Option<bool> {
    let id = value_set.strip_prefix('#')?;
    let set = list(questionnaire, "contained").iter().find(|one| text(one, "id") == id)?;
    let includes = list(set.get("compose")?, "include");
    let is_listed = includes.iter().all(|include| !list(include, "concept").is_empty());
    let is_in = includes.iter().any(|include| {
        text(include, "system") == text(coding, "system")
            && list(include, "concept").iter().any(|concept| text(concept, "code") == text(coding, "code"))
    });
    (is_in || is_listed).then_some(is_in)
}
