//! Schedules, releases and alerts as they are written in files.

use chrono::{DateTime, Utc};
use wsis_config::schedule::Timetable;
use wsis_config::{Means, report};
use wsis_model::pipeline::{Misfire, When};

use crate::bad_input::Folder;

/// The schedule of the test's pipeline, replaced; what is found, one a line.
fn findings(schedule: &str) -> String {
    let folder = Folder::new();
    folder.pipeline("cron = \"30 3 * * MON\"", schedule);
    let found = folder.check().findings;
    found.iter().map(|it| format!("{it}; {}", it.hint)).collect::<Vec<_>>().join("\n")
}

#[test]
fn a_calendar_is_read_as_civil_times_of_its_zone() {
    let folder = Folder::new();
    folder.pipeline(
        "cron = \"30 3 * * MON\"",
        "calendar = [\"2026-12-16T09:30\", \"2026-07-01\", \"2027-03-28\"]\nat = \"02:30\"\n\
         timezone = \"Europe/Zurich\"\nmisfire = \"all\"\njitter_s = 0",
    );
    let deployment = folder.check().deployment.unwrap();
    let schedule = deployment.pipelines[0].schedule.clone().unwrap();
    assert_eq!((schedule.misfire, schedule.jitter_s), (Misfire::All, 0));
    assert!(matches!(&schedule.when, When::Calendar(dates) if dates.len() == 3));
    let timetable = Timetable::new(&schedule).unwrap();
    let start: DateTime<Utc> = "2026-01-01T00:00:00Z".parse().unwrap();
    let ticks: Vec<String> =
        timetable.upcoming(start, 9).iter().map(DateTime::to_rfc3339).collect();
    // On 28 March 2027 the clocks of Zurich jump from 02:00 to 03:00, which is 01:00 UTC.
    assert_eq!(
        ticks,
        ["2026-07-01T00:30:00+00:00", "2026-12-16T08:30:00+00:00", "2027-03-28T01:00:00+00:00"]
    );
    let until: DateTime<Utc> = "2026-12-16T08:30:00Z".parse().unwrap();
    assert_eq!(timetable.between(start, until, 9).len(), 2, "the end is part of it");
    assert_eq!(timetable.between(start, until, 1).len(), 1);
}

#[test]
fn what_is_not_said_is_as_the_workspace_says() {
    let folder = Folder::new();
    let schedule =
        |folder: &Folder| folder.check().deployment.unwrap().pipelines[0].schedule.clone().unwrap();
    assert_eq!((schedule(&folder).misfire, schedule(&folder).jitter_s), (Misfire::RunOnce, 600));
    folder.workspace("[[agency]]", "[schedule]\nmisfire = \"skip\"\njitter_s = 7\n\n[[agency]]");
    assert_eq!((schedule(&folder).misfire, schedule(&folder).jitter_s), (Misfire::Skip, 7));
}

#[test]
fn a_schedule_says_once_when() {
    for (written, words) in [
        ("", "`[schedule]` does not say when; write exactly one of `cron`, `calendar` or `after`"),
        ("cron = \"@daily\"\nafter = \"x\"", "`[schedule]` says 2 times when"),
        ("calendar = []", "`calendar` has no date"),
        (
            "calendar = [\"2026-02-30\"]",
            "\"2026-02-30\" is not a date; write a day of the calendar",
        ),
        ("calendar = [\"2026-02-01\", \"2026-02-01\"]", "stands twice in the calendar"),
        ("calendar = [\"2026-02-01\"]\nat = \"25:00\"", "`at` is \"25:00\"; write a time of day"),
        ("cron = \"@daily\"\nat = \"05:00\"", "`at` without `calendar`"),
        ("after = \"worldbank-wdj\"", "which is no pipeline; did you mean `worldbank-wdi`"),
        ("after = \"worldbank-wdi\"", "it never runs: worldbank-wdi after worldbank-wdi"),
        ("cron = \"@daily\"\nmisfire = \"never\"", "misfire"),
        ("cron = \"@daily\"\njitter_s = 100000", "jitter_s"),
        ("calendar = [\"2026-02-01\"]\ntimezone = \"Mars/Olympus\"", "unknown time zone"),
    ] {
        let found = findings(written);
        assert!(found.contains(words), "{written}: {words}: {found}");
    }
}

#[test]
fn pipelines_that_wait_for_each_other_are_told_with_the_whole_chain() {
    let folder = Folder::new();
    folder.pipeline("cron = \"30 3 * * MON\"", "after = \"b\"");
    let text = std::fs::read_to_string(folder.path("pipelines/worldbank-wdi.toml")).unwrap();
    for (id, after) in [("b", "c"), ("c", "worldbank-wdi"), ("d", "b")] {
        let other = text
            .replace("\"worldbank-wdi\"", &format!("\"{id}\""))
            .replace("\"WDI\"", &format!("\"{id}\""))
            .replace("after = \"b\"", &format!("after = \"{after}\""));
        folder.write(&format!("pipelines/{id}.toml"), other);
    }
    let found = report(&folder.check().findings);
    let chain = "it never runs: worldbank-wdi after b after c after worldbank-wdi";
    assert!(found.contains(chain), "{found}");
    // It waits for a circle without being part of it: one of the three is to be mended.
    assert!(!found.contains("d after"), "{found}");
}

#[test]
fn hours_that_a_clock_skips_or_repeats_and_rare_days_are_warned_of() {
    for (written, words) in [
        (
            "cron = \"30 2 * * *\"\ntimezone = \"Europe/Zurich\"",
            "on 2026-03-29 02:30 the clocks of Europe/Zurich jump over this time; it runs at 03:00",
        ),
        (
            "cron = \"15 1 * * *\"\ntimezone = \"America/New_York\"",
            "on 2026-11-01 01:15 the clocks of America/New_York show this time twice; it runs the \
             first time only",
        ),
        (
            "cron = \"0 0 24 4 *\"\ntimezone = \"Africa/Cairo\"",
            "on 2026-04-24 00:00 the clocks of Africa/Cairo jump over this time; it runs at 01:00",
        ),
        ("cron = \"0 6 31 * *\"", "it comes in 28 of the 48 months of four years only"),
        ("cron = \"0 6 29 2 *\"", "it comes in 1 of the 4 months of four years only"),
    ] {
        let found = findings(written);
        assert!(found.contains("warning") || !found.is_empty(), "{written}");
        assert!(found.contains(words), "{written}: {words}: {found}");
    }
    for quiet in [
        "cron = \"30 2 * * *\"\ntimezone = \"UTC\"",
        "cron = \"30 3 * * MON\"\ntimezone = \"America/New_York\"",
        "cron = \"*/15 * * * *\"\ntimezone = \"Europe/Zurich\"\njitter_s = 450",
        "cron = \"0 6 28 * *\"",
        "cron = \"0 6 31 1,3 *\"",
    ] {
        assert_eq!(findings(quiet), "", "{quiet}");
    }
}

#[test]
fn a_release_has_dates_a_delay_and_a_deadline_after_it() {
    let release = |text: &str| {
        let folder = Folder::new();
        folder.pipeline("[[series]]", &format!("[release]\n{text}\n\n[[series]]"));
        folder.check()
    };
    let good = release("cron = \"0 12 1 7 *\"\nlag_days = 10\ndeadline_days = 40");
    let declared = good.deployment.unwrap().pipelines[0].release.clone().unwrap();
    assert_eq!((declared.lag_days, declared.deadline_days), (10, 40));
    assert_eq!(declared.schedule.timezone, "America/New_York", "that of the agency");
    for (text, words) in [
        ("lag_days = 1\ndeadline_days = 2", "`[release]` does not say when"),
        ("cron = \"@yearly\"\nlag_days = 9\ndeadline_days = 8", "before the usual delay of 9 days"),
        ("cron = \"@yearly\"\nlag_days = 9", "deadline_days"),
        ("after = \"x\"\nlag_days = 9\ndeadline_days = 9", "unknown field `after`"),
    ] {
        let found = report(&release(text).findings);
        assert!(found.contains(words), "{text}: {found}");
    }
}

#[test]
fn alerts_are_read_and_wrong_ones_say_what_would_be_right() {
    let alerts = |text: &str| {
        let folder = Folder::new();
        folder.workspace("[[agency]]", &format!("{text}\n\n[[agency]]"));
        folder.check()
    };
    let good = alerts(
        "[[alert]]\nid = \"office\"\nkind = \"mail\"\nserver = \"smtps://mail.example\"\n\
         from = \"wsis@agency.example\"\nto = [\"data@agency.example\"]\nstates = [\"failing\"]\n\
         [[alert]]\nid = \"ops\"\nkind = \"webhook\"\nurl = \"https://hooks.example/x\"\n\
         [[alert]]\nid = \"pager\"\nkind = \"command\"\ncommand = [\"/bin/page\", \"--now\"]",
    );
    let channels = good.deployment.unwrap().workspace.alerts;
    assert_eq!(channels.len(), 3);
    assert_eq!(channels[0].states, ["failing"]);
    assert!(matches!(&channels[2].how, Means::Command { command } if command.len() == 2));
    let webhook = "[[alert]]\nid = \"a\"\nkind = \"webhook\"\n";
    let mail = "[[alert]]\nid = \"a\"\nkind = \"mail\"\nfrom = \"a@b.c\"\nto = [\"a@b.c\"]\n";
    for (text, words) in [
        (webhook.to_owned(), "alert `a` has no `url`"),
        (format!("{webhook}url = \"http://hooks.example/x\""), "name its host in `allow_http`"),
        (format!("{webhook}url = \"hooks\""), "has a `url` that is no address"),
        (format!("{webhook}url = \"https://h.example\"\nstates = [\"faling\"]"), "`failing`"),
        (format!("{mail}server = \"mail.example\""), "has a `server` that is none"),
        (
            format!("{mail}server = \"smtps://u:hunter2@mail.example\""),
            "belongs into the environment",
        ),
        (
            mail.replace("\"a@b.c\"]", "\"nobody\"]") + "server = \"smtps://m.example\"",
            "has address \"nobody\"",
        ),
        ("[[alert]]\nid = \"a\"\nkind = \"command\"".to_owned(), "has no `command`"),
        ("[[alert]]\nid = \"a\"\nkind = \"pigeon\"".to_owned(), "pigeon"),
        (
            "[[alert]]\nid = \"A b\"\nkind = \"command\"\ncommand = [\"x\"]".to_owned(),
            "is not an id",
        ),
    ] {
        let found = report(&alerts(&text).findings);
        assert!(found.contains(words), "{text}: {words}: {found}");
    }
}

/// As who opens it reads it: the parser of addresses took them for one.
#[test]
fn trial_p261_a_ledger_that_cannot_be_opened_is_refused_as_it_stands() {
    for wrong in ["POSTGRES://h/db", " postgres://h/db", "Postgresql://h/db", "\tpostgres://h/db"] {
        assert!(!wsis_config::is_ledger_address(wrong), "{wrong:?}");
        let folder = Folder::new();
        folder.workspace("lake = \"lake\"", &format!("lake = \"lake\"\nledger = {wrong:?}"));
        let found = report(&folder.check().findings);
        assert!(found.contains("not an address of PostgreSQL"), "{wrong:?}: {found}");
    }
    for good in
        ["postgres://h/db", "postgresql://wsis@db.example:5432/wsis", "postgres:///db?host=/run"]
    {
        assert!(wsis_config::is_ledger_address(good), "{good}");
    }
}

#[test]
fn a_ledger_in_postgresql_is_named_without_its_password() {
    let ledger = |address: &str| {
        let folder = Folder::new();
        folder.workspace("lake = \"lake\"", &format!("lake = \"lake\"\nledger = \"{address}\""));
        folder.check()
    };
    let good = ledger("postgres://wsis@db.example/wsis").deployment.unwrap();
    assert_eq!(good.workspace.ledger.as_deref(), Some("postgres://wsis@db.example/wsis"));
    for wrong in ["postgres://wsis:hunter2@db.example/wsis", "mysql://db.example", "ledger.sqlite"]
    {
        let found = report(&ledger(wrong).findings);
        assert!(found.contains("environment variable WSIS_LEDGER"), "{wrong}: {found}");
        assert!(!found.contains("hunter2"), "{found}");
    }
}

#[test]
fn trial_x16_keys_in_addresses_of_alerts_are_not_shown() {
    let alerts = |text: &str| {
        let folder = Folder::new();
        folder.workspace("[[agency]]", &format!("{text}\n\n[[agency]]"));
        folder.check()
    };
    let webhook = "[[alert]]\nid = \"a\"\nkind = \"webhook\"\n";
    let mail = "[[alert]]\nid = \"a\"\nkind = \"mail\"\nfrom = \"a@b.c\"\nto = [\"a@b.c\"]\n";
    for (text, shown) in [
        (format!("{webhook}url = \"http://hooks.example/services/s3cr3t\""), "hooks.example"),
        (format!("{webhook}url = \"hooks/s3cr3t\""), "no address"),
        (format!("{mail}server = \"smtps://wsis:s3cr3t@mail.example\""), "holds a password"),
    ] {
        let found = report(&alerts(&text).findings);
        assert!(!found.contains("s3cr3t") && found.contains(shown), "{found}");
    }
}

#[test]
fn trial_r15_jitter_beyond_the_time_between_ticks_is_warned_of() {
    for (cron, jitter, told) in [
        ("*/5 * * * *", "600", true),
        ("*/5 * * * *", "150", false),
        ("0 * * * *", "3600", true),
        ("0 6 * * *", "600", false),
        // Twice an hour apart and then a day.
        ("0 6,7 * * *", "2000", true),
    ] {
        let found =
            findings(&format!("cron = \"{cron}\"\ntimezone = \"UTC\"\njitter_s = {jitter}"));
        assert_eq!(found.contains("runs start at most"), told, "{cron} {jitter}: {found}");
    }
}

#[test]
fn trial_h19_a_release_date_is_announced_only_where_it_says_so() {
    use wsis_model::pipeline::Basis;
    let release = |basis: &str| {
        let folder = Folder::new();
        let release = format!(
            "[release]\ncalendar = [\"2026-07-01\"]\n{basis}\nlag_days = 1\n\
             deadline_days = 2\n\n[[series]]"
        );
        folder.pipeline("[[series]]", &release);
        let checked = folder.check();
        let found = report(&checked.findings);
        checked.deployment.map(|it| it.pipelines[0].release.clone().unwrap().basis).ok_or(found)
    };
    assert_eq!(release(""), Ok(Basis::Assumed));
    assert_eq!(release("basis = \"assumed\""), Ok(Basis::Assumed));
    assert_eq!(release("basis = \"announced\""), Ok(Basis::Announced));
    assert!(release("basis = \"promised\"").unwrap_err().contains("promised"));
    // No date of the pipelines that come with the program was announced for years to come.
    let own = wsis_config::Deployment::embedded().unwrap();
    let mut releases = own.pipelines.iter().filter_map(|it| it.release.as_ref());
    assert!(releases.all(|release| release.basis == Basis::Assumed));
}
