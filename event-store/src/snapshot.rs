//! States that were put away, to spare the folding of long streams.

use bytes::Bytes;
use ulid::Ulid;

/// The state of one aggregate as it was at one version.
///
/// It only ever spares work: whoever finds one that is missing, of another
/// shape or of another history folds the events instead.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoredSnapshot {
    /// The type of the aggregate.
    pub stream_type: String,
    /// The version of the stream that the state includes.
    pub version: u64,
    /// The event of that version. In a log that was restored to an earlier
    /// moment and went another way it is another one.
    pub event_id: Ulid,
    /// What the state depends on besides the events, see
    /// [`snapshot_fingerprint`](domain::kernel::snapshot_fingerprint).
    pub fingerprint: [u8; 32],
    /// The state as MessagePack with field names.
    pub state: Bytes,
}
