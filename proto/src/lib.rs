//! The gRPC contracts between Cairn's services: generated code and no logic.
//!
//! Only `cairn-rpc` and the `grpc` module of each service use these types; everyone else works with
//! those of `cairn-types`. How to change a contract is told in `proto/README.md`.

/// Messages that several services share.
pub mod core {
    #[expect(missing_docs, reason = "generated; the documentation is in the .proto file")]
    pub mod v1 {
        tonic::include_proto!("cairn.core.v1");
    }
}

/// The storage authority.
pub mod sa {
    #[expect(missing_docs, reason = "generated; the documentation is in the .proto file")]
    pub mod v1 {
        tonic::include_proto!("cairn.sa.v1");
    }
}

/// The registration authority.
pub mod ra {
    #[expect(missing_docs, reason = "generated; the documentation is in the .proto file")]
    pub mod v1 {
        tonic::include_proto!("cairn.ra.v1");
    }
}

/// The validation authority.
pub mod va {
    #[expect(missing_docs, reason = "generated; the documentation is in the .proto file")]
    pub mod v1 {
        tonic::include_proto!("cairn.va.v1");
    }
}

/// The certificate authority.
pub mod ca {
    #[expect(missing_docs, reason = "generated; the documentation is in the .proto file")]
    pub mod v1 {
        tonic::include_proto!("cairn.ca.v1");
    }
}

/// The publisher.
pub mod publisher {
    #[expect(missing_docs, reason = "generated; the documentation is in the .proto file")]
    pub mod v1 {
        tonic::include_proto!("cairn.publisher.v1");
    }
}
