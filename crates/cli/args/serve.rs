//! Words of `wsis serve`.

use std::net::SocketAddr;

use clap::Args;

/// `wsis serve`.
#[derive(Debug, Clone, Args)]
pub(crate) struct Serve {
    /// Listen here; port 0 takes a free one, which the log names
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1:8080", env = "WSIS_SERVE")]
    pub(crate) listen: SocketAddr,
}

impl Serve {
    /// Behind the options.
    pub(crate) const EXAMPLES: &'static str = "It only reads. `/` is the report, `/v1` says what may be asked, \
        `/public/v1/` are the published files. Limits are those of `[serve]` in workspace.toml; a change \
        of the files is seen by the next start, a commit at once. SIGTERM or Ctrl-C stops it.\n\n\
        Examples:\n  wsis serve\n  wsis serve --listen 0.0.0.0:8080 --lake lake/ --log-format json\n  \
        curl 'http://127.0.0.1:8080/v1/scores?line=C2&area=NAM'\n  \
        curl 'http://127.0.0.1:8080/v1/observations?area=NAM&series=IT.NET.USER.ZS&format=csv'";
}
