//! Defaults and validation of logging. Follows `component-base/logs/api/v1/options.go`.

use std::cmp::Ordering;

use super::{LoggingConfiguration, VModuleItem};
use crate::{
    field::{Errors, Path},
    gates::Gates,
    scalar::{Duration, DurationOrNanoseconds, Quantity},
};

impl LoggingConfiguration {
    /// Fills in what is unset. Setting defaults twice is the same as once.
    pub fn set_defaults(&mut self) {
        if self.format.is_empty() {
            "text".clone_into(&mut self.format);
        }
        if self.flush_frequency.duration.is_zero() {
            self.flush_frequency = DurationOrNanoseconds {
                duration: Duration::from_secs(5),
                as_string: true,
            };
        }
    }

    pub(crate) fn validate(&self, gates: Gates<'_>, path: &Path, errors: &mut Errors) {
        let period = self.flush_frequency.duration;
        if period <= Duration::ZERO {
            let path = path.child("flushFrequency");
            errors.invalid(&path, period.to_string(), "Must be greater than zero");
        }
        let format = path.child("format");
        match self.format.as_str() {
            "text" => {}
            "json" if gates.enabled("LoggingBetaOptions") => {}
            "json" => errors.forbidden(
                &format,
                "Log format json is disabled, see LoggingBetaOptions feature",
            ),
            other => errors.invalid(&format, other, "Unsupported log format"),
        }
        verbosity(self.verbosity, &path.child("verbosity"), errors);
        let modules = path.child("vmodule");
        if !self.vmodule.is_empty() && !matches!(self.format.as_str(), "" | "text") {
            errors.forbidden(&modules, "Only supported for text log format");
        }
        for (index, module) in self.vmodule.iter().enumerate() {
            module.validate(&modules.index(index), errors);
        }
        let options = path.child("options");
        for (name, split_stream, buffer) in [
            (
                "text",
                self.options.text.split_stream,
                &self.options.text.info_buffer_size,
            ),
            (
                "json",
                self.options.json.split_stream,
                &self.options.json.info_buffer_size,
            ),
        ] {
            alpha_options(split_stream, buffer, gates, &options.child(name), errors);
        }
    }
}

impl VModuleItem {
    fn validate(&self, path: &Path, errors: &mut Errors) {
        if self.file_pattern.is_empty() {
            errors.required(path, "File pattern must not be empty");
        }
        if self.file_pattern.contains(['=', ',']) {
            let detail = "File pattern must not contain equal sign or comma";
            errors.invalid(path, self.file_pattern.as_str(), detail);
        }
        verbosity(self.verbosity, path, errors);
    }
}

fn verbosity(verbosity: u32, path: &Path, errors: &mut Errors) {
    if i32::try_from(verbosity).is_err() {
        errors.invalid(path, verbosity, format!("Must be <= {}", i32::MAX));
    }
}

fn alpha_options(
    split_stream: bool,
    buffer: &Quantity,
    gates: Gates<'_>,
    path: &Path,
    errors: &mut Errors,
) {
    if gates.enabled("LoggingAlphaOptions") {
        return;
    }
    let detail = "Feature LoggingAlphaOptions is disabled";
    if split_stream {
        errors.forbidden(&path.child("splitStream"), detail);
    }
    if buffer.sign() != Ordering::Equal {
        errors.forbidden(&path.child("infoBufferSize"), detail);
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;

    fn wrong(logging: &LoggingConfiguration, gates: &[(&str, bool)]) -> String {
        let gates: BTreeMap<String, bool> = gates
            .iter()
            .map(|(name, on)| ((*name).to_owned(), *on))
            .collect();
        let mut errors = Errors::new();
        logging.validate(Gates::new(&gates), &Path::new("logging"), &mut errors);
        errors.to_string()
    }

    #[test]
    fn logs_are_flushed_now_and_then() {
        let mut logging = LoggingConfiguration::default();
        logging.flush_frequency.duration = Duration::from_secs(-1);
        logging.set_defaults();
        assert_eq!(
            wrong(&logging, &[]),
            "logging.flushFrequency: Invalid value: \"-1s\": Must be greater than zero",
        );
    }

    #[test]
    fn json_is_a_beta_option() {
        let mut logging = LoggingConfiguration {
            format: "json".to_owned(),
            ..LoggingConfiguration::default()
        };
        logging.set_defaults();
        assert_eq!(wrong(&logging, &[]), "[]");
        let refused = "logging.format: Forbidden: Log format json is disabled, see LoggingBetaOptions feature";
        assert_eq!(wrong(&logging, &[("LoggingBetaOptions", false)]), refused);
        assert_eq!(wrong(&logging, &[("AllBeta", false)]), refused);
    }
}
