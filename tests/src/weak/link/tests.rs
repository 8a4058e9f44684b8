//! What a link may do to packets, and what it may not.

use proptest::prelude::*;

use super::super::impairment::{Outage, Rate};
use super::super::loss::Loss;
use super::*;

const CLEAR: Impairment = Impairment::CLEAR;

fn ms(milliseconds: u64) -> Duration {
    Duration::from_millis(milliseconds)
}

/// Packets every 20 ms: each one's fate.
fn fates(does: Impairment, seed: u64, packets: u64) -> Vec<Fate> {
    let mut link = Link::new(does, seed);
    (0..packets).map(|n| link.send(ms(20 * n), 100, Kind::Voice, n)).collect()
}

/// The same packets as they come out, with their times.
fn arrivals(does: Impairment, seed: u64, packets: u64) -> Vec<(Duration, u64)> {
    let mut link = Link::new(does, seed);
    for n in 0..packets {
        link.send(ms(20 * n), 100, Kind::Voice, n);
    }
    std::iter::from_fn(|| {
        let at = link.next_arrival()?;
        Some((at, link.receive(at)?))
    })
    .collect()
}

#[test]
fn a_clear_link_does_nothing_and_a_long_one_takes_its_time() {
    assert!(
        fates(CLEAR, 1, 100)
            .iter()
            .zip(0..)
            .all(|(fate, n)| { *fate == Fate::Arrives { at: ms(20 * n), again: None } })
    );
    let mut link = Link::new(Impairment { delay: ms(280), ..CLEAR }, 1);
    link.send(ms(0), 100, Kind::Voice, "hello");
    assert_eq!(link.receive(ms(279)), None);
    assert_eq!((link.next_arrival(), link.receive(ms(280))), (Some(ms(280)), Some("hello")));
    assert_eq!(link.next_arrival(), None);
}

#[test]
fn jitter_has_the_mean_it_was_given_and_a_longest() {
    let does = Impairment { jitter: ms(30), reorder: true, ..CLEAR };
    let extra: Vec<f64> = (0_u64..)
        .zip(fates(does, 3, 20_000))
        .map(|(n, fate)| match fate {
            Fate::Arrives { at, .. } => (at - ms(20 * n)).as_secs_f64() * 1_000.0,
            Fate::Lost(cause) => panic!("{cause:?}"),
        })
        .collect();
    let mean = extra.iter().sum::<f64>() / 20_000.0;
    // An exponential's standard deviation is its mean; six standard errors.
    assert!((mean - 30.0).abs() < 6.0 * 30.0 / 20_000_f64.sqrt(), "{mean}");
    assert!(extra.iter().all(|extra| *extra <= 240.0));
    // One in e is above the mean.
    let above = extra.iter().filter(|extra| **extra > 30.0).count() as f64 / 20_000.0;
    assert!((above - 0.368).abs() < 0.02, "{above}");
}

#[test]
fn order_is_kept_or_not_as_wished() {
    let order = |reorder| {
        let does = Impairment { jitter: ms(30), reorder, ..CLEAR };
        arrivals(does, 5, 5_000).into_iter().map(|(_, n)| n).collect::<Vec<_>>()
    };
    assert!(order(false).is_sorted());
    let mixed = order(true);
    assert!(!mixed.is_sorted() && mixed.len() == 5_000);
}

#[test]
fn copies_come_as_often_as_said() {
    let arrived = arrivals(Impairment { duplicate: 0.1, jitter: ms(5), reorder: true, ..CLEAR }, 7, 10_000);
    let copies = arrived.len() as f64 - 10_000.0;
    assert!((copies - 1_000.0).abs() < 6.0 * 900_f64.sqrt(), "{copies}");
}

#[test]
fn a_bottleneck_delays_then_drops_and_never_lets_more_through() {
    // 128 bytes every 20 ms are 51.2 kb/s with headers: twice of what goes through.
    let rate = Rate { bits_per_second: 25_600, queue_bytes: 1_280 };
    let does = Impairment { rate: Some(rate), ..CLEAR };
    let fates = fates(does, 1, 1_000);
    assert_eq!(fates[0], Fate::Arrives { at: ms(40), again: None });
    assert_eq!(fates[1], Fate::Arrives { at: ms(80), again: None });
    let dropped = fates.iter().filter(|fate| **fate == Fate::Lost(Cause::QueueFull)).count();
    assert!((490..=500).contains(&dropped), "{dropped}");
    let arrived = arrivals(does, 1, 1_000);
    let longest = arrived.iter().map(|(at, n)| *at - ms(20 * n)).max().unwrap();
    // Ten packets of 40 ms each are waiting at most.
    assert_eq!(longest, ms(400));
    assert!(arrived.windows(2).all(|pair| pair[1].0 - pair[0].0 >= ms(40)));
    // A packet that is larger than the queue never goes.
    assert_eq!(Link::new(does, 1).send(ms(0), 2_000, Kind::Voice, ()), Fate::Lost(Cause::QueueFull));
}

#[test]
fn nothing_comes_through_in_an_outage_and_everything_after_it() {
    let outage = Outage { from: ms(1_000), length: ms(5_000), every: None };
    for (fate, n) in fates(Impairment { outage: Some(outage), ..CLEAR }, 1, 500).iter().zip(0..) {
        let expected = match 20 * n {
            1_000..6_000 => Fate::Lost(Cause::Outage),
            at => Fate::Arrives { at: ms(at), again: None },
        };
        assert_eq!(*fate, expected);
    }
}

fn any_impairment() -> impl Strategy<Value = Impairment> {
    let loss = prop_oneof![
        Just(Loss::None),
        (0.0..1.0_f64).prop_map(Loss::Random),
        (0.0..0.9_f64, 1.0..20.0_f64).prop_map(|(loss, packets)| Loss::in_bursts(loss, packets)),
    ];
    let rate = prop::option::of((1_u64..200_000, 0_u64..10_000));
    let outage = prop::option::of((0_u64..2_000, 0_u64..500, prop::option::of(0_u64..2_000)));
    (loss, 0_u64..500, 0_u64..100, any::<bool>(), 0.0..0.5_f64, rate, outage).prop_map(
        |(loss, delay, jitter, reorder, duplicate, rate, outage)| Impairment {
            loss,
            delay: ms(delay),
            jitter: ms(jitter),
            reorder,
            duplicate,
            rate: rate.map(|(bits_per_second, queue_bytes)| Rate { bits_per_second, queue_bytes }),
            outage: outage.map(|(from, length, every)| Outage {
                from: ms(from),
                length: ms(length),
                every: every.map(ms),
            }),
        },
    )
}

proptest! {
    #[test]
    fn the_same_seed_is_the_same_fate(does in any_impairment(), seed: u64) {
        prop_assert_eq!(fates(does, seed, 200), fates(does, seed, 200));
    }

    #[test]
    fn what_arrives_was_sent_came_no_sooner_than_it_can_and_only_as_often_as_decided(
        does in any_impairment(), seed: u64,
    ) {
        let decided = fates(does, seed, 200);
        let arrived = arrivals(does, seed, 200);
        for (n, fate) in (0_u64..).zip(&decided) {
            let times: Vec<Duration> =
                arrived.iter().filter(|(_, number)| *number == n).map(|(at, _)| *at).collect();
            match fate {
                Fate::Lost(_) => prop_assert!(times.is_empty()),
                Fate::Arrives { at, again } => {
                    let mut expected: Vec<Duration> = again.iter().chain([at]).copied().collect();
                    expected.sort();
                    prop_assert_eq!(&times, &expected);
                    prop_assert!(times.iter().all(|at| *at >= ms(20 * n) + does.delay));
                }
            }
        }
        prop_assert!(arrived.is_sorted_by_key(|(at, _)| *at));
        if !does.reorder {
            prop_assert!(arrived.is_sorted_by_key(|(_, n)| *n));
        }
    }

    /// Reports come when they come; the voice's fate is its own.
    #[test]
    fn what_is_lost_of_a_voice_does_not_depend_on_other_packets(
        does in any_impairment(), seed: u64, others in prop::collection::vec(0_u64..5, 100),
    ) {
        // Only where other packets are not in the way by themselves.
        let does = Impairment { rate: None, reorder: true, ..does };
        let mut link = Link::new(does, seed);
        let with_others: Vec<Fate> = others
            .iter()
            .zip(0_u64..)
            .map(|(others, n)| {
                for _ in 0..*others {
                    link.send(ms(20 * n), 60, Kind::Other, n);
                }
                link.send(ms(20 * n), 100, Kind::Voice, n)
            })
            .collect();
        prop_assert_eq!(with_others, fates(does, seed, 100));
    }

    /// With another part changed, the packets that the model of loss takes are the same.
    #[test]
    fn losses_on_the_way_do_not_depend_on_delay_and_doubling(does in any_impairment(), seed: u64) {
        let does = Impairment { rate: None, outage: None, ..does };
        let other = Impairment { delay: ms(7), jitter: ms(1), duplicate: 0.9, reorder: true, ..does };
        let lost = |does| fates(does, seed, 200).into_iter().map(|fate| matches!(fate, Fate::Lost(_))).collect::<Vec<_>>();
        prop_assert_eq!(lost(does), lost(other));
    }
}

#[test]
fn a_voice_is_told_from_all_else_by_its_first_bytes() {
    // RTP with Opus and with RED, and with the marker bit.
    for voice in [[0x80, 111], [0x90, 63], [0x80, 0x80 | 111]] {
        assert_eq!(Kind::of(&voice), Kind::Voice);
    }
    // RTCP sender and receiver reports, a STUN request, a DTLS record, a TURN channel, hardly anything, nothing.
    for other in [&[0x80, 200][..], &[0x81, 201], &[0x00, 0x01], &[22, 254], &[0x40, 0x00], &[0x80], &[]] {
        assert_eq!(Kind::of(other), Kind::Other, "{other:?}");
    }
}
