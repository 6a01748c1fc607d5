//! Rate limits: their names, the GCRA, and the stores behind them
