//! An office's signed word on what it holds, so that the county can tell whether a township passed it on unaltered.
//!
//! A signature over every batch would end at the next node, which sends batches of its own; a signature on every entry
//! would cost more than the entries. An office therefore signs its sums (count and hash per list, the ones `verify`
//! compares) at a point of its sequence. The attestation travels upward as one more item and is passed on as it is;
//! any node above compares it with what it holds of that area. Between two attestations entries may be ahead of the
//! word on them: a difference means something only once everything sent before the attestation has arrived.
//!
//! A node above knows a key the first time it sees it; another key for the same area is an alarm until a person at the
//! office confirms that it joined anew.
//!
//! *What this proves.* From the first honest word on, a node in between that alters, adds or withholds an entry, or hands
//! on an older state, is found out: it cannot sign for the village, the numbers of words only rise, and a village that
//! falls silent is an alarm. *What it does not.* Who stood in between from the very first word could have signed all
//! along with a key of its own. The print of the key that both ends show is compared by telephone once, which closes
//! that. Days on which lines were removed are not in the sums, nor is anything about lines that are gone.

use ring::signature::{ECDSA_P256_SHA256_ASN1, UnparsedPublicKey};
use serde::{Deserialize, Serialize};

use super::course::Signer;
use super::ledger::Mark;
use super::protocol::{Differing, Epoch, Hash, from_hex, to_hex};
use super::survey::{self, Sum};
use crate::domain::Area;
use crate::error::Result;

/// The sum of one list of one area, as signed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Attested {
    pub area: Area,
    pub list: u8,
    pub count: u64,
    pub hash: Hash,
}

/// Everything an office signs, read in one transaction.
#[derive(Debug, Clone)]
pub struct Holding {
    pub epoch: Epoch,
    /// The last number given out.
    pub upto: u64,
    /// What it owns itself, nothing of its children.
    pub marks: Vec<Mark>,
    pub looks: Looks,
}

/// The end of an office's access log: how many looks there ever were, and the hash that binds them all.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Looks {
    pub count: u64,
    pub hash: Hash,
}

/// The fields of an item that carries an attestation, beside `t`, `seq` and `area`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Attestation {
    /// Who attests.
    pub origin: Area,
    pub epoch: Epoch,
    /// The signer's sequence number up to which the sums speak.
    pub upto: u64,
    pub sums: Vec<Attested>,
    pub looks: Looks,
    /// The signer's public key (P-256, uncompressed point), hex.
    pub key: String,
    /// Over everything above, hex.
    pub signature: String,
}

/// Why an attestation is not believed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum AttestError {
    #[error("the attestation is not signed by the key it names")]
    Forged,
    #[error("the attestation is signed by another key than this office had before")]
    OtherKey,
    #[error("the attestation speaks for an area that is not the signer's")]
    Outside,
}

impl Attestation {
    /// Signs what this node holds.
    pub fn sign(signer: &dyn Signer, mut holding: Holding) -> Result<Attestation> {
        let mut attestation = Attestation {
            origin: signer.area(),
            epoch: holding.epoch,
            upto: holding.upto,
            sums: sums(&mut holding.marks),
            looks: holding.looks,
            key: to_hex(&signer.key()),
            signature: String::new(),
        };
        attestation.signature = to_hex(&signer.sign(attestation.statement().as_bytes())?);
        Ok(attestation)
    }

    /// What is signed.
    fn statement(&self) -> blake3::Hash {
        let mut hasher = blake3::Hasher::new_derive_key("rosterd 1 attestation");
        for number in [self.origin.padded(), self.epoch.0, self.upto, self.sums.len() as u64] {
            hasher.update(&number.to_le_bytes());
        }
        for sum in &self.sums {
            for number in [sum.area.padded(), u64::from(sum.list), sum.count] {
                hasher.update(&number.to_le_bytes());
            }
            hasher.update(&sum.hash.0);
        }
        hasher.update(&self.looks.count.to_le_bytes());
        hasher.update(&self.looks.hash.0);
        hasher.update(self.key.as_bytes());
        hasher.finalize()
    }

    /// Checks the signature. `known`: the key this office had before, the uncompressed point; `None` the first time.
    pub fn check(&self, known: Option<&[u8]>) -> Result<(), AttestError> {
        if self.sums.iter().any(|sum| !self.origin.contains(sum.area)) {
            return Err(AttestError::Outside);
        }
        let key = from_hex(&self.key).ok_or(AttestError::Forged)?;
        let signature = from_hex(&self.signature).ok_or(AttestError::Forged)?;
        let public = UnparsedPublicKey::new(&ECDSA_P256_SHA256_ASN1, &key);
        public.verify(self.statement().as_bytes(), &signature).map_err(|_| AttestError::Forged)?;
        if known.is_some_and(|known| known != key) { Err(AttestError::OtherKey) } else { Ok(()) }
    }

    /// Whether it says what the signer holds in these marks.
    pub fn still_says(&self, marks: &mut [Mark]) -> bool {
        self.sums == sums(marks)
    }

    /// What differs between the signer's word and what is held here of its area (`child` is the signer's count).
    pub fn differing(&self, marks: &mut [Mark]) -> Vec<Differing> {
        let word = |sum: &Attested| Sum { list: sum.list, area: sum.area, count: sum.count, hash: sum.hash };
        let said: Vec<Sum> = self.sums.iter().map(word).collect();
        survey::differing(&said, &survey::sums(marks))
    }
}

fn sums(marks: &mut [Mark]) -> Vec<Attested> {
    let attested = |Sum { list, area, count, hash }| Attested { area, list, count, hash };
    survey::sums(marks).into_iter().map(attested).collect()
}

/// A key as people compare it by telephone: `1f3a 90c2 …`, 64 bits.
pub fn print_of(key: &[u8]) -> String {
    let digits = to_hex(&blake3::hash(key).as_bytes()[..8]);
    let groups: Vec<&str> = (0..digits.len()).step_by(4).map(|at| &digits[at..at + 4]).collect();
    groups.join(" ")
}

#[cfg(test)]
pub(crate) mod tests {
    use rcgen::{KeyPair, SigningKey as _};

    use super::*;

    /// Signs with a key of its own, for an office.
    pub(crate) struct Clerk(pub KeyPair, pub Area);

    impl Signer for Clerk {
        fn area(&self) -> Area {
            self.1
        }

        fn key(&self) -> Vec<u8> {
            self.0.public_key_raw().to_vec()
        }

        fn sign(&self, message: &[u8]) -> Result<Vec<u8>> {
            Ok(self.0.sign(message).unwrap())
        }
    }

    fn village() -> Area {
        "519901001200".parse().unwrap()
    }

    fn holding() -> Vec<Mark> {
        let mark = |key: u64| Mark { list: (key % 3) as u8 + 1, area: village(), key, digest: [key as u8; 16] };
        (0..300).map(mark).collect()
    }

    fn attested() -> (Clerk, Attestation) {
        let clerk = Clerk(KeyPair::generate().unwrap(), village());
        let looks = Looks { count: 7, hash: Hash([3; 32]) };
        let holding = Holding { epoch: Epoch(4), upto: 300, marks: holding(), looks };
        let attestation = Attestation::sign(&clerk, holding).unwrap();
        // As it arrives, after any number of relays.
        let line = serde_json::to_string(&attestation).unwrap();
        (clerk, serde_json::from_str(&line).unwrap())
    }

    #[test]
    fn a_county_sees_that_a_township_passed_everything_on() {
        let (clerk, attestation) = attested();
        assert_eq!(attestation.check(None), Ok(()));
        assert_eq!(attestation.check(Some(&clerk.key())), Ok(()));
        assert_eq!(attestation.differing(&mut holding()), []);
    }

    #[test]
    fn a_township_that_alters_or_invents_an_entry_is_found_out() {
        let (_, attestation) = attested();
        let mut altered = holding();
        altered[7].digest = [99; 16];
        assert_eq!(attestation.differing(&mut altered).len(), 1);
        let mut invented = holding();
        invented.push(Mark { list: 5, area: village(), key: 999, digest: [1; 16] });
        let found = attestation.differing(&mut invented);
        assert_eq!(found, [Differing { area: village(), list: 5, child: 0, parent: 1 }]);
    }

    #[test]
    fn a_word_put_into_a_villages_mouth_is_not_believed() {
        let (clerk, mut attestation) = attested();
        attestation.sums[0].count += 1;
        assert_eq!(attestation.check(Some(&clerk.key())), Err(AttestError::Forged));
        let (clerk, mut fewer_looks) = attested();
        fewer_looks.looks.count -= 1;
        assert_eq!(fewer_looks.check(Some(&clerk.key())), Err(AttestError::Forged));
        // A township can sign with a key of its own, but not with the village's.
        let (_, forged) = attested();
        assert_eq!(forged.check(Some(&clerk.key())), Err(AttestError::OtherKey));
        let mut outside = attested().1;
        outside.origin = "519901001201".parse().unwrap();
        assert_eq!(outside.check(None), Err(AttestError::Outside));
    }
}
