//! The registration authority: the rules, and every order driven to an end
