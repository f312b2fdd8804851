//! Faults of the two files are all reported, each with file and line.

use wsis_model::area::AreaList;

const HEADER: &str = "code,m49,iso2,name,kind,region,subregion,\
                      valid_from,valid_to,note\n";
const GOOD: &str = "AAA,001,AA,Alpha,economy,Asia,,,,\n";
const ALIASES: &str = "source,text,area\n*,Alpha,AAA\n";

fn faults(areas: &str, aliases: &str) -> Vec<String> {
    let errors = AreaList::from_csv(areas, aliases).map(drop).unwrap_err();
    errors.iter().map(ToString::to_string).collect()
}

#[test]
fn a_good_pair_is_read_also_with_bom_and_crlf() {
    let areas = format!("\u{FEFF}{HEADER}{GOOD}").replace('\n', "\r\n");
    let list = AreaList::from_csv(&areas, ALIASES).unwrap();
    assert_eq!(list.get("AAA").unwrap().name, "Alpha");
}

#[test]
fn every_wrong_line_is_named_at_once() {
    let areas = format!(
        "{HEADER}{GOOD}\
         aaa,002,AB,B,economy,,,,,\n\
         BBB,2,AB,B,economy,,,,,\n\
         CCC,,A1,C,economy,,,,,\n\
         DDD,,,,economy,,,,,\n\
         EEE,,,E,country,,,,,\n\
         HHH,,,H,dissolved,,,2005,2000,\n\
         III,,,I,dissolved,,,,20205,\n\
         JJJ,,,J\n\
         AAA,001,AA,Double,economy,,,,,\n"
    );
    let expected = [
        "ref_area.csv:3: code \"aaa\" is not an ISO 3166-1 alpha-3 code",
        "ref_area.csv:4: m49 \"2\" is not three digits or empty",
        "ref_area.csv:5: iso2 \"A1\" is not two capital letters or empty",
        "ref_area.csv:6: area DDD has no name",
        "ref_area.csv:7: kind \"country\" is not economy, aggregate or dissolved",
        "ref_area.csv:8: valid_from 2005 is after valid_to 2000",
        "ref_area.csv:9: valid_to \"20205\" is not a year or empty",
        "ref_area.csv:10: 4 fields found, expected 10",
        "ref_area.csv:11: code AAA stands on line 2 already",
        "ref_area.csv:11: m49 001 stands on line 2 already",
        "ref_area.csv:11: iso2 AA stands on line 2 already",
    ];
    let mut found = faults(&areas, ALIASES);
    found.sort_by_key(|text| text.split(':').nth(1).and_then(|l| l.parse::<u32>().ok()));
    assert_eq!(found.len(), expected.len(), "{found:#?}");
    for (found, expected) in found.iter().zip(expected) {
        assert!(found.starts_with(expected), "{found}\nexpected {expected}");
    }
}

#[test]
fn aliases_need_text_and_a_known_area() {
    let areas = format!("{HEADER}{GOOD}");
    let aliases = "source,text,area\n*,Alpha,AAA\n*,Beta,BBB\n,Gamma,AAA\n*,\" \",AAA\n";
    assert_eq!(
        faults(&areas, aliases),
        [
            "ref_area_aliases.csv:3: alias \"Beta\" of * points at area \"BBB\", which \
             ref_area.csv lacks",
            "ref_area_aliases.csv:4: source or text is empty, expected source id (or *) and text",
            "ref_area_aliases.csv:5: source or text is empty, expected source id (or *) and text",
        ]
    );
}

#[test]
fn another_header_or_no_rows_is_a_fault() {
    let wrong = faults("code,name\nAAA,Alpha\n", ALIASES);
    assert!(wrong[0].starts_with("ref_area.csv:1: header is \"code,name\", expected"), "{wrong:?}");
    let empty = faults(HEADER, ALIASES);
    assert_eq!(empty[0], "ref_area.csv:1: no rows found, expected at least one below the header");
    let none = faults(&format!("{HEADER}{GOOD}"), "");
    assert!(none[0].starts_with("ref_area_aliases.csv:1:"), "{none:?}");
}

#[test]
fn trial_a10_faults_of_memberships_are_named() {
    let list = || AreaList::from_csv(&format!("{HEADER}{GOOD}"), ALIASES).unwrap();
    let head = "group_kind,group,area,valid_from,valid_to\n";
    let faults = |rows: &str| -> Vec<String> {
        let errors = list().with_groups_csv(&format!("{head}{rows}")).map(drop).unwrap_err();
        errors.iter().map(ToString::to_string).collect()
    };
    assert_eq!(
        faults(
            "club,LDC,AAA,,\nincome,rich,AAA,,\nspecial,LDC,BBB,,\nincome,low,AAA,1990,2000\n\
             income,high,AAA,2000,\nspecial,LDC,AAA,2001,2000\n"
        ),
        [
            "group_members.csv:2: group_kind \"club\" is not universe, income or special",
            "group_members.csv:3: income group \"rich\" is not known",
            "group_members.csv:4: area \"BBB\" is no economy of ref_area.csv",
            "group_members.csv:6: income of AAA overlaps the years of line 5",
            "group_members.csv:7: valid_from 2001 is after valid_to 2000",
        ]
    );
    assert!(faults("special,LDC,AAA,,\n")[0].contains("no \"member State\" among the groups"));
}
