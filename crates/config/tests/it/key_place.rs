//! Where the key of a service goes.

use wsis_config::report;
use wsis_model::pipeline::KeyPlace;

use crate::bad_input::{Folder, PIPELINE};

/// Where a key goes: by a word, or by the name of a header or of a parameter.
#[test]
fn trial_p25_the_place_of_a_key_can_be_written() {
    let (header, query) = (KeyPlace::Header("X-Key".into()), KeyPlace::Query("key".into()));
    for (written, meant) in [
        ("secret_in = \"bearer\"", KeyPlace::Bearer),
        ("secret_in = { header = \"X-Key\" }", header.clone()),
        ("secret_in.header = \"X-Key\"", header),
        ("secret_in = { query = \"key\" }", query.clone()),
        ("secret_in.query = \"key\"", query),
    ] {
        let folder = Folder::new();
        folder.pipeline("licence =", &format!("{written}\nlicence ="));
        let checked = folder.check();
        let pipeline = checked.deployment.expect(written).pipelines.remove(0);
        assert_eq!(pipeline.key_place, meant, "{written}");
    }
    for (wrong, told) in [
        ("\"heder\"", "write one of: `bearer`"),
        ("{ heder = \"X-Key\" }", "{ header = ... }"),
        ("{ header = \"X-Key\", query = \"key\" }", "query"),
        ("{ header = 1 }", "a text in quotation marks"),
        ("{}", "{ query = ... }"),
        ("3", "secret_in"),
        ("{ header = \"X Key\" }", "no name of a header"),
        ("{ header = \"\" }", "no name of a header"),
        ("{ header = \"Host\" }", "is set by the program"),
        ("{ query = \" \" }", "no name of a parameter"),
    ] {
        let folder = Folder::new();
        folder.pipeline("licence =", &format!("secret_in = {wrong}\nlicence ="));
        let checked = folder.check();
        let text = report(&checked.findings);
        assert!(text.contains(told), "{wrong}: {text}");
    }
}

/// What stands behind `?` of an address is written as parameters, and a key never among them.
#[test]
fn parameters_of_an_address_are_checked() {
    let check = |query: &str| {
        let folder = Folder::new();
        let file =
            format!("[[file]]\npath = \"a.csv\"\nformat = \"csv\"\nquery = {query}\n\n[[series]]");
        folder.pipeline("[[series]]", &file);
        folder.check()
    };
    let checked = check("{ startPeriod = \"{first_year}\", format = \"csv\" }");
    let file = &checked.deployment.unwrap().pipelines[0].files[0];
    assert!(file.request().ends_with("?format=csv&startPeriod={first_year}"), "{}", file.request());
    for (wrong, told) in [
        ("{ startPeriod = \"{frist_year}\" }", "`{first_year}` and `{last_year}`"),
        ("{ a = \"b\\u0007\" }", "control characters"),
        ("{ \"\" = \"b\" }", "1 to 2048 bytes"),
        ("{ a = 1 }", "expected a string here"),
        ("{ \"Subscription-Key\" = \"SeCrEt\" }", "`secret_env`"),
    ] {
        let text = report(&check(wrong).findings);
        assert!(text.contains(told) && !text.contains("SeCrEt"), "{wrong}: {text}");
    }
}

/// Two parameters of one name: which of them a service takes nobody knows.
#[test]
fn trial_p111_a_parameter_does_not_have_the_name_that_the_key_is_sent_in() {
    let check = |place: &str, name: &str| {
        let folder = Folder::new();
        let file = format!(
            "[[file]]\npath = \"a.csv\"\nformat = \"csv\"\nquery = {{ {name} = \"SeCrEt\" }}\n\n[[series]]"
        );
        let text = PIPELINE.replacen("licence =", &format!("secret_in = {place}\nlicence ="), 1);
        folder.write("pipelines/worldbank-wdi.toml", text.replacen("[[series]]", &file, 1));
        report(&folder.check().findings)
    };
    for (place, name, is_refused) in [
        ("{ query = \"code\" }", "code", true),
        ("{ query = \"Code\" }", "code", true),
        ("{ query = \"code\" }", "codes", false),
        ("{ header = \"code\" }", "code", false),
    ] {
        let text = check(place, name);
        let told = text.contains(&format!("parameter `{name}` is the one of `secret_in`"));
        assert_eq!(told, is_refused, "{place} {name}: {text}");
        assert!(!text.contains("SeCrEt") || !is_refused, "{text}");
    }
}

/// What nothing reads is refused, not passed over.
#[test]
fn trial_p112_an_edition_that_the_source_does_not_use_is_refused() {
    let folder = Folder::new();
    let file = "[[file]]\npath = \"a.csv\"\nformat = \"csv\"\nedition = 2020\n\n[[series]]";
    folder.pipeline("[[series]]", file);
    let text = report(&folder.check().findings);
    assert!(text.contains("file `a.csv`: `edition` is not used"), "{text}");
    assert!(text.contains("the rows of this source say their year"), "{text}");
}
