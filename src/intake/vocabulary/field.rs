//! The meanings a column can have. What has no meaning here is not kept.

use serde::{Deserialize, Serialize};

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[repr(u8)]
pub enum Field {
    Name,
    /// 曾用名, 别名: another name of the person.
    AlsoCalled,
    Id,
    Sex,
    Birth,
    Phone,
    /// A code, or a village's name, or both in one cell.
    Area,
    /// 户籍地: where the person is registered. It places the line only where that lies inside this node; somebody
    /// registered elsewhere may well live here (DOMAIN.md 2).
    RegisteredArea,
    Household,
    Head,
    Relation,
    Spouse,
    RecordNo,
    Status,
    Reason,
    /// 变动类型: says the status where no other column does.
    ChangeKind,
    /// 变动时间: which date it is follows from the status.
    ChangeDate,
    /// 来源/去向: which place it is follows from the status.
    ChangePlace,
    MovedIn,
    MovedFrom,
    /// 何时由何地迁入: date and place in one cell.
    MovedInFrom,
    MovedOut,
    MovedTo,
    MovedOutTo,
    Died,
    DiedFlag,
    MovedFlag,
    Ended,
    EndedFlag,
    Since,
    Reviewed,
    Seen,
    Class,
    Aid,
    Contact,
    Doctor,
    Green,
    Flow,
    FlowDate,
    FlowPlace,
    /// Came back, or left again: the end of a stay.
    Returned,
    /// 备注: says the status where no column does; nothing else of it is kept.
    Remark,
    /// 是否健在: kept as the flag of a death, which it is the other way round.
    AliveFlag,
    /// 是否有效, 是否继续享受: kept as the flag of an end, which it is the other way round.
    KeptFlag,
    /// 核查结果: kept as the state where no column is made for that.
    Verdict,
    /// Known and not kept, but it tells the list.
    Marker,
    /// Known and not kept.
    Ignored,
}

impl Field {
    /// Number of the fields that are kept of a line; they come first.
    pub const KEPT: usize = Field::AliveFlag as usize;

    /// Whether a cell of it holds a date and nothing else.
    pub fn is_date(self) -> bool {
        use Field::{Birth, ChangeDate, Died, Ended, FlowDate, MovedIn, MovedOut, Returned, Reviewed, Seen, Since};
        matches!(
            self,
            Birth | ChangeDate | Died | Ended | FlowDate | MovedIn | MovedOut | Returned | Reviewed | Seen | Since
        )
    }

    pub fn is_kept(self) -> bool {
        (self as usize) < Field::KEPT
    }
}
