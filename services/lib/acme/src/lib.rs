//! Wire formats of ACME (RFC 8555): JWS, JWK, objects and problem documents; usable by clients too
