//! Who asks, as far as this machine knows it.

use tokio::net::unix::UCred;

/// What the kernel gives for a process that nobody logged in for.
const NOBODY: u32 = u32::MAX;

/// The account that logged in, whatever account its commands run as by now: the kernel keeps it through `sudo` and `su`, and
/// it is not theirs to change. Where nobody logged in (a timer, a container) it is what they say of themselves.
pub fn asker(peer: Option<&UCred>, claimed: String) -> String {
    match peer.and_then(UCred::pid).and_then(login_of) {
        Some(login) => name_of(login).unwrap_or_else(|| format!("uid {login}")),
        None => claimed,
    }
}

fn login_of(pid: i32) -> Option<u32> {
    login(&std::fs::read_to_string(format!("/proc/{pid}/loginuid")).ok()?)
}

fn login(text: &str) -> Option<u32> {
    text.trim().parse().ok().filter(|uid| *uid != NOBODY)
}

/// What this machine calls an account.
pub fn name_of(uid: u32) -> Option<String> {
    let accounts = std::fs::read_to_string("/etc/passwd").ok()?;
    accounts.lines().find_map(|line| {
        let mut fields = line.split(':');
        let (name, _, id) = (fields.next()?, fields.next()?, fields.next()?);
        (id.parse() == Ok(uid)).then(|| name.to_owned())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_process_that_nobody_logged_in_for_has_no_login() {
        assert_eq!((login("1000\n"), login("0"), login("4294967295"), login("")), (Some(1000), Some(0), None, None));
        assert_eq!(name_of(0).as_deref(), Some("root"));
        assert_eq!(asker(None, "wang".into()), "wang");
    }
}
