//! What people are told of a table that cannot be read, or of a record of it: the cause, in the words of
//! the mapping, and not something that follows from it.

use wsis_model::limits::DecodeLimits;
use wsis_model::mapping::{Columns, Mapping};
use wsis_model::pipeline::{Format, Pipeline};
use wsis_model::quarantine::Reason;
use wsis_sources::ContentKind::{Csv, Xlsx};
use wsis_sources::{excerpt, propose};

use crate::fixture::{LISTS, decode, egdi, series, try_decode};
use crate::standing::{ods, rows, table};
use crate::undesa::{HEADER, workbook};

#[test]
fn trial_p152_the_heading_that_is_missing_is_named_with_its_line() {
    // As the newcomer had it: "Annee" for "Année", semicolons, data with commas.
    let body = "Utilisateurs, en %\n\nPays;Annee;Valeur\nTchad;2022;10,4\n\"Mali\";2022;4,0\n";
    let error = try_decode(&table(Format::Csv), Csv, body.as_bytes()).unwrap_err().to_string();
    assert_eq!(
        error,
        "no row holds every heading that the mapping names: line 3 holds 2 of 3, and none is \
         \"Année\"; it reads \"Pays;Annee;Valeur\""
    );
    let sheet = rows(&[
        (1, &["", "2022", "2022"]),
        (2, &["Pays", "Annee", "Valeur"]),
        (3, &["Tchad", "2022", "1"]),
    ]);
    let error = try_decode(&table(Format::Xlsx), Xlsx, &workbook(&sheet)).unwrap_err().to_string();
    assert!(error.contains("sheet \"S\", row 2 holds 2 of 3, and none is \"Année\""), "{error}");
    // Where no row holds any, what the longest reads.
    let error = try_decode(&table(Format::Csv), Csv, b"a,b\n1,2\n").unwrap_err().to_string();
    assert!(error.contains("no column for \"Pays\""), "{error}");
}

#[test]
fn trial_p152_excerpts_are_texts_in_their_encoding() {
    let body = workbook(&rows(&[(1, &["x"])]));
    let size = body.len();
    assert_eq!(
        excerpt(&body, 80),
        format!("[{size} bytes that begin as a zip archive or workbook does]")
    );
    assert_eq!(excerpt(b"\0\x01\x02\x03 data", 80), "[9 bytes that begin as binary data do]");
    assert_eq!(excerpt(b"Minist\xE8re;2022", 80), "Ministère;2022");
    assert_eq!(excerpt(b"\xFF\xFEP\0a\0y\0s\0", 80), "Pays");
    assert_eq!(excerpt("\u{FEFF}Année\r\n\tx\u{1B}[31m".as_bytes(), 80), "Année x [31m");
    // Cut within a character: still UTF-8.
    let long = "é".repeat(400);
    assert_eq!(excerpt(&long.as_bytes()[..481], 10), format!("{}…", "é".repeat(10)));
}

#[test]
fn trial_p153_words_of_the_quarantine() {
    let body = "Pays;Année;Valeur\nTchad;2022;34.5\nTchad;2023;13,2 *\nTchad;2021;n.d.\n\
                Atlantide;2022;1\nTchad;vingt;1\n";
    let kept = decode(&table(Format::Csv), Csv, body.as_bytes());
    let details: Vec<&str> = kept.rejected.iter().map(|it| it.detail.as_str()).collect();
    for (at, words) in [
        (0, "decimal = \",\" is declared; it would be one with `decimal = \".\"`"),
        (1, "`marks = [\"*\"]` takes it off"),
        (2, "`missing = [\"n.d.\"]`"),
        (3, "column \"Pays\": area \"Atlantide\""),
        (4, "column \"Année\": "),
    ] {
        assert!(details[at].contains(words), "{words}: {details:?}");
    }
}

/// A table of three columns of figures.
fn wide(format: Format) -> Pipeline {
    let mut pipeline = table(format);
    let of = |code: &str| {
        let mut one = series(code, "PERCENT", None);
        one.column = Some(code.to_owned());
        one
    };
    pipeline.series = ["A", "B", "C"].map(of).into();
    let columns = Columns { area: Some("Pays".to_owned()), ..Columns::default() };
    pipeline.mapping = Some(Mapping { columns, ..Mapping::default() });
    pipeline
}

#[test]
fn trial_p153_a_note_below_a_table_is_one_bad_row() {
    let note = "Source: INS, enquête de 2022; * estimation";
    for body in [
        format!("Pays,A,B,C\nTchad,1,2,3\n\"{note}\"\n"),
        format!("Pays,A,B,C\nTchad,1,2,3\n\"{note}\",,,\n"),
    ] {
        let kept = decode(&wide(Format::Csv), Csv, body.as_bytes());
        assert_eq!(kept.counts(), [4, 3, 1, 0], "{:?}", kept.rejected);
        let (reason, detail) = kept.only_rejected();
        assert_eq!(reason, Reason::UnknownArea);
        assert!(detail.contains("the row holds nothing but \"Source: INS"), "{detail}");
    }
    let cells: [&[&str]; 3] = [&["Pays", "A", "B", "C"], &["Tchad", "1", "2", "3"], &[note]];
    let numbered: Vec<(u32, &[&str])> = (1..).zip(cells).collect();
    let kept = decode(&wide(Format::Xlsx), Xlsx, &workbook(&rows(&numbered)));
    assert_eq!(kept.counts(), [4, 3, 1, 0], "{:?}", kept.rejected);
    let once: Vec<(u32, &[&str])> = cells.iter().map(|cells| (1, *cells)).collect();
    let kept = decode(&wide(Format::Ods), Xlsx, &ods(&once));
    assert_eq!(kept.counts(), [4, 3, 1, 0], "{:?}", kept.rejected);
    // An area without figures is no note, and no figure is lost in one: a row of a value alone.
    let kept = decode(&wide(Format::Csv), Csv, b"Pays,A,B,C\nTchad,,,\n,1,,\n");
    assert_eq!(kept.counts(), [6, 3, 3, 3], "{:?}", kept.rejected);
    let survey = format!("{HEADER}2018,Kenya,122,0.5,0.5,0.5,0.5,0.5\nNote: a note\n");
    let kept = decode(&egdi("t.csv", 2018), Csv, survey.as_bytes());
    assert_eq!(kept.rejected.len(), 1, "{:?}", kept.rejected);
}

/// Two rows of headings: a year over each sex.
fn two_rows(format: Format) -> Pipeline {
    let mut pipeline = table(format);
    let of = |code: &str, column: &str| {
        let mut one = series(code, "PERCENT", None);
        one.column = Some(column.to_owned());
        one
    };
    pipeline.series = vec![of("F", "{year} Female"), of("M", "{year} Male")];
    let columns = Columns { area: Some("Country".to_owned()), ..Columns::default() };
    pipeline.mapping = Some(Mapping { columns, header_rows: 2, ..Mapping::default() });
    pipeline
}

#[test]
fn trial_p154_a_header_of_two_rows_with_merged_cells() {
    let upper: &[&str] = &["Country", "2022", "", "2023", ""];
    let lower: &[&str] = &["", "Female", "Male", "Female", "Male"];
    let kenya: &[&str] = &["Kenya", "35.5", "42.1", "36", "43"];
    let text = |rows: &[&[&str]], by: &str| {
        rows.iter().map(|row| row.join(by)).collect::<Vec<_>>().join("\n")
    };
    let all: [&[&str]; 5] =
        [&["Internet users"], upper, lower, kenya, &["Peru", "x", "1", "2", "3"]];
    let check = |format: Format, kind, body: &[u8], place: &str| {
        let kept = decode(&two_rows(format), kind, body);
        assert_eq!(kept.counts(), [8, 7, 1, 0], "{:?}", kept.rejected);
        for (series, year, value) in
            [("F", 2022, 35.5), ("M", 2022, 42.1), ("F", 2023, 36.0), ("M", 2023, 43.0)]
        {
            assert_eq!(kept.row(series, "KEN", year).value, Some(value), "{series} {year}");
        }
        assert_eq!(kept.rejected[0].place.as_deref(), Some(place));
        assert!(kept.rejected[0].detail.contains("column \"2022 Female\""), "{:?}", kept.rejected);
    };
    check(Format::Csv, Csv, text(&all, ",").as_bytes(), "line 5");
    check(Format::Csv, Csv, text(&all, ";").as_bytes(), "line 5");
    check(Format::Tsv, Csv, text(&all, "\t").as_bytes(), "line 5");
    let numbered: Vec<(u32, &[&str])> = (1..).zip(all).collect();
    check(Format::Xlsx, Xlsx, &workbook(&rows(&numbered)), "sheet \"S\", row 5");
    let once: Vec<(u32, &[&str])> = all.iter().map(|cells| (1, *cells)).collect();
    check(Format::Ods, Xlsx, &ods(&once), "sheet \"S\", row 5");
    // What is missing is told by the last row of the header.
    let mut other = two_rows(Format::Csv);
    other.series[1].column = Some("{year} Men".to_owned());
    let error = try_decode(&other, Csv, text(&all, ",").as_bytes()).unwrap_err().to_string();
    assert!(error.contains("line 3 holds 2 of 3, and none is \"{year} Men\""), "{error}");
    assert!(error.ends_with("(the last of 2 rows)"), "{error}");
}

#[test]
fn trial_p154_a_draft_proposes_the_two_rows() {
    for upper in ["Country;2022;;2023;", ";2022;;2023;"] {
        let lower = if upper.starts_with(';') { "Country;F;M;F;M" } else { ";F;M;F;M" };
        let body = format!(
            "Internet users\n{upper}\n{lower}\nKenya;35.5;42.1;36;43\nPeru;70;71.5;72;73\n"
        );
        let look = propose::Look {
            name: "users.csv",
            body: body.as_bytes(),
            lists: &LISTS,
            limits: DecodeLimits::default(),
        };
        let found = propose::propose(&look).unwrap();
        let mapping = found.mapping.unwrap();
        assert_eq!(mapping.header_rows.map(|it| it.value), Some(2), "{upper}");
        let columns: Vec<_> = found.series.iter().filter_map(|it| it.column.as_deref()).collect();
        assert_eq!(columns, ["{year} F", "{year} M"], "{upper}");
        assert_eq!(found.years, Some((2022, 2023)));
    }
    // One row of headings, whatever stands below it.
    let body = "Country,Sex,2022,2023\nKenya,F,1,2\nKenya,M,3,4\n";
    let look = propose::Look {
        name: "users.csv",
        body: body.as_bytes(),
        lists: &LISTS,
        limits: DecodeLimits::default(),
    };
    assert_eq!(propose::propose(&look).unwrap().mapping.unwrap().header_rows, None);
}
