//! JSON against the schemas of the specification: the keywords these use, and no others.

use regex_lite::Regex;
use serde_json::Value;

/// One place where a value is not what its schema says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// JSON pointer of the place; empty for the whole value.
    pub pointer: String,
    /// What is there, shortened.
    pub found: String,
    /// What ought to be there.
    pub expected: String,
}

/// Keywords that bind, and are judged here.
const JUDGED: [&str; 18] = [
    "type",
    "required",
    "properties",
    "additionalProperties",
    "items",
    "minItems",
    "maxItems",
    "const",
    "enum",
    "pattern",
    "format",
    "minimum",
    "maximum",
    "exclusiveMinimum",
    "exclusiveMaximum",
    "minLength",
    "maxLength",
    "minProperties",
];
/// Keywords that only explain.
const NOTES: [&str; 7] = ["$schema", "$id", "$comment", "title", "description", "default", "examples"];
/// Problems listed of one value; more say nothing new.
const MOST: usize = 100;

/// What is wrong with `value` by `schema`, in the order of the value; at most a hundred problems.
///
/// Keywords: type, required, properties, additionalProperties, items, minItems, maxItems, const, enum, pattern, format
/// (`uuid`, `date-time`, `date`), minimum, maximum and their exclusive forms, minLength, maxLength, minProperties.
///
/// # Panics
/// If `schema` uses a keyword that is not judged here: it would be passed over in silence.
///
/// # Examples
/// ```
/// use serde_json::json;
/// use soilscope_exchange::check::json_schema::validate;
/// let schema = json!({"type": "object", "required": ["n"], "properties": {"n": {"type": "integer", "minimum": 1}}});
/// assert!(validate(&schema, &json!({"n": 3})).is_empty());
/// assert_eq!(validate(&schema, &json!({"n": 0}))[0].pointer, "/n");
/// assert_eq!(validate(&schema, &json!({}))[0].expected, "member 'n'");
/// ```
pub fn validate(schema: &Value, value: &Value) -> Vec<Problem> {
    let mut problems = Vec::new();
    walk(schema, value, &mut String::new(), &mut problems);
    problems
}

fn walk(schema: &Value, value: &Value, pointer: &mut String, problems: &mut Vec<Problem>) {
    let rules = match schema {
        Value::Object(rules) => rules,
        Value::Bool(true) => return,
        _ => {
            return push(problems, pointer, value, "nothing");
        }
    };
    for (keyword, rule) in rules {
        assert!(
            JUDGED.contains(&keyword.as_str()) || NOTES.contains(&keyword.as_str()),
            "the schema keyword {keyword} is not judged"
        );
        one(keyword, rule, rules.get("properties"), value, pointer, problems);
    }
}

fn one(
    keyword: &str,
    rule: &Value,
    declared: Option<&Value>,
    value: &Value,
    pointer: &mut String,
    problems: &mut Vec<Problem>,
) {
    let number = |holds: fn(f64, f64) -> bool| match (value.as_f64(), rule.as_f64()) {
        (Some(value), Some(bound)) => holds(value, bound),
        _ => true,
    };
    let count = |of: Option<usize>, holds: fn(u64, u64) -> bool| match (of, rule.as_u64()) {
        (Some(n), Some(bound)) => holds(n as u64, bound),
        _ => true,
    };
    let items = value.as_array().map(Vec::len);
    let length = value.as_str().map(|s| s.chars().count());
    let (holds, expected) = match keyword {
        "type" => (types(rule).any(|t| is(value, t)), types(rule).collect::<Vec<_>>().join(" or ")),
        "const" => (value == rule, rule.to_string()),
        "enum" => {
            let allowed = rule.as_array().map_or(&[][..], Vec::as_slice);
            let listed: Vec<_> = allowed.iter().map(Value::to_string).collect();
            (allowed.contains(value), format!("one of {}", listed.join(", ")))
        }
        "pattern" => (matches(value, rule), format!("text like {}", rule.as_str().unwrap_or_default())),
        "format" => (formatted(value, rule), format!("a {}", rule.as_str().unwrap_or_default())),
        "minimum" => (number(|v, b| v >= b), format!("at least {rule}")),
        "maximum" => (number(|v, b| v <= b), format!("at most {rule}")),
        "exclusiveMinimum" => (number(|v, b| v > b), format!("more than {rule}")),
        "exclusiveMaximum" => (number(|v, b| v < b), format!("less than {rule}")),
        "minItems" => (count(items, |n, b| n >= b), format!("at least {rule} items")),
        "maxItems" => (count(items, |n, b| n <= b), format!("at most {rule} items")),
        "minLength" => (count(length, |n, b| n >= b), format!("at least {rule} characters")),
        "maxLength" => (count(length, |n, b| n <= b), format!("at most {rule} characters")),
        "minProperties" => {
            (count(value.as_object().map(|o| o.len()), |n, b| n >= b), format!("at least {rule} members"))
        }
        "required" | "properties" | "additionalProperties" | "items" => {
            return nested(keyword, rule, declared, value, pointer, problems);
        }
        _ => return,
    };
    if !holds {
        push(problems, pointer, value, &expected);
    }
}

fn nested(
    keyword: &str,
    rule: &Value,
    declared: Option<&Value>,
    value: &Value,
    pointer: &mut String,
    problems: &mut Vec<Problem>,
) {
    match (keyword, value) {
        ("required", Value::Object(members)) => {
            for name in rule.as_array().into_iter().flatten().filter_map(Value::as_str) {
                if !members.contains_key(name) {
                    push(problems, pointer, &Value::from("no such member"), &format!("member '{name}'"));
                }
            }
        }
        ("properties", Value::Object(members)) => {
            for (name, schema) in rule.as_object().into_iter().flatten() {
                if let Some(member) = members.get(name) {
                    below(name, pointer, |pointer| walk(schema, member, pointer, problems));
                }
            }
        }
        ("additionalProperties", Value::Object(members)) => {
            let known = |name: &str| declared.is_some_and(|d| d.get(name).is_some());
            for (name, member) in members.iter().filter(|(name, _)| !known(name)) {
                below(name, pointer, |pointer| match rule {
                    Value::Bool(false) => push(problems, pointer, member, "no such member"),
                    schema => walk(schema, member, pointer, problems),
                });
            }
        }
        ("items", Value::Array(items)) => {
            for (i, item) in items.iter().enumerate() {
                below(&i.to_string(), pointer, |pointer| walk(rule, item, pointer, problems));
            }
        }
        _ => {}
    }
}

fn below(name: &str, pointer: &mut String, then: impl FnOnce(&mut String)) {
    let length = pointer.len();
    pointer.push('/');
    pointer.push_str(&name.replace('~', "~0").replace('/', "~1"));
    then(pointer);
    pointer.truncate(length);
}

fn push(problems: &mut Vec<Problem>, pointer: &str, found: &Value, expected: &str) {
    if problems.len() < MOST {
        let found = match found {
            Value::String(text) => text.clone(),
            Value::Array(_) => "an array".to_owned(),
            Value::Object(_) => "an object".to_owned(),
            other => other.to_string(),
        };
        let found = found.chars().take(80).collect();
        problems.push(Problem { pointer: pointer.to_owned(), found, expected: expected.to_owned() });
    }
}

fn types(rule: &Value) -> impl Iterator<Item = &str> {
    let one = rule.as_str();
    one.into_iter().chain(rule.as_array().into_iter().flatten().filter_map(Value::as_str))
}

fn is(value: &Value, name: &str) -> bool {
    match name {
        "null" => value.is_null(),
        "boolean" => value.is_boolean(),
        "object" => value.is_object(),
        "array" => value.is_array(),
        "string" => value.is_string(),
        "number" => value.is_number(),
        // 3.0 is an integer too.
        "integer" => value.is_i64() || value.is_u64() || value.as_f64().is_some_and(|v| v.fract() == 0.0),
        _ => false,
    }
}

fn matches(value: &Value, rule: &Value) -> bool {
    match (value.as_str(), rule.as_str().map(Regex::new)) {
        (Some(text), Some(Ok(pattern))) => pattern.is_match(text),
        (_, Some(Err(e))) => panic!("the pattern {rule} of a schema does not compile: {e}"),
        _ => true,
    }
}

fn formatted(value: &Value, rule: &Value) -> bool {
    let Some(text) = value.as_str() else { return true };
    match rule.as_str() {
        Some("uuid") => {
            let parts: Vec<_> = text.split('-').collect();
            parts.iter().map(|p| p.len()).eq([8, 4, 4, 4, 12])
                && parts.iter().all(|p| p.bytes().all(|b| b.is_ascii_hexdigit()))
        }
        Some("date-time") => text.parse::<jiff::Timestamp>().is_ok() && text.contains(['T', 't']),
        Some("date") => text.len() == 10 && text.parse::<jiff::civil::Date>().is_ok(),
        other => panic!("the format {other:?} of a schema is not judged"),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::tables;

    #[test]
    fn schemas_of_the_specification_use_only_keywords_that_are_judged() {
        fn keywords(schema: &Value) {
            let Some(rules) = schema.as_object() else { return };
            for (keyword, rule) in rules {
                assert!(JUDGED.contains(&keyword.as_str()) || NOTES.contains(&keyword.as_str()), "{keyword}");
                match keyword.as_str() {
                    "properties" => rule.as_object().unwrap().values().for_each(keywords),
                    "items" | "additionalProperties" => keywords(rule),
                    _ => {}
                }
            }
        }
        keywords(tables::bundle_schema());
        keywords(tables::hotspot_schema());
    }

    #[test]
    fn each_keyword_refuses_what_it_forbids() {
        let cases = [
            (json!({"type": ["string", "null"]}), json!(3)),
            (json!({"type": "integer"}), json!(3.5)),
            (json!({"required": ["a"]}), json!({})),
            (json!({"properties": {"a": {"const": 1}}}), json!({"a": 2})),
            (json!({"properties": {"a": {}}, "additionalProperties": false}), json!({"b": 2})),
            (json!({"items": {"type": "number"}}), json!(["x"])),
            (json!({"minItems": 2}), json!([1])),
            (json!({"maxItems": 0}), json!([1])),
            (json!({"enum": ["a", "b"]}), json!("c")),
            (json!({"pattern": "^[a-z]+$"}), json!("A")),
            (json!({"format": "uuid"}), json!("12345678-1234-1234-1234-12345678901g")),
            (json!({"format": "date-time"}), json!("2024-01-01")),
            (json!({"format": "date"}), json!("2024-02-30")),
            (json!({"minimum": 0}), json!(-1e-9)),
            (json!({"maximum": 1}), json!(1.1)),
            (json!({"exclusiveMinimum": 0}), json!(0)),
            (json!({"exclusiveMaximum": 0}), json!(0)),
            (json!({"minLength": 1}), json!("")),
            (json!({"maxLength": 1}), json!("ab")),
            (json!({"minProperties": 1}), json!({})),
        ];
        for (schema, value) in cases {
            assert_eq!(validate(&schema, &value).len(), 1, "{schema} {value}");
        }
    }

    #[test]
    fn what_holds_is_silent_and_names_are_escaped_in_pointers() {
        let schema = json!({"properties": {"a/b": {"type": "array", "items": {"type": "integer"}}}});
        assert!(validate(&schema, &json!({"a/b": [1, 2.0]})).is_empty());
        assert_eq!(validate(&schema, &json!({"a/b": [1, "x"]}))[0].pointer, "/a~1b/1");
        assert!(validate(&json!({"format": "date-time"}), &json!("2024-05-01T10:00:00Z")).is_empty());
        assert!(validate(&json!({"format": "uuid"}), &json!("0b9f2c5e-1c1d-8a2b-9f00-0123456789AB")).is_empty());
    }
}
