//! Willing to issue: names, keys, and which challenges may prove what
