//! The duty to remind borrowers of due dates.

use crate::kernel::{Dispatch, Intent, Reaction, Recorded, Timer};

use super::{Loan, LoanCommand, LoanEvent, Remind};

/// Reminds the borrower when the book is due, unless it comes back before.
pub struct RemindOfDueDate;

impl Reaction for RemindOfDueDate {
    const NAME: &'static str = "remind-of-due-date";
    type Source = Loan;

    fn react(event: &Recorded<Loan>) -> Vec<Intent> {
        let timer = Timer::of(event.id, "due");
        match &event.event {
            LoanEvent::Lent { until, .. } | LoanEvent::Renewed { until } => {
                let remind = LoanCommand::Remind(Remind {});
                vec![Intent::Schedule {
                    timer,
                    due: until.start(),
                    dispatch: Dispatch::to(event.id, &remind),
                }]
            }
            LoanEvent::Reminded {} => vec![],
            LoanEvent::Returned { .. } => vec![Intent::Cancel(timer)],
        }
    }
}
