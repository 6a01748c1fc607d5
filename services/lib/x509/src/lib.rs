//! Certificate requests, to-be-signed certificates, extensions, chains and lints, to the byte
