//! API servers inside the process whose objects are in a file.

use std::{
    env, fs,
    io::{self, Write as _},
    path::Path,
    process,
};

use apply_server::Server;

use crate::{failure::Failure, files::private};

/// The server of a file; what it answers is on the disk. The file is made when it is missing, and one server may use it at a time.
///
/// # Errors
/// The file cannot be read, or holds something else.
pub fn persistent(path: &Path) -> Result<Server, Failure> {
    let server = Server::builder().persistent(path);
    server.map_err(|error| Failure::Run(format!("{}: {error}", path.display())))
}

/// The server of a file as it is now, of which nothing is kept: for looks at what somebody may be using.
///
/// # Errors
/// The file cannot be read, or holds something else.
pub fn as_it_is(path: &Path) -> Result<Server, Failure> {
    let objects = match fs::read(path) {
        Ok(objects) => objects,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Server::new()),
        Err(error) => return Err(Failure::Run(format!("{}: {error}", path.display()))),
    };
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let copy = env::temp_dir().join(format!("{name}-{}", process::id()));
    let written = private(&copy).and_then(|mut file| file.write_all(&objects));
    let server = written
        .map_err(Failure::run)
        .and_then(|()| persistent(&copy));
    // Open files need no name.
    let _ = fs::remove_file(&copy);
    server
}
