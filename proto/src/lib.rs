//! The gRPC contracts between Cairn's services: generated code and no logic
