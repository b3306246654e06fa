//! A parent's own certificate authority: it lets children in, renews them, ends them, and knows them again.
//!
//! Every node that has children is one, alone: a township's authority knows villages, the county's knows townships.
//! Private keys never leave `DIR/data/link/authority`, mode 0600.

use std::fmt;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use rcgen::{
    BasicConstraints, CertificateParams, CertificateSigningRequestParams, DnType, ExtendedKeyUsagePurpose, IsCa,
    Issuer, KeyPair, KeyUsagePurpose, PublicKeyData, SanType, SerialNumber, SigningKey as _,
};
use ring::rand::{SecureRandom, SystemRandom};
use rustls_pki_types::pem::PemObject;
use rustls_pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer};
use serde::{Deserialize, Serialize};

use super::clock::CertificateClock;
use super::files;
use super::join_code::{AuthorityPrint, JoinCode, Secret};
use super::protocol::{Answer, Code, Refusal, from_hex, to_hex};
use super::registry::{Beside, Credential, Ended, Invited, Issued, Registry};
use super::tls::{self, Peer};
use crate::domain::Area;
use crate::error::{Context, Error, Result};
use crate::settings::is_address;

/// Life of a child's certificate.
pub const CERTIFICATE_SECS: i64 = 90 * 86_400;
/// After this much of its life a child renews it.
pub const RENEW_AFTER_SECS: i64 = CERTIFICATE_SECS / 3 * 2;
/// An expired certificate may still be renewed this long: an office that was closed comes back by itself.
pub const RENEW_GRACE_SECS: i64 = 30 * 86_400;
/// Certificates begin this much before they are issued.
const BACKDATED_SECS: i64 = 86_400;
/// The longest life of a join code.
pub const INVITE_HOURS_MAX: u32 = 7 * 24;
/// What is said of a code that a later one made void.
const CODE_REPLACED: &str = "another code was made for this area since";
/// A certificate request is some 400 bytes.
const CSR_BYTES_MAX: usize = 4096;

/// As kept on disk.
#[derive(Serialize, Deserialize)]
struct Kept {
    v: u8,
    key: String,
    certificate: String,
    /// Hex. File keys of children are derived from it.
    master: String,
}

/// See the module.
pub struct Authority {
    area: Area,
    issuer: Issuer<'static, KeyPair>,
    certificate_pem: String,
    certificate: CertificateDer<'static>,
    master: [u8; 32],
    registry: Registry,
    clock: CertificateClock,
}

impl fmt::Debug for Authority {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Authority").field("area", &self.area).finish_non_exhaustive()
    }
}

/// Bytes nobody can guess.
pub(super) fn random<const N: usize>() -> Result<[u8; N]> {
    let mut bytes = [0; N];
    SystemRandom::new().fill(&mut bytes).map_err(|_| Error::new("the system gives no random numbers"))?;
    Ok(bytes)
}

fn secret_hash(secret: &[u8]) -> String {
    to_hex(&blake3::derive_key("rosterd 1 join secret", secret))
}

impl Authority {
    /// Opens the authority in `dir`, or founds it.
    pub fn open(dir: &Path, area: Area) -> Result<Arc<Authority>> {
        files::private_dir(dir)?;
        let clock = CertificateClock::open(&dir.join("clock"))?;
        Authority::with_clock(dir, area, clock)
    }

    /// The same with a clock of the caller's.
    pub fn with_clock(dir: &Path, area: Area, clock: CertificateClock) -> Result<Arc<Authority>> {
        let path = dir.join("authority.json");
        let kept = match files::read_if_there(&path)? {
            Some(text) => serde_json::from_str(&text).or_say_at("reading the certificate authority", &path)?,
            None => {
                let kept = Authority::found(area)?;
                let text = serde_json::to_vec(&kept).or_say("writing the certificate authority")?;
                files::write_private(&path, &text)?;
                kept
            }
        };
        let damaged = || Error::new("the certificate authority is damaged").at(&path);
        let master = from_hex(&kept.master).and_then(|m| m.try_into().ok()).ok_or_else(damaged)?;
        let key = KeyPair::from_pem(&kept.key).map_err(|e| damaged().because(e))?;
        let certificate =
            CertificateDer::from_pem_slice(kept.certificate.as_bytes()).map_err(|e| damaged().because(e))?;
        let issuer = Issuer::from_ca_cert_der(&certificate, key).map_err(|e| damaged().because(e))?;
        let registry = Registry::open(&dir.join("children.jsonl"))?;
        let certificate_pem = kept.certificate;
        Ok(Arc::new(Authority { area, issuer, certificate_pem, certificate, master, registry, clock }))
    }

    fn found(area: Area) -> Result<Kept> {
        let key = KeyPair::generate().or_say("making the authority's key")?;
        let mut params = CertificateParams::default();
        params.distinguished_name = rcgen::DistinguishedName::new();
        params.distinguished_name.push(DnType::CommonName, format!("rosterd {area}"));
        params.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
        params.key_usages =
            vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign, KeyUsagePurpose::DigitalSignature];
        let certificate = params.self_signed(&key).or_say("signing the authority's certificate")?;
        let master = to_hex(&random::<32>()?);
        Ok(Kept { v: 1, key: key.serialize_pem(), certificate: certificate.pem(), master })
    }

    pub fn area(&self) -> Area {
        self.area
    }

    /// Certificate time, seconds since 1970.
    pub fn now(&self) -> i64 {
        self.clock.now()
    }

    pub fn print(&self) -> AuthorityPrint {
        AuthorityPrint::of(&self.certificate)
    }

    pub(super) fn certificate(&self) -> &CertificateDer<'static> {
        &self.certificate
    }

    /// A certificate for this node's own server, made anew at every start: chain and key.
    pub(super) fn server_identity(&self) -> Result<(Vec<CertificateDer<'static>>, PrivateKeyDer<'static>)> {
        let key = KeyPair::generate().or_say("making the server's key")?;
        let mut params = CertificateParams::new(vec![tls::PARENT_NAME.to_owned()]).or_say("naming the server")?;
        params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
        params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
        let leaf = params.signed_by(&key, &self.issuer).or_say("signing the server's certificate")?;
        let key = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(key.serialize_der()));
        Ok((vec![leaf.der().clone(), self.certificate.clone()], key))
    }

    /// Makes a join code for `area`, good once and for `hours`. `addresses` is where children reach this node.
    pub fn invite(&self, addresses: &[String], area: Area, hours: u32) -> Result<(JoinCode, Invited)> {
        if area == self.area || !self.area.contains(area) {
            return Err(Error::new(format!("{area} does not lie below {}", self.area))
                .hint("invite a township of this county or a village of this township"));
        }
        if !(1..=INVITE_HOURS_MAX).contains(&hours) {
            return Err(Error::new(format!("a join code lives 1 to {INVITE_HOURS_MAX} hours")));
        }
        if addresses.is_empty() || !addresses.iter().all(|address| is_address(address)) {
            return Err(Error::new("no usable address to put into the join code")
                .hint("set the address under which children reach this node, as host:port"));
        }
        let secret = Secret(random()?);
        let now = self.clock.now();
        let noted = self.registry.invite(secret_hash(&secret.0), area, now + i64::from(hours) * 3_600, now)?;
        let invited = noted.map_err(|beside| match beside {
            Beside::Child(other) => {
                way_out(Error::new(format!("{other} reports here already and overlaps with {area}")), other, area)
            }
            Beside::Guest(other) => {
                way_out(Error::new(format!("{other} is invited already and overlaps with {area}")), other, area)
            }
        })?;
        Ok((JoinCode { addresses: addresses.to_vec(), authority: self.print(), area, secret }, invited))
    }

    /// Ends what a child was given. Returns how many valid certificates it held.
    pub fn revoke(&self, area: Area) -> Result<usize> {
        self.registry.revoke(area)
    }

    /// Answers [`super::protocol::Ask::Enrol`]. The same code with the same key gets the same certificate again:
    /// the answer may have been lost. Gives with the answer whether another machine reported for the area until now.
    pub fn enrol(&self, area: Area, secret: &str, csr: &str) -> Result<(Answer, bool), Refusal> {
        let secret = from_hex(secret).ok_or_else(|| Refusal::new(Code::Malformed, "the secret is no hex"))?;
        let hash = secret_hash(&secret);
        let key = read_csr(csr)?;
        let now = self.clock.now();
        let (issued, replaces) = self.registry.enrol(&hash, now, |invite, used, beside| -> Result<_, Denied> {
            // A code for another area is as unknown as a wrong secret.
            let invite = invite.filter(|i| i.area == area).ok_or(Code::CodeUnknown)?;
            match invite.ended {
                Some(Ended::Replaced) => return Err(Denied(Refusal::new(Code::CodeUnknown, CODE_REPLACED))),
                Some(Ended::Revoked) => return Err(Code::CodeUnknown.into()),
                None => {}
            }
            if let Some(used) = used {
                let again = used.issued.key == to_hex(key.der_bytes()) && used.ended.is_none();
                return if again { Ok((None, used.issued.clone())) } else { Err(Code::CodeUsed.into()) };
            }
            if invite.used_for.is_some() {
                return Err(Code::CodeUsed.into());
            }
            if now >= invite.expires {
                return Err(Code::CodeExpired.into());
            }
            must_be_alone(area, beside)?;
            let issued = self.issue(area, &key, Some(hash.clone()))?;
            Ok((Some(issued.clone()), issued))
        })?;
        Ok((self.enrolled(issued), replaces))
    }

    /// Answers [`super::protocol::Ask::Renew`]. That the peer may renew is judged again where the register is locked: who is
    /// revoked meanwhile must not leave with a certificate that nobody revoked.
    pub fn renew(&self, peer: &Peer, csr: &str) -> Result<Answer, Refusal> {
        let key = read_csr(csr)?;
        let issued =
            self.registry.renew(&peer.serial, self.clock.now(), |credential, beside| -> Result<_, Denied> {
                self.judge(peer, credential, true).map_err(Denied)?;
                must_be_alone(peer.area, beside)?;
                Ok(self.issue(peer.area, &key, None)?)
            })?;
        Ok(self.enrolled(issued))
    }

    fn enrolled(&self, issued: Issued) -> Answer {
        Answer::Enrolled {
            parent: self.area,
            file_key: to_hex(&self.file_key(&issued.serial)),
            certificate: issued.certificate,
            authority: self.certificate_pem.clone(),
        }
    }

    fn issue(&self, area: Area, key: &impl PublicKeyData, secret: Option<String>) -> Result<Issued> {
        let now = self.clock.now();
        let mut serial = random::<16>()?;
        // A serial number is positive, and its first byte not zero, so that it reads back as written.
        serial[0] = serial[0] & 0x7f | 0x40;
        let mut params = CertificateParams::default();
        params.distinguished_name = rcgen::DistinguishedName::new();
        params.distinguished_name.push(DnType::CommonName, area.to_string());
        let name = tls::area_name(area).try_into().or_say("naming the child")?;
        params.subject_alt_names = vec![SanType::URI(name)];
        params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ClientAuth];
        params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
        params.serial_number = Some(SerialNumber::from_slice(&serial));
        let epoch = rcgen::date_time_ymd(1970, 1, 1);
        params.not_before = epoch + Duration::from_secs((now - BACKDATED_SECS).max(0) as u64);
        let not_after = now.max(0) + CERTIFICATE_SECS;
        params.not_after = epoch + Duration::from_secs(not_after as u64);
        let certificate = params.signed_by(key, &self.issuer).or_say("signing the child's certificate")?;
        let (serial, key) = (to_hex(&serial), to_hex(key.der_bytes()));
        Ok(Issued { serial, area, key, not_after, certificate: certificate.pem(), secret })
    }

    /// Whether the holder of this certificate may ask now. Called for every request, before its body is read and again
    /// after; `renewing` lets an expired certificate through for [`RENEW_GRACE_SECS`].
    pub fn admit(&self, peer: &Peer, renewing: bool) -> Result<(), Refusal> {
        let credential = self.registry.credential(&peer.serial).map_err(Denied::from)?;
        self.judge(peer, credential.as_ref(), renewing)
    }

    fn judge(&self, peer: &Peer, credential: Option<&Credential>, renewing: bool) -> Result<(), Refusal> {
        let Some(credential) = credential.filter(|c| c.issued.area == peer.area) else {
            return Err(Refusal::new(Code::CertificateUnknown, "this certificate is not in the register"));
        };
        match credential.ended {
            Some(Ended::Revoked) => {
                return Err(Refusal::new(Code::Revoked, format!("the certificate of {} was revoked", peer.area)));
            }
            Some(Ended::Replaced) => {
                return Err(Refusal::new(Code::Superseded, "another machine joined in the place of this one"));
            }
            None => {}
        }
        let grace = if renewing { RENEW_GRACE_SECS } else { 0 };
        if self.clock.now() > credential.issued.not_after + grace {
            return Err(Refusal::new(Code::CertificateExpired, format!("the certificate of {} expired", peer.area)));
        }
        Ok(())
    }

    /// The key under which a child's batches and our receipts travel by file.
    pub(super) fn file_key(&self, serial: &str) -> [u8; 32] {
        let mut hasher = blake3::Hasher::new_derive_key("rosterd 1 file key");
        hasher.update(&self.master);
        hasher.update(serial.as_bytes());
        *hasher.finalize().as_bytes()
    }

    /// The holder of a serial as if they had connected; for batches by file.
    pub(super) fn peer(&self, serial: &str) -> Result<Option<Peer>> {
        let Some(credential) = self.registry.credential(serial)? else { return Ok(None) };
        let der = CertificateDer::from_pem_slice(credential.issued.certificate.as_bytes())
            .or_say("reading a certificate of the register")?;
        Ok(tls::peer(&der))
    }

    /// ECDSA P-256 by the authority's own key, ASN.1; children check it with the CA certificate.
    pub(super) fn sign(&self, message: &[u8]) -> Result<Vec<u8>> {
        self.issuer.key().sign(message).or_say("signing")
    }
}

fn read_csr(pem: &str) -> Result<rcgen::PublicKey, Refusal> {
    let malformed = |text: &str| Refusal::new(Code::Malformed, text.to_owned());
    if pem.len() > CSR_BYTES_MAX {
        return Err(malformed("the certificate request is too long"));
    }
    // Only the key is taken: name, area and uses are ours to give.
    let csr = CertificateSigningRequestParams::from_pem(pem).map_err(|e| malformed(&e.to_string()))?;
    if csr.public_key.algorithm() != &rcgen::PKCS_ECDSA_P256_SHA256 {
        return Err(malformed("the key must be ECDSA P-256"));
    }
    Ok(csr.public_key)
}

fn must_be_alone(area: Area, beside: Option<Area>) -> Result<(), Denied> {
    beside.map_or(Ok(()), |other| {
        let text = format!("{other} reports to this parent already and overlaps with {area}");
        Err(Denied(Refusal::new(Code::Overlap, text)))
    })
}

/// A refusal, or a failure of our own that the child need not understand.
struct Denied(Refusal);

impl From<Code> for Denied {
    fn from(code: Code) -> Denied {
        let text = match code {
            Code::CodeUsed => "this join code was used already",
            Code::CodeExpired => "this join code has expired",
            _ => "this join code is not known here",
        };
        Denied(Refusal::new(code, text))
    }
}

impl From<Error> for Denied {
    fn from(error: Error) -> Denied {
        tracing::error!(error = &error as &dyn std::error::Error, "the register of children cannot be used");
        Denied(Refusal::new(Code::Unavailable, "the parent cannot answer now").retry_after(60))
    }
}

impl From<Denied> for Refusal {
    fn from(denied: Denied) -> Refusal {
        denied.0
    }
}

/// What a person can do about `other`, which is in the way of `area`. To end the credential of the office that stands between
/// would cut off all that lies below it.
fn way_out(error: Error, other: Area, area: Area) -> Error {
    match other.contains(area) {
        true => error.hint(format!("{other} is to invite {area}; revoke {other} only if it is to report no more")),
        false => error.hint(format!("revoke {other} first; it can join {area} then")),
    }
}
