//! Merging the sources of settings.

use toml::de::{DeTable, DeValue};
use toml::{Spanned, Table, Value};

/// Environment variables that are not settings: the name of the file, and variables of test runs.
const IGNORED_VARIABLES: [&str; 3] = ["OPENDRS_CONFIG", "OPENDRS_BIN", "OPENDRS_TEST_"];

/// Parses the default settings.
pub(super) fn default_table() -> Result<Table, String> {
    super::DEFAULT_SETTINGS.parse().map_err(|e: toml::de::Error| format!("the default settings: {e}"))
}

/// Replaces defaults by the values of OpenTelemetry's own variables.
pub(super) fn apply_opentelemetry_env(base: &mut Table, env: &[(String, String)]) {
    let names = [
        ("OTEL_EXPORTER_OTLP_ENDPOINT", "endpoint"),
        ("OTEL_SERVICE_NAME", "service_name"),
        ("OTEL_TRACES_SAMPLER_ARG", "sampling"),
    ];
    for (name, text) in env.iter().filter(|(_, text)| !text.is_empty()) {
        if let Some((_, key)) = names.iter().find(|(known, _)| known == name)
            && let Some(place) = base.get_mut("traces").and_then(|traces| traces.get_mut(*key))
        {
            *place = Value::String(text.clone());
        }
    }
}

/// Replaces values in `base` by the settings of a file. `name` is the file's name for error texts.
pub(super) fn apply_file(base: &mut Table, text: &str, name: &str) -> Result<(), String> {
    let parsed = DeTable::parse(text).map_err(|e| format!("{name}: {e}"))?;
    let line = |at: usize| 1 + text[..at.min(text.len())].matches('\n').count();
    for (section, content) in parsed.get_ref() {
        let at = line(section.span().start);
        let known = base.keys().cloned().collect::<Vec<_>>();
        let Some(Value::Table(settings)) = base.get_mut(section.get_ref().as_ref()) else {
            let word: &str = section.get_ref();
            if !matches!(content.get_ref(), DeValue::Table(_))
                && let Some(home) = section_of_key(base, word)
            {
                return Err(format!("{name}: line {at}: {word} is in no section: write it under [{home}]"));
            }
            let hint = nearest_word(word, &known).map_or(String::new(), |n| format!("; did you mean [{n}]?"));
            return Err(format!("{name}: line {at}: unknown section [{word}]{hint}"));
        };
        let DeValue::Table(content) = content.get_ref() else {
            return Err(format!("{name}: line {at}: [{}] is a section, not a value", section.get_ref()));
        };
        for (key, value) in content {
            apply_value(settings, section.get_ref(), key, value)
                .map_err(|e| format!("{name}: line {}: {e}", line(key.span().start)))?;
        }
    }
    Ok(())
}

fn apply_value(
    settings: &mut Table,
    section: &str,
    key: &Spanned<std::borrow::Cow<'_, str>>,
    value: &Spanned<DeValue<'_>>,
) -> Result<(), String> {
    let key: &str = key.get_ref();
    let known = settings.keys().cloned().collect::<Vec<_>>();
    let Some(place) = settings.get_mut(key) else {
        let hint = nearest_word(key, &known).map_or(String::new(), |n| format!("; did you mean {section}.{n}?"));
        return Err(format!("unknown setting {section}.{key}{hint}"));
    };
    let value = match value.get_ref() {
        DeValue::String(text) => Value::String(text.to_string()),
        DeValue::Boolean(flag) => Value::Boolean(*flag),
        DeValue::Integer(number) => {
            let digits = i64::from_str_radix(number.as_str(), number.radix());
            Value::Integer(digits.map_err(|_| format!("{section}.{key} is too large a number"))?)
        }
        DeValue::Array(list) => {
            let text = |item: &Spanned<DeValue<'_>>| item.get_ref().as_str().map(|s| Value::String(s.to_owned()));
            let items = list.iter().map(text).collect::<Option<Vec<_>>>();
            Value::Array(items.ok_or_else(|| format!("{section}.{key} must be a list of strings"))?)
        }
        _ => return Err(format!("{section}.{key} must be {}", type_name(place))),
    };
    if value.same_type(place) {
        *place = value;
        Ok(())
    } else {
        Err(format!("{section}.{key} must be {}", type_name(place)))
    }
}

fn type_name(value: &Value) -> &'static str {
    match value {
        Value::String(_) => "a string",
        Value::Integer(_) => "a number",
        Value::Boolean(_) => "true or false",
        _ => "a list of strings",
    }
}

/// Replaces values in `base` by environment variables, whose names are `OPENDRS_SECTION_KEY`.
pub(super) fn apply_environment(base: &mut Table, env: &[(String, String)]) -> Result<(), String> {
    for (name, text) in env {
        if IGNORED_VARIABLES.iter().any(|known| name.starts_with(known)) || is_service_discovery_variable(name) {
            continue;
        }
        let lower = name.trim_start_matches("OPENDRS_").to_lowercase();
        let place = lower
            .split_once('_')
            .filter(|(section, key)| base.get(*section).and_then(|section| section.get(key)).is_some())
            .ok_or_else(|| {
                format!("{name}: unknown setting{}; `opendrs config default` lists all", suggestion(base, &lower))
            });
        let (section, key) = place?;
        let Some(place) = base.get_mut(section).and_then(|section| section.get_mut(key)) else { continue };
        *place = match place {
            Value::Integer(_) => Value::Integer(text.parse().map_err(|_| format!("{name} must be a number"))?),
            Value::Boolean(_) => Value::Boolean(text.parse().map_err(|_| format!("{name} must be true or false"))?),
            Value::Array(_) => {
                let items = text.split(',').map(str::trim).filter(|item| !item.is_empty());
                Value::Array(items.map(|item| Value::String(item.to_owned())).collect())
            }
            _ => Value::String(text.clone()),
        };
    }
    Ok(())
}

/// Whether a variable comes from the service discovery of Kubernetes or Docker, for a service with this name.
fn is_service_discovery_variable(name: &str) -> bool {
    let rest = name.trim_start_matches("OPENDRS_");
    ["SERVICE_HOST", "PORT"].contains(&rest) || ["SERVICE_PORT", "PORT_"].iter().any(|start| rest.starts_with(start))
}

/// Finds the section that has a setting of this name. The section `server` precedes the others.
fn section_of_key<'b>(base: &'b Table, key: &str) -> Option<&'b str> {
    let has = |section: &&String| base[*section].get(key).is_some();
    base.keys().filter(has).max_by_key(|section| *section == "server").map(String::as_str)
}

/// Returns the end of an error text: the variable that a mistyped one may mean.
fn suggestion(base: &Table, lower: &str) -> String {
    let names = |(section, table): (&String, &Value)| {
        let keys = table.as_table().into_iter().flat_map(Table::keys);
        keys.map(|key| format!("{section}_{key}")).collect::<Vec<_>>()
    };
    let all: Vec<_> = base.iter().flat_map(names).collect();
    let home = section_of_key(base, lower).map(|section| format!("{section}_{lower}"));
    let near = home.or_else(|| nearest_word(lower, &all).map(str::to_owned));
    near.map_or(String::new(), |near| format!("; did you mean OPENDRS_{}?", near.to_uppercase()))
}

/// Finds the known word that is nearest to a mistyped one, if it is similar enough.
fn nearest_word<'k>(word: &str, known: &'k [String]) -> Option<&'k str> {
    let best = known.iter().map(|k| (edit_distance(word, k), k)).min()?;
    (best.0 <= 2 || best.1.contains(word) || word.contains(best.1.as_str())).then_some(best.1.as_str())
}

/// Returns the number of letters to change, add or remove.
fn edit_distance(a: &str, b: &str) -> usize {
    let b: Vec<char> = b.chars().collect();
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, x) in a.chars().enumerate() {
        let mut before = std::mem::replace(&mut row[0], i + 1);
        for (j, y) in b.iter().enumerate() {
            let change = before + usize::from(x != *y);
            before = row[j + 1];
            row[j + 1] = change.min(before + 1).min(row[j] + 1);
        }
    }
    row[b.len()]
}
