//! A primary and its remotes as real servers, each with a resolver and a web server of its own to see.

mod differences;
mod dry_run;
mod liars;
mod quorum;
mod stragglers;
mod world;
