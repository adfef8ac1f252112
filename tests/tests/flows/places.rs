//! Places on status lists, which anybody may read: drawn at random, so that they do not tell who was issued a license after whom.

use boyin::Desk;
use boyin::issue::{Draft, DraftHolder};
use boyin::model::alg::{Randomness, RandomnessUnavailable};
use boyin::model::id::CitizenId;
use boyin::suite::SystemRandom;

use crate::office::{Prefecture, identity_card, order, police};

/// Issues a card to another citizen; gives its place.
fn issued(desk: &Desk, number: u32, random: &mut dyn Randomness) -> u32 {
    let citizen = CitizenId::compute(&format!("65270119850315{number:03}")).unwrap().as_str().to_owned();
    let card = identity_card();
    let holder = DraftHolder { code: citizen.clone(), ..card.holder };
    let card = Draft { license_number: citizen, holder, ..card };
    let receipt = desk.issue(&card, &order(police(), &format!("card {number}")), random).unwrap();
    desk.archive().get(&receipt.license_id).unwrap().unwrap().slot.unwrap().index
}

#[test]
fn places_on_a_status_list_are_drawn_and_follow_no_order() {
    let prefecture = Prefecture::new();
    let desk = prefecture.desk();
    let places: Vec<_> = (0..24).map(|number| issued(&desk, number, &mut SystemRandom)).collect();
    let (first, last) = (places.iter().min().unwrap(), places.iter().max().unwrap());
    assert!(last - first > 1 << 16, "all over the list: {places:?}");
    assert!(!places.is_sorted() && !places.iter().rev().is_sorted(), "{places:?}");
}

/// Gives these places, and what is random otherwise.
struct Drawn(Vec<u32>);

impl Randomness for Drawn {
    fn fill(&mut self, bytes: &mut [u8]) -> Result<(), RandomnessUnavailable> {
        // A place is drawn with four bytes, and nothing else is.
        if let Ok(place) = <&mut [u8; 4]>::try_from(&mut *bytes) {
            *place = self.0.remove(0).to_be_bytes();
            return Ok(());
        }
        SystemRandom.fill(bytes)
    }
}

#[test]
fn a_place_is_what_chance_says_and_a_taken_one_is_drawn_again() {
    let prefecture = Prefecture::new();
    let desk = prefecture.desk();
    let mut drawn = Drawn(vec![7, 60, 7, 60, 31, 8]);
    let places = [0, 1, 2, 3].map(|number| issued(&desk, number, &mut drawn));
    assert_eq!((places, drawn.0.len()), ([7, 60, 31, 8], 0));
}
