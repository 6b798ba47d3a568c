//! A Kubernetes API server inside your process.
#![allow(dead_code, reason = "parts arrive one by one")]

mod kinds;
