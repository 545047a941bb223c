mod congestion;
mod connect;
mod data;
mod hostile;
mod negotiate;
mod restart;
mod rig;
mod texts;
