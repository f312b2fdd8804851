//! `[serve]` of workspace.toml.

use crate::bad_input::Folder;

#[test]
fn trial_p316_limits_of_the_server_that_cannot_hold_are_refused_where_they_stand() {
    let folder = Folder::new();
    let good = std::fs::read_to_string(folder.path("workspace.toml")).unwrap();
    for (lines, message, hint) in [
        (
            "origins = [\"https://dashboards.example/\"]",
            "`origins` holds \"https://dashboards.example/\"",
            "https://dashboards.example",
        ),
        ("origins = [\"dashboards.example\"]", "`origins` holds \"dashboards.example\"", "\"*\""),
        (
            "memory_bytes = 1_000_000",
            "[serve]: `memory_bytes` is 1000000, less than `response_bytes_max`, 16777216",
            "one largest answer must fit",
        ),
    ] {
        folder.write("workspace.toml", format!("{good}\n[serve]\n{lines}\n"));
        let checked = folder.check();
        let [found] = checked.findings.as_slice() else { panic!("{:?}", checked.findings) };
        assert_eq!(found.message, message);
        assert!(found.hint.contains(hint) && found.line > 2, "{found:?}");
        assert!(checked.deployment.is_none());
    }
    let right =
        "origins = [\"https://dashboards.example\", \"http://127.0.0.1:3000\"]\nrate_per_s = 0";
    folder.write("workspace.toml", format!("{good}\n[serve]\n{right}\n"));
    let checked = folder.check();
    assert_eq!(checked.findings, []);
    let serve = checked.deployment.unwrap().workspace.serve;
    assert_eq!((serve.origins.len(), serve.rate_per_s, serve.connections), (2, 0, 256));
}
