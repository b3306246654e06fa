//! What is wrong with a settings file that is no settings file, for whoever wrote it: the line, and what to write there.

use crate::error::Error;

/// What the slip is of which `error` says that `text` does not read.
pub fn slip(text: &str, error: &toml::de::Error) -> Error {
    let at = error.span().map_or(0, |span| span.start.min(text.len()));
    let line = 1 + text.as_bytes()[..at].iter().filter(|byte| **byte == b'\n').count();
    let written = text.lines().nth(line - 1).unwrap_or_default();
    let written = written.split('#').next().unwrap_or_default();
    let said = error.message();
    let mut named = said.split('`').skip(1).step_by(2);
    if written.contains(['“', '”', '‘', '’', '＂', '＇', '「', '」']) {
        return Error::new(format!("line {line}: these are Chinese quotes, a text stands in English ones"));
    }
    if written.contains('＝') {
        return Error::new(format!("line {line}: this is a Chinese sign of equality, write an English one"));
    }
    if said.starts_with("unknown field") {
        let name = named.next().unwrap_or_default();
        let known = Vec::from_iter(named).join(", ");
        return Error::new(format!("line {line}: there is no setting '{name}', expected one of '{known}'"));
    }
    if said.starts_with("unknown variant") {
        let value = named.next().unwrap_or_default();
        let known = Vec::from_iter(named).join(", ");
        return Error::new(format!("line {line}: '{value}' cannot stand here, expected one of '{known}'"));
    }
    if said.contains("duplicate key") {
        return Error::new(format!("line {line}: this is written twice"));
    }
    if said.contains("unclosed table") || said.contains("unclosed array of tables") {
        return Error::new(format!("line {line}: the name of a section stands in square brackets"));
    }
    if said.contains("invalid basic string") || said.contains("invalid literal string") {
        return Error::new(format!("line {line}: quotes stand in pairs"));
    }
    if said.contains("expected `=`") {
        return Error::new(format!("line {line}: the sign of equality is missing"));
    }
    if said.contains("expected newline") {
        return Error::new(format!("line {line}: there is too much behind the value"));
    }
    if said.contains("expected a string") || said.contains("string values must be quoted") {
        return Error::new(format!("line {line}: a text stands in quotes"));
    }
    if said.starts_with("invalid type: string") {
        return Error::new(format!("line {line}: a number stands without quotes"));
    }
    let said = said.lines().next().unwrap_or_default().to_owned();
    Error::new(format!("line {line}: this does not read")).because(said)
}

#[cfg(test)]
mod tests {
    use crate::report::text::Text;
    use crate::settings::{Language, Settings};

    fn told(settings: &str) -> String {
        let error = Settings::parse(settings, std::path::Path::new("/etc/rosterd/rosterd.toml")).unwrap_err();
        Text::new(Language::Chinese).error(&error).because.join("：")
    }

    #[test]
    fn a_slip_of_the_pen_is_told_by_its_line_and_in_chinese() {
        let office = "[node]\narea = \"519901001200\"\nname = \"200村\"\n";
        for (settings, said) in [
            ("[node]\narea = “519901001200”\n", "第 2 行：引号要用英文的 \"，不能用中文引号"),
            ("[node]\narea ＝ \"519901001200\"\n", "第 2 行：等号要用英文的 ="),
            ("[node]\narea = 519901001200村\n", "第 2 行："),
            ("[node]\nname = 200村\n", "第 2 行："),
            ("[node]\nname = 7\n", "第 2 行：文字要用英文引号括起来"),
            ("[node]\nname = \"200村\n", "第 2 行：引号要成对"),
            ("[node]\nname \"200村\"\n", "第 2 行：缺少等号"),
            ("[node]\nname = \"200村\"，\n", "第 2 行：值的后面有多余的内容"),
            ("[node\nname = \"x\"\n", "第 1 行：小节的名称要用 [ ] 括起来"),
        ] {
            assert!(told(settings).starts_with(said), "{settings}: {}", told(settings));
        }
        for (more, said) in [
            ("foo = 1\n", "第 4 行：没有 foo 这个设置项，可以写：area, name"),
            ("language = \"fr\"\n", "第 4 行：这里不能写 fr，可以写：zh-CN, en"),
            ("name = \"x\"\n", "第 4 行：这一项写了两次"),
            ("[rules]\nhandover_days = \"14\"\n", "第 5 行：数字不加引号"),
        ] {
            let settings = format!("{office}{more}");
            assert!(told(&settings).starts_with(said), "{settings}: {}", told(&settings));
        }
    }
}
