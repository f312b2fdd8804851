//! Writes the report of a made-up sample: `cargo run -p wsis-report --example sample -- FILE [ECONOMIES]`.

mod input;

fn main() -> std::io::Result<()> {
    let mut words = std::env::args().skip(1);
    let file = words.next().unwrap_or_else(|| "sample-report.html".to_owned());
    let number = words.next().and_then(|text| text.parse().ok()).unwrap_or(60);
    std::fs::write(file, wsis_report::render(&input::sample(number)))
}
