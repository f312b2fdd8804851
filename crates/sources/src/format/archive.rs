//! Archives: the one reader of zip and gzip, for what is looked at and for what is used. It
//! counts what comes out, so that neither the sizes that an archive states nor a second directory
//! in it can promise less than is unpacked.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::io::{Cursor, Read};

use flate2::read::MultiGzDecoder;
use zip::ZipArchive;

use wsis_model::pipeline::Format;

use crate::{DecodeError, DecodeJob};

/// Bytes unpacked between two looks at the count and at whether to stop.
const CHUNK: usize = 64 << 10;
/// Bytes of a member in which its header is looked for.
const HEAD: u64 = 64 << 10;

/// How much may come out, and the name of that limit.
#[derive(Clone, Copy)]
pub(crate) struct Allowance {
    left: u64,
    limit: u64,
    name: &'static str,
}

impl Allowance {
    /// That of a workbook.
    pub(crate) const fn workbook(job: &DecodeJob<'_>) -> Self {
        let limit = job.limits.workbook_max_bytes;
        Self { left: limit, limit, name: "workbook_max_bytes" }
    }

    /// That of any other archive.
    pub(crate) const fn archive(job: &DecodeJob<'_>) -> Self {
        let limit = job.limits.unpacked_max_bytes;
        Self { left: limit, limit, name: "unpacked_max_bytes" }
    }

    fn take(&mut self, bytes: usize) -> Result<(), DecodeError> {
        let bytes = u64::try_from(bytes).unwrap_or(u64::MAX);
        self.left = self.left.checked_sub(bytes).ok_or_else(|| {
            DecodeError::too_large("the number of unpacked bytes", self.limit, self.name)
        })?;
        Ok(())
    }
}

/// Unpacks to the end.
fn unpack(
    job: &DecodeJob<'_>,
    from: &mut dyn Read,
    allowance: &mut Allowance,
) -> Result<Vec<u8>, DecodeError> {
    let mut out = Vec::new();
    let mut chunk = vec![0; CHUNK];
    loop {
        job.checkpoint()?;
        let count = from.read(&mut chunk).map_err(|error| DecodeError::Archive {
            why: format!("it cannot be unpacked: {error}"),
        })?;
        if count == 0 {
            return Ok(out);
        }
        allowance.take(count)?;
        out.extend_from_slice(chunk.get(..count).unwrap_or_default());
    }
}

/// A zip archive.
pub(crate) struct Zip<'b> {
    archive: ZipArchive<Cursor<&'b [u8]>>,
    /// Names with `/`, by place.
    names: Vec<String>,
    allowance: Allowance,
}

impl<'b> Zip<'b> {
    /// Reads the directory.
    pub(crate) fn open(
        job: &DecodeJob<'_>,
        body: &'b [u8],
        allowance: Allowance,
    ) -> Result<Self, DecodeError> {
        // Each entry of a directory begins so, wherever the directory is: they are counted before
        // a list of them is made.
        let entries = body.windows(4).filter(|window| window == b"PK\x01\x02").count();
        let parts_max = job.limits.parts_max;
        if entries > parts_max {
            let limit = u64::try_from(parts_max).unwrap_or(u64::MAX);
            let what = "the number of files in the archive";
            return Err(DecodeError::too_large(what, limit, "parts_max"));
        }
        let broken = |error: zip::result::ZipError| DecodeError::Archive {
            why: format!("{error}; the file starts with {:?}", crate::text::start(body)),
        };
        let mut archive = ZipArchive::new(Cursor::new(body)).map_err(broken)?;
        let directory = archive.central_directory_start();
        refuse_repeated(body, directory, archive.has_duplicate_names())?;
        let mut names = Vec::with_capacity(archive.len());
        for at in 0..archive.len() {
            let part = archive.by_index_raw(at).map_err(broken)?;
            names.push(part.name().map_err(broken)?.replace('\\', "/"));
        }
        Ok(Self { archive, names, allowance })
    }

    /// Names of the files within.
    pub(crate) fn names(&self) -> &[String] {
        &self.names
    }

    /// Unpacks the file with a name; none when there is none. The name of a part of a workbook is
    /// compared without regard to case, as its format wants.
    pub(crate) fn read(
        &mut self,
        job: &DecodeJob<'_>,
        name: &str,
    ) -> Result<Option<Vec<u8>>, DecodeError> {
        let exact = self.names.iter().position(|known| known == name);
        let place =
            exact.or_else(|| self.names.iter().position(|known| known.eq_ignore_ascii_case(name)));
        let Some(place) = place else { return Ok(None) };
        let mut part = self.archive.by_index(place).map_err(|error| DecodeError::Archive {
            why: format!("{name:?} cannot be unpacked: {error}"),
        })?;
        unpack(job, &mut part, &mut self.allowance).map(Some)
    }

    /// The first bytes of the file with a name. A text in UTF-8 is cut between two characters: half a
    /// one would make another text of it.
    fn head(&mut self, job: &DecodeJob<'_>, name: &str) -> Result<Vec<u8>, DecodeError> {
        let place = self.names.iter().position(|known| known == name).unwrap_or(usize::MAX);
        let part = self.archive.by_index(place).map_err(|error| DecodeError::Archive {
            why: format!("{name:?} cannot be unpacked: {error}"),
        })?;
        let mut head = unpack(job, &mut part.take(HEAD), &mut self.allowance)?;
        if let Err(error) = std::str::from_utf8(&head)
            && error.error_len().is_none()
        {
            head.truncate(error.valid_up_to());
        }
        Ok(head)
    }
}

/// Refuses an archive that holds a name twice: the reader takes the last, others the first, and nobody
/// can say which is meant. Names are compared as workbooks compare those of their parts.
fn refuse_repeated(body: &[u8], directory: u64, is_certain: bool) -> Result<(), DecodeError> {
    let mut rest =
        usize::try_from(directory).ok().and_then(|at| body.get(at..)).unwrap_or_default();
    let mut places: BTreeMap<String, (usize, String)> = BTreeMap::new();
    let mut number = 0;
    while let Some(name) = next_name(&mut rest) {
        number += 1;
        let key = name.replace('\\', "/").to_ascii_lowercase();
        let name: String = name.chars().take(100).collect();
        if let Some((first, known)) = places.get(&key) {
            return Err(DecodeError::Archive {
                why: format!(
                    "two of its files have one name ({known:?}, entry {first} of its directory, and \
                     {name:?}, entry {number}): nobody can say which is meant"
                ),
            });
        }
        places.insert(key, (number, name));
    }
    if is_certain {
        let why = "two of its files have one name: nobody can say which is meant".to_owned();
        return Err(DecodeError::Archive { why });
    }
    Ok(())
}

/// The name of the next entry of a directory (APPNOTE 4.3.12); none where another thing follows.
fn next_name(rest: &mut &[u8]) -> Option<String> {
    let entry = rest.strip_prefix(b"PK\x01\x02")?;
    let length = |at: usize| {
        let bytes = entry.get(at..at + 2)?.try_into().ok()?;
        Some(usize::from(u16::from_le_bytes(bytes)))
    };
    // Counted from behind the signature: lengths at 24, 26 and 28, the name at 42.
    let (name, extra, comment) = (length(24)?, length(26)?, length(28)?);
    let text = entry.get(42..42 + name)?;
    *rest = entry.get(42 + name + extra + comment..)?;
    Some(String::from_utf8_lossy(text).into_owned())
}

/// A table, unpacked if it came packed.
pub(crate) struct Plain<'b> {
    pub(crate) body: Cow<'b, [u8]>,
    /// What was done.
    pub(crate) remark: Option<String>,
}

/// How the names of files of a format end, in an archive.
pub(crate) const fn endings(format: Format) -> &'static [&'static str] {
    match format {
        // What is text of records is looked into: its ending says little.
        Format::Csv | Format::Tsv | Format::SdmxCsv => &["csv", "tsv", "tab", "txt"],
        Format::EurostatTsv => &["tsv"],
        Format::Json | Format::SdmxJson | Format::JsonStat => &["json"],
        Format::SdmxMl => &["xml"],
        Format::Xlsx => &["xlsx"],
        Format::Ods => &["ods"],
    }
}

/// Unpacks a body that is a zip or gzip archive with a file of a format. `member` names the file of a
/// zip; without it the only one is taken whose name ends so and whose first bytes hold what is wanted,
/// by `fits`.
pub(crate) fn plain<'b>(
    job: &DecodeJob<'_>,
    (format, member): (Format, Option<&str>),
    body: &'b [u8],
    fits: &dyn Fn(&[u8]) -> bool,
) -> Result<Plain<'b>, DecodeError> {
    match body {
        [0x1F, 0x8B, ..] => {
            let mut from = MultiGzDecoder::new(body);
            let unpacked = unpack(job, &mut from, &mut Allowance::archive(job))?;
            Ok(Plain { body: Cow::Owned(unpacked), remark: None })
        }
        [b'P', b'K', 3 | 5, 4 | 6, ..] => {
            let mut zip = Zip::open(job, body, Allowance::archive(job))?;
            let name = choose(job, &mut zip, (format, member), fits)?;
            let unpacked = zip.read(job, &name)?.unwrap_or_default();
            Ok(Plain {
                body: Cow::Owned(unpacked),
                remark: Some(format!("file {name:?} of the zip archive was read")),
            })
        }
        plain => Ok(Plain { body: Cow::Borrowed(plain), remark: None }),
    }
}

fn choose(
    job: &DecodeJob<'_>,
    zip: &mut Zip<'_>,
    (format, member): (Format, Option<&str>),
    fits: &dyn Fn(&[u8]) -> bool,
) -> Result<String, DecodeError> {
    let is_table = |name: &&String| {
        let ending = std::path::Path::new(name.as_str()).extension();
        let is_of = |it: &std::ffi::OsStr| {
            endings(format).iter().any(|ending| it.eq_ignore_ascii_case(ending))
        };
        ending.is_some_and(is_of) && !name.starts_with("__MACOSX/")
    };
    let tables: Vec<String> = zip.names().iter().filter(is_table).cloned().collect();
    let listed = |names: &[String]| {
        let first: Vec<&str> = names.iter().take(20).map(String::as_str).collect();
        first.join(", ")
    };
    if let Some(member) = member {
        return match zip.names().iter().find(|name| *name == member) {
            Some(name) => Ok(name.clone()),
            None => Err(DecodeError::Archive {
                why: format!("it holds no file {member:?}; it holds {}", listed(zip.names())),
            }),
        };
    }
    let mut found = Vec::new();
    for name in &tables {
        if fits(&zip.head(job, name)?) {
            found.push(name.clone());
        }
    }
    match (found.as_slice(), tables.as_slice()) {
        // A single table that does not fit says best itself what is wrong.
        ([one], _) | ([], [one]) => Ok(one.clone()),
        ([], _) => Err(DecodeError::Archive {
            why: format!(
                "none of its files holds what was expected, under a name that ends in .{}; it holds {}",
                endings(format).join(", ."),
                listed(zip.names())
            ),
        }),
        (several, _) => Err(DecodeError::Archive {
            why: format!(
                "several of its files hold what was expected ({}); name one with `member`",
                listed(several)
            ),
        }),
    }
}
