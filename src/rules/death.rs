//! Paid or served after death, and closed though alive (DOMAIN.md X1-X7).

use serde_json::{Value, json};

use crate::domain::{Area, Entry, Finding, List, PartialDate, Severity, Uid};
use crate::reconcile::{Claim, Death, sign_after, signs_after};

use super::judge::{Bench, list_in, say};

pub(super) fn rules(bench: &mut Bench) {
    let facts = bench.facts;
    let Some(death) = &facts.death else { return };
    deceased_still_active(bench, death);
    alive_after_death(bench, death);
    death_dates_differ(bench, death);
}

/// The lists of these claims, the strongest first.
fn sources<'d>(claims: impl Iterator<Item = &'d Claim>) -> Vec<&'static str> {
    let mut sources: Vec<&str> = Vec::new();
    for list in claims.map(|claim| claim.list.as_str()) {
        if !sources.contains(&list) {
            sources.push(list);
        }
    }
    sources
}

/// The lists of these claims and whose they are.
fn lists_of<'d>(bench: &Bench, claims: impl Iterator<Item = &'d Claim>) -> Vec<(List, Area)> {
    let mut lists = Vec::new();
    for claim in claims {
        let line = bench.case.entries.iter().find(|e| e.uid == claim.uid);
        lists.extend(line.map(|e| (e.list, e.area)).filter(|list| !lists.contains(list)));
    }
    lists
}

/// Lists with whose they are.
fn in_areas(lists: &[(List, Area)]) -> Vec<String> {
    lists.iter().map(|(list, area)| list_in(*list, *area)).collect()
}

/// Says whose lists tell of the death, where not all that the finding speaks of is of the area of `line`.
fn say_by(finding: &mut Finding, lists: &[(List, Area)], line: &Entry) {
    if lists.iter().any(|(_, area)| *area != line.area) {
        say(finding, "by", in_areas(lists));
    }
}

/// One finding per active entry: each has an owner of its own.
fn deceased_still_active(bench: &mut Bench, death: &Death) {
    let case = bench.case;
    let claims: Vec<Uid> = death.claims.iter().map(|c| c.uid).collect();
    let sources = sources(death.claims.iter());
    let lists = lists_of(bench, death.claims.iter());
    for entry in case.active() {
        // A line that itself says 'died' is not a second voice against itself.
        let evidence = std::iter::once(entry.uid).chain(claims.iter().copied()).collect();
        let finding =
            bench.raise_anchored("deceased-still-active", Some((entry.area, entry.list)), entry.uid, evidence);
        if entry.list.pays() {
            finding.severity = Severity::High;
        }
        if let Some(date) = death.date {
            say(finding, "died", date.to_string());
        }
        say(finding, "sources", sources.clone());
        say_by(finding, &lists, entry);
        say(finding, "confidence", death.confidence.as_str());
        if let Some((_, day)) = death.sign_of_life {
            say(finding, "sign_of_life", day.to_string());
        }
    }
}

fn alive_after_death(bench: &mut Bench, death: &Death) {
    let Some(died) = death.date else { return };
    let case = bench.case;
    let shown: Vec<(&Entry, PartialDate)> =
        case.current().filter_map(|e| Some((e, sign_after(e, died, case.today)?))).collect();
    // A visit that is written down before it is made counts from its day on.
    case.current().flat_map(|e| signs_after(e, died)).for_each(|sign| bench.again_on(sign.first()));
    // Lists that say that the person died, and no other day.
    let agreeing = || death.claims.iter().filter(|claim| claim.date.is_none_or(|date| date.agrees(died)));
    let sources = sources(agreeing());
    let lists = lists_of(bench, agreeing());
    for (entry, day) in shown {
        let evidence = std::iter::once(entry.uid).chain(death.claims.iter().map(|c| c.uid)).collect();
        let finding = bench.raise_anchored("alive-after-death", Some((entry.area, entry.list)), entry.uid, evidence);
        say(finding, "died", died.to_string());
        say(finding, "sources", sources.clone());
        say_by(finding, &lists, entry);
        say(finding, "sign", day.to_string());
        say(finding, "sign_list", entry.list.as_str());
    }
}

fn death_dates_differ(bench: &mut Bench, death: &Death) {
    let dates: Vec<PartialDate> = death.claims.iter().filter_map(|c| c.date).collect();
    let apart = |dates: &[PartialDate]| {
        dates.iter().flat_map(|a| dates.iter().map(move |b| a.days_apart(*b))).max().unwrap_or(0)
    };
    let days = apart(&dates);
    let limit = bench.parameters.death_dates_days_max;
    // Where all that said so is cleared away, nobody has a line to put right.
    let is_said = bench.case.current().any(|e| death.claims.iter().any(|c| c.uid == e.uid));
    if days <= limit || !is_said {
        return;
    }
    let claimed: Vec<&Entry> =
        bench.case.entries.iter().filter(|e| death.claims.iter().any(|c| c.uid == e.uid)).collect();
    let named = bench.anchor(&claimed, |part| {
        let dates: Vec<PartialDate> = part.iter().filter_map(|e| e.record.died).collect();
        apart(&dates) > limit
    });
    let mut sorted = dates;
    sorted.sort_unstable();
    sorted.dedup();
    let dated: Vec<&Claim> = death.claims.iter().filter(|c| c.date.is_some()).collect();
    let evidence = dated.iter().map(|c| c.uid).collect();
    let said: Vec<Value> = sorted.iter().map(|date| said(bench, &dated, *date)).collect();
    let finding = bench.raise_anchored("death-dates-differ", None, named, evidence);
    say(finding, "dates", sorted.iter().map(|d| d.to_string()).collect::<Vec<_>>());
    say(finding, "days", days);
    say(finding, "said", said);
}

/// A date of death with who says it; with whose lists they are, where `dated` are of several areas.
fn said(bench: &Bench, dated: &[&Claim], date: PartialDate) -> Value {
    let agreeing = || dated.iter().copied().filter(|claim| claim.date == Some(date));
    let all = lists_of(bench, dated.iter().copied());
    let by = match all.iter().all(|(_, area)| *area == all[0].1) {
        true => sources(agreeing()).into_iter().map(str::to_owned).collect(),
        false => in_areas(&lists_of(bench, agreeing())),
    };
    json!({"value": date.to_string(), "by": by})
}
