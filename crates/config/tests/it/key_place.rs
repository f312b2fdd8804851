//! Where the key of a service goes.

use wsis_config::report;
use wsis_model::pipeline::KeyPlace;

use crate::bad_input::Folder;

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
