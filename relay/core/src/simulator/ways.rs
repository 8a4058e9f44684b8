//! The two ways of ringing that ours is compared with.

use crate::policy::{DispatchPolicy, Wave};
use crate::session_types::Circle;

/// How long a phone list lets one phone ring, in seconds.
const ONE_PHONE_SECONDS: u32 = 15;
/// More than anybody waits for.
const PHONES: usize = 200;

/// Everybody who may be rung, on shift or on call, at once. The rest as in `policy`.
pub fn everyone_at_once(policy: &DispatchPolicy) -> DispatchPolicy {
    let all = Wave { circle: Circle::Loan, most: None, seconds: policy.ring_seconds };
    DispatchPolicy { waves: vec![all], ..policy.clone() }
}

/// A phone list: the best one first, and only when that phone has rung for a while the next. The rest as in `policy`.
pub fn one_by_one(policy: &DispatchPolicy) -> DispatchPolicy {
    let next = Wave { circle: Circle::Loan, most: Some(1), seconds: ONE_PHONE_SECONDS };
    DispatchPolicy { waves: vec![next; PHONES], ring_seconds: ONE_PHONE_SECONDS, ..policy.clone() }
}
