//! The commented sample, which is the documentation, and the file `init` makes of it.

/// `config/rosterd.toml`.
pub const SAMPLE: &str = include_str!("../../config/rosterd.toml");

/// The sample with `values` (section, key, text) in their places, quoted as TOML wants. A key that is commented out
/// there is made to count.
///
/// # Panics
/// Where the sample has no such key: the callers name keys of our own sample, and a test names them all.
pub fn filled(values: &[(&str, &str, &str)]) -> String {
    let mut lines: Vec<String> = SAMPLE.lines().map(str::to_owned).collect();
    for (section, key, value) in values {
        let at = place(&lines, section, key).unwrap_or_else(|| panic!("the sample has [{section}] {key}"));
        lines[at] = format!("{key} = {}", toml::Value::from(*value));
    }
    lines.join("\n") + "\n"
}

/// The line of `key`, or of `# key`, below the line `[section]`.
fn place(lines: &[String], section: &str, key: &str) -> Option<usize> {
    let head = lines.iter().position(|line| line.trim() == format!("[{section}]"))?;
    let body = lines[head + 1..].iter().take_while(|line| !line.starts_with('['));
    body.map(|line| line.trim_start_matches(['#', ' ']))
        .position(|line| line.strip_prefix(key).is_some_and(|rest| rest.trim_start().starts_with('=')))
        .map(|at| head + 1 + at)
}
