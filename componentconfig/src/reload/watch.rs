//! The edge: a file that is looked at now and then.

use std::{
    fs, io,
    path::{Path, PathBuf},
};

/// A file whose text is looked at now and then, as the API server does with the files that it reloads.
///
/// Looking compares the text itself: it sees what a change of links or of times hides, such as the update of a mounted
/// ConfigMap. It keeps no thread and no handle; a program looks as often as it likes.
///
/// ```no_run
/// use componentconfig::reload::FileWatch;
///
/// let mut watch = FileWatch::new("/etc/agent/config.yaml");
/// loop {
///     match watch.look() {
///         Ok(Some(text)) => println!("{} bytes to reload", text.len()),
///         Ok(None) => {}
///         Err(error) => eprintln!("the file cannot be read: {error}"),
///     }
///     std::thread::sleep(std::time::Duration::from_secs(60));
/// }
/// ```
#[derive(Clone, Debug)]
pub struct FileWatch {
    path: PathBuf,
    seen: Option<u64>,
}

impl FileWatch {
    /// A file that was not looked at yet: its text is new.
    pub fn new(path: impl Into<PathBuf>) -> Self {
        Self {
            path: path.into(),
            seen: None,
        }
    }

    /// The file.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The text, if it is another one than when it was last looked at.
    ///
    /// # Errors
    /// The file cannot be read. The next look tries again.
    pub fn look(&mut self) -> io::Result<Option<String>> {
        let text = fs::read_to_string(&self.path)?;
        let digest = Some(digest(&text));
        if self.seen == digest {
            return Ok(None);
        }
        self.seen = digest;
        Ok(Some(text))
    }
}

/// FNV-1a of the text and its length: texts may hold secrets, which are not kept.
fn digest(text: &str) -> u64 {
    let start = 0xcbf2_9ce4_8422_2325 ^ text.len() as u64;
    text.bytes().fold(start, |digest, byte| {
        (digest ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_is_new_once() {
        let path =
            std::env::temp_dir().join(format!("componentconfig-watch-{}", std::process::id()));
        let mut watch = FileWatch::new(&path);
        assert!(watch.look().is_err());
        fs::write(&path, "a").unwrap();
        assert_eq!(watch.look().unwrap().as_deref(), Some("a"));
        assert_eq!(watch.look().unwrap(), None);
        fs::write(&path, "b").unwrap();
        assert_eq!(watch.look().unwrap().as_deref(), Some("b"));
        fs::remove_file(&path).unwrap();
        assert!(watch.look().is_err());
    }
}
