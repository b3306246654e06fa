//! Who gets in, and who does not.

use std::time::Duration;

use super::super::credential::Credential;
use super::super::enrol;
use super::super::join_code::{JoinCode, Secret};
use super::super::ledger::ChildLedger;
use super::super::line::Line;
use super::super::protocol::*;
use super::super::status::LinkState;
use super::office::*;
use super::proxy::{Faults, Proxy};
use super::slow::Slow;

fn chain(error: &crate::error::Error) -> String {
    let mut text = error.to_string();
    let mut cause = std::error::Error::source(error);
    while let Some(error) = cause {
        text += &format!(": {error}");
        cause = error.source();
    }
    text
}

#[tokio::test]
async fn a_village_joins_pushes_and_reads_what_the_county_found() {
    let (county, village, _) = county_and_village().await;
    village.fill(0..1200, "entry");
    county.store.tell(VILLAGE, r#"{"t":"finding","text":"双重登记"}"#);
    county.store.tell(OTHER, r#"{"t":"finding","text":"not for you"}"#);
    let (link, _task) = village.link();
    link.flush().await.unwrap();
    assert_eq!(county.store.live(Some(VILLAGE)), village.store.live(None));
    assert_eq!(village.store.state().notices.len(), 1);
    // Waiting for notices, the village hears at once.
    county.store.tell(VILLAGE, r#"{"t":"decision"}"#);
    county.parent.announce();
    tokio::time::timeout(Duration::from_secs(5), async {
        while village.store.state().notices.len() < 2 {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    })
    .await
    .unwrap();
    let status = link.status();
    assert_eq!((status.parent, status.last_error), (Some(COUNTY.parse().unwrap()), None));
}

#[tokio::test]
async fn what_an_office_is_called_goes_up_as_soon_as_it_is_known() {
    let (county, town, _) = county_and_village().await;
    let (link, _task) = town.link();
    link.flush().await.unwrap();
    let names = vec![(VILLAGE.parse().unwrap(), "200村".to_owned())];
    town.store.state().names = names.clone();
    link.wake();
    // A hello is due in ten minutes.
    tokio::time::timeout(Duration::from_secs(30), async {
        while county.store.state().names != names {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    })
    .await
    .expect("the name goes up at once");
    link.flush().await.unwrap();
}

#[tokio::test]
async fn who_is_in_the_way_of_an_invitation_is_not_cut_off_lightly() {
    let (county, town) = (Office::new(COUNTY), Office::new(TOWN));
    let address = county.open().await;
    town.join(&county, &address).await;
    let invite = |area: &str| county.authority.invite(std::slice::from_ref(&address), area.parse().unwrap(), 1);
    let hint = invite(VILLAGE).unwrap_err().hint_text().unwrap().to_owned();
    assert!(hint.starts_with("519901001 is to invite 519901001200; revoke 519901001 only if"), "{hint}");
    invite(OTHER).unwrap();
    let hint = invite("519901002").unwrap_err().hint_text().unwrap().to_owned();
    assert_eq!(hint, "revoke 519901002200 first; it can join 519901002 then");
}

#[tokio::test]
async fn private_files_are_private() {
    use std::os::unix::fs::PermissionsExt;
    let (_county, village, _) = county_and_village().await;
    for (path, mode) in [(village.dir(), 0o700), (village.dir().join("credential.json"), 0o600)] {
        assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, mode, "{}", path.display());
    }
    assert!(!village.dir().join("joining.json").exists());
}

#[tokio::test]
async fn nothing_is_sent_to_a_server_of_another_authority() {
    let (county, impostor, village) = (Office::new(COUNTY), Office::new(COUNTY), Office::new(VILLAGE));
    let proxy = Proxy::open(impostor.open().await, Faults::default()).await;
    let code = county.authority.invite(std::slice::from_ref(&proxy.address), VILLAGE.parse().unwrap(), 1).unwrap().0;
    let error = enrol::join(&village.dir(), VILLAGE.parse().unwrap(), &code).await.unwrap_err();
    assert!(chain(&error).contains("UnknownIssuer"), "{}", chain(&error));
    assert!(impostor.parent.tally().is_empty(), "the request never came");
    assert!(Credential::load(&village.dir()).unwrap().is_none());
}

#[tokio::test]
async fn a_code_is_good_once_for_its_area_and_its_time() {
    let (county, village, other) = (Office::new(COUNTY), Office::new(VILLAGE), Office::new(OTHER));
    let address = county.open().await;
    let code = county.authority.invite(std::slice::from_ref(&address), VILLAGE.parse().unwrap(), 1).unwrap().0;

    let wrong_area = enrol::join(&other.dir(), OTHER.parse().unwrap(), &code).await.unwrap_err();
    assert!(wrong_area.to_string().contains("is for 519901001200"));
    let forged = JoinCode { area: OTHER.parse().unwrap(), ..code.clone() };
    let refused = enrol::join(&other.dir(), OTHER.parse().unwrap(), &forged).await.unwrap_err();
    assert!(chain(&refused).contains("not known here"), "{}", chain(&refused));

    enrol::join(&village.dir(), VILLAGE.parse().unwrap(), &code).await.unwrap();
    let thief = Office::new(VILLAGE);
    let refused = enrol::join(&thief.dir(), VILLAGE.parse().unwrap(), &code).await.unwrap_err();
    assert!(chain(&refused).contains("was used already"), "{}", chain(&refused));
    assert_eq!(county.parent.tally()[&(None, Code::CodeUsed)], 1);

    for bad in [COUNTY, "519902", "519902001200"] {
        assert!(county.authority.invite(std::slice::from_ref(&address), bad.parse().unwrap(), 1).is_err(), "{bad}");
    }
}

#[tokio::test]
async fn a_lost_answer_to_a_joining_is_asked_for_again() {
    let (county, village) = (Office::new(COUNTY), Office::new(VILLAGE));
    let address = county.open().await;
    let proxy = Proxy::open(address.clone(), Faults { cut_down_after: Some(1400), ..Faults::default() }).await;
    let addresses = [proxy.address.clone()];
    let code = county.authority.invite(&addresses, VILLAGE.parse().unwrap(), 1).unwrap().0;
    assert!(enrol::join(&village.dir(), VILLAGE.parse().unwrap(), &code).await.is_err());
    proxy.heal();
    let credential = enrol::join(&village.dir(), VILLAGE.parse().unwrap(), &code).await.unwrap();
    assert_eq!(credential.parent(), COUNTY.parse().unwrap());
    assert_eq!(county.authority.revoke(VILLAGE.parse().unwrap()).unwrap(), 1, "it was given one certificate");
}

#[tokio::test]
async fn a_revoked_child_is_refused_at_the_next_request_on_the_same_connection() {
    let (county, village, _) = county_and_village().await;
    let line = line(&village);
    say_hello(&line, &village.child()).await.unwrap();
    assert_eq!(county.authority.revoke(VILLAGE.parse().unwrap()).unwrap(), 1);
    let failure = say_hello(&line, &village.child()).await.unwrap_err();
    assert_eq!(failure.code(), Some(Code::Revoked));
    let (link, _task) = village.link();
    assert!(link.flush().await.unwrap_err().to_string().contains("revoked"));
    assert!(matches!(link.status().state, LinkState::Waiting { .. }));
}

#[tokio::test]
async fn a_child_revoked_while_its_body_is_under_way_gets_no_fresh_certificate() {
    let (county, village, address) = county_and_village().await;
    let credential = Credential::load(&village.dir()).unwrap().unwrap();
    let config = super::super::tls::client(county.authority.print(), Some(credential.tls_identity())).unwrap();
    let csr = super::super::credential::request_for(credential.key()).unwrap();
    let renewal = Slow::begin(&address, config, Ask::Renew { csr }).await;
    county.authority.revoke(VILLAGE.parse().unwrap()).unwrap();
    let answer = renewal.end().await;
    assert!(!answer.starts_with("HTTP/1.1 200") && answer.contains("revoked"), "{answer}");
}

#[test]
fn who_was_revoked_after_being_let_in_is_not_renewed() {
    let (county, village) = (Office::new(COUNTY), Office::new(VILLAGE));
    let addresses = ["127.0.0.1:1".to_owned()];
    let code = county.authority.invite(&addresses, VILLAGE.parse().unwrap(), 1).unwrap().0;
    let key = super::super::credential::joining_key(&village.dir(), &code).unwrap();
    let csr = super::super::credential::request_for(&key).unwrap();
    let (answer, _) = county.authority.enrol(code.area, &to_hex(&code.secret.0), &csr).unwrap();
    let known = (&addresses[..], code.authority, code.area);
    let credential = Credential::enrolled(&village.dir(), known, &key, answer).unwrap();
    let peer = county.authority.peer(credential.serial()).unwrap().unwrap();
    county.authority.admit(&peer, true).unwrap();
    county.authority.revoke(code.area).unwrap();
    assert_eq!(county.authority.renew(&peer, &csr).unwrap_err().code, Code::Revoked);
}

#[tokio::test]
async fn a_child_revoked_while_it_waits_for_notices_is_told_nothing_more() {
    let (county, village, _) = county_and_village().await;
    let mark = NoticesMark { epoch: Some(ChildLedger::identity(&*county.store).unwrap().epoch), upto: 0 };
    let line = line(&village);
    let waiting = tokio::spawn(async move { line.ask(Message::bare(Ask::Notices { mark, wait_secs: 20 })).await });
    let child = VILLAGE.parse().unwrap();
    while county.parent.since_contact(child).is_none() {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    tokio::time::sleep(Duration::from_millis(50)).await;
    county.authority.revoke(child).unwrap();
    county.store.tell(VILLAGE, r#"{"t":"finding"}"#);
    county.parent.announce();
    assert_eq!(waiting.await.unwrap().unwrap_err().code(), Some(Code::Revoked));
}

#[tokio::test]
async fn a_child_that_is_replaced_while_it_waits_for_notices_hears_of_it_at_once() {
    let (county, village, address) = county_and_village().await;
    let mark = NoticesMark { epoch: Some(ChildLedger::identity(&*county.store).unwrap().epoch), upto: 0 };
    let line = line(&village);
    let waiting = tokio::spawn(async move { line.ask(Message::bare(Ask::Notices { mark, wait_secs: 20 })).await });
    while county.parent.since_contact(VILLAGE.parse().unwrap()).is_none() {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    Office::new(VILLAGE).join(&county, &address).await;
    let told = tokio::time::timeout(Duration::from_secs(10), waiting).await.expect("told before the wait is over");
    assert_eq!(told.unwrap().unwrap_err().code(), Some(Code::Superseded));
}

#[tokio::test]
async fn without_a_certificate_only_the_door_bell_works() {
    let (county, village) = (Office::new(COUNTY), Office::new(VILLAGE));
    let address = county.open().await;
    let code = county.authority.invite(&[address], VILLAGE.parse().unwrap(), 1).unwrap().0;
    let line = super::super::client::HttpLine::joining(&code).unwrap();
    let failure = say_hello(&line, &village.child()).await.unwrap_err();
    assert_eq!(failure.code(), Some(Code::NoCertificate));
}

#[tokio::test]
async fn a_certificate_of_another_county_does_not_get_through_the_handshake() {
    let (county, village, address) = county_and_village().await;
    let (elsewhere, stranger) = (Office::new(COUNTY), Office::new(VILLAGE));
    let there = elsewhere.open().await;
    stranger.join(&elsewhere, &there).await;
    // The stranger trusts our county and shows their own certificate.
    let foreign = Credential::load(&stranger.dir()).unwrap().unwrap();
    let config = super::super::tls::client(county.authority.print(), Some(foreign.tls_identity())).unwrap();
    let line = super::super::client::HttpLine::over(config, &[address]).unwrap();
    let failure = line.ask(Message::bare(Ask::Hello(stranger.child().hello(0).unwrap()))).await.unwrap_err();
    assert!(failure.code().is_none(), "{failure}");
    say_hello(&super::office::line(&village), &village.child()).await.unwrap();
}

#[tokio::test]
async fn a_certificate_is_renewed_for_the_same_key() {
    let (county, village, _) = county_and_village().await;
    let before = Credential::load(&village.dir()).unwrap().unwrap();
    assert!(!before.renewal_due(county.authority.now()));
    assert!(before.renewal_due(county.authority.now() + 61 * 86_400));
    let line = line(&village);
    let after = enrol::renew(&line, &village.dir(), &before).await.unwrap();
    assert_ne!(before.serial(), after.serial());
    assert_eq!(before.key().public_key_raw(), after.key().public_key_raw());
    say_hello(&super::office::line(&village), &village.child()).await.unwrap();
}

#[tokio::test]
async fn a_newer_protocol_is_refused_with_a_clear_text() {
    let (_county, village, _) = county_and_village().await;
    let hello = Hello { protocol: 9, protocol_oldest: 8, ..village.child().hello(0).unwrap() };
    let failure = line(&village).ask(Message::bare(Ask::Hello(hello))).await.unwrap_err();
    assert_eq!(failure.code(), Some(Code::ProtocolNewer));
    assert!(failure.to_string().contains("update the parent first"));
}

#[tokio::test]
async fn of_a_township_and_its_village_only_one_reports_to_the_county() {
    let (county, town, village) = (Office::new(COUNTY), Office::new(TOWN), Office::new(VILLAGE));
    let address = county.open().await;
    let invite = |area: &str| {
        county.authority.invite(std::slice::from_ref(&address), area.parse().unwrap(), 1).map(|made| made.0)
    };
    let code = invite(TOWN).unwrap();
    let said = invite(VILLAGE).unwrap_err().to_string();
    assert!(said.contains("519901001 is invited already"), "{said}");

    // A register of before may hold two codes that are good.
    let secret = Secret([7; 16]);
    let hash = to_hex(&blake3::derive_key("rosterd 1 join secret", &secret.0));
    let line = format!(r#"{{"t":"invite","secret":"{hash}","area":"{VILLAGE}","expires":{}}}"#, i64::MAX);
    let register = county.dir().join("authority/children.jsonl");
    let mut file = std::fs::OpenOptions::new().append(true).open(register).unwrap();
    std::io::Write::write_all(&mut file, format!("{line}\n").as_bytes()).unwrap();
    let second = JoinCode { area: VILLAGE.parse().unwrap(), secret, ..code.clone() };

    enrol::join(&town.dir(), TOWN.parse().unwrap(), &code).await.unwrap();
    let refused = enrol::join(&village.dir(), VILLAGE.parse().unwrap(), &second).await.unwrap_err();
    assert!(chain(&refused).contains("519901001 reports to this parent already"), "{}", chain(&refused));
    assert_eq!(county.parent.tally()[&(None, Code::Overlap)], 1);
    county.authority.revoke(TOWN.parse().unwrap()).unwrap();
    enrol::join(&village.dir(), VILLAGE.parse().unwrap(), &second).await.unwrap();
}

#[tokio::test]
async fn a_code_is_no_good_once_another_was_made_for_the_area() {
    let (county, village, stranger) = (Office::new(COUNTY), Office::new(VILLAGE), Office::new(VILLAGE));
    let address = county.open().await;
    let area = VILLAGE.parse().unwrap();
    let invite = || county.authority.invite(std::slice::from_ref(&address), area, 1).unwrap().0;
    let (misread, code) = (invite(), invite());
    enrol::join(&village.dir(), area, &code).await.unwrap();
    let refused = enrol::join(&stranger.dir(), area, &misread).await.unwrap_err();
    assert!(chain(&refused).contains("another code was made for this area since"), "{}", chain(&refused));
    say_hello(&line(&village), &village.child()).await.unwrap();
}

#[tokio::test]
async fn the_machine_whose_place_another_takes_is_told_that_and_not_that_it_was_revoked() {
    let (county, village, address) = county_and_village().await;
    say_hello(&line(&village), &village.child()).await.unwrap();
    assert!(county.store.state().alarms.is_empty());
    Office::new(VILLAGE).join(&county, &address).await;
    assert_eq!(county.store.state().alarms, ["another machine joined as 519901001200"]);
    let failure = say_hello(&line(&village), &village.child()).await.unwrap_err();
    assert_eq!(failure.code(), Some(Code::Superseded));
    let (link, _task) = village.link();
    let said = link.flush().await.unwrap_err().to_string();
    assert!(said.contains("another machine joined in the place of this one"), "{said}");
    assert_eq!(link.status().state, LinkState::Superseded);
    county.authority.revoke(VILLAGE.parse().unwrap()).unwrap();
    let failure = say_hello(&line(&village), &village.child()).await.unwrap_err();
    assert_eq!(failure.code(), Some(Code::Revoked), "it is the area's that ended");
}
