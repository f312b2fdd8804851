//! Faults in rules of other organisations: what would be printed as part of a rule and decides nothing is refused.

use crate::bad_input::Folder;

const BOOK: &str = "id = \"mine\"\nversion = \"1\"\ntitle = \"Mine\"\nsource = \"me\"\n\
    verified = true\n\n[with_target]\nmeasure = \"pace\"\nmet = \"good\"\nclasses = [\n  { name = \"good\", from = 1.0, \
    like = [\"on_track\"] },\n  { name = \"bad\", like = [\"regressing\"] },\n]\n\n[without_target]\nmeasure = \
    \"rate\"\nclasses = [\n  { name = \"up\", from = 0.0, like = [\"moderate\"] },\n  { name = \"down\", like = \
    [\"regressing\"] },\n]\n\n[marks]\nwith_target = [[0.0, 0.0], [1.0, 1.0]]\n";

#[test]
fn trial_p258_what_decides_nothing_in_a_book_is_refused() {
    let folder = Folder::new();
    let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let house = std::fs::read_to_string(root.join("schemas/rules/house.toml")).unwrap();
    folder.write("schemas/rules/house.toml", house);
    let report = |text: &str| {
        folder.write("schemas/rules/others/mine.toml", text);
        folder.report()
    };
    assert_eq!(report(BOOK), "0 errors, 0 warnings\n");
    let whole = |from: &str, to: &str| {
        assert!(BOOK.contains(from), "{from}");
        report(&BOOK.replace(from, to))
    };
    let many: Vec<String> = (0..101).map(|at| format!("[{at}.0, 0.0]")).collect();
    let many = format!("with_target = [{}]", many.join(", "));
    for (from, to, said) in [
        ("name = \"bad\"", "name = \"good\"", "two classes `good`"),
        (
            "measure = \"rate\"",
            "measure = \"rate\"\nlost = \"down\"",
            "a rule for targets where there is none",
        ),
        (
            "measure = \"rate\"",
            "measure = \"rate\"\nmet_within = 1.0",
            "a rule for targets where there is none",
        ),
        ("measure = \"rate\"", "measure = \"rate\"\nlimit_exponent = 0.0", "is not above 0"),
        ("measure = \"rate\"", "measure = \"rate\"\nzero_as = 0.0", "is not above 0"),
        ("name = \"good\",", "name = \"good\", by_rule = true,", "nothing gives the class `good`"),
        (
            "name = \"up\", from = 0.0",
            "name = \"up\", by_rule = true",
            "nothing gives the class `up`",
        ),
        ("with_target = [[0.0, 0.0], [1.0, 1.0]]", many.as_str(), "101 points of marks"),
    ] {
        let told = whole(from, to);
        assert!(told.contains(said), "{to}: {told}");
    }
    let with_alone = BOOK.replace("[with_target]\nmeasure = \"pace\"\nmet = \"good\"", "[was]");
    assert!(report(&with_alone).contains("unknown field"), "{}", report(&with_alone));
    folder.write("schemas/rules/others/mine.toml", BOOK);
    folder.write("schemas/rules/others/house.toml", BOOK.replace("\"mine\"", "\"house\""));
    let told = folder.report();
    assert!(told.contains("`house` is the rule book that scores are made by"), "{told}");
}
