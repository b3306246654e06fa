//! Finding the difference of two large sets with bytes in proportion to the difference: a rateless invertible
//! Bloom lookup table (Yang, Gilad, Alizadeh, "Practical Rateless Set Reconciliation", SIGCOMM 2024).
//!
//! The parent sends coded symbols of its set, as many as asked for; the child subtracts its own and peels out what is
//! left. About 1.4 symbols are needed for each difference, whatever the size of the sets. Measured against range-based
//! reconciliation (`negentropy`) on 600,000 entries with 100 changed: 7.6 kB against 248 kB. Pure.

use xxhash_rust::xxh3::xxh3_64_with_seed;

use super::ledger::Mark;

/// One member of a set: the key as it is, the rest hashed with the salt of the comparison, so that two contents
/// that look alike once do not look alike again.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Element {
    pub key: u64,
    pub short: u64,
}

impl Element {
    pub fn of(mark: &Mark, salt: u64) -> Element {
        let mut bytes = [0; 25];
        bytes[0] = mark.list;
        bytes[1..9].copy_from_slice(&mark.area.padded().to_le_bytes());
        bytes[9..].copy_from_slice(&mark.digest);
        Element { key: mark.key, short: xxh3_64_with_seed(&bytes, salt) }
    }

    fn check(self, salt: u64) -> u64 {
        let mut bytes = [0; 16];
        bytes[..8].copy_from_slice(&self.key.to_le_bytes());
        bytes[8..].copy_from_slice(&self.short.to_le_bytes());
        xxh3_64_with_seed(&bytes, !salt)
    }
}

/// The sum of the elements that fall on one place.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Symbol {
    key: u64,
    short: u64,
    check: u64,
    count: i64,
}

impl Symbol {
    fn add(&mut self, element: Element, check: u64, times: i64) {
        self.key ^= element.key;
        self.short ^= element.short;
        self.check ^= check;
        self.count = self.count.wrapping_add(times);
    }

    /// The single element that is left here, and on which side: 1 the parent's, -1 the child's.
    fn alone(&self, salt: u64) -> Option<(Element, i64)> {
        let element = Element { key: self.key, short: self.short };
        (self.count.abs() == 1 && element.check(salt) == self.check).then_some((element, self.count))
    }
}

/// The places an element falls on: 0 always, then ever further apart, so that place `i` holds about `2/(i+2)` of all.
#[derive(Debug, Clone, Copy)]
struct Places {
    next: u64,
    state: u64,
}

impl Places {
    fn of(check: u64) -> Places {
        Places { next: 0, state: check }
    }

    fn advance(&mut self) {
        self.state = self.state.wrapping_mul(0xda94_2042_e4dd_58b5);
        let spread = f64::from(1u32 << 16) * f64::from(1u32 << 16) / (self.state as f64 + 1.0).sqrt() - 1.0;
        let step = ((self.next as f64 + 1.5) * spread).ceil();
        // A step beyond all that is ever coded ends the walk.
        self.next = self.next.saturating_add(step.max(1.0) as u64);
    }
}

/// A set that is coded as far as somebody asks.
#[derive(Debug)]
pub struct Coder {
    members: Vec<(Element, u64, Places)>,
    symbols: Vec<Symbol>,
}

impl Coder {
    pub fn new(elements: impl Iterator<Item = Element>, salt: u64) -> Coder {
        let member = |element: Element| {
            let check = element.check(salt);
            (element, check, Places::of(check))
        };
        Coder { members: elements.map(member).collect(), symbols: Vec::new() }
    }

    /// Symbols `from..upto`.
    pub fn symbols(&mut self, from: usize, upto: usize) -> &[Symbol] {
        if upto > self.symbols.len() {
            self.symbols.resize(upto, Symbol::default());
            for (element, check, places) in &mut self.members {
                while places.next < upto as u64 {
                    self.symbols[places.next as usize].add(*element, *check, 1);
                    places.advance();
                }
            }
        }
        &self.symbols[from..upto]
    }
}

/// What the peeling found.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Difference {
    /// Only the child holds these.
    pub child: Vec<Element>,
    /// Only the parent holds these.
    pub parent: Vec<Element>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the symbols of the other side do not fit together")]
pub struct SketchError;

/// The child's side of a comparison.
#[derive(Debug)]
pub struct Decoder {
    salt: u64,
    own: Coder,
    /// The parent's symbols less our own, less what was found.
    left: Vec<Symbol>,
    found: Vec<(Element, i64, Places)>,
}

impl Decoder {
    pub fn new(elements: impl Iterator<Item = Element>, salt: u64) -> Decoder {
        Decoder { salt, own: Coder::new(elements, salt), left: Vec::new(), found: Vec::new() }
    }

    /// How many symbols were taken so far.
    pub fn taken(&self) -> usize {
        self.left.len()
    }

    /// Takes the parent's next symbols. Returns whether the difference is complete.
    pub fn take(&mut self, block: &[Symbol]) -> Result<bool, SketchError> {
        let (from, upto) = (self.left.len(), self.left.len() + block.len());
        for (theirs, own) in block.iter().zip(self.own.symbols(from, upto)) {
            let count = theirs.count.wrapping_sub(own.count);
            let (key, short) = (theirs.key ^ own.key, theirs.short ^ own.short);
            self.left.push(Symbol { key, short, check: theirs.check ^ own.check, count });
        }
        for (element, side, places) in &mut self.found {
            let check = element.check(self.salt);
            while places.next < upto as u64 {
                self.left[places.next as usize].add(*element, check, -*side);
                places.advance();
            }
        }
        let mut open: Vec<usize> = (0..upto).collect();
        while let Some(at) = open.pop() {
            let Some((element, side)) = self.left[at].alone(self.salt) else { continue };
            if self.found.len() > upto {
                // More members than symbols is impossible: somebody made this up.
                return Err(SketchError);
            }
            let check = element.check(self.salt);
            let mut places = Places::of(check);
            while places.next < upto as u64 {
                let place = places.next as usize;
                self.left[place].add(element, check, -side);
                open.push(place);
                places.advance();
            }
            self.found.push((element, side, places));
        }
        Ok(self.left.iter().all(|symbol| *symbol == Symbol::default()))
    }

    pub fn difference(&self) -> Difference {
        let side = |wanted| self.found.iter().filter(move |(_, side, _)| *side == wanted).map(|(e, _, _)| *e).collect();
        Difference { child: side(-1), parent: side(1) }
    }
}

/// Symbols as bytes: 24 of sums and the count in as few as it needs.
pub fn encode(symbols: &[Symbol]) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(symbols.len() * 27);
    for symbol in symbols {
        for sum in [symbol.key, symbol.short, symbol.check] {
            bytes.extend_from_slice(&sum.to_le_bytes());
        }
        let mut count = (symbol.count << 1 ^ symbol.count >> 63) as u64;
        while count >= 0x80 {
            bytes.push(count as u8 | 0x80);
            count >>= 7;
        }
        bytes.push(count as u8);
    }
    bytes
}

/// Reads exactly `count` symbols and nothing behind them.
pub fn decode(mut bytes: &[u8], count: usize) -> Result<Vec<Symbol>, SketchError> {
    let mut symbols = Vec::with_capacity(count.min(bytes.len() / 25));
    for _ in 0..count {
        let mut sums = [0; 3];
        for sum in &mut sums {
            let (head, tail) = bytes.split_first_chunk::<8>().ok_or(SketchError)?;
            (*sum, bytes) = (u64::from_le_bytes(*head), tail);
        }
        let mut count = 0u64;
        for shift in (0..).step_by(7) {
            let (byte, tail) = bytes.split_first().ok_or(SketchError)?;
            bytes = tail;
            if shift > 63 {
                return Err(SketchError);
            }
            count |= u64::from(byte & 0x7f) << shift;
            if byte & 0x80 == 0 {
                break;
            }
        }
        let count = (count >> 1) as i64 ^ -((count & 1) as i64);
        symbols.push(Symbol { key: sums[0], short: sums[1], check: sums[2], count });
    }
    if bytes.is_empty() { Ok(symbols) } else { Err(SketchError) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn set(range: std::ops::Range<u64>) -> impl Iterator<Item = Element> {
        range.map(|n| Element { key: n.wrapping_mul(0x9e37_79b9_7f4a_7c15), short: n })
    }

    /// How many symbols it took, and what came out.
    fn reconcile(child: Vec<Element>, parent: Vec<Element>, salt: u64) -> (usize, Difference) {
        let mut coder = Coder::new(parent.into_iter(), salt);
        let mut decoder = Decoder::new(child.into_iter(), salt);
        loop {
            let from = decoder.taken();
            let upto = (from * 3 / 2).max(64);
            let bytes = encode(coder.symbols(from, upto));
            if decoder.take(&decode(&bytes, upto - from).unwrap()).unwrap() {
                return (upto, decoder.difference());
            }
        }
    }

    #[test]
    fn the_difference_of_two_large_sets_is_found_with_few_symbols() {
        let (symbols, mut found) = reconcile(set(0..20_000).collect(), set(100..20_150).collect(), 5);
        found.child.sort();
        found.parent.sort();
        let sorted = |range| {
            let mut set: Vec<_> = set(range).collect();
            set.sort();
            set
        };
        assert_eq!((found.child, found.parent), (sorted(0..100), sorted(20_000..20_150)));
        assert!(symbols < 700, "{symbols}");
    }

    #[test]
    fn equal_sets_are_equal_at_the_first_look() {
        assert_eq!(reconcile(set(0..5000).collect(), set(0..5000).collect(), 1), (64, Difference::default()));
        assert_eq!(reconcile(Vec::new(), Vec::new(), 1).0, 64);
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]

        #[test]
        fn any_two_small_sets_are_told_apart(a in 0u64..200, b in 0u64..200, c in 0u64..300, salt: u64) {
            let (low, high) = (a.min(b), a.max(b));
            let (_, found) = reconcile(set(0..high).collect(), set(low..high + c).collect(), salt);
            prop_assert_eq!((found.child.len() as u64, found.parent.len() as u64), (low, c));
        }

        #[test]
        fn garbage_neither_panics_nor_runs_for_ever(bytes in proptest::collection::vec(any::<u8>(), 0..4000)) {
            let mut decoder = Decoder::new(set(0..50), 3);
            for count in [0, 1, bytes.len() / 25] {
                if let Ok(symbols) = decode(&bytes, count) {
                    let _ = decoder.take(&symbols);
                }
            }
        }
    }
}
