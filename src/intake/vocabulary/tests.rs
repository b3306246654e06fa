use super::*;

#[test]
fn the_built_in_words_load_and_mean_one_thing() {
    let vocabulary = Vocabulary::load(None).unwrap();
    assert_eq!(vocabulary.columns["公民身份号码"], Field::Id);
    assert_eq!(vocabulary.of(List::Dibao).columns["低保证号"], Field::RecordNo);
    assert_eq!(vocabulary.of(List::Dibao).status["停保"], Status::Closed);
    assert_eq!(vocabulary.relation["妻子"], 12);
    assert_eq!(vocabulary.fingerprint(), Vocabulary::load(None).unwrap().fingerprint());
}

#[test]
fn an_office_adds_its_own_words() {
    let dir = tempfile::tempdir().unwrap();
    std::fs::write(
        dir.path().join("dibao.toml"),
        "[columns]\nrecord_no = [\"惠民卡编号\"]\n[status]\nclosed = [\"2\"]",
    )
    .unwrap();
    let vocabulary = Vocabulary::load(Some(dir.path())).unwrap();
    assert_eq!(vocabulary.of(List::Dibao).columns["惠民卡编号"], Field::RecordNo);
    assert_eq!(vocabulary.of(List::Dibao).status["2"], Status::Closed);
    assert_ne!(vocabulary.fingerprint(), Vocabulary::load(None).unwrap().fingerprint());
}

#[test]
fn a_misspelt_key_is_refused_with_the_files_name() {
    let dir = tempfile::tempdir().unwrap();
    std::fs::write(dir.path().join("common.toml"), "[colums]\nname = [\"姓名\"]").unwrap();
    let error = Vocabulary::load(Some(dir.path())).unwrap_err();
    assert!(error.to_string().contains("common.toml"), "{error}");
}
