//! Which good numbers a number that is none may be meant for.
//!
//! A clerk who mistypes a digit makes a number that fails its check digit (DOMAIN.md 3.1: every wrong digit and every
//! exchange of neighbours does). So the wrong line tells by itself that it is wrong, and the check digit leaves about one
//! number for each place that it can have been. Looked up under these it meets the line that has the number right, and
//! another line with another slip in the same number, also where name and birth date are miswritten or missing and no
//! other key is left. Lines with good numbers, nearly all there are, have no key more for it.

use super::number::{CHECK_AT, WHOLE};
use crate::domain::id_number::is_whole;

/// Calls `found` with every whole number from which one slip makes `places`: a digit wrong, two neighbours exchanged, a
/// digit lost, a digit too many. Some come twice.
pub(super) fn meant(places: &[u8], mut found: impl FnMut(&[u8])) {
    let mut number = [0; WHOLE];
    match places.len() {
        WHOLE => {
            number.copy_from_slice(places);
            (0..WHOLE).for_each(|at| with_every_digit(&mut number, at, &mut found));
            for at in 1..WHOLE {
                number.swap(at - 1, at);
                if is_whole(&number) {
                    found(&number);
                }
                number.swap(at - 1, at);
            }
        }
        count if count + 1 == WHOLE => {
            for at in 0..WHOLE {
                number[..at].copy_from_slice(&places[..at]);
                number[at + 1..].copy_from_slice(&places[at..]);
                with_every_digit(&mut number, at, &mut found);
            }
        }
        count if count == WHOLE + 1 => {
            for at in 0..count {
                number[..at].copy_from_slice(&places[..at]);
                number[at..].copy_from_slice(&places[at + 1..]);
                if is_whole(&number) {
                    found(&number);
                }
            }
        }
        _ => {}
    }
}

/// The check digit lets at most one digit stand in a place.
fn with_every_digit(number: &mut [u8; WHOLE], at: usize, found: &mut impl FnMut(&[u8])) {
    let was = number[at];
    let written: &[u8] = if at == CHECK_AT { b"0123456789X" } else { b"0123456789" };
    for digit in written {
        number[at] = *digit;
        if is_whole(number) {
            found(number);
        }
    }
    number[at] = was;
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    /// A digit of it wrong in each place, or two neighbours exchanged.
    const MEANT_MAX: usize = WHOLE + WHOLE - 1;

    fn all_meant(places: &str) -> BTreeSet<String> {
        let mut all = BTreeSet::new();
        meant(places.as_bytes(), |number| _ = all.insert(String::from_utf8(number.to_vec()).unwrap()));
        all
    }

    #[test]
    fn every_slip_of_a_finger_leads_back_to_the_number() {
        for good in ["519901198001010017", "11010519491231002X"] {
            for at in 0..WHOLE {
                let (before, after) = (&good[..at], &good[at + 1..]);
                let mut slips = vec![format!("{before}{after}"), format!("{before}{0}{0}{after}", &good[at..=at])];
                slips.extend((0..10).map(|digit| format!("{before}{digit}{after}")));
                slips.extend(
                    (at > 0).then(|| format!("{}{}{}{after}", &good[..at - 1], &good[at..=at], &good[at - 1..at])),
                );
                for slip in slips.iter().filter(|slip| *slip != good) {
                    let meant = all_meant(slip);
                    assert!(meant.contains(good), "{slip}");
                    assert!(meant.len() <= MEANT_MAX, "{slip} {}", meant.len());
                }
            }
        }
    }

    #[test]
    fn few_numbers_can_have_been_meant_and_all_of_them_are_numbers() {
        let meant = all_meant("519901198001010018");
        assert!((5..MEANT_MAX).contains(&meant.len()), "{}", meant.len());
        assert!(meant.iter().all(|number| is_whole(number.as_bytes())));
        assert!(all_meant("").is_empty() && all_meant("519901").is_empty());
    }
}
