//! Leases: who holds what, on both databases.

use super::on_both;
use crate::ledger::LedgerError;

#[test]
fn a_lease_is_held_by_one_place_until_it_runs_out_and_its_number_only_rises() {
    on_both(|one, two| {
        let first = one.take_lease("p", ("a", "here")).unwrap().unwrap();
        assert_eq!(two.take_lease("p", ("b", "there")).unwrap(), None);
        assert_eq!(two.take_lease("q", ("b", "there")).unwrap().unwrap().token, 1, "another");
        one.renew_lease(&first).unwrap();
        // In the same place the lock on the file shows that the holder is dead.
        let again = one.take_lease("p", ("c", "here")).unwrap().unwrap();
        assert_eq!((first.token, again.token), (1, 2));
        let fenced = one.renew_lease(&first).unwrap_err();
        assert!(matches!(fenced, LedgerError::Fenced { token: 1, .. }), "{fenced}");
        one.release_lease(&first).unwrap();
        assert_eq!(two.take_lease("p", ("d", "there")).unwrap(), None, "not its own to let go of");
        one.release_lease(&again).unwrap();
        let other = two.take_lease("p", ("e", "there")).unwrap().unwrap();
        assert_eq!(other.token, 3);
        // Not renewed in time.
        let past = "UPDATE leases SET until = '2000-01-01T00:00:00.000000Z'";
        two.execute("test", vec![(past, vec![])]).unwrap();
        let late = one.take_lease("p", ("f", "here")).unwrap().unwrap();
        assert_eq!(late.token, 4);
        assert!(two.renew_lease(&other).is_err());
        one.renew_lease(&late).unwrap();
    });
}
