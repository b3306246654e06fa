//! What a child holds to be known by its parent: key, certificate, and whom to trust. `DIR/data/link/credential.json`.

use std::fmt;
use std::path::Path;

use rcgen::{CertificateParams, KeyPair, SigningKey as _};
use rustls_pki_types::pem::PemObject;
use rustls_pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer};
use serde::{Deserialize, Serialize};

use super::attest::print_of;
use super::authority::RENEW_AFTER_SECS;
use super::files;
use super::join_code::{AuthorityPrint, JoinCode};
use super::protocol::{Answer, from_hex, to_hex};
use super::tls;
use crate::domain::Area;
use crate::error::{Context, Error, Result};

const CREDENTIAL_FILE: &str = "credential.json";
const JOINING_FILE: &str = "joining.json";

/// As kept on disk, whole or not at all: key and certificate always belong together.
#[derive(Clone, Serialize, Deserialize)]
struct Kept {
    v: u8,
    addresses: Vec<String>,
    area: Area,
    parent: Area,
    /// PEM, all three.
    key: String,
    certificate: String,
    authority: String,
    /// Hex.
    file_key: String,
}

/// The key of a child whose join code was sent but not answered. The same code must come with the same key again.
#[derive(Serialize, Deserialize)]
struct Joining {
    secret_hash: String,
    key: String,
}

/// See the module. `Debug` shows no key.
pub struct Credential {
    kept: Kept,
    key: KeyPair,
    certificate: CertificateDer<'static>,
    authority: CertificateDer<'static>,
    file_key: [u8; 32],
    begins: i64,
    ends: i64,
    serial: String,
}

impl fmt::Debug for Credential {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Kept { area, parent, .. } = &self.kept;
        f.debug_struct("Credential").field("area", area).field("parent", parent).finish_non_exhaustive()
    }
}

/// A fresh P-256 key.
pub(super) fn new_key() -> Result<KeyPair> {
    KeyPair::generate().or_say("making the link's key")
}

/// A certificate request for `key`, PEM. It asks for nothing: the parent decides what is in the certificate.
pub(super) fn request_for(key: &KeyPair) -> Result<String> {
    let request = CertificateParams::default().serialize_request(key).or_say("writing the certificate request")?;
    request.pem().or_say("writing the certificate request")
}

/// The key for this code: the one of an earlier attempt, or a new one that is kept before it is used.
pub(super) fn joining_key(dir: &Path, code: &JoinCode) -> Result<KeyPair> {
    let path = dir.join(JOINING_FILE);
    let secret_hash = to_hex(blake3::hash(&code.secret.0).as_bytes());
    if let Some(text) = files::read_if_there(&path)?
        && let Ok(joining) = serde_json::from_str::<Joining>(&text)
        && joining.secret_hash == secret_hash
        && let Ok(key) = KeyPair::from_pem(&joining.key)
    {
        return Ok(key);
    }
    let key = new_key()?;
    let text = serde_json::to_vec(&Joining { secret_hash, key: key.serialize_pem() }).or_say("keeping the key")?;
    files::write_private(&path, &text)?;
    Ok(key)
}

impl Credential {
    /// `None` before the node has joined.
    pub fn load(dir: &Path) -> Result<Option<Credential>> {
        let path = dir.join(CREDENTIAL_FILE);
        let Some(text) = files::read_if_there(&path)? else { return Ok(None) };
        let kept: Kept = serde_json::from_str(&text).or_say_at("reading the link's credential", &path)?;
        Credential::of(kept).map(Some).map_err(|error| error.at(path))
    }

    fn of(kept: Kept) -> Result<Credential> {
        let damaged = "the link's credential is damaged";
        let key = KeyPair::from_pem(&kept.key).or_say(damaged)?;
        let certificate = CertificateDer::from_pem_slice(kept.certificate.as_bytes()).or_say(damaged)?;
        let authority = CertificateDer::from_pem_slice(kept.authority.as_bytes()).or_say(damaged)?;
        let file_key = from_hex(&kept.file_key).and_then(|k| k.try_into().ok()).ok_or_else(|| Error::new(damaged))?;
        let peer = tls::peer(&certificate).ok_or_else(|| Error::new(damaged))?;
        let (begins, ends) = tls::validity(&certificate).ok_or_else(|| Error::new(damaged))?;
        if peer.key != key.public_key_raw() || peer.area != kept.area {
            return Err(Error::new("the certificate is not for this node's key and area"));
        }
        Ok(Credential { kept, key, certificate, authority, file_key, begins, ends, serial: peer.serial })
    }

    /// Checks what the parent gave against what was asked for, and keeps it.
    pub(super) fn enrolled(
        dir: &Path,
        code: (&[String], AuthorityPrint, Area),
        key: &KeyPair,
        answer: Answer,
    ) -> Result<Credential> {
        let Answer::Enrolled { parent, certificate, authority, file_key } = answer else {
            return Err(Error::new("the parent gave another answer than a certificate"));
        };
        let (addresses, print, area) = code;
        let addresses = addresses.to_vec();
        let key = key.serialize_pem();
        let kept = Kept { v: 1, addresses, area, parent, key, certificate, authority, file_key };
        let credential = Credential::of(kept)?;
        if AuthorityPrint::of(&credential.authority) != print {
            return Err(Error::new("the parent gave a certificate of another authority than the join code names"));
        }
        let text = serde_json::to_vec(&credential.kept).or_say("keeping the credential")?;
        files::write_private(&dir.join(CREDENTIAL_FILE), &text)?;
        match std::fs::remove_file(dir.join(JOINING_FILE)) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
                Err(error).or_say_at("removing the key of the joining", dir.join(JOINING_FILE))
            }
            _ => Ok(credential),
        }
    }

    pub fn area(&self) -> Area {
        self.kept.area
    }

    pub fn parent(&self) -> Area {
        self.kept.parent
    }

    pub fn addresses(&self) -> &[String] {
        &self.kept.addresses
    }

    pub(super) fn serial(&self) -> &str {
        &self.serial
    }

    pub(super) fn key(&self) -> &KeyPair {
        &self.key
    }

    pub(super) fn public_key(&self) -> &[u8] {
        self.key.public_key_raw()
    }

    /// The print of its key, by which the nodes further up know what this office signs.
    pub fn key_print(&self) -> String {
        print_of(self.public_key())
    }

    pub(super) fn file_key(&self) -> &[u8; 32] {
        &self.file_key
    }

    /// The end of the certificate, seconds since 1970 by the parent's time.
    pub fn ends(&self) -> i64 {
        self.ends
    }

    pub(super) fn authority_print(&self) -> AuthorityPrint {
        AuthorityPrint::of(&self.authority)
    }

    /// The authority's public key, for receipts by file.
    pub(super) fn authority_key(&self) -> Result<Vec<u8>> {
        tls::public_key(&self.authority).ok_or_else(|| Error::new("the parent's certificate is damaged"))
    }

    pub(super) fn tls_identity(&self) -> (CertificateDer<'static>, PrivateKeyDer<'static>) {
        let key = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(self.key.serialize_der()));
        (self.certificate.clone(), key)
    }

    /// Whether it is time for a new certificate at this moment of the parent's clock.
    pub fn renewal_due(&self, parent_clock: i64) -> bool {
        parent_clock >= self.begins + RENEW_AFTER_SECS
    }

    pub(super) fn sign(&self, message: &[u8]) -> Result<Vec<u8>> {
        self.key.sign(message).or_say("signing")
    }
}
