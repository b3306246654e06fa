//! TLS 1.3 and nothing older, both ends known by certificate.
//!
//! A child trusts one authority, by the print in its join code. Host names and its own clock play no part: a county
//! server may change its address, and a village computer may wake up in 1970. A parent checks the chain during the
//! handshake and everything that can change (revoked, expired) at every request ([`super::authority::Authority::admit`]).

use std::sync::Arc;

use ring::signature::{ECDSA_P256_SHA256_ASN1, UnparsedPublicKey};
use rustls::client::WebPkiServerVerifier;
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::{CryptoProvider, verify_tls13_signature};
use rustls::server::danger::{ClientCertVerified, ClientCertVerifier};
use rustls::server::{NoServerSessionStorage, WebPkiClientVerifier};
use rustls::{CertificateError, DigitallySignedStruct, DistinguishedName, RootCertStore, SignatureScheme};
use rustls::{ClientConfig, ServerConfig};
use rustls_pki_types::{CertificateDer, PrivateKeyDer, ServerName, UnixTime};
use x509_parser::extensions::GeneralName;

use super::authority::Authority;
use super::join_code::AuthorityPrint;
use super::protocol::to_hex;
use crate::domain::Area;
use crate::error::{Context, Result};

/// The name in every parent's server certificate. Which parent it is says the authority, not a name.
pub(super) const PARENT_NAME: &str = "parent.rosterd.internal";
const AREA_NAME: &str = "rosterd:area:";
/// One moment at which chains are checked: certificates here carry their dates for the register, not for TLS.
const CHAIN_TIME_SLACK_SECS: u64 = 1;

/// The child at the other end, as its certificate says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Peer {
    pub area: Area,
    /// Hex.
    pub serial: String,
    /// Uncompressed point of its P-256 key.
    pub key: Vec<u8>,
}

impl Peer {
    /// Whether the holder of the certificate signed `message`.
    pub fn signed(&self, message: &[u8], signature: &[u8]) -> bool {
        UnparsedPublicKey::new(&ECDSA_P256_SHA256_ASN1, &self.key).verify(message, signature).is_ok()
    }
}

pub(super) fn area_name(area: Area) -> String {
    format!("{AREA_NAME}{area}")
}

/// Who a child certificate of ours speaks for; `None` where it is none of a child.
pub fn peer(der: &[u8]) -> Option<Peer> {
    let (_, certificate) = x509_parser::parse_x509_certificate(der).ok()?;
    let names = &certificate.subject_alternative_name().ok()??.value.general_names;
    let [GeneralName::URI(name)] = names.as_slice() else { return None };
    let area = name.strip_prefix(AREA_NAME)?.parse().ok()?;
    let serial = to_hex(certificate.raw_serial());
    Some(Peer { area, serial, key: certificate.public_key().subject_public_key.data.to_vec() })
}

/// The public key in any certificate: the uncompressed point.
pub(super) fn public_key(der: &[u8]) -> Option<Vec<u8>> {
    let (_, certificate) = x509_parser::parse_x509_certificate(der).ok()?;
    Some(certificate.public_key().subject_public_key.data.to_vec())
}

/// When a certificate begins and ends, seconds since 1970.
pub(super) fn validity(der: &[u8]) -> Option<(i64, i64)> {
    let (_, certificate) = x509_parser::parse_x509_certificate(der).ok()?;
    let validity = certificate.validity();
    Some((validity.not_before.timestamp(), validity.not_after.timestamp()))
}

fn provider() -> Arc<CryptoProvider> {
    Arc::new(rustls::crypto::ring::default_provider())
}

/// A moment at which the certificate itself is valid.
fn valid_moment(certificate: &CertificateDer<'_>) -> Result<UnixTime, rustls::Error> {
    let (_, parsed) = x509_parser::parse_x509_certificate(certificate).map_err(|_| CertificateError::BadEncoding)?;
    let begins = parsed.validity().not_before.timestamp().max(0) as u64;
    Ok(UnixTime::since_unix_epoch(std::time::Duration::from_secs(begins + CHAIN_TIME_SLACK_SECS)))
}

/// The server's side. Clients without a certificate get through the handshake and may ask to enrol, nothing else.
pub fn server(authority: &Authority) -> Result<Arc<ServerConfig>> {
    let provider = provider();
    let mut roots = RootCertStore::empty();
    roots.add(authority.certificate().clone()).or_say("trusting the own authority")?;
    let chain = WebPkiClientVerifier::builder_with_provider(Arc::new(roots), provider.clone())
        .allow_unauthenticated()
        .build()
        .or_say("preparing to check children")?;
    let (certificates, key) = authority.server_identity()?;
    let mut config = ServerConfig::builder_with_provider(provider.clone())
        .with_protocol_versions(&[&rustls::version::TLS13])
        .or_say("choosing TLS 1.3")?
        .with_client_cert_verifier(Arc::new(ChildVerifier { chain, provider }))
        .with_single_cert(certificates, key)
        .or_say("presenting the server's certificate")?;
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
    // Every connection proves itself anew, and nothing is replayed from an earlier one.
    config.session_storage = Arc::new(NoServerSessionStorage {});
    config.send_tls13_tickets = 0;
    Ok(Arc::new(config))
}

/// The child's side. `own` is its certificate and key; without it only enrolment works.
pub fn client(
    authority: AuthorityPrint,
    own: Option<(CertificateDer<'static>, PrivateKeyDer<'static>)>,
) -> Result<ClientConfig> {
    let provider = provider();
    let verifier = Arc::new(ParentVerifier { authority, provider: provider.clone() });
    let builder = ClientConfig::builder_with_provider(provider)
        .with_protocol_versions(&[&rustls::version::TLS13])
        .or_say("choosing TLS 1.3")?
        .dangerous()
        .with_custom_certificate_verifier(verifier);
    let mut config = match own {
        Some((certificate, key)) => {
            builder.with_client_auth_cert(vec![certificate], key).or_say("presenting the own certificate")?
        }
        None => builder.with_no_client_auth(),
    };
    config.resumption = rustls::client::Resumption::disabled();
    Ok(config)
}

/// What both ends check alike: that the other one holds the key of its certificate, by TLS 1.3 and nothing older. Two
/// traits of rustls ask for the same three functions.
macro_rules! holds_its_key {
    () => {
        fn verify_tls12_signature(
            &self,
            _: &[u8],
            _: &CertificateDer<'_>,
            _: &DigitallySignedStruct,
        ) -> Result<HandshakeSignatureValid, rustls::Error> {
            Err(rustls::Error::PeerIncompatible(rustls::PeerIncompatible::Tls12NotOffered))
        }

        fn verify_tls13_signature(
            &self,
            message: &[u8],
            certificate: &CertificateDer<'_>,
            signature: &DigitallySignedStruct,
        ) -> Result<HandshakeSignatureValid, rustls::Error> {
            let algorithms = &self.provider.signature_verification_algorithms;
            verify_tls13_signature(message, certificate, signature, algorithms)
        }

        fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
            self.provider.signature_verification_algorithms.supported_schemes()
        }
    };
}

/// Checks that a child's chain ends at our authority; dates are judged per request, by certificate time.
#[derive(Debug)]
struct ChildVerifier {
    chain: Arc<dyn ClientCertVerifier>,
    provider: Arc<CryptoProvider>,
}

impl ClientCertVerifier for ChildVerifier {
    fn client_auth_mandatory(&self) -> bool {
        false
    }

    fn root_hint_subjects(&self) -> &[DistinguishedName] {
        self.chain.root_hint_subjects()
    }

    fn verify_client_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        _now: UnixTime,
    ) -> Result<ClientCertVerified, rustls::Error> {
        self.chain.verify_client_cert(end_entity, intermediates, valid_moment(end_entity)?)
    }

    holds_its_key!();
}

/// Checks that a server's chain ends at the authority whose print we hold, before a byte of ours is sent.
#[derive(Debug)]
struct ParentVerifier {
    authority: AuthorityPrint,
    provider: Arc<CryptoProvider>,
}

impl ServerCertVerifier for ParentVerifier {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        _server_name: &ServerName<'_>,
        ocsp_response: &[u8],
        _now: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        let [authority] = intermediates else {
            return Err(CertificateError::UnknownIssuer.into());
        };
        if AuthorityPrint::of(authority) != self.authority {
            return Err(CertificateError::UnknownIssuer.into());
        }
        let mut roots = RootCertStore::empty();
        roots.add(authority.clone().into_owned())?;
        let chain = WebPkiServerVerifier::builder_with_provider(Arc::new(roots), self.provider.clone())
            .build()
            .map_err(|error| rustls::Error::General(error.to_string()))?;
        let name = ServerName::try_from(PARENT_NAME).map_err(|error| rustls::Error::General(error.to_string()))?;
        chain.verify_server_cert(end_entity, &[], &name, ocsp_response, valid_moment(end_entity)?)
    }

    holds_its_key!();
}
