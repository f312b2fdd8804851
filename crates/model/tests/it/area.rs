//! Scenarios of areas by id (docs/FAILURES.md), and what the field's own tools get wrong.

use std::collections::{BTreeMap, BTreeSet};

use wsis_model::area::{AreaKind, GroupKind, Standing, normalise_name};

use crate::{AREAS, code, kind};

const SOURCES: [&str; 4] = ["worldbank", "undesa", "unsd", "another"];

fn all_sources_say(text: &str, expected: &str) {
    for source in SOURCES {
        assert_eq!(code(source, text), expected, "{text:?} from {source}");
    }
}

#[test]
fn the_list_has_every_iso_area_and_no_more_economies() {
    let count = |kind| AREAS.areas().iter().filter(|a| a.kind == kind).count();
    // 249 ISO 3166-1 entries, Kosovo, Channel Islands.
    assert_eq!(count(AreaKind::Economy), 251);
    assert_eq!(count(AreaKind::Dissolved), 13);
    for code in ["SUN", "YUG", "SCG", "ANT", "CSK", "DDR"] {
        assert_eq!(kind(code), AreaKind::Dissolved, "{code}");
    }
    for area in AREAS.areas() {
        if area.kind == AreaKind::Aggregate {
            assert!(area.iso2.is_empty(), "{}", area.code);
            assert!(area.code.contains(':'), "{}", area.code);
        }
    }
}

#[test]
fn facts_of_ten_areas_stand_as_published() {
    let facts = |c: &str| {
        let a = AREAS.get(c).unwrap();
        let special = |group: &str| AREAS.belongs(a, GroupKind::Special, group, 2025);
        (
            a.m49.as_str(),
            a.iso2.as_str(),
            a.region.as_str(),
            AREAS.income(a, 2025).unwrap_or_default(),
            special("LDC"),
            special("LLDC"),
            special("SIDS"),
        )
    };
    assert_eq!(facts("AFG"), ("004", "AF", "Asia", "low", true, true, false));
    assert_eq!(facts("NAM"), ("516", "NA", "Africa", "lower-middle", false, false, false));
    assert_eq!(facts("TUV"), ("798", "TV", "Oceania", "upper-middle", true, false, true));
    assert_eq!(facts("CHE"), ("756", "CH", "Europe", "high", false, false, false));
    assert_eq!(facts("BOL"), ("068", "BO", "Americas", "lower-middle", false, true, false));
    assert_eq!(facts("PSE"), ("275", "PS", "Asia", "lower-middle", false, false, false));
    assert_eq!(facts("XKX"), ("412", "", "Europe", "upper-middle", false, false, false));
    assert_eq!(facts("TWN"), ("158", "TW", "Asia", "", false, false, false));
    assert_eq!(facts("CHI"), ("830", "", "Europe", "high", false, false, false));
    assert_eq!(facts("SGP"), ("702", "SG", "Asia", "high", false, false, true));
    assert!(AREAS.get("XKX").unwrap().note.contains("resolution 1244 (1999)"));
}

#[test]
fn a1_na_is_namibia() {
    for text in ["NA", "na", "NAM", "Namibia", " Namibia "] {
        all_sources_say(text, "NAM");
    }
}

#[test]
fn a3_republic_of_china_is_not_china() {
    all_sources_say("Republic of China", "TWN");
    all_sources_say("China, Taiwan Province of", "TWN");
    all_sources_say("People's Republic of China", "CHN");
    all_sources_say("China", "CHN");
    all_sources_say("China, Hong Kong SAR", "HKG");
    assert_eq!(code("unsd", "158"), "TWN");
    assert_eq!(code("worldbank", "TW"), "TWN");
}

#[test]
fn a4_parts_of_a_country_are_not_the_country() {
    for text in [
        "N. Ireland",
        "Northern Ireland",
        "Scotland",
        "England",
        "Wales",
        "England and Wales",
        "Zanzibar",
        "Tanzania: Zanzibar",
        "Iraq (Kurdistan Region)",
        "Azores Islands",
        "Sark",
        "France(+DOM TOM)",
        "Norway, Svalbard and Jan Mayen",
        "Georgia, USA",
    ] {
        all_sources_say(text, "none");
    }
    for number in ["369", "370", "680", "827", "828", "829", "920"] {
        assert_eq!(code("unsd", number), "none", "{number}");
    }
}

#[test]
fn a5_several_matches_are_listed_not_picked() {
    for source in ["worldbank", "another"] {
        assert_eq!(code(source, "Congo"), "several: COD COG");
    }
    for source in SOURCES {
        assert_eq!(code(source, "Korea"), "several: KOR PRK", "{source}");
        assert_eq!(code(source, "Saint Martin"), "several: MAF SXM", "{source}");
        assert_eq!(code(source, "Virgin Islands"), "several: VGB VIR", "{source}");
    }
    all_sources_say("United Kingdom", "GBR");
    all_sources_say("Ireland", "IRL");
    all_sources_say("Niger", "NER");
    all_sources_say("Nigeria", "NGA");
    all_sources_say("Guinea", "GIN");
    all_sources_say("Dominica", "DMA");
    all_sources_say("British Virgin Islands", "VGB");
    all_sources_say("Caribbean Netherlands", "BES");
}

#[test]
fn a6_micronesia_means_what_the_source_means() {
    assert_eq!(code("undesa", "Micronesia"), "FSM"); // a list of UN members
    assert_eq!(code("unsd", "Micronesia"), "M49:057"); // the sub-region, number 57
    assert_eq!(code("worldbank", "Micronesia"), "several: FSM M49:057");
    all_sources_say("Micronesia (Federated States of)", "FSM");
    all_sources_say("Micronesia, Fed. Sts.", "FSM");
}

#[test]
fn a7_footnote_marks_come_off() {
    for text in [
        "Kosovo",
        "Kosovo*",
        "Kosovo**",
        "Kosovo *",
        "Kosovo†",
        "Kosovo¹",
        "Kosovo 1/",
        "Kosovo [1]",
        "Kosovo (2)",
        "Kosovo1",
        "KOSOVO",
        "Kosovo (under UNSC res. 1244)",
        "XKX",
        "XK",
    ] {
        all_sources_say(text, "XKX");
    }
    assert_eq!(code("unsd", "412"), "XKX");
    // Codes that end in a digit are not names with a mark.
    assert_eq!(code("worldbank", "A4"), "WB:SXZ");
    assert_eq!(code("worldbank", "8S"), "WB:SAS");
    assert_eq!(normalise_name("*"), "*");
    assert_eq!(normalise_name("12"), "12");
}

#[test]
fn a8_numbers_names_and_codes_are_one_to_one() {
    let mut seen: BTreeMap<(&str, String), &str> = BTreeMap::new();
    for area in AREAS.areas() {
        // A World Bank aggregate and an M49 region may share a name (World), never a code.
        let space = if area.code.starts_with("WB:") { "wb name" } else { "name" };
        for (what, text) in [
            ("m49", area.m49.clone()),
            ("iso2", area.iso2.clone()),
            ("code", area.code.clone()),
            (space, normalise_name(&area.name)),
        ] {
            if !text.is_empty()
                && let Some(other) = seen.insert((what, text.clone()), &area.code)
            {
                panic!("{what} {text} is {other} and {}", area.code);
            }
        }
    }
    assert_eq!(code("unsd", "5"), "M49:005");
    assert_eq!(code("unsd", "South America"), "M49:005");
    assert_eq!(code("unsd", "419"), "M49:419");
    assert_eq!(code("unsd", "Latin America and the Caribbean"), "M49:419");
}

#[test]
fn a11_dissolved_countries_are_never_a_successor() {
    all_sources_say("USSR", "SUN");
    all_sources_say("Soviet Union", "SUN");
    all_sources_say("Yugoslavia", "YUG");
    all_sources_say("Serbia and Montenegro", "SCG");
    all_sources_say("Czechoslovakia", "CSK");
    all_sources_say("Netherlands Antilles", "ANT");
    all_sources_say("East Germany", "DDR");
    all_sources_say("Former Sudan", "M49:736");
    all_sources_say("Sudan [former]", "M49:736");
    all_sources_say("Sudan (up to 2011)", "M49:736");
    all_sources_say("Sudan", "SDN");
    assert_eq!(code("unsd", "736"), "M49:736");
    assert_eq!(code("unsd", "890"), "YUG");
    for code in ["SUN", "YUG", "SCG", "CSK", "ANT", "DDR", "M49:736"] {
        assert_eq!(kind(code), AreaKind::Dissolved);
        assert!(AREAS.get(code).unwrap().valid.1.is_some(), "{code} has no last year");
    }
    // A country that only changed its name is the same country.
    all_sources_say("Zaire", "COD");
    all_sources_say("Burma", "MMR");
    all_sources_say("Swaziland", "SWZ");
    all_sources_say("The former Yugoslav Republic of Macedonia", "MKD");
}

#[test]
fn a13_no_source_text_stands_for_two_areas_unawares() {
    let text = std::fs::read_to_string(
        std::path::Path::new(env!("CARGO_MANIFEST_DIR"))
            .join("../../schemas/codelists/ref_area_aliases.csv"),
    )
    .unwrap();
    let mut reader = csv::Reader::from_reader(text.as_bytes());
    let mut several: BTreeSet<(String, String)> = BTreeSet::new();
    let mut areas: BTreeMap<(String, String), BTreeSet<String>> = BTreeMap::new();
    for row in reader.records() {
        let row = row.unwrap();
        let key = (row[0].to_owned(), normalise_name(&row[1]));
        let targets = areas.entry(key.clone()).or_default();
        targets.insert(row[2].to_owned());
        if targets.len() > 1 {
            several.insert(key);
        }
    }
    let declared = ["congo", "korea", "micronesia", "saint martin", "st. martin", "virgin islands"];
    let declared = declared.map(|name| ("*".to_owned(), name.to_owned()));
    assert_eq!(several, BTreeSet::from(declared));
}

#[test]
fn a14_words_for_nothing_are_no_area() {
    for text in
        ["", " ", "nan", "NaN", "None", "null", "NULL", "N/A", "n.a.", "-", "..", "undefined"]
    {
        all_sources_say(text, "none");
    }
}

#[test]
fn f2_every_apostrophe_dash_and_accent_is_the_same_name() {
    for text in [
        "Côte d'Ivoire",
        "Côte d\u{2019}Ivoire",
        "Côte d\u{00B4}Ivoire",
        "Côte d`Ivoire",
        "Co\u{0302}te d'Ivoire",
        "COTE D'IVOIRE",
        "\u{FEFF}Côte d'Ivoire",
        "Côte\u{00A0}d'Ivoire",
    ] {
        all_sources_say(text, "CIV");
    }
    for text in ["Türkiye", "Turkiye", "TÜRKİYE", "Turkey"] {
        all_sources_say(text, "TUR");
    }
    for text in ["Timor-Leste", "Timor\u{2013}Leste", "Timor Leste"] {
        all_sources_say(text, "TLS");
    }
    for text in ["Trinidad and Tobago", "Trinidad & Tobago", "Trinidad  and\tTobago"] {
        all_sources_say(text, "TTO");
    }
    assert_eq!(normalise_name(" Wallis & Futuna "), "wallis and futuna");
    assert_eq!(normalise_name("São Tomé"), "sao tome");
}

#[test]
fn africa_and_north_america_are_aggregates() {
    for (source, text, expected) in [
        ("undesa", "Africa", "M49:002"),
        ("unsd", "Africa", "M49:002"),
        ("worldbank", "Africa", "WB:AFR"),
        ("undesa", "North America", "M49:003"),
        ("worldbank", "North America", "WB:NAC"),
        ("worldbank", "World", "WB:WLD"),
        ("unsd", "World", "M49:001"),
        ("worldbank", "XD", "WB:HIC"),
        ("worldbank", "EU", "WB:EUU"),
        ("worldbank", "ZH", "WB:AFE"),
        ("worldbank", "1A", "WB:ARB"),
    ] {
        assert_eq!(code(source, text), expected, "{text} from {source}");
        assert_eq!(kind(expected), AreaKind::Aggregate);
    }
    // The private codes of the World Bank mean nothing to others.
    assert_eq!(code("undesa", "XD"), "none");
    assert_eq!(code("unsd", "1A"), "none");
    assert_eq!(code("worldbank", "JG"), "CHI");
    assert_eq!(code("worldbank", "516"), "none"); // M49 numbers are the UN's
}

/// Numbers that the UN and the World Bank publish for a year, and the spells behind them.
#[test]
fn trial_a10_groups_have_the_members_of_the_year() {
    let in_year = |test: &dyn Fn(&wsis_model::area::Area) -> bool| {
        AREAS.areas().iter().filter(|area| test(area)).count()
    };
    let members = |year| in_year(&|area| AREAS.standing(area, year) == Standing::Member);
    // Timor-Leste and Switzerland in 2002, Montenegro in 2006, South Sudan in 2011.
    assert_eq!([2001, 2005, 2010, 2011, 2026].map(members), [189, 191, 192, 193, 193]);
    let observers: Vec<&str> = AREAS
        .areas()
        .iter()
        .filter(|area| AREAS.standing(area, 2025) == Standing::Observer)
        .map(|area| area.code.as_str())
        .collect();
    assert_eq!(observers, ["PSE", "VAT"]);
    let ldc = |year| in_year(&|area| AREAS.belongs(area, GroupKind::Special, "LDC", year));
    // UNCTAD: 50 in 2006, 49 after Cabo Verde, 48 after Samoa, 47 after Equatorial Guinea,
    // 46 after Vanuatu, 45 after Bhutan, 44 after Sao Tome and Principe.
    assert_eq!([2006, 2008, 2014, 2018, 2021, 2023, 2025].map(ldc), [50, 49, 48, 47, 46, 45, 44]);
    let income = |code: &str, year| AREAS.income(AREAS.get(code).unwrap(), year);
    assert_eq!(income("CHN", 2005), Some("lower-middle"));
    assert_eq!(income("CHN", 2025), Some("upper-middle"));
    assert_eq!(income("CHL", 2005), Some("upper-middle"));
    assert_eq!(income("CHL", 2015), Some("high"));
    assert_eq!(income("SSD", 2010), None, "South Sudan is classified from 2012 on");
    assert_eq!(income("VEN", 2025), None, "not classified since July 2021");
    let since = |code: &str| AREAS.member_since(AREAS.get(code).unwrap());
    assert_eq!([since("SSD"), since("MNE"), since("PSE")], [Some(2011), Some(2006), None]);
}

/// Who belongs where was looked for in the whole list for every economy, line and year; the index
/// has the same answers for every area, group and year.
#[test]
fn trial_p56_the_index_of_memberships_answers_as_the_list_does() {
    let spells = AREAS.memberships();
    let groups: BTreeSet<(GroupKind, &str)> =
        spells.iter().map(|spell| (spell.kind, spell.group.as_str())).collect();
    for area in AREAS.areas() {
        let own = || spells.iter().filter(|spell| spell.area == area.code);
        for year in [1945, 1991, 2005, 2010, 2015, 2020, 2025, 2040] {
            let mut all: BTreeMap<GroupKind, Vec<&str>> = BTreeMap::new();
            for spell in own().filter(|spell| spell.holds(year)) {
                all.entry(spell.kind).or_default().push(&spell.group);
            }
            assert_eq!(AREAS.groups(area, year), all, "{} {year}", area.code);
            for (kind, group) in &groups {
                let holds =
                    own().any(|it| it.kind == *kind && it.group == *group && it.holds(year));
                assert_eq!(AREAS.belongs(area, *kind, group, year), holds, "{} {group}", area.code);
            }
        }
        let since = own().filter(|it| it.group == "member State").filter_map(|it| it.from).min();
        assert_eq!(AREAS.member_since(area), since, "{}", area.code);
    }
}
