//! The configuration of the plugins `ValidatingAdmissionWebhook` and `MutatingAdmissionWebhook`.

pub mod v1;

use crate::config::Config;

impl Config for v1::WebhookAdmissionConfiguration {}
