use super::*;

const ABSTRACT_TEXT: &str = "Zinc in the topsoil of the flood plain of the Meuse near Stein, mapped by ordinary kriging of logarithms \
from 155 composite samples; predicted mean, its standard deviation, and the probability that a limit is exceeded, in cells of thirty arc seconds.";

fn whole() -> String {
    format!(
        "[bundle]\ncountry = 'NLD'\nyear = 2026\nversion = '1.0'\ntitle = 'Zinc'\nabstract = '{ABSTRACT_TEXT}'\nlicence = 'CC-BY-4.0'\n\
         [producer]\norganisation = 'Institute'\nemail = 'soil@institute.example'\nurl = 'https://institute.example/soil'\n\
         [sampling]\nbegin = '1990'\nend = '1990-11'\nupper_depth_cm = 0\nlower_depth_cm = 15\nextraction_code = 'AR_UNSPEC'\n"
    )
}

#[test]
fn what_is_complete_is_understood_and_its_defaults_are_the_strictest() {
    let about = About::parse(&whole(), "about.toml").unwrap();
    assert_eq!(about.folder(), "NLD_GSPolmap_2026_v1.0");
    assert_eq!(about.privacy.access, Access::Restricted);
    assert_eq!(about.privacy.min_group, 5);
    let zinc = about.subject("zinc").unwrap();
    assert_eq!((zinc.analyte.code.as_str(), zinc.fraction.as_str(), zinc.lower), ("Zn", "pseudo_total", 15));
}

#[test]
fn everything_missing_is_said_at_once() {
    let said = About::parse("", "about.toml").unwrap_err().to_string();
    for key in [
        "bundle.country",
        "bundle.year",
        "bundle.version",
        "bundle.title",
        "bundle.abstract",
        "bundle.licence",
        "producer.organisation",
        "producer.email",
        "producer.url",
        "sampling.begin",
        "sampling.end",
    ] {
        assert!(said.contains(key), "{key} in {said}");
    }
}

#[test]
fn an_unknown_key_is_refused_with_the_nearest() {
    let said = About::parse(&whole().replace("licence =", "license ="), "a").unwrap_err().to_string();
    assert!(said.contains("bundle.license is not known (did you mean licence?)"), "{said}");
    assert!(said.contains("missing: bundle.licence"), "{said}");
    let said = About::parse(&format!("{}[secrets]\nx = 1\n", whole()), "a").unwrap_err().to_string();
    assert!(said.contains("secrets is not known"), "{said}");
}

#[test]
fn what_cannot_be_is_refused() {
    for (from, to, said) in [
        ("'NLD'", "'NL'", "bundle.country"),
        ("'1.0'", "'../1.0'", "bundle.version"),
        ("2026", "20", "bundle.year"),
        ("'1990-11'", "'1989'", "sampling.end"),
        ("'AR_UNSPEC'", "'AR'", "sampling.extraction_code"),
        ("'CC-BY-4.0'", "'MIT'", "bundle.licence"),
        ("'soil@institute.example'", "'nobody'", "producer.email"),
        ("'https://institute.example/soil'", "'javascript:alert(1)'", "producer.url"),
        ("lower_depth_cm = 15", "lower_depth_cm = 0", "sampling.lower_depth_cm"),
        ("'Zinc'", "\"a\\u0000b\"", "bundle.title"),
    ] {
        let text = whole().replacen(from, to, 1);
        assert_ne!(text, whole());
        let error = About::parse(&text, "a").unwrap_err().to_string();
        assert!(error.contains(said), "{error}");
    }
    let blurred = format!("{}[privacy]\naccess_level = 'blurred'\n", whole());
    let error = About::parse(&blurred, "a").unwrap_err().to_string();
    assert!(error.contains("missing: privacy.location_blur_m"), "{error}");
    let ring = format!("{blurred}location_blur_m = 100\nlocation_blur_inner_m = 100\n");
    assert!(About::parse(&ring, "a").unwrap_err().to_string().contains("location_blur_inner_m"));
}

#[test]
fn an_analyte_may_have_its_own_layer_and_name() {
    let text = format!("{}[analyte.z1]\ncode = 'Zn'\nlower_depth_cm = 30\nfraction = 'total'\n", whole());
    let about = About::parse(&text, "a").unwrap();
    let subject = about.subject("z1").unwrap();
    assert_eq!((subject.analyte.code.as_str(), subject.lower, subject.fraction.as_str()), ("Zn", 30, "total"));
    let said = about.subject("mystery").unwrap_err().to_string();
    assert!(said.contains("[analyte.mystery] code"), "{said}");
}
