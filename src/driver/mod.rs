//! F7: driver.
