//! gRPC between the services: transport, caller allow lists, deadlines, errors, typed clients
